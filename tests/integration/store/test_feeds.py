"""Feeds: configuration to rows, what is due, health in words."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.collect.schedule import after_poll
from pipeline.store import feeds
from pipeline.store.engine import Database
from schemas.config import FeedConfig
from schemas.feed import (
    Failed,
    FailureKind,
    FeedHealth,
    FeedState,
    Heard,
    PollOutcome,
    PollRecord,
)
from tests.feed_states import CONFIGURED, STATES


def _configs(*names: str) -> list[FeedConfig]:
    return [FeedConfig(name=n, url=f"https://{n}.example/feed") for n in names]


def _due(database: Database, now: datetime, **more: object) -> list[FeedState]:
    with database.read() as session:
        return feeds.due_feeds(now=now, session=session, **more)  # type: ignore[arg-type]


def test_a_feed_that_left_the_configuration_is_disabled_and_comes_back(
    database: Database, now: datetime
) -> None:
    with database.write() as session:
        assert (
            feeds.sync_feeds(_configs("a", "b"), keep_others=False, now=now, session=session) == 2
        )
    with database.write() as session:
        feeds.sync_feeds(_configs("b"), keep_others=False, now=now, session=session)
    assert [s.name for s in _due(database, now)] == ["b"]
    with database.write() as session:
        feeds.sync_feeds(_configs("a"), keep_others=True, now=now, session=session)
    assert [s.name for s in _due(database, now)] == ["a", "b"]


def test_batches_part_the_due_feeds(database: Database, now: datetime) -> None:
    names = [f"f{i}" for i in range(20)]
    with database.write() as session:
        feeds.sync_feeds(_configs(*names), keep_others=False, now=now, session=session)
    parts = [_due(database, now, batch=batch, of=3) for batch in range(3)]
    assert sorted(s.name for part in parts for s in part) == sorted(names)
    assert all(len(part) in (6, 7) for part in parts)


def test_a_poll_moves_the_next_one_and_health_says_why_a_feed_fails(
    database: Database, now: datetime
) -> None:
    with database.write() as session:
        feeds.sync_feeds(
            _configs("good", "bad", "silent"), keep_others=False, now=now, session=session
        )
    later = now + timedelta(minutes=5)
    saved = []
    for state in _due(database, now):
        if state.name == "bad":
            why = FailureKind.CLIENT_ERROR
            record = PollRecord(state.feed_id, now, PollOutcome.FAILED, 404, why, "404 Not Found")
            after = replace(state, failures=2)
        else:
            record = PollRecord(state.feed_id, now, PollOutcome.FETCHED, 200)
            newest = now if state.name == "good" else now - timedelta(days=30)
            after = replace(state, last_success_at=now, last_new_at=newest)
        saved.append((replace(after, next_poll_at=later), record))
    with database.write() as session:
        feeds.save_states(saved, session=session)
        feeds.add_polls([record for _, record in saved], session=session)
    assert _due(database, now) == []
    assert len(_due(database, later)) == 3
    with database.read() as session:
        health = feeds.feed_health(now=now, session=session)
        assert feeds.poll_counts(since=now, until=later, session=session) == (3, 1)
        assert feeds.poll_counts(since=later, until=later, session=session) == (0, 0)
    assert [(h.name, h.state) for h in health] == [
        ("bad", "failing"),
        ("silent", "silent"),
        ("good", "healthy"),
    ]
    assert health[0].reason == "404 Not Found (2 times in a row)"
    assert "nothing new since 2026-04-04" in health[1].reason


def _stored(database: Database, state: FeedState, record: PollRecord) -> FeedState:
    with database.write() as session:
        feeds.save_states([(state, record)], session=session)
    (found,) = _due(database, state.next_poll_at or record.at, everything=True)
    return found


@given(state=STATES)
@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30, deadline=None
)
def test_a_state_comes_back_as_it_was(database: Database, now: datetime, state: FeedState) -> None:
    config = FeedConfig(name=state.name, url=CONFIGURED, tier=state.tier)
    with database.write() as session:
        feeds.sync_feeds([config], keep_others=False, now=now, session=session)
    (known,) = _due(database, now, everything=True)
    state = replace(state, feed_id=known.feed_id, next_poll_at=now)
    record = PollRecord(known.feed_id, now, PollOutcome.FETCHED, 200)
    assert _stored(database, state, record) == state


NOT_READ = st.sampled_from([PollOutcome.NOT_MODIFIED, PollOutcome.UNCHANGED, PollOutcome.FAILED])


@given(state=STATES, outcome=NOT_READ, kind=st.sampled_from(FailureKind))
@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30, deadline=None
)
def test_all_that_a_poll_changes_is_written_where_nothing_was_read(
    database: Database, now: datetime, state: FeedState, outcome: PollOutcome, kind: FailureKind
) -> None:
    with database.write() as session:
        feeds.sync_feeds(
            [FeedConfig(name=state.name, url=CONFIGURED, tier=state.tier)],
            keep_others=False,
            now=now,
            session=session,
        )
    (known,) = _due(database, now, everything=True)
    read = PollRecord(known.feed_id, now, PollOutcome.FETCHED, 200)
    given = replace(state, feed_id=known.feed_id, next_poll_at=now, last_success_at=now, window_s=9)
    before = _stored(database, given, read)
    later = now + timedelta(days=3)
    why = kind if outcome is PollOutcome.FAILED else None
    failure = Failed(url=before.url, kind=kind, message="m") if why else None
    after = after_poll(before, Heard(outcome, failure=failure), now=later, jitter=0.5)
    assert _stored(database, after, PollRecord(known.feed_id, later, outcome, None, why)) == after


def _health_after(database: Database, now: datetime, **changes: object) -> FeedHealth:
    with database.write() as session:
        feeds.sync_feeds(_configs("a"), keep_others=False, now=now, session=session)
    (known,) = _due(database, now, everything=True)
    state = replace(known, last_success_at=now, last_new_at=now, **changes)  # type: ignore[arg-type]
    why = FailureKind.GONE if state.failures else None
    outcome = PollOutcome.FAILED if state.failures else PollOutcome.FETCHED
    message = "HTTP 410: the feed is gone for good" if why else ""
    _stored(database, state, PollRecord(known.feed_id, now, outcome, None, why, message))
    with database.read() as session:
        (health,) = feeds.feed_health(now=now, session=session)
    return health


def test_health_says_since_when_a_feed_is_dead_and_when_it_is_tried_again(
    database: Database, now: datetime
) -> None:
    health = _health_after(
        database,
        now,
        failures=9,
        dead_since=now - timedelta(days=3),
        next_poll_at=now + timedelta(days=4),
    )
    assert health.state == "dead"
    assert health.reason == (
        "HTTP 410: the feed is gone for good (9 times in a row)"
        "; given up for dead since 2026-05-01, asked once a week, next on 2026-05-08"
    )


def test_a_dead_feed_is_due_again(database: Database, now: datetime) -> None:
    later = now + timedelta(days=7)
    _health_after(database, now, failures=9, dead_since=now, next_poll_at=later)
    assert _due(database, now) == []
    assert len(_due(database, later)) == 1


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({}, ""),
        (
            {"moving_to": "https://b.example/"},
            "redirects for good to https://b.example/: followed, not confirmed yet",
        ),
        (
            {"url": "https://u:secret@b.example/"},
            "moved for good on 2026-05-04 to https://u:***@b.example/: put it in your feeds file",
        ),
    ],
)
def test_health_tells_of_a_move(
    database: Database, now: datetime, changes: dict[str, object], reason: str
) -> None:
    moved_at = now if "url" in changes else None
    health = _health_after(database, now, moved_at=moved_at, **changes)
    assert (health.state, health.reason) == ("healthy", reason)
