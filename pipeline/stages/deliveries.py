"""What hubs say at the receiver: verifications, denials, content.

A body is answered before it is parsed. So that nothing is lost if we die in between, the feed is
marked as due in the transaction that counts the body: the next poll finds what it held.
"""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from enum import Enum

from pipeline.collect.body import CutOffError, EncodingError, TooLargeError, read_body
from pipeline.collect.poll import read_delivery
from pipeline.collect.pool import ParsePool
from pipeline.collect.push import Verification, verified
from pipeline.collect.signature import signature_fault
from pipeline.log import get_logger
from pipeline.stages.context import Context, Tally
from pipeline.stages.poll import store_polled
from pipeline.store import feeds, subscriptions
from schemas.feed import Failed, FailureKind, Fetched
from schemas.report import StageReport
from schemas.subscription import Subscription

_log = get_logger(__name__)


class Receipt(Enum):
    """What became of a body."""

    TAKEN = "taken"
    IGNORED = "ignored"
    """Its signature is not right: acknowledged, and nothing else done."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """A body that a hub sent, rightly signed; ``headers`` with names in lower case."""

    subscription: Subscription
    body: bytes
    content_type: str | None = None
    content_encoding: str = ""


def confirm(context: Context, token: str, said: Verification) -> bool:
    """Take what a hub says in a GET; False where it is not what we asked for."""
    if find(context, token) is None:  # a stranger's guess must not queue among the writers
        return False
    with context.database.write() as session:
        known = subscriptions.by_token(token, lock=True, session=session)
        after = verified(known, said, now=context.now) if known else None
        if known is None or after is None:
            return False
        subscriptions.save(after, session=session)
    _log.info("websub_" + said.mode, feed=known.feed_name, hub=known.hub, lease_s=after.lease_s)
    return True


def find(context: Context, token: str) -> Subscription | None:
    """The subscription of a callback, or None."""
    with context.database.read() as session:
        return subscriptions.by_token(token, session=session)


def receive(context: Context, delivery: Delivery, signatures: list[str]) -> Receipt:
    """Check the signature of a body, and note that it came."""
    known = delivery.subscription
    fault = signature_fault(delivery.body, signatures, known.secret)
    with context.database.write() as session:
        if fault is not None:
            words = f"a body was ignored: {fault}"
            subscriptions.note_refused(known.id, reason=words, session=session)
        else:
            subscriptions.note_delivery(known.id, now=context.now, session=session)
            subscriptions.poll_soon(known.feed_id, now=context.now, session=session)
    if fault is not None:
        _log.warning("websub_ignored", feed=known.feed_name, hub=known.hub, why=fault)
        return Receipt.IGNORED
    return Receipt.TAKEN


def note_unread(context: Context, subscription: Subscription, why: str) -> None:
    """Note a body that cannot be taken: the feed is polled at once, and as any other from now."""
    with context.database.write() as session:
        subscriptions.note_missed([subscription.feed_id], reason=why, session=session)
        subscriptions.poll_soon(subscription.feed_id, now=context.now, session=session)
    _log.warning("websub_unread", feed=subscription.feed_name, hub=subscription.hub, why=why)


async def store_delivery(context: Context, delivery: Delivery, pool: ParsePool) -> StageReport:
    """Parse a body and store what it holds, as a poll would have done."""
    tally = Tally("delivery", context.now)
    tally.set(feeds=0, new=0, edited=0)
    known = delivery.subscription
    plain = await _inflated(delivery, context.settings.max_feed_bytes)
    parsed = plain if isinstance(plain, Failed) else await pool.parse(plain)
    if isinstance(parsed, Failed):
        why = f"what its hub sent cannot be read: {parsed.message}"
        await asyncio.to_thread(note_unread, context, known, why)
        tally.problem(f"{known.feed_name} <{known.feed_url}>", why, "the feed is polled instead")
        return tally.report()

    def store() -> None:
        with context.database.read() as session:
            states = feeds.due_feeds(now=context.now, urls=[known.feed_url], session=session)
        for state in states:  # none where the feed was disabled meanwhile
            store_polled(
                [read_delivery(state, delivery.body, parsed, now=context.now)], context, tally
            )

    await asyncio.to_thread(store)
    return tally.report()


async def _inflated(delivery: Delivery, limit: int) -> Fetched | Failed:
    """The body as a document; hubs pass on both compressed bodies and headers that are untrue."""

    async def whole() -> AsyncIterator[bytes]:
        yield delivery.body

    url = delivery.subscription.topic
    try:
        body = await read_body(
            whole(), {"content-encoding": delivery.content_encoding}, max_bytes=limit
        )
    except TooLargeError as error:
        return Failed(url=url, kind=FailureKind.TOO_LARGE, message=str(error))
    except (EncodingError, CutOffError) as error:
        return Failed(url=url, kind=FailureKind.BAD_ENCODING, message=str(error))
    headers = {"content-type": delivery.content_type} if delivery.content_type else {}
    return Fetched(url=url, status=200, body=body, headers=headers)
