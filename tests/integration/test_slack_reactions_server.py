"""The demo Slack shows reactions as Slack does, and refuses what Slack refuses."""

import json
from collections.abc import Iterator

import pytest

from pipeline.demo.slack_server import DEMO_TOKEN, SlackServer, SlackServerThread
from tests.integration.test_slack_protocol import CHANNEL, Clock, ask, call, outlet, sender
from tests.integration.test_slack_reactions import ANNA, BORYS, BOT, CHECK, CROSS, post


@pytest.fixture
def slack() -> Iterator[SlackServer]:
    with SlackServerThread(channels=["minerals", "asia"], clock=Clock()) as server:
        yield server


# ---- the server --------------------------------------------------------------------------------


def test_reactions_are_shown_in_history_replies_and_by_themselves(slack: SlackServer) -> None:
    (ts,) = post(slack)
    reply = sender(slack).send(outlet(ts)).external_id
    slack.react(ts, CHECK, ANNA)
    slack.react(ts, CHECK, BORYS)
    slack.react(reply, CROSS, ANNA)
    first = [{"name": CHECK, "users": [ANNA, BORYS], "count": 2}]
    second = [{"name": CROSS, "users": [ANNA], "count": 1}]
    history = get(slack, "conversations.history", channel=CHANNEL)
    assert [m.get("reactions") for m in history["messages"]] == [first]
    replies = get(slack, "conversations.replies", channel=CHANNEL, ts=ts)
    assert [m.get("reactions") for m in replies["messages"]] == [first, second]
    told = get(slack, "reactions.get", channel=CHANNEL, timestamp=reply)
    assert (told["type"], told["channel"]) == ("message", CHANNEL)
    assert told["message"]["reactions"] == second


def test_a_reaction_is_put_on_once_and_taken_off_once(slack: SlackServer) -> None:
    (ts,) = post(slack)
    assert slack.react(ts, CHECK, ANNA)
    assert not slack.react(ts, CHECK, ANNA)
    assert slack.unreact(ts, CHECK, ANNA)
    assert not slack.unreact(ts, CHECK, ANNA)
    told = get(slack, "reactions.get", channel=CHANNEL, timestamp=ts)
    assert "reactions" not in told["message"]
    with pytest.raises(KeyError):
        slack.react("1.000000", CHECK, ANNA)


def test_users_are_cut_short_but_for_full(slack: SlackServer) -> None:
    (ts,) = post(slack)
    slack.workspace.users_shown = 2
    for n in range(5):
        slack.react(ts, CHECK, f"U{n:04d}")
    for told in (
        get(slack, "conversations.history", channel=CHANNEL)["messages"][0],
        get(slack, "reactions.get", channel=CHANNEL, timestamp=ts)["message"],
    ):
        (shown,) = told["reactions"]
        assert (len(shown["users"]), shown["count"]) == (2, 5)
    (whole,) = get(slack, "reactions.get", channel=CHANNEL, timestamp=ts, full="true")["message"][
        "reactions"
    ]
    assert (len(whole["users"]), whole["count"]) == (5, 5)


@pytest.mark.parametrize(
    ("args", "code"),
    [
        ({}, "no_item_specified"),
        ({"channel": CHANNEL}, "no_item_specified"),
        ({"channel": "minerals", "timestamp": "1.000000"}, "channel_not_found"),
        ({"channel": CHANNEL, "timestamp": "yesterday"}, "bad_timestamp"),
        ({"channel": CHANNEL, "timestamp": "1.000000"}, "message_not_found"),
    ],
)
def test_reactions_get_refuses_as_slack_does(
    slack: SlackServer, args: dict[str, str], code: str
) -> None:
    assert get(slack, "reactions.get", **args)["error"] == code


def test_reactions_get_takes_no_json(slack: SlackServer) -> None:
    (ts,) = post(slack)
    told = call(slack, "reactions.get", channel=CHANNEL, timestamp=ts)
    assert told["error"] == "no_item_specified"


def test_a_call_without_arguments_may_have_an_empty_body(slack: SlackServer) -> None:
    headers = {"Content-Type": "application/json", "Authorization": f"Bearer {DEMO_TOKEN}"}
    assert json.loads(ask(slack, "/api/auth.test", "", headers)[1])["user_id"] == BOT


def test_the_page_shows_reactions_and_escapes_them(slack: SlackServer) -> None:
    (ts,) = post(slack)
    slack.react(ts, CHECK, ANNA)
    slack.react(ts, "+1::skin-tone-3", BORYS)
    slack.react(ts, "<b>", BORYS)
    page = ask(slack, "/")[1]
    assert "✅ 1" in page
    assert "👍 1" in page
    assert "&lt;b&gt;" in page
    assert "<b>:" not in page


def get(slack: SlackServer, method: str, **args: str) -> dict:
    from urllib.parse import urlencode

    headers = {"Authorization": f"Bearer {DEMO_TOKEN}"}
    return json.loads(ask(slack, f"/api/{method}?{urlencode(args)}", None, headers)[1])
