"""Which routes take a story, and that an address gets it once."""

from datetime import timedelta
from pathlib import Path

import pytest

from pipeline.notify.route import route
from pipeline.yaml_files import read_yaml
from schemas.alert import AlertKind, Channel, Destination
from schemas.assessment import Stage
from schemas.routes import RouteConfig, RoutesFile
from tests.notify_shapes import NOW, article, story

PACKAGED = Path(__file__).parents[3] / "pipeline" / "config" / "routes.yaml"
MINERALS = Destination(Channel.SLACK, "minerals")


def rule(name="all", to=None, **when):
    given = {"name": name, "when": when}
    return RouteConfig.model_validate(given | ({"to": to} if to is not None else {}))


def alerts(*rules, of=None, report=None, kind=AlertKind.NEW, **given):
    options = {"now": NOW, "slack": True, "default_address": "minerals"} | given
    return route(of or story(), report or article(), kind=kind, routes=rules, **options)


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


def test_keys_are_one_for_each_story_article_and_stage():
    kinds = {kind: alerts(rule(), kind=kind)[0].key for kind in list(AlertKind)[:3]}
    assert kinds == {
        AlertKind.NEW: "all:new:12",
        AlertKind.OUTLET: "all:outlet:12:34",
        AlertKind.STAGE: "all:stage:12:signed",
    }


def test_the_longest_key_fits_its_column():
    wide = rule("r" * 80)
    big = 2**63 - 1
    for kind in list(AlertKind)[:3]:
        (alert,) = alerts(wide, of=story(id=big), report=article(id=big), kind=kind)
        assert len(alert.key) <= 200


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


def test_without_slack_everything_goes_to_the_preview():
    (alert,) = alerts(rule(to=[{"address": "default"}]), slack=False, default_address=None)
    assert alert.destinations == (Destination(Channel.PREVIEW, "default"),)


def test_without_a_default_channel_the_address_stays_for_the_sender_to_explain():
    (alert,) = alerts(rule(), default_address=None)
    assert alert.destinations == (Destination(Channel.SLACK, "default"),)


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
    assert alert.key == "all:stage:12:implementing"


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
