"""The outbox: claims, threads, retries, crashed senders; on both databases."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any

import pytest

from pipeline.store import discards, messages, outbox, watch_facts
from pipeline.store.engine import Database, open_database
from schemas.alert import Channel, OutboxMessage, OutboxState

LEASE = timedelta(minutes=5)


def _add(database: Database, now: datetime, key: str, thread: str | None = None) -> bool:
    message = messages.NewMessage(key, Channel.SLACK, "#minerals", {"text": key}, thread_key=thread)
    with database.write() as session:
        return messages.add_message(message, now=now, session=session)


def _claim(database: Database, now: datetime, worker: str = "w1") -> list[OutboxMessage]:
    with database.write() as session:
        return outbox.claim(now=now, worker=worker, limit=10, lease=LEASE, session=session)


def test_a_key_is_in_the_outbox_once(database: Database, now: datetime) -> None:
    assert _add(database, now, "story:1")
    assert not _add(database, now, "story:1")


def test_a_claimed_message_is_not_claimed_again_until_its_lease_ends(
    database: Database, now: datetime
) -> None:
    _add(database, now, "story:1")
    assert [m.key for m in _claim(database, now)] == ["story:1"]
    assert _claim(database, now + LEASE) == []
    [again] = _claim(database, now + LEASE + timedelta(seconds=1), "w2")
    assert again.uncertain, "the dead sender may have sent it"
    with database.write() as session:
        late = outbox.record_sent(
            again.id, external_id="1.0", worker="w1", now=now, session=session
        )
        assert not late, "the first sender lost its claim"
        assert outbox.record_sent(
            again.id, external_id="1.1", worker="w2", now=now, session=session
        )


def test_a_reply_waits_for_its_thread(database: Database, now: datetime) -> None:
    _add(database, now, "reply", thread="root")
    assert _claim(database, now) == []
    _add(database, now, "root")
    [root] = _claim(database, now)
    assert root.key == "root"
    assert _claim(database, now) == []
    with database.write() as session:
        outbox.record_sent(root.id, external_id="17.4", worker="w1", now=now, session=session)
    [reply] = _claim(database, now)
    assert (reply.key, reply.thread_id) == ("reply", "17.4")


def test_a_failed_send_keeps_the_error_and_the_next_attempt(
    database: Database, now: datetime
) -> None:
    _add(database, now, "story:1")
    [message] = _claim(database, now)
    due = now + timedelta(seconds=30)
    with database.write() as session:
        outbox.record_retry(
            message.id,
            reason="slack: 503",
            uncertain=False,
            next_attempt_at=due,
            worker="w1",
            session=session,
        )
    assert _claim(database, now + timedelta(seconds=29)) == []
    with database.read() as session:
        [line] = outbox.list_outbox(session=session)
    assert (line.state, line.last_error, line.next_attempt_at) == ("pending", "slack: 503", due)
    [again] = _claim(database, due)
    assert again.attempts == 2
    assert not again.uncertain


def test_a_parked_message_waits_for_a_person(database: Database, now: datetime) -> None:
    _add(database, now, "story:1")
    [message] = _claim(database, now)
    with database.write() as session:
        outbox.record_parked(message.id, reason="channel_not_found", worker="w1", session=session)
    assert _claim(database, now + timedelta(days=9)) == []
    with database.write() as session:
        assert outbox.count_states(session=session)[OutboxState.PARKED.value] == 1
        assert outbox.retry_parked(now=now, key="other", session=session) == 0
        assert outbox.retry_parked(now=now, session=session) == 1
    assert len(_claim(database, now)) == 1


def test_a_discarded_message_takes_its_thread_along_and_never_comes_back(
    database: Database, now: datetime
) -> None:
    _add(database, now, "root")
    _add(database, now, "reply", thread="root")
    _add(database, now, "other")
    for message in _claim(database, now):
        with database.write() as session:
            outbox.record_parked(
                message.id, reason="archived; mend: unarchive it", worker="w1", session=session
            )
    with database.write() as session:
        gone: dict[str, Any] = {"who": "ann", "reason": "old", "session": session}
        assert discards.discard_parked("root", **gone)
        assert not discards.discard_parked("root", **gone), "it is not parked any more"
        assert not discards.discard_parked("reply", **gone), "it waits"
        assert discards.discard_replies(session=session) == 1
        assert discards.discard_replies(session=session) == 0
    assert not _add(database, now, "root"), "its key stays taken"
    assert _add(database, now, "late", thread="root")
    with database.write() as session:
        assert watch_facts.waiting_messages(before=now, now=now, session=session) == []
        assert discards.discard_replies(session=session) == 1
        assert outbox.retry_parked(now=now, session=session) == 1
        lines = {line.key: line for line in outbox.list_outbox(session=session)}
    assert [m.key for m in _claim(database, now + timedelta(days=9))] == ["other"]
    assert {key: line.state for key, line in lines.items()} == {
        "root": "discarded",
        "reply": "discarded",
        "late": "discarded",
        "other": "pending",
    }
    assert lines["root"].last_error == "archived; discarded by ann: old"


@pytest.mark.parametrize("senders", [4])
def test_senders_at_once_never_share_a_message(
    database_url: str, database: Database, now: datetime, senders: int
) -> None:
    for number in range(40):
        _add(database, now, f"story:{number}")

    def take(worker: int) -> list[str]:
        own = open_database(database_url)
        keys = []
        while batch := _claim(own, now, f"w{worker}"):
            keys += [message.key for message in batch]
        own.close()
        return keys

    with ThreadPoolExecutor(senders) as pool:
        taken = [key for keys in pool.map(take, range(senders)) for key in keys]
    assert len(taken) == len(set(taken)) == 40


def test_a_digest_does_not_wait_behind_slack(database: Database, now: datetime) -> None:
    _add(database, now, "story:1")
    mail = messages.NewMessage("digest:1", Channel.EMAIL, "a@b.example", {"subject": "x"})
    with database.write() as session:
        messages.add_message(mail, now=now, session=session)
    assert [m.key for m in _claim(database, now)] == ["digest:1", "story:1"]
