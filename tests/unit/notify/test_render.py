"""What an alert looks like: Slack messages of each kind, and the preview's text."""

import json

import pytest

from pipeline.demo.slack_blocks import block_faults
from pipeline.notify.render import render_payload, render_preview, render_slack
from schemas.alert import AlertKind, Channel
from tests.notify_shapes import content


def told(message):
    """All mrkdwn and plain text of a message, a line each."""
    lines = []
    for block in message["blocks"]:
        parts = [block.get("text"), *block.get("fields", []), *block.get("elements", [])]
        lines += [part["text"] for part in parts if part]
    return "\n".join(lines)


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


def test_links_are_not_unfolded():
    message = render_slack(content())
    assert message["unfurl_links"] is False
    assert message["unfurl_media"] is False


def test_a_message_is_json_and_its_blocks_are_slacks():
    for kind in (AlertKind.NEW, AlertKind.OUTLET, AlertKind.STAGE):
        message = json.loads(json.dumps(render_slack(content(kind=kind))))
        assert block_faults(message["blocks"]) == []


def test_another_outlet_is_a_short_reply():
    message = render_slack(
        content(
            kind=AlertKind.OUTLET,
            title="Minerals accord reached",
            outlet="The Example Times",
            url="https://times.example/accord",
        )
    )
    assert "Also reported by <https://times.example/accord|The Example Times>: “Minerals" in told(
        message
    )
    assert len(message["blocks"]) == 2
    assert message["text"] == "Also reported by The Example Times: Minerals accord reached"


def test_a_move_of_stage_is_a_reply_with_the_words_that_report_it():
    message = render_slack(
        content(kind=AlertKind.STAGE, stage_quote="the Rada voted to ratify", stage="ratified",
                previous_stage="signed")
    )  # fmt: skip
    text = told(message)
    assert "*Stage:* signed → *ratified* · UA–US Reconstruction Investment Fund" in text
    assert "“the Rada voted to ratify”" in text
    assert message["text"].startswith("Stage signed → ratified: ")


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
    assert block_faults(message["blocks"]) == []


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


def test_the_preview_shows_no_address_that_is_no_web_link():
    text = render_preview(content(url="javascript:x", sources=(("evil", "javascript:x"),)))
    assert "javascript" not in text


def test_payloads_are_what_their_channel_takes():
    assert "blocks" in render_payload(content(), Channel.SLACK)
    preview = render_payload(content(), Channel.PREVIEW)
    assert set(preview) == {"title", "text"}
