"""The outbox: what is due is claimed, sent, recorded. What goes into it: store.messages."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any

from sqlalchemy import Select, delete, func, select, update
from sqlalchemy.orm import Session, aliased

from pipeline.store.engine import alone
from schemas.alert import Action, Channel, OutboxMessage, OutboxState
from schemas.tables import OutboxRow

_MOST_SLOTS = 60


def claim(
    *,
    now: datetime,
    worker: str,
    limit: int,
    lease: timedelta,
    session: Session,
    spacing: Mapping[Channel, timedelta] = MappingProxyType({}),
) -> list[OutboxMessage]:
    """Take due messages for this worker: the oldest first, but Slack's after all others.

    Slack lets a channel have one message a second; a digest shall not wait behind twenty of them.
    Of a channel with a ``spacing`` one message a place is taken, with the time from which it may
    leave (``not_before``): several senders share a place's seconds, and none holds it.

    A reply waits until the message that opened its thread is sent, and an edit until the edit
    before it. A message claimed by a worker that never came back is taken again after ``lease``
    and marked uncertain: it may have been sent.
    """
    # Two at once would give a place the same second; on PostgreSQL the rows are locked besides.
    alone("claim", session=session)
    root = aliased(OutboxRow)
    query = (
        select(OutboxRow, root.external_id, root.external_place)
        .outerjoin(root, root.key == OutboxRow.thread_key)
        .where(OutboxRow.id.in_(_takeable(now, lease, limit, spacing)))
        .order_by(OutboxRow.channel == Channel.SLACK.value, OutboxRow.id)
        .with_for_update(skip_locked=True, of=OutboxRow)
    )
    claimed = []
    for row, thread_id, thread_place in session.execute(query).all():
        lost = row.state == OutboxState.SENDING.value
        slot = _slot(row, now, spacing, session)
        row.state = OutboxState.SENDING.value
        row.uncertain = row.uncertain or lost
        row.claimed_at, row.claimed_by = slot, worker
        row.attempts += 1
        claimed.append(_message(row, thread_id, thread_place, slot))
    return claimed


def _takeable(
    now: datetime, lease: timedelta, limit: int, spacing: Mapping[Channel, timedelta]
) -> Select[tuple[int]]:
    """Ids of due messages, one a place where the channel wants them spaced."""
    root, edit = aliased(OutboxRow), aliased(OutboxRow)
    open_states = (OutboxState.PENDING.value, OutboxState.SENDING.value)
    edit_before = (
        select(edit.id)
        .where(
            edit.thread_key == OutboxRow.thread_key,
            edit.action == Action.UPDATE.value,
            edit.state.in_(open_states),
            edit.id < OutboxRow.id,
        )
        .exists()
    )
    spaced = OutboxRow.channel.in_([channel.value for channel in spacing])
    turn = func.row_number().over(
        partition_by=(OutboxRow.channel, OutboxRow.address), order_by=OutboxRow.id
    )
    due = (
        select(OutboxRow.id, OutboxRow.channel, spaced.label("spaced"), turn.label("turn"))
        .outerjoin(root, root.key == OutboxRow.thread_key)
        .where(
            OutboxRow.state.in_(open_states),
            ((OutboxRow.state == OutboxState.PENDING.value) & (OutboxRow.next_attempt_at <= now))
            | (
                (OutboxRow.state == OutboxState.SENDING.value)
                & (OutboxRow.claimed_at < now - lease)
            ),
            OutboxRow.thread_key.is_(None) | (root.state == OutboxState.SENT.value),
            (OutboxRow.action != Action.UPDATE.value) | ~edit_before,
        )
        .subquery()
    )
    return (
        select(due.c.id)
        .where(~due.c.spaced | (due.c.turn == 1))
        .order_by(due.c.channel == Channel.SLACK.value, due.c.id)
        .limit(limit)
    )


def _slot(
    row: OutboxRow, now: datetime, spacing: Mapping[Channel, timedelta], session: Session
) -> datetime:
    """The time from which the message may leave: after the place's last one and the spacing."""
    gap = spacing.get(Channel(row.channel))
    if gap is None:
        return now
    last = session.scalar(
        select(func.max(OutboxRow.claimed_at)).where(
            OutboxRow.channel == row.channel,
            OutboxRow.address == row.address,
            OutboxRow.claimed_at > now - gap,
            # Not further ahead than senders may be at work: a clock that went wrong ends there.
            OutboxRow.claimed_at < now + _MOST_SLOTS * gap,
            OutboxRow.id != row.id,
        )
    )
    return now if last is None else max(now, last + gap)


def hold_place(channel: Channel, address: str, *, until: datetime, session: Session) -> None:
    """Let no message to that place go before then: the channel asked for a pause."""
    session.execute(
        update(OutboxRow)
        .where(
            OutboxRow.state == OutboxState.PENDING.value,
            OutboxRow.channel == channel.value,
            OutboxRow.address == address,
            OutboxRow.next_attempt_at < until,
        )
        .values(next_attempt_at=until)
    )


def doubt_unsent(*, session: Session) -> int:
    """Mark all that waits as perhaps sent, after a restore; returns how many messages."""
    open_states = (OutboxState.PENDING.value, OutboxState.SENDING.value)
    query = (
        update(OutboxRow)
        .where(OutboxRow.state.in_(open_states))
        .values(uncertain=True)
        .returning(OutboxRow.id)
        .execution_options(synchronize_session=False)
    )
    return len(session.scalars(query).all())


def renew(message_id: int, *, worker: str, now: datetime, session: Session) -> bool:
    """Begin the lease anew, just before sending; False where another worker has it by now.

    A sender that was stopped for longer than its lease (a closed lid, a frozen container), or that
    a slow channel held up, must not send what another sender has taken up and sent meanwhile.
    """
    return _record(message_id, worker, session, claimed_at=now)


def record_sent(
    message_id: int,
    *,
    external_id: str,
    worker: str,
    now: datetime,
    session: Session,
    place: str | None = None,
) -> bool:
    """Note that the channel took the message; False where another worker has it by now.

    ``place`` is the channel's own id of where it is, needed to edit it.
    """
    return _record(
        message_id,
        worker,
        session,
        state=OutboxState.SENT.value,
        external_id=external_id,
        external_place=place,
        sent_at=now,
        last_error=None,
        uncertain=False,
    )


def record_retry(
    message_id: int,
    *,
    reason: str,
    uncertain: bool,
    next_attempt_at: datetime,
    worker: str,
    session: Session,
) -> bool:
    """Put the message back with the error and the time of the next attempt."""
    return _record(
        message_id,
        worker,
        session,
        state=OutboxState.PENDING.value,
        last_error=reason,
        uncertain=uncertain,
        next_attempt_at=next_attempt_at,
    )


def record_parked(message_id: int, *, reason: str, worker: str, session: Session) -> bool:
    """Set the message aside with the reason, until ``retry_parked``."""
    return _record(message_id, worker, session, state=OutboxState.PARKED.value, last_error=reason)


def _record(message_id: int, worker: str, session: Session, **values: Any) -> bool:
    result = session.scalar(
        update(OutboxRow)
        .where(
            OutboxRow.id == message_id,
            OutboxRow.state == OutboxState.SENDING.value,
            OutboxRow.claimed_by == worker,
        )
        .values(**values)
        .returning(OutboxRow.id)
    )
    return result is not None


def retry_parked(*, now: datetime, session: Session, key: str | None = None) -> int:
    """Make parked messages due again (all, or the one with ``key``); returns how many."""
    query = update(OutboxRow).where(OutboxRow.state == OutboxState.PARKED.value)
    if key is not None:
        query = query.where(OutboxRow.key == key)
    query = query.values(state=OutboxState.PENDING.value, next_attempt_at=now)
    return len(session.scalars(query.returning(OutboxRow.id)).all())


@dataclass(frozen=True, slots=True)
class OutboxLine:
    """A row of the outbox as an operator sees it."""

    key: str
    channel: str
    address: str
    state: str
    attempts: int
    last_error: str | None
    next_attempt_at: datetime
    sent_at: datetime | None
    external_id: str | None


def list_outbox(
    *, session: Session, state: OutboxState | None = None, limit: int = 200
) -> list[OutboxLine]:
    """Rows of the outbox, the newest first."""
    query = select(OutboxRow).order_by(OutboxRow.id.desc()).limit(limit)
    if state is not None:
        query = query.where(OutboxRow.state == state.value)
    return [_line(row) for row in session.scalars(query)]


def lines_of(keys: Collection[str], *, session: Session) -> list[OutboxLine]:
    """The rows with these keys, in the order in which they were queued."""
    query = select(OutboxRow).where(OutboxRow.key.in_(keys)).order_by(OutboxRow.id)
    return [_line(row) for row in session.scalars(query)]


def drop_parked(keys: Collection[str], *, session: Session) -> None:
    """Delete those of these messages that were refused: nobody waits for them."""
    session.execute(
        delete(OutboxRow).where(
            OutboxRow.key.in_(keys), OutboxRow.state == OutboxState.PARKED.value
        )
    )


def next_due(*, session: Session) -> datetime | None:
    """When the next message is due whose thread, if it stands in one, is open; None: none waits."""
    root = aliased(OutboxRow)
    query = (
        select(func.min(OutboxRow.next_attempt_at))
        .outerjoin(root, root.key == OutboxRow.thread_key)
        .where(
            OutboxRow.state == OutboxState.PENDING.value,
            OutboxRow.thread_key.is_(None) | (root.state == OutboxState.SENT.value),
        )
    )
    return session.scalar(query)


def count_states(*, session: Session) -> dict[str, int]:
    """How many rows are in each state; states with none are 0."""
    counts = dict.fromkeys((state.value for state in OutboxState), 0)
    query = select(OutboxRow.state, func.count()).group_by(OutboxRow.state)
    for state, count in session.execute(query):
        counts[state] = count
    return counts


def _line(row: OutboxRow) -> OutboxLine:
    return OutboxLine(
        row.key,
        row.channel,
        row.address,
        row.state,
        row.attempts,
        row.last_error,
        row.next_attempt_at,
        row.sent_at,
        row.external_id,
    )


def _message(
    row: OutboxRow, thread_id: str | None, thread_place: str | None, slot: datetime
) -> OutboxMessage:
    return OutboxMessage(
        id=row.id,
        key=row.key,
        channel=Channel(row.channel),
        address=row.address,
        payload=row.payload,
        attempts=row.attempts,
        thread_key=row.thread_key,
        thread_id=thread_id,
        uncertain=row.uncertain,
        created_at=row.created_at,
        action=Action(row.action),
        thread_place=thread_place,
        not_before=slot,
    )
