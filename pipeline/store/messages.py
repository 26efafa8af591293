"""What is to be told: alerts, the messages that carry them, and rewriting those not gone yet.

A message that nobody has seen can still be rewritten. That is told from the row alone: it is
pending, was never tried, and an update that asks for both takes the row's lock first, so that a
sender has either not claimed it yet or has it, and never an outdated text of it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, delete, func, select, update
from sqlalchemy.orm import Session, aliased

from pipeline.store.engine import insert_for
from schemas.alert import Action, Alert, AlertKind, Channel, Destination, OutboxState
from schemas.routing import Told
from schemas.tables import AlertRow, CarriedRow, OutboxRow

_LONGEST_HOLD = timedelta(days=10)
"""A message is held for a wait, a window and quiet hours of a week at the longest."""


@dataclass(frozen=True, slots=True)
class NewMessage:
    """A message to put into the outbox; ``key`` makes a second one impossible."""

    key: str
    channel: Channel
    address: str
    payload: Mapping[str, Any]
    thread_key: str | None = None
    action: Action = Action.POST
    due_at: datetime | None = None
    """When it may go; None: at once."""
    gathers: str | None = None
    """What else may join it while it waits (``open_gathering``)."""


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


def count_alerts(key: str, *, session: Session) -> int:
    """How many alerts have that key, or it with a turn (``#1``, ``#2`` …) after it."""
    query = select(func.count()).where(
        (AlertRow.key == key) | AlertRow.key.startswith(f"{key}#", autoescape=True)
    )
    return session.scalar(query.select_from(AlertRow)) or 0


def add_message(
    message: NewMessage,
    *,
    now: datetime,
    session: Session,
    alert_id: int | None = None,
    edition_id: int | None = None,
) -> bool:
    """Put a message into the outbox; False where its key is there already."""
    due = message.due_at or now
    added = session.scalar(
        insert_for(session, OutboxRow)
        .values(
            key=message.key,
            edition_id=edition_id,
            channel=message.channel.value,
            address=message.address,
            payload=dict(message.payload),
            action=message.action.value,
            thread_key=message.thread_key,
            gathers=message.gathers,
            state=OutboxState.PENDING.value,
            attempts=0,
            created_at=now,
            next_attempt_at=due,
            due_at=due,
            uncertain=False,
        )
        .on_conflict_do_nothing(index_elements=["key"])
        .returning(OutboxRow.id)
    )
    if added is not None and alert_id is not None:
        session.execute(insert_for(session, CarriedRow).values(outbox_id=added, alert_id=alert_id))
    return added is not None


def carry(key: str, alert_id: int, *, session: Session) -> None:
    """Let the message with ``key`` carry one alert more."""
    outbox_id = session.scalar(select(OutboxRow.id).where(OutboxRow.key == key))
    session.execute(
        insert_for(session, CarriedRow)
        .values(outbox_id=outbox_id, alert_id=alert_id)
        .on_conflict_do_nothing(index_elements=["outbox_id", "alert_id"])
    )


def told_places(story_id: int, *, session: Session) -> list[Told]:
    """Where the story has been told as new (sent or waiting to be), the first place first."""
    query = (
        select(OutboxRow, AlertRow.route)
        .join(CarriedRow, CarriedRow.outbox_id == OutboxRow.id)
        .join(AlertRow, AlertRow.id == CarriedRow.alert_id)
        .where(AlertRow.story_id == story_id, AlertRow.kind == AlertKind.NEW.value)
        .order_by(OutboxRow.id)
    )
    found: dict[Destination, Told] = {}
    for row, route in session.execute(query):
        place = Destination(Channel(row.channel), row.address)
        waiting = row.state == OutboxState.PENDING.value and not row.attempts
        told = Told(place, row.key, route, waiting, row.due_at or row.created_at, row.created_at)
        found.setdefault(place, told)
    return list(found.values())


def open_gathering(gathers: str, to: Destination, *, session: Session) -> str | None:
    """The key of a message to that place that waits and that others may join, or None."""
    key: str | None = session.scalar(
        select(OutboxRow.key)
        .where(
            OutboxRow.gathers == gathers,
            OutboxRow.channel == to.channel.value,
            OutboxRow.address == to.address,
            *_unseen(),
        )
        .order_by(OutboxRow.id.desc())
        .limit(1)
    )
    return key


def gathering(key: str, *, session: Session) -> str | None:
    """What the message with ``key`` gathers, or None."""
    found: str | None = session.scalar(select(OutboxRow.gathers).where(OutboxRow.key == key))
    return found


def carried_alerts(key: str, *, session: Session) -> list[Alert]:
    """The alerts that a message carries, in the order in which they arose."""
    query = (
        select(AlertRow)
        .join(CarriedRow, CarriedRow.alert_id == AlertRow.id)
        .join(OutboxRow, OutboxRow.id == CarriedRow.outbox_id)
        .where(OutboxRow.key == key)
        .order_by(AlertRow.id)
    )
    return [
        Alert(
            key=row.key,
            kind=AlertKind(row.kind),
            story_id=row.story_id,
            route=row.route,
            destinations=(),
            reason=row.reason,
            article_id=row.article_id,
        )
        for row in session.scalars(query)
    ]


def rewrite(
    key: str, payload: Mapping[str, Any], *, session: Session, due_at: datetime | None = None
) -> bool:
    """Give a message that nobody has seen another text, and an earlier time where one is given.

    False where it has gone, or a sender has it in hand.
    """
    values: dict[str, Any] = {"payload": dict(payload)}
    if due_at is not None:
        values |= {"due_at": due_at, "next_attempt_at": due_at}
    query = update(OutboxRow).where(OutboxRow.key == key, *_unseen()).values(**values)
    return session.scalar(query.returning(OutboxRow.id)) is not None


def withdraw(key: str, *, session: Session) -> bool:
    """Take back a message that nobody has seen, and what it carries; False where it has gone."""
    query = delete(OutboxRow).where(OutboxRow.key == key, *_unseen())
    alerts = [alert.key for alert in carried_alerts(key, session=session)]
    if session.scalar(query.returning(OutboxRow.id)) is None:
        return False
    lone = ~select(CarriedRow).where(CarriedRow.alert_id == AlertRow.id).exists()
    session.execute(delete(AlertRow).where(AlertRow.key.in_(alerts), lone))
    return True


def drop_carried(key: str, story_id: int, *, session: Session) -> None:
    """Take a story out of a message of several that nobody has seen."""
    alerts = select(AlertRow.id).where(
        AlertRow.story_id == story_id,
        AlertRow.id.in_(
            select(CarriedRow.alert_id)
            .join(OutboxRow, OutboxRow.id == CarriedRow.outbox_id)
            .where(OutboxRow.key == key)
        ),
    )
    session.execute(delete(AlertRow).where(AlertRow.id.in_(alerts)))


def give_alerts(story_id: int, to_story: int, key: str, *, session: Session) -> None:
    """Let the message with ``key`` stand for another story: the two turned out to be one."""
    carried = (
        select(CarriedRow.alert_id)
        .join(OutboxRow, OutboxRow.id == CarriedRow.outbox_id)
        .where(OutboxRow.key == key)
    )
    session.execute(
        update(AlertRow)
        .where(AlertRow.id.in_(carried), AlertRow.story_id == story_id)
        .values(story_id=to_story)
    )


def recent_dues(
    route: str, to: Destination, *, since: datetime, session: Session
) -> list[datetime]:
    """When the route's first messages to that place go or went, from ``since`` on."""
    query = (
        select(func.coalesce(OutboxRow.due_at, OutboxRow.created_at))
        .join(CarriedRow, CarriedRow.outbox_id == OutboxRow.id)
        .join(AlertRow, AlertRow.id == CarriedRow.alert_id)
        .where(
            AlertRow.route == route,
            AlertRow.kind == AlertKind.NEW.value,
            AlertRow.created_at > since - _LONGEST_HOLD,
            OutboxRow.channel == to.channel.value,
            OutboxRow.address == to.address,
            OutboxRow.due_at > since,
        )
        .group_by(OutboxRow.id)
    )
    return list(session.scalars(query))


def root_key(story_id: int, to: Destination) -> str:
    """The key of the first message of a story in a place: one, whichever route sends it."""
    return f"story:{story_id}:new:{to.label}"


def new_root_key(story_id: int, to: Destination, *, session: Session) -> str:
    """The key for a first message of a story in a place.

    It is the story's own (`root_key`), and so a second first message is refused. Only where the
    message of that key tells other stories by now, since this one was taken out of it, is it
    another.
    """
    base = root_key(story_id, to)
    own = (
        select(CarriedRow.alert_id)
        .join(AlertRow, AlertRow.id == CarriedRow.alert_id)
        .where(CarriedRow.outbox_id == OutboxRow.id, AlertRow.story_id == story_id)
        .exists()
    )
    others = session.execute(
        select(OutboxRow.key, own).where(
            (OutboxRow.key == base) | OutboxRow.key.startswith(f"{base}#", autoescape=True)
        )
    ).all()
    if not others or any(tells_it for _, tells_it in others):
        return base
    return f"{base}#{len(others)}"


def _unseen() -> tuple[ColumnElement[bool], ...]:
    return (OutboxRow.state == OutboxState.PENDING.value, OutboxRow.attempts == 0)


@dataclass(frozen=True, slots=True)
class StoryMessage:
    """A message that tells of a story."""

    key: str
    kind: str
    route: str
    channel: str
    address: str
    state: str
    next_attempt_at: datetime
    sent_at: datetime | None
    last_error: str | None
    count: int
    """Alerts that it carries: of several stories, or of several outlets."""


def story_messages(story_id: int, *, session: Session) -> list[StoryMessage]:
    """The messages that tell of a story, in the order in which they were queued."""
    others = aliased(CarriedRow)
    count = (
        select(func.count())
        .where(others.outbox_id == OutboxRow.id)
        .correlate(OutboxRow)
        .scalar_subquery()
    )
    query = (
        select(OutboxRow, AlertRow.kind, AlertRow.route, count)
        .join(CarriedRow, CarriedRow.outbox_id == OutboxRow.id)
        .join(AlertRow, AlertRow.id == CarriedRow.alert_id)
        .where(AlertRow.story_id == story_id)
        .order_by(OutboxRow.id, AlertRow.id)
    )
    found: dict[tuple[str, str], StoryMessage] = {}
    for row, kind, route, carried in session.execute(query):
        line = StoryMessage(
            key=row.key,
            kind=kind,
            route=route,
            channel=row.channel,
            address=row.address,
            state=row.state,
            next_attempt_at=row.next_attempt_at,
            sent_at=row.sent_at,
            last_error=row.last_error,
            count=carried,
        )
        found.setdefault((row.key, route), line)
    return list(found.values())
