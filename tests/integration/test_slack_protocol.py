"""The Slack sender against a server that speaks Slack's Web API: what each answer means."""

import http.client
import json
import socket
import threading
from datetime import timedelta

import pytest

from pipeline.demo.slack_server import DEMO_TOKEN, SlackServer, SlackServerThread
from pipeline.demo.slack_workspace import ALL_SCOPES
from pipeline.notify.render import render_slack
from pipeline.notify.slack import SlackSender
from schemas.alert import AlertKind, Parked, Retry, Sent
from tests.notify_shapes import NOW, content, message

KEY = "major:new:12@minerals"
CHANNEL = "C0000000001"


class Clock:
    """A time that a test moves by hand."""

    def __init__(self):
        self.now = NOW.timestamp()

    def __call__(self):
        return self.now


@pytest.fixture
def slack():
    with SlackServerThread(channels=["minerals", "asia"]) as server:
        yield server


def sender(server, token=DEMO_TOKEN, timeout_s=5.0):
    return SlackSender(token, server.base_url, timeout_s)


def alert(**given):
    options = {"key": KEY, "payload": render_slack(content()), "created_at": NOW} | given
    return message(**options)


def outlet(parent_ts, **given):
    reply = render_slack(content(kind=AlertKind.OUTLET))
    return alert(key="o", payload=reply, thread_key=KEY, thread_id=parent_ts, **given)


def test_a_message_arrives_with_its_blocks_and_its_key(slack):
    delivery = sender(slack).send(alert())
    (posted,) = slack.messages
    assert delivery == Sent(external_id=posted.ts, detail={"channel": CHANNEL})
    assert posted.channel.name == "minerals"
    assert posted.blocks == render_slack(content())["blocks"]
    assert posted.metadata["event_payload"]["key"] == KEY


@pytest.mark.parametrize("address", ["#minerals", "minerals", CHANNEL])
def test_a_channel_is_named_or_given_by_id(slack, address):
    assert isinstance(sender(slack).send(alert(address=address)), Sent)


def test_a_second_outlet_is_a_reply_in_the_thread(slack):
    first = sender(slack).send(alert())
    assert isinstance(first, Sent)
    assert isinstance(sender(slack).send(outlet(first.external_id)), Sent)
    assert slack.messages[1].thread_ts == first.external_id


@pytest.mark.parametrize("uncertain", [True, False])
def test_a_reply_waits_for_the_first_message_of_its_thread(slack, uncertain):
    delivery = sender(slack).send(alert(thread_key=KEY, uncertain=uncertain))
    assert isinstance(delivery, Retry)
    assert KEY in delivery.reason
    assert delivery.uncertain is uncertain
    assert slack.calls == []


def test_a_reply_to_a_deleted_message_is_in_the_channel_and_says_so(slack):
    first = sender(slack).send(alert())
    slack.workspace.delete(first.external_id)
    delivery = sender(slack).send(outlet(first.external_id))
    assert isinstance(delivery, Sent)
    assert "gone" in delivery.detail["unthreaded"]
    assert slack.messages[0].thread_ts is None


def test_a_reply_to_a_message_that_never_was_is_parked(slack):
    delivery = sender(slack).send(outlet("1.000001"))
    assert isinstance(delivery, Parked)
    assert "thread_not_found" in delivery.reason


def test_429_asks_for_the_pause_that_slack_names():
    clock = Clock()
    with SlackServerThread(channels=["minerals", "asia"], interval_s=3.0, clock=clock) as slack:
        client = sender(slack)
        assert isinstance(client.send(alert()), Sent)
        limited = client.send(alert(key="b"))
        assert isinstance(limited, Retry)
        assert limited.after_s == 3.0
        assert not limited.uncertain
        assert isinstance(client.send(alert(key="c", address="asia")), Sent)
        clock.now += 3
        assert isinstance(client.send(alert(key="b")), Sent)
        assert len(slack.messages) == 3


def test_429_without_a_pause_named_waits_half_a_minute(slack):
    slack.fail_next(status=429)
    delivery = sender(slack).send(alert())
    assert isinstance(delivery, Retry)
    assert delivery.after_s == 30.0


@pytest.mark.parametrize("status", [500, 502, 503])
def test_a_fault_of_slacks_is_tried_again(slack, status):
    slack.fail_next(status=status)
    client = sender(slack)
    delivery = client.send(alert())
    assert isinstance(delivery, Retry)
    assert str(status) in delivery.reason
    assert isinstance(client.send(alert(uncertain=delivery.uncertain)), Sent)
    assert len(slack.messages) == 1


def test_the_library_does_not_try_again_by_itself(slack):
    slack.drop_next(accept=False)
    sender(slack).send(alert())
    assert slack.calls == ["chat.postMessage"]


def test_a_refused_connection_leaves_nothing_uncertain():
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))  # bound, not listening: nobody else gets the port either
        port = held.getsockname()[1]
        client = SlackSender(DEMO_TOKEN, f"http://127.0.0.1:{port}/api/", 5.0)
        delivery = client.send(alert())
    assert isinstance(delivery, Retry)
    assert not delivery.uncertain


@pytest.mark.parametrize("accept", [True, False])
def test_a_dropped_connection_is_uncertain_and_then_found_out(slack, accept):
    slack.drop_next(accept=accept)
    client = sender(slack)
    lost = client.send(alert())
    assert isinstance(lost, Retry)
    assert lost.uncertain
    delivery = client.send(alert(uncertain=True))
    assert isinstance(delivery, Sent)
    assert len(slack.messages) == 1
    assert slack.messages[0].ts == delivery.external_id
    assert ("found" in delivery.detail) is accept


def test_no_answer_in_time_is_uncertain_and_then_found_out(slack):
    slack.hang_next(accept=True)
    lost = sender(slack, timeout_s=0.3).send(alert())
    assert lost == Retry("Slack could not be reached: no answer in time", uncertain=True)
    delivery = sender(slack).send(alert(uncertain=True))
    assert isinstance(delivery, Sent)
    assert len(slack.messages) == 1


def test_a_lost_reply_is_found_in_its_thread(slack):
    client = sender(slack)
    first = client.send(alert())
    slack.drop_next()
    client.send(outlet(first.external_id))
    delivery = client.send(outlet(first.external_id, uncertain=True))
    assert isinstance(delivery, Sent)
    assert delivery.external_id == slack.messages[1].ts
    assert len(slack.messages) == 2


def test_a_lost_reply_that_left_its_thread_is_found_in_the_channel(slack):
    client = sender(slack)
    first = client.send(alert())
    slack.workspace.delete(first.external_id)
    slack.drop_next()
    client.send(outlet(first.external_id))
    delivery = client.send(outlet(first.external_id, uncertain=True))
    assert delivery == Sent(slack.messages[0].ts, {"channel": CHANNEL, "found": "yes"})


def test_a_lost_message_is_found_behind_pages_of_others():
    clock = Clock()
    with SlackServerThread(channels=["minerals"], clock=clock) as slack:
        client = sender(slack)
        slack.drop_next()
        client.send(alert())
        for number in range(120):
            client.send(alert(key=f"other:{number}"))
        slack.calls.clear()
        delivery = client.send(alert(uncertain=True))
        assert isinstance(delivery, Sent)
        assert delivery.external_id == slack.messages[0].ts
        assert slack.calls.count("conversations.history") == 2


def test_older_messages_are_not_searched():
    clock = Clock()
    with SlackServerThread(channels=["minerals"], clock=clock) as slack:
        client = sender(slack)
        for number in range(120):
            client.send(alert(key=f"old:{number}"))
        clock.now += 3600
        slack.calls.clear()
        later = NOW + timedelta(hours=1)
        assert isinstance(client.send(alert(created_at=later, uncertain=True)), Sent)
        assert slack.calls == ["conversations.history", "chat.postMessage"]
        assert len(slack.messages) == 121


def test_while_it_cannot_be_asked_nothing_is_sent_again(slack):
    slack.fail_next(method="conversations.history")
    slack.drop_next(method="conversations.history")
    client = sender(slack)
    for _ in range(2):
        delivery = client.send(alert(uncertain=True))
        assert isinstance(delivery, Retry)
        assert delivery.uncertain
    assert slack.messages == []


def test_without_the_scope_to_ask_it_is_parked_and_not_sent_again():
    scopes = ALL_SCOPES - {"channels:history"}
    with SlackServerThread(channels=["minerals"], scopes=scopes) as slack:
        delivery = sender(slack).send(alert(uncertain=True))
        assert isinstance(delivery, Parked)
        assert "add the scope channels:history" in delivery.reason
        assert slack.messages == []


def test_a_channel_that_cannot_be_looked_up_is_parked(slack):
    delivery = sender(slack).send(alert(uncertain=True, address="nowhere"))
    assert isinstance(delivery, Parked)
    assert "nowhere" in delivery.reason
    assert "give the channel's id" in delivery.reason


@pytest.mark.parametrize(
    ("change", "code", "mend"),
    [
        ({"address": "nowhere"}, "channel_not_found", "check the channel's name"),
        ({"address": "archive"}, "is_archived", "unarchive"),
        ({"address": "closed"}, "not_in_channel", "/invite"),
        ({"payload": {"text": "x" * 40_001}}, "msg_too_long", "report"),
        ({"payload": {"text": "x", "blocks": [{"type": "header"}]}}, "invalid_blocks", "/blocks/0"),
        ({"payload": {"text": ""}}, "no_text", "report"),
    ],
)
@pytest.mark.filterwarnings("ignore:The top-level `text` argument")
def test_what_slack_refuses_for_good_is_parked_with_the_mend(change, code, mend):
    with SlackServerThread(channels=["minerals", "archive", "closed"]) as slack:
        slack.workspace.channels[1].archived = True
        slack.workspace.channels[2].member = False
        delivery = sender(slack).send(alert(**change))
        assert isinstance(delivery, Parked)
        assert f"Slack refused it: {code}; mend: " in delivery.reason
        assert mend in delivery.reason


def test_a_wrong_token_is_parked_and_never_shown(slack, caplog):
    caplog.set_level("DEBUG")
    delivery = sender(slack, token="xoxb-secret-1234").send(alert())
    assert isinstance(delivery, Parked)
    assert "invalid_auth" in delivery.reason
    assert "MINERALWATCH_SLACK_TOKEN" in delivery.reason
    assert "secret-1234" not in caplog.text + delivery.reason


def test_a_missing_scope_is_named():
    with SlackServerThread(channels=["minerals"], scopes=frozenset()) as slack:
        delivery = sender(slack).send(alert())
        assert isinstance(delivery, Parked)
        assert "add the scope chat:write" in delivery.reason


def test_no_channel_set_is_parked_before_anything_is_asked(slack):
    delivery = sender(slack).send(alert(address="default"))
    assert isinstance(delivery, Parked)
    assert "MINERALWATCH_SLACK_CHANNEL" in delivery.reason
    assert slack.calls == []


def test_something_that_is_not_slack_is_tried_again(slack):
    slack.fail_next(status=200)
    delivery = sender(slack).send(alert())
    assert isinstance(delivery, Retry)
    assert delivery.uncertain


def ask(slack, path, body=None, headers=None):
    """(headers, text) of an answer of the server; GET without a body."""
    host, port = slack.url.removeprefix("http://").split(":")
    connection = http.client.HTTPConnection(host, int(port), timeout=5)
    try:
        connection.request("GET" if body is None else "POST", path, body, headers or {})
        answer = connection.getresponse()
        return answer.headers, answer.read().decode()
    finally:
        connection.close()


def call(slack, method, token=DEMO_TOKEN, **args):
    headers = {"Content-Type": "application/json", "Authorization": f"Bearer {token}"}
    return json.loads(ask(slack, f"/api/{method}", json.dumps(args), headers)[1])


def test_update_edits_a_message_by_id_and_keeps_its_metadata(slack):
    first = sender(slack).send(alert())
    told = call(slack, "chat.update", channel=CHANNEL, ts=first.external_id, text="Now signed")
    assert told["ok"]
    (edited,) = slack.messages
    assert (edited.text, edited.edits) == ("Now signed", 1)
    assert edited.metadata["event_payload"]["key"] == KEY
    by_name = call(slack, "chat.update", channel="minerals", ts=first.external_id, text="x")
    assert by_name["error"] == "channel_not_found"
    assert call(slack, "chat.update", channel=CHANNEL, ts="1.0", text="x")["error"] == (
        "message_not_found"
    )


def test_auth_test_and_unknown_methods(slack):
    assert call(slack, "auth.test")["team"] == "Demo"
    assert call(slack, "auth.test", token="xoxb-other")["error"] == "invalid_auth"
    assert call(slack, "chat.shout")["error"] == "unknown_method"


def test_the_page_shows_messages_and_escapes_them(slack):
    hostile = "<script>alert(1)</script> & <!channel>"
    first = sender(slack).send(alert(payload=render_slack(content(title=hostile))))
    sender(slack).send(outlet(first.external_id))
    headers, page = ask(slack, "/")
    assert "default-src 'none'" in headers["Content-Security-Policy"]
    assert "<script>" not in page
    assert "&lt;script&gt;alert(1)" in page
    assert "1 reply" in page
    assert '<a href="https://example.org/signed"' in page
    told = json.loads(ask(slack, "/messages.json")[1])["messages"]
    assert [entry["channel"] for entry in told] == ["minerals", "minerals"]
    assert told[0]["metadata"]["event_payload"]["key"] == KEY


def test_waiting_for_messages_ends_when_they_are_there(slack):
    thread = threading.Thread(target=lambda: sender(slack).send(alert()))
    thread.start()
    assert len(slack.wait_for(1, timeout_s=10)) == 1
    thread.join()


async def test_the_server_runs_in_a_loop_of_the_callers():
    server = SlackServer(channels=["minerals"])
    await server.start()
    try:
        assert server.base_url.startswith("http://127.0.0.1:")
    finally:
        await server.stop()
