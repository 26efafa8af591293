"""Feeds, their state between polls, and the history of polls."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from itertools import chain
from typing import Any

from sqlalchemy import ColumnElement, bindparam, func, select, update
from sqlalchemy.orm import Session

from pipeline.store.engine import insert_for
from pipeline.store.feed_facts import feed_health
from schemas.config import FeedConfig
from schemas.feed import FeedState, PollOutcome, PollRecord
from schemas.kept_feed import FeedOrigin
from schemas.tables import FeedRow, PollRow

__all__ = [
    "add_polls",
    "count_due",
    "due_feeds",
    "feed_health",
    "longest_gap",
    "next_due",
    "poll_counts",
    "save_states",
    "sync_feeds",
    "write_feed",
]

SLOW_S = 2.0
"""Seconds after which an answer is slow: well over what a healthy server takes."""


def sync_feeds(
    feeds: Sequence[FeedConfig], *, keep_others: bool, now: datetime, session: Session
) -> int:
    """Make the rows agree with the configuration; returns how many feeds are enabled.

    A feed no longer configured is disabled, never deleted: its articles stay. One that was added by
    command is kept in its row and stays as it is. With ``keep_others`` so do all that are not
    named, and one added by command keeps its own name and settings.
    """
    existing = {kept.url: kept for kept in session.execute(select(*_KEPT.values(), FeedRow.origin))}
    enabled = 0
    for feed in feeds:
        kept = existing.pop(feed.url, None)
        if kept is None or kept.origin == FeedOrigin.CONFIG or not keep_others:
            enabled += feed.enabled
            if kept is None:
                write_feed(feed, None, now=now, session=session)
            elif tuple(kept)[:-1] != _wanted(feed):
                write_feed(feed, _row(feed.url, session), now=now, session=session)
        else:
            enabled += kept.enabled
    if not keep_others:
        for kept in existing.values():
            if kept.enabled and kept.origin == FeedOrigin.COMMAND:
                enabled += 1
            elif kept.enabled:
                _row(kept.url, session).enabled = False
    return enabled


# Read by column, as `_STATE` below: a pass over thousands of feeds changes none of them.
_KEPT = {
    name: getattr(FeedRow, name)
    for name in ("url", "name", "language", "region", "kind", "tier", "enabled", "site", "fulltext")
}


def _wanted(feed: FeedConfig) -> tuple[Any, ...]:
    wanted = {name: getattr(feed, name) for name in _KEPT} | {"kind": feed.kind.value}
    return tuple(wanted.values())


def _row(url: str, session: Session) -> FeedRow:
    return session.scalars(select(FeedRow).where(FeedRow.url == url)).one()


def write_feed(
    feed: FeedConfig, row: FeedRow | None, *, now: datetime, session: Session
) -> FeedRow:
    """Bring a feed's row in line with ``feed``; without a row, add one of the configuration's."""
    if row is None:
        row = FeedRow(
            url=feed.url, created_at=now, current_url=feed.url, origin=FeedOrigin.CONFIG.value
        )
        session.add(row)
    elif feed.enabled and not row.enabled:
        row.watched_since = now
    row.name, row.language, row.region = feed.name, feed.language, feed.region
    row.kind, row.tier, row.enabled = feed.kind.value, feed.tier, feed.enabled
    row.site, row.fulltext = feed.site, feed.fulltext
    return row


def due_feeds(
    *,
    now: datetime,
    session: Session,
    batch: int = 0,
    of: int = 1,
    urls: Sequence[str] | None = None,
    slow: bool | None = None,
    everything: bool = False,
) -> list[FeedState]:
    """Enabled feeds whose time has come; of ``of`` batches by row id, the ``batch``-th.

    ``slow`` asks for those of one lane only; ``urls`` for these feeds, even paused, and
    ``everything`` for all that are not paused, whether due or not.
    """
    query = select(*_STATE.values()).where(FeedRow.enabled).order_by(FeedRow.id)
    if urls is not None:
        query = query.where(FeedRow.url.in_(urls))
    else:
        query = query.where(_due(now, everything=everything))
    if slow is not None:
        query = query.where(FeedRow.slow.is_(slow))
    if of > 1:
        query = query.where(FeedRow.id % of == batch)
    return [_state(row) for row in session.execute(query)]


def count_due(*, now: datetime, slow: bool, session: Session, everything: bool = False) -> int:
    """How many enabled feeds of a lane are due, or how many there are (``everything``)."""
    query = select(func.count()).select_from(FeedRow)
    query = query.where(FeedRow.enabled, FeedRow.slow.is_(slow))
    query = query.where(_due(now, everything=everything))
    return session.scalar(query) or 0


def next_due(*, session: Session) -> datetime | None:
    """When the next feed is due; None where none is enabled."""
    watched = FeedRow.enabled & FeedRow.paused_at.is_(None)
    query = select(FeedRow).where(watched).order_by(FeedRow.next_poll_at).limit(1)
    row = session.scalar(query)
    return row.next_poll_at or row.created_at if row else None


def _due(now: datetime, *, everything: bool) -> ColumnElement[bool]:
    """Not paused, and its time has come; a feed that is paused is polled by its address only."""
    awake = FeedRow.paused_at.is_(None) | (FeedRow.paused_until <= now)
    if everything:
        return awake
    return awake & (FeedRow.next_poll_at.is_(None) | (FeedRow.next_poll_at <= now))


def save_states(states: Iterable[tuple[FeedState, PollRecord]], *, session: Session) -> None:
    """Write what is now known of each feed, and the reason where its poll failed.

    What only a reading of the document can change is written where there was one.
    """
    read: list[dict[str, Any]] = []
    unread: list[dict[str, Any]] = []
    for state, record in states:
        if record.outcome is PollOutcome.FETCHED:
            read.append(_heard(state, record) | _learnt(state))
        else:
            unread.append(_heard(state, record))
    for rows in (read, unread):
        if rows:
            names = rows[0].keys() - {"feed"}
            statement = (
                update(FeedRow)
                .where(FeedRow.id == bindparam("feed"))
                .values({name: bindparam(name) for name in names})
            )
            session.connection().execute(statement, rows)


def _heard(state: FeedState, record: PollRecord) -> dict[str, Any]:
    return {
        "feed": state.feed_id,
        "current_url": state.url,
        "etag": state.etag,
        "last_modified": state.last_modified,
        "body_hash": state.body_hash,
        "next_poll_at": state.next_poll_at,
        "interval_s": state.interval_s,
        "failures": state.failures,
        "last_success_at": state.last_success_at,
        "window_s": state.window_s,
        "failing_since": state.failing_since,
        "dead_since": state.dead_since,
        "moving_to": state.moving_to,
        "moving_since": state.moving_since,
        "moving_seen": state.moving_seen,
        "moved_at": state.moved_at,
        "failure": record.failure.value if record.failure else None,
        "failure_message": record.message or None,
        "slow": record.failure is not None or record.seconds > SLOW_S,
    }


def _learnt(state: FeedState) -> dict[str, Any]:
    return {
        "items": state.items,
        "last_new_at": state.last_new_at,
        "gap_s": state.gap_s,
        "shown": state.shown,
        "ttl_s": state.ttl_s,
        "period_s": state.period_s,
        "skip_hours": list(state.skip_hours),
        "skip_days": list(state.skip_days),
    }


def add_polls(records: Iterable[PollRecord], *, session: Session) -> None:
    """Append rows to the history of polls."""
    rows = [
        {
            "feed_id": r.feed_id,
            "at": r.at,
            "outcome": r.outcome.value,
            "status": r.status,
            "failure": r.failure.value if r.failure else None,
            "message": r.message,
            "entries": r.entries,
            "new": r.new,
            "bytes_read": r.bytes_read,
            "seconds": r.seconds,
        }
        for r in records
    ]
    if rows:
        session.execute(insert_for(session, PollRow), rows)


def poll_counts(*, since: datetime, until: datetime, session: Session) -> tuple[int, int]:
    """(polls, failed polls) in the half-open span."""
    span = (PollRow.at >= since) & (PollRow.at < until)
    polls = session.scalar(select(func.count()).select_from(PollRow).where(span)) or 0
    failed = (
        session.scalar(
            select(func.count())
            .select_from(PollRow)
            .where(span, PollRow.outcome == PollOutcome.FAILED.value)
        )
        or 0
    )
    return polls, failed


def longest_gap(
    *, since: datetime, until: datetime, session: Session
) -> tuple[datetime, datetime] | None:
    """The longest part of the span in which no poll succeeded; None where the span is empty.

    It begins at the first poll of all, since before that nothing was watched.
    """
    first: datetime | None = session.scalar(select(func.min(PollRow.at)))
    since = max(since, first) if first else since
    good = (
        select(PollRow.at)
        .where(PollRow.at >= since, PollRow.at < until, PollRow.outcome != PollOutcome.FAILED.value)
        .order_by(PollRow.at)
    )
    begin = since
    longest: tuple[datetime, datetime] | None = None
    for at in chain(session.scalars(good), (until,)):
        if at > begin and (longest is None or at - begin > longest[1] - longest[0]):
            longest = (begin, at)
        begin = at
    return longest


# Named one by one: to load a whole row as an object costs as much as the poll's own decisions.
_STATE = {
    "feed_id": FeedRow.id,
    "url": FeedRow.current_url,
    "configured_url": FeedRow.url,
} | {
    name: getattr(FeedRow, name)
    for name in (
        *("name", "language", "tier", "etag", "last_modified", "body_hash", "items"),
        *("next_poll_at", "interval_s", "failures", "last_success_at", "last_new_at"),
        *("gap_s", "window_s", "shown", "ttl_s", "period_s", "skip_hours", "skip_days"),
        *("failing_since", "dead_since", "moving_to", "moving_since", "moving_seen", "moved_at"),
    )
}
"""Fields of FeedState and their columns."""


def _state(row: Sequence[Any]) -> FeedState:
    known = dict(zip(_STATE, row, strict=True))
    known["items"] = known["items"] or b""
    known["skip_hours"], known["skip_days"] = tuple(known["skip_hours"]), tuple(known["skip_days"])
    return FeedState(**known)
