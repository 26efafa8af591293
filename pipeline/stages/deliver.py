"""deliver: claim → send → record, until nothing is due.

The claim and the record are transactions of their own: no transaction is open while a message is
on its way, and one that was on its way when the process died is taken up again as uncertain.
"""

import os
import random
import socket
import time
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from pipeline.log import get_logger, mask
from pipeline.notify.outbox import Senders, next_attempt
from pipeline.stages.context import Context, Tally
from pipeline.store import discards, gates, outbox
from pipeline.store.journeys import Journey, carried_by, oldest_due
from schemas.alert import Channel, Delivery, OutboxMessage, OutboxState, Parked, Retry, Sent
from schemas.report import StageReport

CLAIM = 10
LEASE = timedelta(minutes=5)
"""A claim older than this is a dead sender's; ten sends with a 10 s time-out are done by then."""

SPACING: Mapping[Channel, timedelta] = {Channel.SLACK: timedelta(seconds=1)}
"""Between two messages to one address, whoever sends them: Slack allows about one a second a
channel (https://docs.slack.dev/apis/web-api/rate-limits)."""

_log = get_logger(__name__)


def deliver(context: Context, senders: Senders, *, limit: int | None = None) -> StageReport:
    """Send what is due; a message refused or failed stays in the outbox with its reason."""
    tally = Tally("deliver", context.now)
    tally.set(sent=0, failed=0, parked=0)
    worker = f"{socket.gethostname()}:{os.getpid()}:{time.monotonic_ns()}"
    left = limit
    # Wall time passes while messages leave; what is due is judged from the stage's own "now".
    began = time.monotonic()

    def now() -> datetime:
        return context.now + timedelta(seconds=time.monotonic() - began)

    with context.database.write() as session:
        discards.discard_replies(session=session)
    while left is None or left > 0:
        with context.database.write() as session:
            batch = outbox.claim(
                now=now(),
                worker=worker,
                limit=CLAIM if left is None else min(CLAIM, left),
                lease=LEASE,
                spacing=SPACING,
                session=session,
            )
        if not batch:
            break
        for message in sorted(batch, key=lambda one: one.not_before or context.now):
            _pace(message, now())
            with context.database.write() as session:
                ours = outbox.renew(message.id, worker=worker, now=now(), session=session)
            if ours:
                _record(message, senders.send(message), worker, now(), tally, context)
        left = None if left is None else left - len(batch)
    _count_left(tally, context)
    return tally.report()


def _pace(message: OutboxMessage, now: datetime) -> None:
    """Wait until the place may be written to again."""
    if message.not_before is not None:
        time.sleep(max(0.0, (message.not_before - now).total_seconds()))


def _record(
    message: OutboxMessage,
    delivery: Delivery,
    worker: str,
    now: datetime,
    tally: Tally,
    context: Context,
) -> None:
    with context.database.write() as session:
        journeys = carried_by(message.id, session=session)
        match delivery:
            case Sent(external_id=external_id, detail=detail):
                recorded = outbox.record_sent(
                    message.id,
                    external_id=external_id,
                    place=detail.get("channel"),
                    worker=worker,
                    now=now,
                    session=session,
                )
                if recorded:
                    gates.count_sent(message.id, session=session)
            case Retry():
                _put_back(message, delivery, worker, now, session)
            case Parked(reason=reason):
                outbox.record_parked(
                    message.id, reason=mask(reason), worker=worker, session=session
                )
    _tell(message, delivery, tally, journeys)
    if isinstance(delivery, Sent):
        _measure(journeys, now, tally)


def _put_back(
    message: OutboxMessage, delivery: Retry, worker: str, now: datetime, session: Session
) -> None:
    """Note the next attempt; where the channel asked for a pause, all that place's wait for it."""
    due = next_attempt(
        message.attempts,
        now=now,
        after_s=delivery.after_s,
        jitter=random.random(),  # noqa: S311
    )
    outbox.record_retry(
        message.id,
        reason=mask(delivery.reason),
        uncertain=delivery.uncertain,
        next_attempt_at=due,
        worker=worker,
        session=session,
    )
    if delivery.after_s is not None:
        outbox.hold_place(message.channel, message.address, until=due, session=session)


def _tell(
    message: OutboxMessage, delivery: Delivery, tally: Tally, journeys: Sequence[Journey]
) -> None:
    """One line an outcome; one for each story, where a message carries several."""
    place = f"{message.channel.value}:{message.address}"
    named = {"to": place, "key": message.key, "message": message.id}
    carried = [{"story": j.story, "alert": j.alert, "article": j.article} for j in journeys]
    for ids in carried or [{}]:
        match delivery:
            case Sent(external_id=external_id):
                _log.info("sent", **named, **ids, id=external_id)
            case Retry(reason=reason):
                _log.warning("not sent", **named, **ids, reason=reason)
            case Parked(reason=reason):
                _log.error("parked", **named, **ids, reason=reason)
    match delivery:
        case Sent():
            tally.add("sent")
        case Retry(reason=reason):
            tally.add("failed")
            tally.problem(place, mask(reason), "it stays in the outbox and is tried again")
        case Parked(reason=reason):
            tally.add("parked")
            tally.problem(place, mask(reason), "mend the cause, then: mineralwatch outbox retry")


def _measure(journeys: Sequence[Journey], now: datetime, tally: Tally) -> None:
    """How long it took since the report was published, and since a poll brought it."""
    for one in journeys:
        if one.published_at is not None:
            tally.measure("published_to_sent", max(0.0, (now - one.published_at).total_seconds()))
        if one.seen_at is not None:
            tally.measure("seen_to_sent", max(0.0, (now - one.seen_at).total_seconds()))


def _count_left(tally: Tally, context: Context) -> None:
    with context.database.read() as session:
        states = outbox.count_states(session=session)
        oldest = oldest_due(now=context.now, session=session)
    waited = (context.now - oldest).total_seconds() if oldest is not None else 0.0
    tally.measure("oldest_waiting", max(0.0, waited))
    tally.set(waiting=states[OutboxState.PENDING.value] + states[OutboxState.SENDING.value])
    tally.set(parked_in_all=states[OutboxState.PARKED.value])
