"""What an alert looks like: Slack messages of each kind, and the preview's text."""

import json

import pytest

from pipeline.notify.render import render_payload, render_preview, render_slack
from schemas.alert import AlertKind, Channel, Standing
from tests.notify_shapes import REPORTS, content
from tests.slack_messages import buttons, faults, told


def test_a_new_alert_says_what_happened_and_why_it_was_sent():
    message = render_slack(content())
    assert message["blocks"][0]["text"]["text"] == "Kyiv and Washington sign the minerals agreement"
    text = told(message)
    for part in (
        "A joint fund will be set up.",
        "*Agreement*\nUA–US Reconstruction Investment Fund",
        "*Stage*\nnegotiating → *signed*",
        "*States*\n🇺🇦 Ukraine, 🇺🇸 United States",
        "*Minerals*\nlithium, titanium",
        "*Money*\nUSD 150 million",
        "*Significance*\n🔴 major: signed between states",
        "• *Investment and infrastructure*: “a joint fund”",
        "First seen at <https://example.org/signed|example.org>",
        "Sent by route *major*: significance 3 (asks for 3 or more)",
    ):
        assert part in text


def test_the_fallback_says_the_news_without_blocks():
    assert render_slack(content())["text"] == (
        "Signed: Kyiv and Washington sign the minerals agreement (example.org). "
        "The two sides signed in Washington. A joint fund will be set up."
    )


def test_the_message_can_be_found_again_by_its_metadata():
    metadata = render_slack(content())["metadata"]
    assert metadata["event_type"] == "mineralwatch_alert"
    assert metadata["event_payload"]["key"] == "major:new:12"


def test_a_route_with_a_page_for_a_title_fits_into_the_metadata():
    assert faults(render_slack(content(route="Sentence. " * 600))) == []


def test_links_are_not_unfolded():
    message = render_slack(content())
    assert message["unfurl_links"] is False
    assert message["unfurl_media"] is False


def test_a_message_is_json_and_its_blocks_are_slacks():
    for kind in AlertKind:
        if kind is not AlertKind.DIGEST:
            assert faults(json.loads(json.dumps(render_slack(content(kind=kind))))) == []


def test_what_is_not_known_is_left_out():
    bare = content(
        summary="", url=None, agreement_name=None, stage="none", previous_stage=None, themes=(),
        parties=(), minerals=(), money=(), significance=1, reasons=(), sources=(),
    )  # fmt: skip
    text = told(render_slack(bare))
    assert "First seen at example.org" in text
    for label in ("Agreement", "Stage", "States", "Minerals", "Money", "Themes", "none", "<http"):
        assert label not in text


def test_a_title_of_nothing_but_invisible_characters_still_has_a_header():
    message = render_slack(content(title="\u200b\u202e"))
    assert message["blocks"][0]["text"]["text"] == "(no title)"
    assert faults(message) == []


def test_a_stage_that_did_not_move_is_shown_alone():
    text = told(render_slack(content(previous_stage="signed")))
    assert "*Stage*\n*signed*" in text
    assert "→" not in text


def test_other_sources_are_counted_where_there_are_too_many():
    many = tuple((f"outlet{n}.example", f"https://outlet{n}.example/story") for n in range(200))
    text = told(render_slack(content(sources=many)))
    assert "First seen at <https://outlet0.example/story|outlet0.example>; also <" in text
    assert " more" in text.split("; also ")[1]


@pytest.mark.parametrize("hostile", ["<!channel>", "<@U123>", "<https://evil.example|click>", "&"])
def test_feed_text_cannot_mention_or_link(hostile):
    message = render_slack(
        content(
            title=hostile, summary=hostile, outlet=hostile, agreement_name=hostile,
            themes=((hostile, hostile, hostile),), parties=(hostile,), minerals=(hostile,),
            money=(hostile,), reasons=(hostile,), route_reason=hostile, stage=hostile,
            previous_stage="x", sources=((hostile, hostile),),
        )
    )  # fmt: skip
    text = json.dumps(message["blocks"]) + message["text"]
    if hostile == "&":
        assert "& " not in text.replace("&amp;", "")
    else:
        assert hostile not in text
        assert hostile.replace("|", "¦") not in text


def test_independent_outlets_are_counted_where_there_are_several():
    assert "First seen at <https://example.org/signed|example.org> · 3 independent outlets" in told(
        render_slack(content(outlets=3))
    )
    assert "independent" not in told(render_slack(content(outlets=1)))


def test_the_owner_of_the_route_is_named():
    text = told(render_slack(content(owner="Critical Minerals <desk>")))
    assert "3 or more) · looked after by Critical Minerals &lt;desk&gt;" in text
    assert "looked after" not in told(render_slack(content()))


def test_themes_that_do_not_fit_are_counted_and_none_is_cut():
    many = tuple((str(n), f"Theme {n}", "quoted " * 20) for n in range(200))
    text = told(render_slack(content(themes=many)))
    lines = [line for line in text.split("\n") if line.startswith("• ")]
    assert all("*: “" in line for line in lines[:-1])
    assert lines[-1] == f"• and {200 - len(lines) + 1} more"


def test_where_every_part_is_full_each_gives_way_until_slack_takes_the_whole():
    full = '"\\' * 5000
    message = render_slack(
        content(
            title=full, summary=full, outlet=full, agreement_name=full, reasons=(full,) * 9,
            themes=((full, full, full),) * 200, minerals=(full,) * 50, money=(full,) * 50,
            parties=("UA",) * 200, subject=full, route_reason=full, owner=full,
            sources=tuple((f"{n}{full}", f"https://e.example/{n}{'/a' * 300}") for n in range(200)),
        )
    )  # fmt: skip
    assert faults(message) == []
    assert len(json.dumps(message["blocks"], ensure_ascii=False)) > 6000


def test_a_megabyte_of_title_costs_no_more_than_a_page():
    message = render_slack(content(title="Ы\u0301" * 500_000, outlet="_" * 1_000_000 + "a"))
    assert faults(message) == []


def test_an_outlet_without_a_name_is_known_by_its_host():
    text = told(render_slack(content(outlet="\u200b", sources=())))
    assert "First seen at <https://example.org/signed|example.org>" in text
    assert buttons(render_slack(content(outlet="\u200b")))[0][1] == "Read at example.org"


def test_the_preview_is_the_same_news_as_a_text():
    text = render_preview(content(stage_quote="signed in Washington"))
    for line in (
        "Kyiv and Washington sign the minerals agreement",
        "Agreement:    UA–US Reconstruction Investment Fund",
        "Stage:        negotiating → signed",
        "States:       Ukraine and United States",
        "Money:        USD 150 million",
        "Significance: major (3 of 3): signed between states",
        "Published:    1 May 2025, 12:00 UTC by example.org",
        "The step is reported by: “signed in Washington”",
        "  - Investment and infrastructure: “a joint fund”",
        "  - example.org: https://example.org/signed",
        "Sent by route major: significance 3 (asks for 3 or more)",
        "Key: major:new:12",
    ):
        assert line in text.split("\n")


def test_the_preview_of_a_reply_names_the_outlet():
    assert "Also reported by example.org." in render_preview(content(kind=AlertKind.OUTLET))


def test_the_preview_tells_each_kind():
    text = render_preview(content(kind=AlertKind.OUTLET, reports=REPORTS, owner="The desk"))
    assert "Also reported by Outlet A, Outlet B and Outlet C." in text
    assert "  - Accord, says B (Outlet B): https://b.example/story" in text
    assert "Looked after by The desk" in text
    changed = {"changes": ("negotiating → signed",)}
    assert "Changed: negotiating → signed" in render_preview(
        content(kind=AlertKind.STAGE, **changed)
    )
    update = render_preview(content(kind=AlertKind.UPDATE, mention="S0123", outlets=2, **changed))
    assert "Updated: negotiating → signed" in update
    assert "Calls the Slack group S0123." in update
    assert "Sources, the first seen first; 2 independent outlets:" in update


@pytest.mark.parametrize(
    ("standing", "kind", "first"),
    [
        (Standing.RETRACTED, AlertKind.RETRACTED, "Retracted: "),
        (Standing.MERGED, AlertKind.MERGED, "Part of another story: "),
    ],
)
def test_the_preview_says_how_a_story_stands(standing, kind, first):
    edit = render_preview(
        content(kind=AlertKind.UPDATE, standing=standing, standing_note="The ministry denies it.")
    )
    assert edit.startswith(f"{first}Kyiv and Washington sign")
    reply = render_preview(content(kind=kind, standing_note="The ministry denies it."))
    for text in (edit, reply):
        assert f"{first}The ministry denies it." in text.split("\n")


def test_the_preview_shows_no_address_that_is_no_web_link():
    text = render_preview(content(url="javascript:x", sources=(("evil", "javascript:x"),)))
    assert "javascript" not in text


def test_payloads_are_what_their_channel_takes():
    assert "blocks" in render_payload(content(), Channel.SLACK)
    preview = render_payload(content(), Channel.PREVIEW)
    assert set(preview) == {"title", "text"}
