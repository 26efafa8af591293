"""The demo server refuses what Slack refuses, and takes what Slack takes."""

import pytest

from pipeline.demo.slack_blocks import block_faults
from tests.slack_messages import faults, schema_faults

BUTTON = {
    "type": "button",
    "text": {"type": "plain_text", "text": "Read"},
    "action_id": "read",
    "url": "https://example.org/",
}
MRKDWN = {"type": "mrkdwn", "text": "told"}


def actions(*elements, **more):
    return [{"type": "actions", "elements": list(elements), **more}]


def section(**parts):
    return [{"type": "section", **parts}]


@pytest.mark.parametrize(
    "blocks",
    [
        actions(BUTTON),
        actions(*({**BUTTON, "action_id": f"b{n}"} for n in range(25))),
        actions({**BUTTON, "style": "primary", "value": "v" * 2000, "accessibility_label": "x"}),
        actions({**BUTTON, "url": "https://example.org/" + "a" * 2980}),
        actions({**BUTTON, "text": {"type": "plain_text", "text": "x" * 75, "emoji": False}}),
        section(text=MRKDWN, accessory=BUTTON),
        section(fields=[{**MRKDWN, "text": "x" * 2000}] * 5),
        section(fields=[MRKDWN] * 10),
        [{"type": "header", "text": {"type": "plain_text", "text": "x" * 150}}],
        [{"type": "context", "elements": [{**MRKDWN, "text": "x" * 100}] * 10}],
        [{"type": "divider"}] * 50,
    ],
)
def test_what_keeps_the_limits_is_taken(blocks):
    assert block_faults(blocks) == []
    assert faults({"text": "x", "blocks": blocks}) == []


@pytest.mark.parametrize(
    ("blocks", "told"),
    [
        (actions(), "at least one item"),
        (actions(*({**BUTTON, "action_id": f"b{n}"} for n in range(26))), "no more than 25"),
        (actions({**BUTTON, "type": "static_select"}), "unsupported element"),
        (actions({**BUTTON, "href": "https://example.org/"}), "additional property: href"),
        (actions({**BUTTON, "block_id": "b"}), "additional property: block_id"),
        (actions({**BUTTON, "url": "javascript:alert(1)"}), "must be a web address"),
        (actions({**BUTTON, "url": None}), "must be a web address"),
        (actions({**BUTTON, "url": "https://example.org/" + "a" * 2981}), "less than 3001"),
        (actions({**BUTTON, "action_id": ""}), "1 to 255"),
        (actions({**BUTTON, "action_id": "a" * 256}), "1 to 255"),
        (actions({**BUTTON, "value": "v" * 2001}), "1 to 2000"),
        (actions({**BUTTON, "style": "blue"}), "primary or danger"),
        (actions({**BUTTON, "text": MRKDWN}), "must be of type plain_text"),
        (actions({**BUTTON, "text": {"type": "plain_text", "text": "x" * 76}}), "less than 76"),
        (actions(BUTTON, stray=1), "additional property: stray"),
        (section(text=MRKDWN, accessory={"type": "plain_text_input"}), "unsupported element"),
        (section(text={**MRKDWN, "text": "x" * 3001}), "less than 3001"),
        (section(text={**MRKDWN, "text": ""}), "more than 0"),
        (section(fields=[MRKDWN] * 11), "no more than 10"),
        (section(fields=[{**MRKDWN, "text": "x" * 2001}]), "less than 2001"),
        (section(), "must have text or fields"),
        ([{"type": "header", "text": {"type": "plain_text", "text": "x" * 151}}], "less than 151"),
        ([{"type": "header", "text": MRKDWN}], "must be of type plain_text"),
        ([{"type": "context", "elements": [MRKDWN] * 11}], "no more than 10"),
        ([{"type": "divider"}] * 51, "no more than 50"),
        ([{"type": "carousel"}], "unsupported type"),
    ],
)
def test_what_breaks_a_limit_is_refused_by_the_server_and_by_the_schema(blocks, told):
    found = block_faults(blocks)
    assert len(found) == 1
    assert told in found[0]
    assert schema_faults({"text": "x", "blocks": blocks})


def test_an_action_id_stands_once_in_a_block():
    (told,) = block_faults(actions(BUTTON, BUTTON))
    assert "action_id 'read' is used twice" in told
