"""Alerts and the outbox: what is to be sent, claimed, sent, recorded."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session, aliased

from pipeline.store.engine import insert_for
from schemas.alert import (
    Alert,
    AlertKind,
    Channel,
    Destination,
    OutboxMessage,
    OutboxState,
)
from schemas.tables import AlertRow, CarriedRow, OutboxRow


@dataclass(frozen=True, slots=True)
class NewMessage:
    """A message to put into the outbox; ``key`` makes a second one impossible."""

    key: str
    channel: Channel
    address: str
    payload: Mapping[str, Any]
    thread_key: str | None = None


def add_alert(alert: Alert, *, now: datetime, session: Session) -> int | None:
    """Store the alert; None where its key is there already (then nothing is to be sent)."""
    added: int | None = session.scalar(
        insert_for(session, AlertRow)
        .values(
            key=alert.key,
            kind=alert.kind.value,
            route=alert.route,
            story_id=alert.story_id,
            article_id=alert.article_id,
            reason=alert.reason,
            created_at=now,
        )
        .on_conflict_do_nothing(index_elements=["key"])
        .returning(AlertRow.id)
    )
    return added


def add_message(
    message: NewMessage,
    *,
    now: datetime,
    session: Session,
    alert_id: int | None = None,
    edition_id: int | None = None,
) -> bool:
    """Put a message into the outbox, due at once; False where its key is there already."""
    added = session.scalar(
        insert_for(session, OutboxRow)
        .values(
            key=message.key,
            edition_id=edition_id,
            channel=message.channel.value,
            address=message.address,
            payload=dict(message.payload),
            thread_key=message.thread_key,
            state=OutboxState.PENDING.value,
            attempts=0,
            created_at=now,
            next_attempt_at=now,
            due_at=now,
            uncertain=False,
        )
        .on_conflict_do_nothing(index_elements=["key"])
        .returning(OutboxRow.id)
    )
    if added is not None and alert_id is not None:
        session.add(CarriedRow(outbox_id=added, alert_id=alert_id))
        session.flush()
    return added is not None


def told_destinations(story_id: int, *, session: Session) -> frozenset[Destination]:
    """Where the story has been told as new (sent or waiting to be)."""
    query = (
        select(OutboxRow.channel, OutboxRow.address)
        .join(CarriedRow, CarriedRow.outbox_id == OutboxRow.id)
        .join(AlertRow, AlertRow.id == CarriedRow.alert_id)
        .where(AlertRow.story_id == story_id, AlertRow.kind == AlertKind.NEW.value)
    )
    return frozenset(Destination(Channel(c), address) for c, address in session.execute(query))


def claim(
    *, now: datetime, worker: str, limit: int, lease: timedelta, session: Session
) -> list[OutboxMessage]:
    """Take due messages for this worker: the oldest first, but Slack's after all others.

    Slack lets a channel have one message a second; a digest shall not wait behind twenty of them.

    A reply waits until the message that opened its thread is sent. A message claimed by a worker
    that never came back is taken again after ``lease`` and marked uncertain: it may have been
    sent. On PostgreSQL rows claimed by another sender are passed over, not waited for.
    """
    root = aliased(OutboxRow)
    query = (
        select(OutboxRow, root.external_id)
        .outerjoin(root, root.key == OutboxRow.thread_key)
        .where(
            ((OutboxRow.state == OutboxState.PENDING.value) & (OutboxRow.next_attempt_at <= now))
            | (
                (OutboxRow.state == OutboxState.SENDING.value)
                & (OutboxRow.claimed_at < now - lease)
            ),
            (OutboxRow.thread_key.is_(None)) | (root.state == OutboxState.SENT.value),
        )
        .order_by(OutboxRow.channel == Channel.SLACK.value, OutboxRow.id)
        .limit(limit)
        .with_for_update(skip_locked=True, of=OutboxRow)
    )
    claimed = []
    for row, thread_id in session.execute(query).all():
        lost = row.state == OutboxState.SENDING.value
        row.state = OutboxState.SENDING.value
        row.uncertain = row.uncertain or lost
        row.claimed_at, row.claimed_by = now, worker
        row.attempts += 1
        claimed.append(_message(row, thread_id))
    return claimed


def record_sent(
    message_id: int, *, external_id: str, worker: str, now: datetime, session: Session
) -> bool:
    """Note that the channel took the message; False where another worker has it by now."""
    return _record(
        message_id,
        worker,
        session,
        state=OutboxState.SENT.value,
        external_id=external_id,
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
    return [
        OutboxLine(
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
        for row in session.scalars(query)
    ]


def count_states(*, session: Session) -> dict[str, int]:
    """How many rows are in each state; states with none are 0."""
    counts = dict.fromkeys((state.value for state in OutboxState), 0)
    query = select(OutboxRow.state, func.count()).group_by(OutboxRow.state)
    for state, count in session.execute(query):
        counts[state] = count
    return counts


def delete_sent(*, before: datetime, session: Session) -> int:
    """Forget the payloads of replies sent before then; roots stay, since threads hang on them."""
    roots = select(OutboxRow.thread_key).where(OutboxRow.thread_key.is_not(None))
    query = (
        delete(OutboxRow)
        .where(
            OutboxRow.state == OutboxState.SENT.value,
            OutboxRow.sent_at < before,
            OutboxRow.key.not_in(roots),
        )
        .returning(OutboxRow.id)
    )
    return len(session.scalars(query).all())


def _message(row: OutboxRow, thread_id: str | None) -> OutboxMessage:
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
    )
