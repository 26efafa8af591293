"""Subscriptions at WebSub hubs: what feeds advertise, what hubs confirmed, what they sent."""

import hashlib
import secrets
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import delete, func, or_, select, update
from sqlalchemy.orm import Session

from pipeline.store.engine import insert_for
from schemas.subscription import Advert, Intent, Subscription, SubscriptionState
from schemas.tables import FeedRow, SubscriptionRow

_TOKEN_BYTES = 32
_SECRET_BYTES = 48  # 64 characters; the limit is 199
_MAX_ERROR = 500


def note_adverts(adverts: Mapping[int, Advert], *, now: datetime, session: Session) -> None:
    """Bring the rows in line with what feeds, by id, were just seen to advertise.

    The first hub named is the one that is used. A hub or topic that is named no more keeps its row
    until it is unsubscribed. Rows that say already what is seen are not written. What a person has
    unsubscribed stays so under another hub or topic.
    """
    rows = session.scalars(select(SubscriptionRow).where(SubscriptionRow.feed_id.in_(adverts)))
    known: dict[int, dict[str, SubscriptionRow]] = {}
    for row in rows:
        known.setdefault(row.feed_id, {})[row.key] = row
    for feed_id, advert in adverts.items():
        key = _key(advert)
        for other, row in known.get(feed_id, {}).items():
            if row.advertised != (other == key):
                row.advertised = other == key
        if key and key not in known.get(feed_id, {}):
            paused = any(row.paused for row in known.get(feed_id, {}).values())
            _insert(feed_id, key, advert, paused=paused, now=now, session=session)


def _key(advert: Advert) -> str | None:
    if not advert.hubs:
        return None
    return hashlib.sha256(f"{advert.hubs[0]}\n{advert.topic}".encode()).hexdigest()


def _insert(
    feed_id: int, key: str, advert: Advert, *, paused: bool, now: datetime, session: Session
) -> None:
    session.execute(
        insert_for(session, SubscriptionRow)
        .values(
            feed_id=feed_id,
            key=key,
            hub=advert.hubs[0],
            topic=advert.topic,
            token=secrets.token_urlsafe(_TOKEN_BYTES),
            secret=secrets.token_urlsafe(_SECRET_BYTES),
            state=SubscriptionState.NEW.value,
            advertised=True,
            paused=paused,
            created_at=now,
            attempts=0,
            deliveries=0,
            refused=0,
            missed=0,
        )
        .on_conflict_do_nothing(index_elements=["feed_id", "key"])
    )


def list_subscriptions(*, session: Session, feed: str | None = None) -> list[Subscription]:
    """All rows by feed, or those of the feed with this address (configured, moved to, or topic)."""
    query = (
        select(SubscriptionRow, FeedRow)
        .join(FeedRow, FeedRow.id == SubscriptionRow.feed_id)
        .order_by(FeedRow.id, SubscriptionRow.id)
    )
    if feed is not None:
        query = query.where(
            or_(FeedRow.url == feed, FeedRow.current_url == feed, SubscriptionRow.topic == feed)
        )
    return [_subscription(row, of) for row, of in session.execute(query)]


def by_token(token: str, *, session: Session, lock: bool = False) -> Subscription | None:
    """The subscription with this callback, or None; ``lock`` keeps others from changing it."""
    query = (
        select(SubscriptionRow, FeedRow)
        .join(FeedRow, FeedRow.id == SubscriptionRow.feed_id)
        .where(SubscriptionRow.token == token)
    )
    if lock:
        query = query.with_for_update(of=SubscriptionRow)
    found = session.execute(query).first()
    return _subscription(*found) if found else None


def save(subscription: Subscription, *, session: Session) -> None:
    """Write what was decided: state, what is pending, the lease, and when to ask again."""
    session.execute(
        update(SubscriptionRow)
        .where(SubscriptionRow.id == subscription.id)
        .values(
            state=subscription.state.value,
            pending=subscription.pending.value if subscription.pending else None,
            callback=subscription.callback,
            requested_at=subscription.requested_at,
            attempts=subscription.attempts,
            next_attempt_at=subscription.next_attempt_at,
            lease_s=subscription.lease_s,
            verified_at=subscription.verified_at,
            expires_at=subscription.expires_at,
            missed=subscription.missed,
            last_error=subscription.last_error,
        )
    )


def record_refusal(
    subscription: Subscription,
    *,
    error: str,
    next_attempt_at: datetime | None,
    session: Session,
) -> bool:
    """Note that a hub did not take our request, unless it verified or denied it meanwhile.

    ``subscription`` is as it was when the hub was asked. False where it has changed since.
    """
    pending = subscription.pending.value if subscription.pending else None
    found = session.execute(
        update(SubscriptionRow)
        .where(
            SubscriptionRow.id == subscription.id,
            SubscriptionRow.pending == pending,
            SubscriptionRow.requested_at == subscription.requested_at,
        )
        .values(last_error=error[:_MAX_ERROR], next_attempt_at=next_attempt_at)
        .returning(SubscriptionRow.id)
    )
    return found.first() is not None


def set_paused(subscription_id: int, *, paused: bool, session: Session) -> None:
    """Note the operator's wish; where it is to be there again, it is asked for at once."""
    values: dict[str, Any] = {"paused": paused}
    if not paused:
        values |= {"next_attempt_at": None, "attempts": 0}
        session.execute(
            update(SubscriptionRow)
            .where(
                SubscriptionRow.id == subscription_id,
                SubscriptionRow.state == SubscriptionState.DENIED.value,
            )
            .values(state=SubscriptionState.NEW.value, last_error=None)
        )
    session.execute(
        update(SubscriptionRow).where(SubscriptionRow.id == subscription_id).values(values)
    )


def note_delivery(subscription_id: int, *, now: datetime, session: Session) -> None:
    """Count a body that was rightly signed."""
    session.execute(
        update(SubscriptionRow)
        .where(SubscriptionRow.id == subscription_id)
        .values(deliveries=SubscriptionRow.deliveries + 1, delivered_at=now)
    )


def note_refused(subscription_id: int, *, reason: str, session: Session) -> None:
    """Count a body that was ignored, with the reason."""
    session.execute(
        update(SubscriptionRow)
        .where(SubscriptionRow.id == subscription_id)
        .values(refused=SubscriptionRow.refused + 1, last_error=reason[:_MAX_ERROR])
    )


def note_missed(feed_ids: Collection[int], *, session: Session, reason: str | None = None) -> None:
    """Note that what is new did not come from the hub of these feeds."""
    values: dict[str, Any] = {"missed": SubscriptionRow.missed + 1}
    if reason is not None:
        values["last_error"] = reason[:_MAX_ERROR]
    session.execute(
        update(SubscriptionRow)
        .where(
            SubscriptionRow.feed_id.in_(feed_ids),
            SubscriptionRow.state == SubscriptionState.ACTIVE.value,
        )
        .values(values)
    )


def note_reliable(feed_ids: Collection[int], *, session: Session) -> None:
    """Note that a delivery was read: the hub is relied on again."""
    session.execute(
        update(SubscriptionRow)
        .where(SubscriptionRow.feed_id.in_(feed_ids), SubscriptionRow.missed > 0)
        .values(missed=0)
    )


@dataclass(frozen=True, slots=True)
class Lease:
    """How long a feed's live subscription runs, and whether its hub can be relied on."""

    until: datetime
    missed: bool


def live_leases(feed_ids: Collection[int], *, now: datetime, session: Session) -> dict[int, Lease]:
    """The live subscriptions of these feeds, by feed; without those that are being ended."""
    row = SubscriptionRow
    found = session.execute(
        select(row.feed_id, row.expires_at, row.missed).where(
            row.feed_id.in_(feed_ids),
            row.state == SubscriptionState.ACTIVE.value,
            row.expires_at > now,
            row.advertised,
            ~row.paused,
            or_(row.pending.is_(None), row.pending != Intent.UNSUBSCRIBE.value),
        )
    )
    return {
        feed_id: Lease(until, missed > 0) for feed_id, until, missed in found if until is not None
    }


def poll_soon(feed_id: int, *, now: datetime, session: Session) -> None:
    """Let the feed be due: whatever becomes of a body in memory, a poll finds what it held."""
    session.execute(update(FeedRow).where(FeedRow.id == feed_id).values(next_poll_at=now))


def forget_ended(*, before: datetime, session: Session) -> int:
    """Delete what no feed names and no hub holds, last asked for before then; returns how many."""
    row = SubscriptionRow
    gone = session.scalars(
        delete(row)
        .where(
            ~row.advertised,
            ~row.paused,  # it carries the operator's wish on to the next hub
            row.pending.is_(None),
            row.state != SubscriptionState.ACTIVE.value,
            func.coalesce(row.requested_at, row.created_at) < before,
        )
        .returning(row.id)
    )
    return len(gone.all())


def _subscription(row: SubscriptionRow, feed: FeedRow) -> Subscription:
    return Subscription(
        id=row.id,
        feed_id=row.feed_id,
        feed_name=feed.name,
        feed_url=feed.url,
        hub=row.hub,
        topic=row.topic,
        token=row.token,
        secret=row.secret,
        state=SubscriptionState(row.state),
        pending=Intent(row.pending) if row.pending else None,
        advertised=row.advertised,
        feed_enabled=feed.enabled,
        paused=row.paused,
        callback=row.callback,
        requested_at=row.requested_at,
        attempts=row.attempts,
        next_attempt_at=row.next_attempt_at,
        lease_s=row.lease_s,
        verified_at=row.verified_at,
        expires_at=row.expires_at,
        delivered_at=row.delivered_at,
        deliveries=row.deliveries,
        refused=row.refused,
        missed=row.missed,
        last_error=row.last_error,
    )
