"""The page on which a person sees what was sent."""

import re

from pipeline.demo.slack_page import mrkdwn_html, page
from pipeline.demo.slack_workspace import SlackChannel, SlackMessage
from pipeline.notify.render import render_slack
from schemas.alert import AlertKind, Standing
from tests.notify_shapes import content

CHANNEL = SlackChannel(id="C0000000001", name="minerals")


def message(ts, told=None, **given):
    told = told or render_slack(content())
    return SlackMessage(CHANNEL, ts, told["text"], told["blocks"], **given)


def shown(*messages):
    return page([CHANNEL], messages)


def test_a_button_is_a_link():
    html = shown(message("1.000001"))
    assert (
        '<div class="buttons"><a href="https://example.org/signed" rel="noopener noreferrer" '
        'target="_blank">Read at example.org</a></div>' in html
    )


def test_a_button_that_leads_to_no_page_is_no_link():
    button = {"type": "button", "text": {"type": "plain_text", "text": "<b>"}, "url": "data:x"}
    html = shown(
        message("1.000001", {"text": "x", "blocks": [{"type": "actions", "elements": [button]}]})
    )
    assert '<div class="buttons"><span>&lt;b&gt;</span></div>' in html


def test_an_edited_message_is_marked():
    assert "(edited)" not in shown(message("1.000001"))
    assert "(edited)" in shown(message("1.000001", edits=1))


def test_a_reply_sent_to_the_channel_too_is_in_both_places():
    step = render_slack(content(kind=AlertKind.STAGE, stage_quote="the Rada voted"))
    html = shown(
        message("1.000001"), message("2.000001", step, thread_ts="1.000001", broadcast=True)
    )
    assert html.count("the Rada voted") == 2
    assert "also sent to the channel" in html
    assert "replied to a thread: Signed: Kyiv and Washington sign the minerals agreement" in html


def test_a_plain_reply_is_in_its_thread_alone():
    step = render_slack(content(kind=AlertKind.STAGE, stage_quote="the Rada voted"))
    html = shown(message("1.000001"), message("2.000001", step, thread_ts="1.000001"))
    assert html.count("the Rada voted") == 1
    assert "1 reply" in html


def test_a_group_that_is_called_is_marked():
    assert mrkdwn_html("<!subteam^S0123ABC>") == '<span class="mention">@S0123ABC</span>'


def test_a_retracted_story_is_struck_through():
    told = render_slack(
        content(kind=AlertKind.UPDATE, standing=Standing.RETRACTED, standing_note="Denied.")
    )
    html = shown(message("1.000001", told))
    assert "<s>The two sides signed in Washington. A joint fund will be set up.</s>" in html
    assert "~" not in re.sub(r"<style>.*</style>", "", html)
