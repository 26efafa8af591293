"""Feeds: configuration to rows, what is due, health in words."""

from dataclasses import replace
from datetime import datetime, timedelta

from pipeline.store import feeds
from pipeline.store.engine import Database
from schemas.config import FeedConfig
from schemas.feed import FailureKind, FeedState, PollOutcome, PollRecord


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
