"""The reader of reactions against a server that speaks Slack's Web API."""

import socket
from collections.abc import Callable, Iterator

import pytest

from pipeline.demo.slack_server import DEMO_TOKEN, SlackServer, SlackServerThread
from pipeline.demo.slack_workspace import ALL_SCOPES
from pipeline.notify import reactions
from pipeline.notify.reactions import ReactionReader, plain_name
from schemas.feedback import Reaction, SentMessage
from tests.integration.test_slack_protocol import CHANNEL, Clock, alert, outlet, sender

BOT = "U0MINERALW"
ANNA, BORYS = "U0ANNA", "U0BORYS"
CHECK, CROSS = "white_check_mark", "x"


@pytest.fixture
def slack() -> Iterator[SlackServer]:
    with SlackServerThread(channels=["minerals", "asia"], clock=Clock()) as server:
        yield server


def reader(server: SlackServer, token: str = DEMO_TOKEN, timeout_s: float = 5.0) -> ReactionReader:
    return ReactionReader(token, server.base_url, timeout_s)


def post(server: SlackServer, count: int = 1, address: str = "minerals") -> list[str]:
    """Ids of new top-level messages, the oldest first."""
    client = sender(server)
    return [
        client.send(alert(key=f"{address}:{n}", address=address)).external_id for n in range(count)
    ]


def sent(ts: str, number: int = 1, place: str | None = CHANNEL, **given: object) -> SentMessage:
    options = {"address": "minerals", "reply": False} | given
    return SentMessage(outbox_id=number, place=place, ts=ts, **options)  # type: ignore[arg-type]


def numbered(tss: list[str]) -> list[SentMessage]:
    return [sent(ts, number) for number, ts in enumerate(tss, 1)]


def given(read: reactions.ReactionsRead) -> dict[int, set[tuple[str, str]]]:
    return {one.outbox_id: {(r.user, r.name) for r in one.reactions} for one in read.seen}


# ---- the reader --------------------------------------------------------------------------------


def test_many_messages_are_read_by_one_call(slack: SlackServer) -> None:
    tss = post(slack, 30)
    slack.react(tss[3], CHECK, ANNA)
    slack.react(tss[3], CROSS, BORYS)
    slack.react(tss[9], "eyes", BORYS)
    slack.calls.clear()
    read = reader(slack).read(numbered(tss))
    assert slack.calls == ["auth.test", "conversations.history"]
    assert given(read) == {
        **{number: set() for number in range(1, 31)},
        4: {(ANNA, CHECK), (BORYS, CROSS)},
        10: {(BORYS, "eyes")},
    }
    assert (read.gone, read.problems, read.wait_s) == ((), (), None)


def test_nothing_to_read_asks_nothing(slack: SlackServer) -> None:
    assert reader(slack).read([]) == reactions.ReactionsRead()
    assert slack.calls == []


def test_the_bots_own_reactions_are_ignored(slack: SlackServer) -> None:
    (ts,) = post(slack)
    slack.react(ts, CHECK, BOT)
    slack.react(ts, CROSS, ANNA)
    assert given(reader(slack).read([sent(ts)])) == {1: {(ANNA, CROSS)}}


@pytest.mark.parametrize(
    ("name", "plain"), [("+1", "+1"), ("+1::skin-tone-3", "+1"), ("-1::skin-tone-6", "-1")]
)
def test_skin_tones_are_set_aside(slack: SlackServer, name: str, plain: str) -> None:
    assert plain_name(name) == plain
    (ts,) = post(slack)
    slack.react(ts, name, ANNA)
    (one,) = reader(slack).read([sent(ts)]).seen
    assert one.reactions == {Reaction(ANNA, plain)}


def test_replies_are_asked_for_by_themselves(slack: SlackServer) -> None:
    (ts,) = post(slack)
    reply = sender(slack).send(outlet(ts)).external_id
    slack.react(reply, CHECK, ANNA)
    slack.calls.clear()
    read = reader(slack).read([sent(ts), sent(reply, 2, reply=True)])
    assert given(read) == {1: set(), 2: {(ANNA, CHECK)}}
    assert slack.calls == ["auth.test", "conversations.history", "reactions.get"]


def test_where_only_replies_are_wanted_the_history_is_not_asked(slack: SlackServer) -> None:
    (ts,) = post(slack)
    reply = sender(slack).send(outlet(ts)).external_id
    slack.calls.clear()
    assert given(reader(slack).read([sent(reply, reply=True)])) == {1: set()}
    assert slack.calls == ["auth.test", "reactions.get"]


def test_a_scope_that_is_missing_is_missing_in_every_channel() -> None:
    with SlackServerThread(channels=["minerals", "asia"], clock=Clock()) as slack:
        tss = [*post(slack), *post(slack, address="asia")]
        slack.workspace.scopes = ALL_SCOPES - {"reactions:read"}
        places = ("C0000000001", "C0000000002")
        asked = [
            sent(ts, n, place, address=place, reply=True)
            for n, (ts, place) in enumerate(zip(tss, places, strict=True))
        ]
        slack.calls.clear()
        assert len(reader(slack).read(asked).problems) == 1
        assert slack.calls == ["auth.test", "reactions.get"]


def test_users_that_the_history_cuts_short_are_asked_for_whole(slack: SlackServer) -> None:
    few, many = post(slack, 2)
    slack.workspace.users_shown = 3
    slack.react(few, CHECK, ANNA)
    users = {f"U{n:04d}" for n in range(40)}
    for user in users:
        slack.react(many, CHECK, user)
    slack.calls.clear()
    read = reader(slack).read([sent(few), sent(many, 2)])
    assert given(read)[2] == {(user, CHECK) for user in users}
    assert all(one.complete for one in read.seen)
    assert slack.calls.count("reactions.get") == 1


def test_a_message_that_was_deleted_is_gone(slack: SlackServer) -> None:
    first, second = post(slack, 2)
    slack.workspace.delete(first)
    read = reader(slack).read([sent(first), sent(second, 2)])
    assert read.gone == (1,)
    assert given(read) == {2: set()}
    assert read.problems == ()


def test_pages_are_followed_until_all_were_seen(
    slack: SlackServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reactions, "PAGE", 10)
    tss = post(slack, 45)
    slack.react(tss[20], CHECK, ANNA)
    slack.calls.clear()
    read = reader(slack).read([sent(tss[20])])
    assert given(read) == {1: {(ANNA, CHECK)}}
    assert slack.calls.count("conversations.history") == 1, "the span is that of the messages"
    slack.calls.clear()
    read = reader(slack).read([sent(tss[44]), sent(tss[20], 2)])
    assert given(read) == {1: set(), 2: {(ANNA, CHECK)}}
    assert slack.calls.count("conversations.history") == 3


def test_a_channel_too_busy_to_page_through_is_asked_message_by_message(
    slack: SlackServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reactions, "PAGE", 10)
    monkeypatch.setattr(reactions, "MAX_PAGES", 2)
    tss = post(slack, 45)
    slack.react(tss[0], CHECK, ANNA)
    slack.calls.clear()
    read = reader(slack).read([sent(tss[44]), sent(tss[0], 2)])
    assert given(read) == {1: set(), 2: {(ANNA, CHECK)}}
    assert slack.calls == ["auth.test", *["conversations.history"] * 2, "reactions.get"]


def test_some_are_asked_by_themselves_in_a_run_those_given_first(
    slack: SlackServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reactions, "MAX_GETS", 2)
    (ts,) = post(slack)
    replies = [sender(slack).send(outlet(ts)).external_id for _ in range(5)]
    asked = [sent(reply, n, reply=True) for n, reply in enumerate(replies, 1)]
    read = reader(slack).read(asked[::-1])
    assert [one.outbox_id for one in read.seen] == [5, 4]
    assert read.problems == ()


def test_a_name_is_looked_up_once(slack: SlackServer) -> None:
    tss = post(slack, 2)
    slack.react(tss[1], CHECK, ANNA)
    slack.calls.clear()
    read = reader(slack).read([sent(ts, n, place=None) for n, ts in enumerate(tss)])
    assert given(read) == {0: set(), 1: {(ANNA, CHECK)}}
    assert slack.calls == ["auth.test", "conversations.list", "conversations.history"]


def test_a_channel_that_was_renamed_is_told_and_the_others_are_read(slack: SlackServer) -> None:
    (ts,) = post(slack)
    (other,) = post(slack, address="asia")
    slack.workspace.channels[0].name = "ores"
    read = reader(slack).read([sent(ts, place=None), sent(other, 2, place=None, address="asia")])
    assert given(read) == {2: set()}
    (problem,) = read.problems
    assert problem.where == "slack:minerals"
    assert "no channel has that name now" in problem.what
    assert "renamed" in problem.mend


def test_a_channel_without_the_bot_is_told_once_and_the_others_are_read(
    slack: SlackServer,
) -> None:
    tss = post(slack, 3)
    (other,) = post(slack, address="asia")
    slack.workspace.channels[0].archived = True
    slack.workspace.channels[0].member = False  # archiving takes everyone out
    asked = [*numbered(tss), sent(other, 9, place="C0000000002", address="asia")]
    slack.calls.clear()
    read = reader(slack).read(asked)
    assert given(read) == {9: set()}
    (problem,) = read.problems
    assert problem.where == "slack:minerals"
    assert "not_in_channel" in problem.what
    assert "/invite" in problem.mend
    assert slack.calls.count("reactions.get") == 1


def test_an_archived_channel_that_can_be_read_is_read(slack: SlackServer) -> None:
    (ts,) = post(slack)
    slack.react(ts, CHECK, ANNA)
    slack.workspace.channels[0].archived = True
    assert given(reader(slack).read([sent(ts)])) == {1: {(ANNA, CHECK)}}


@pytest.mark.parametrize("method", ["auth.test", "conversations.history", "reactions.get"])
def test_a_rate_limit_stops_the_reading_and_says_when(slack: SlackServer, method: str) -> None:
    tss = post(slack, 2)
    slack.workspace.delete(tss[1])
    slack.fail_next(status=429, method=method)
    slack.calls.clear()
    read = reader(slack).read(numbered(tss))
    assert slack.calls[-1] == method, "nothing is asked after it"
    assert read.wait_s == 30.0
    assert set(given(read)) == ({1} if method == "reactions.get" else set())
    (problem,) = read.problems
    assert "rate limit: wait 30 s" in problem.what


@pytest.mark.parametrize(
    ("scope", "reads"), [("reactions:read", {1}), ("channels:history", {1, 2})]
)
def test_a_missing_scope_is_a_problem_with_the_mend(scope: str, reads: set[int]) -> None:
    with SlackServerThread(channels=["minerals"], clock=Clock()) as slack:
        (ts,) = post(slack)
        reply = sender(slack).send(outlet(ts)).external_id
        slack.workspace.scopes = ALL_SCOPES - {scope}
        read = reader(slack).read([sent(ts), sent(reply, 2, reply=True)])
        assert set(given(read)) == reads
        (problem,) = read.problems
        assert "missing_scope" in problem.what
        assert f"add the scope {scope} to the app and install it again" in problem.mend


def test_without_the_scope_for_names_those_with_an_id_are_read() -> None:
    with SlackServerThread(channels=["minerals"], clock=Clock()) as slack:
        first, second = post(slack, 2)
        slack.workspace.scopes = ALL_SCOPES - {"channels:read"}
        read = reader(slack).read([sent(first, place=None), sent(second, 2)])
        assert set(given(read)) == {2}
        (problem,) = read.problems
        assert "add the scope channels:read" in problem.mend


def test_what_is_known_in_part_is_not_called_whole() -> None:
    with SlackServerThread(channels=["minerals"], clock=Clock()) as slack:
        (ts,) = post(slack)
        slack.workspace.users_shown = 1
        slack.react(ts, CHECK, ANNA)
        slack.react(ts, CHECK, BORYS)
        slack.workspace.scopes = ALL_SCOPES - {"reactions:read"}
        (one,) = reader(slack).read([sent(ts)]).seen
        assert one.reactions == {Reaction(ANNA, CHECK)}
        assert not one.complete


def test_a_wrong_token_is_a_problem_and_never_shown(
    slack: SlackServer, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    (ts,) = post(slack)
    slack.calls.clear()
    read = reader(slack, token="xoxb-secret-1234").read([sent(ts)])
    (problem,) = read.problems
    assert "invalid_auth" in problem.what
    assert "MINERALWATCH_SLACK_TOKEN" in problem.mend
    assert slack.calls == ["auth.test"]
    assert "secret-1234" not in caplog.text + str(read)


Break = Callable[[SlackServer], None]


@pytest.mark.parametrize(
    "break_it",
    [
        lambda slack: slack.fail_next(status=503, method="conversations.history"),
        lambda slack: slack.fail_next(status=200, method="conversations.history"),
        lambda slack: slack.drop_next(method="conversations.history"),
        lambda slack: slack.hang_next(method="conversations.history"),
    ],
    ids=["503", "not JSON", "dropped", "no answer"],
)
def test_a_slack_that_fails_ends_the_reading_with_a_problem(
    slack: SlackServer, break_it: Break
) -> None:
    (ts,) = post(slack)
    break_it(slack)
    slack.calls.clear()
    read = reader(slack, timeout_s=0.5).read([sent(ts)])
    assert read.seen == ()
    assert len(read.problems) == 1
    assert slack.calls == ["auth.test", "conversations.history"], "it is not tried again at once"
    assert given(reader(slack).read([sent(ts)])) == {1: set()}


def test_no_slack_at_all_is_a_problem() -> None:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))  # bound, not listening: nobody else gets the port either
        port = held.getsockname()[1]
        client = ReactionReader(DEMO_TOKEN, f"http://127.0.0.1:{port}/api/", 5.0)
        read = client.read([sent("1.000000")])
    (problem,) = read.problems
    assert "could not be reached" in problem.what


def test_what_is_not_of_slacks_form_is_passed_over(slack: SlackServer) -> None:
    (ts,) = post(slack)
    message = slack.workspace.message(ts)
    message.reactions.given.update(
        {"": [ANNA], "y" * 101: [ANNA], CROSS: ["<script>", "U" * 81, ANNA, 7]}  # type: ignore[list-item]
    )
    (one,) = reader(slack).read([sent(ts)]).seen
    assert one.reactions == {Reaction(ANNA, CROSS)}


def test_thousands_of_messages_are_read_in_pages(slack: SlackServer) -> None:
    from pipeline.demo.slack_workspace import SlackMessage

    start, channel = int(Clock().now), slack.workspace.channels[0]
    for n in range(3000):
        message = SlackMessage(channel=channel, ts=f"{start + n}.000100", text="x")
        message.reactions.add(CHECK if n % 3 else CROSS, f"U{n % 50:04d}")
        slack.workspace.messages.append(message)
    read = reader(slack).read(numbered([f"{start + n}.000100" for n in range(3000)]))
    assert len(read.seen) == 3000
    assert sum(CROSS in {r.name for r in one.reactions} for one in read.seen) == 1000
    assert slack.calls == ["auth.test", *["conversations.history"] * 15]
