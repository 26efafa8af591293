"""Which routes take a story, and that an address gets it once."""

from datetime import timedelta
from pathlib import Path

import pytest

from pipeline.notify.route import crossed, route
from pipeline.notify.rules import judge
from pipeline.yaml_files import read_yaml
from schemas.alert import AlertKind, Channel, Destination
from schemas.assessment import Stage
from schemas.routes import RouteConfig, RoutesFile
from schemas.routing import Happening
from tests.notify_shapes import NOW, article, story

PACKAGED = Path(__file__).parents[3] / "pipeline" / "config" / "routes.yaml"
MINERALS = Destination(Channel.SLACK, "minerals")


def rule(name="all", to=None, **when):
    given = {"name": name, "when": when}
    return RouteConfig.model_validate(given | ({"to": to} if to is not None else {}))


def resolve(to):
    """Slack with ``minerals`` as its default channel."""
    address = "minerals" if to.address == "default" else to.address.removeprefix("#")
    return Destination(to.channel, address)


def happening(of=None, report=None, **given):
    return Happening(of or story(), report or article(), **given)


def alerts(*rules, of=None, report=None, kind=AlertKind.NEW, alerted=None, **given):
    asked = happening(of, report, **given)
    return route(asked, kind=kind, routes=rules, now=NOW, resolve=resolve, alerted=alerted)


def test_a_rule_that_asks_nothing_takes_a_relevant_story():
    (alert,) = alerts(rule())
    assert alert.key == "all:new:12"
    assert alert.destinations == (MINERALS,)
    assert alert.article_id == 34
    assert alert.reason == "significance 3 (asks for 1 or more)"


@pytest.mark.parametrize(
    ("when", "words"),
    [
        ({"themes": ["central_asia", "reconstruction"]}, "theme central_asia"),
        ({"agreements": ["us-kz"]}, "agreement us-kz"),
        ({"parties": ["UA", "KZ", "US"]}, "party Kazakhstan and United States"),
        ({"minerals": ["Uranium"]}, "mineral uranium"),
        ({"stages": ["signed", "ratified"]}, "stage signed"),
        ({"languages": ["en"]}, "language en"),
    ],
)
def test_the_reason_names_what_was_asked_for_and_found(when, words):
    (alert,) = alerts(rule(**when))
    assert words in alert.reason


@pytest.mark.parametrize(
    "when",
    [
        {"themes": ["reconstruction"]},
        {"agreements": ["ua-us"]},
        {"parties": ["UA"]},
        {"minerals": ["lithium"]},
        {"stages": ["stalled", "none"]},
        {"languages": ["uk"]},
        {"themes": ["central_asia"], "languages": ["uk"]},
    ],
)
def test_a_story_that_does_not_answer_every_question_is_not_taken(when):
    assert alerts(rule(**when)) == ()


def test_significance_must_reach_the_bar():
    assert alerts(rule(min_significance=3), of=story(significance=2)) == ()
    assert alerts(rule(min_significance=2), of=story(significance=2))


def test_an_article_with_no_agreement_is_not_taken_by_a_rule_for_one():
    assert alerts(rule(agreements=["us-kz"]), of=story(agreement=None)) == ()


def test_no_stage_can_be_asked_for():
    (alert,) = alerts(rule(stages=["none"]), of=story(stage=Stage.NONE))
    assert "no stage reported" in alert.reason


def test_an_old_article_is_not_alerted():
    old = article(published_at=NOW - timedelta(hours=73))
    assert alerts(rule(), report=old) == ()
    assert alerts(rule(max_age_hours=80), report=old)


def test_keys_are_one_for_each_story_and_of_replies_for_each_article():
    kinds = {kind: alerts(rule(), kind=kind)[0].key for kind in list(AlertKind)[:3]}
    assert kinds == {
        AlertKind.NEW: "all:new:12",
        AlertKind.OUTLET: "all:outlet:12:34",
        AlertKind.STAGE: "all:stage:12:34",
    }


def test_the_longest_key_fits_its_column():
    wide = rule("r" * 80)
    big = 2**63 - 1
    label = Destination(Channel.WEBHOOK, "w" * 300).label
    for kind in AlertKind:
        (alert,) = alerts(wide, of=story(id=big), report=article(id=big), kind=kind)
        assert len(f"{alert.key}:{label}:reply#99") <= 200


def test_an_address_gets_a_story_once_and_the_winner_names_the_others():
    (alert,) = alerts(rule("first"), rule("second"), rule("third", to=[{"address": "#minerals"}]))
    assert alert.route == "first"
    assert alert.reason.endswith("; also taken by second and third")


def test_a_route_keeps_the_addresses_that_no_earlier_one_has():
    both = rule("both", to=[{"address": "default"}, {"address": "asia"}])
    first, second = alerts(rule("first"), both)
    assert first.destinations == (MINERALS,)
    assert second.destinations == (Destination(Channel.SLACK, "asia"),)


def test_an_address_written_twice_in_a_route_is_one():
    (alert,) = alerts(rule(to=[{"address": "default"}, {"address": "#minerals"}]))
    assert alert.destinations == (MINERALS,)


def test_a_route_may_ask_for_the_preview_itself():
    (alert,) = alerts(rule(to=[{"channel": "preview", "address": "archive"}]))
    assert alert.destinations == (Destination(Channel.PREVIEW, "archive"),)


def test_a_new_alert_does_not_go_where_the_story_is_known():
    both = rule(to=[{"address": "default"}, {"address": "asia"}])
    (alert,) = alerts(both, alerted=[MINERALS])
    assert alert.destinations == (Destination(Channel.SLACK, "asia"),)
    assert alerts(rule(), alerted=[MINERALS]) == ()


def test_a_reply_goes_only_where_the_story_is_known():
    both = rule(to=[{"address": "default"}, {"address": "asia"}])
    (alert,) = alerts(both, kind=AlertKind.OUTLET, alerted=[MINERALS])
    assert alert.destinations == (MINERALS,)
    assert alerts(both, kind=AlertKind.OUTLET, alerted=[]) == ()


def test_who_was_told_of_a_signature_is_told_of_what_comes_after():
    signed_only = rule(stages=["signed"])
    later = story(stage=Stage.IMPLEMENTING)
    assert alerts(signed_only, of=later, kind=AlertKind.STAGE) == ()
    (alert,) = alerts(signed_only, of=later, kind=AlertKind.STAGE, alerted=[MINERALS])
    assert alert.key == "all:stage:12:34"


def test_the_packaged_routes_send_a_major_story_once():
    rules = read_yaml(PACKAGED, RoutesFile).routes
    (alert,) = alerts(*rules)
    assert alert.route == "major"
    assert "central-asia" in alert.reason


@pytest.mark.parametrize(
    ("change", "taker"),
    [
        ({"significance": 2}, "central-asia"),
        ({"significance": 2, "themes": ("supply_chains",)}, "developments"),
        ({"significance": 1, "stage": Stage.STALLED}, "setbacks"),
        ({"significance": 1}, None),
        ({"significance": 0, "stage": Stage.STALLED}, None),
    ],
)
def test_the_packaged_routes_sort_the_rest(change, taker):
    rules = read_yaml(PACKAGED, RoutesFile).routes
    assert [alert.route for alert in alerts(*rules, of=story(**change))] == [taker] * bool(taker)


def test_a_move_is_asked_for_by_where_it_comes_from_and_goes():
    to_signed = rule(moves=[{"from": ["negotiating", "agreed"], "to": ["signed"]}])
    (alert,) = alerts(to_signed, previous_stage=Stage.NEGOTIATING)
    assert "moved negotiating → signed" in alert.reason
    assert alerts(to_signed, previous_stage=Stage.PROPOSED) == ()
    assert alerts(to_signed) == (), "nothing moved"
    assert alerts(rule(moves=[{"to": ["signed"]}]), previous_stage=Stage.NONE)
    assert alerts(rule(moves=[{"from": ["agreed"]}]), previous_stage=Stage.AGREED)


def test_sources_are_asked_for_by_tier_and_number():
    assert alerts(rule(max_tier=1), report=article(tier=2)) == ()
    (alert,) = alerts(rule(max_tier=1), report=article(tier=2), tier=1)
    assert "a source of tier 1" in alert.reason
    assert alerts(rule(min_outlets=3), outlets=2) == ()
    (alert,) = alerts(rule(min_outlets=3), outlets=3)
    assert "3 independent outlets" in alert.reason


def test_a_reader_is_not_asked_again_for_moves_and_outlets():
    asked = rule(moves=[{"to": ["ratified"]}], min_outlets=4)
    assert alerts(asked, kind=AlertKind.OUTLET, alerted=[MINERALS])


def test_a_verdict_names_what_was_asked_and_what_there_is():
    verdict = judge(
        rule(parties=["UA"], min_significance=3), happening(story(significance=2)), now=NOW
    )
    assert not verdict.taken
    assert [(c.what, c.asked, c.given) for c in verdict.unmet] == [
        ("party", "Ukraine", "Kazakhstan and United States"),
        ("significance", "3 or more", "2"),
    ]


def crossing(*rules, before, after):
    return crossed(before, after, routes=rules, place=MINERALS, now=NOW, resolve=resolve)


def test_a_bar_is_crossed_by_what_takes_the_story_now_and_did_not_before():
    before, after = happening(story(significance=2)), happening(story(significance=3))
    low, high = rule("low", min_significance=2), rule("high", min_significance=3)
    name, reason = crossing(low, high, before=before, after=after)
    assert name == "high"
    assert "significance 3" in reason
    assert crossing(low, before=before, after=after) is None
    assert crossing(high, before=after, after=after) is None
    elsewhere = rule("high", to=[{"address": "asia"}], min_significance=3)
    assert crossing(elsewhere, before=before, after=after) is None


def test_a_second_outlet_crosses_the_bar_of_a_rule_that_asks_for_two():
    before, after = happening(outlets=1), happening(outlets=2)
    assert crossing(rule("sure", min_outlets=2), before=before, after=after)[0] == "sure"
