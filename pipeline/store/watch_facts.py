"""What tells whether the watch fails: feeds that are due, messages that wait or were refused."""

from datetime import datetime, timedelta

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session, aliased
from sqlalchemy.sql.elements import ColumnElement

from schemas.alert import Channel, Destination, OutboxState
from schemas.tables import FeedRow, OutboxRow
from schemas.watch import DueFeed, Polling, Refusal, Waiting

_UNSENT = (OutboxState.PENDING.value, OutboxState.SENDING.value)
_REFUSED = (OutboxState.PARKED.value, OutboxState.DISCARDED.value)


def polling(*, limit: timedelta, now: datetime, session: Session) -> Polling:
    """When a feed was last polled with success; where that is longer ago than ``limit``, the feeds.

    A pause with an end ends by itself, and the feed is due from there.
    """
    last: datetime | None = session.scalar(select(func.max(FeedRow.last_success_at)))
    watched = (FeedRow.enabled, or_(FeedRow.paused_at.is_(None), FeedRow.paused_until <= now))
    count = session.scalar(select(func.count()).select_from(FeedRow).where(*watched)) or 0
    if last is not None and now - last < limit:
        return Polling(last, count)
    starts = (
        FeedRow.next_poll_at,
        FeedRow.created_at,
        FeedRow.watched_since,
        FeedRow.paused_until,
    )
    query = select(FeedRow.failing_since, *starts).where(*watched, FeedRow.dead_since.is_(None))
    feeds = tuple(
        DueFeed(max(at for at in times if at is not None), failing)
        for failing, *times in session.execute(query)
    )
    return Polling(last, count, feeds)


def waiting_messages(*, before: datetime, now: datetime, session: Session) -> list[Waiting]:
    """Messages that were first to go before then, by place.

    What waits for a thread's first message that was refused or discarded does so with it, and what
    was never tried and is held until later (quiet hours) is not late.
    """
    root = aliased(OutboxRow)
    due = func.coalesce(OutboxRow.due_at, OutboxRow.created_at)
    late = (
        OutboxRow.state.in_(_UNSENT),
        due <= before,
        or_(OutboxRow.attempts > 0, OutboxRow.next_attempt_at <= now),
        or_(root.id.is_(None), root.state.not_in(_REFUSED)),
    )
    query = (
        select(OutboxRow.channel, OutboxRow.address, func.count(), func.min(due))
        .outerjoin(root, root.key == OutboxRow.thread_key)
        .where(*late)
        .group_by(OutboxRow.channel, OutboxRow.address)
    )
    found = []
    for channel, address, count, oldest in session.execute(query):
        place = Destination(Channel(channel), address)
        first = session.scalar(
            select(OutboxRow.last_error)
            .outerjoin(root, root.key == OutboxRow.thread_key)
            .where(*late, *_of(place), OutboxRow.last_error.is_not(None))
            .order_by(OutboxRow.id)
            .limit(1)
        )
        found.append(Waiting(place, count, oldest, first or ""))
    return found


def refused_messages(*, session: Session) -> list[Refusal]:
    """Messages that were refused, by place and reason: set aside, or since then made due again."""
    by = (OutboxRow.channel, OutboxRow.address, OutboxRow.last_error, OutboxRow.state)
    grouped = (
        select(*by, func.count(), func.max(OutboxRow.claimed_at))
        .where(
            OutboxRow.last_error.is_not(None),
            OutboxRow.state.in_((OutboxState.PARKED.value, *_UNSENT)),
        )
        .group_by(*by)
    )
    rows = session.execute(grouped).all()
    found = []
    for channel, address, error, state, count, last in rows:
        place = Destination(Channel(channel), address)
        is_parked = state == OutboxState.PARKED.value
        sent = _sent_since(place, last, session) if is_parked else False
        found.append(Refusal(place, error or "", count if is_parked else 0, last, sent))
    return found


def _sent_since(place: Destination, last: datetime | None, session: Session) -> bool:
    newest: datetime | None = session.scalar(select(func.max(OutboxRow.sent_at)).where(*_of(place)))
    return newest is not None and last is not None and newest > last


def _of(place: Destination) -> tuple[ColumnElement[bool], ...]:
    return OutboxRow.channel == place.channel.value, OutboxRow.address == place.address
