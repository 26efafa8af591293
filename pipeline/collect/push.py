"""What to do about a subscription, and when: pure decisions from what is remembered and the time.

NEW ──ask──> pending ──hub verifies──> ACTIVE ──half the lease──> ask again (renewal)
 ^                                        │
 └── lapsed, back-off ──<── no answer ────┤──hub denies──> DENIED (a person may ask again)
                                          └──not wanted──> unsubscribe ──> ENDED
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from schemas.feed import FeedState
from schemas.subscription import Intent, Subscription, SubscriptionState

LEASE_S = 10 * 86_400
"""Seconds that are asked for: hubs give this or less, and upkeep has five nights to renew it."""

SAFETY_NET_S = 6 * 3600
"""Seconds between polls of a feed whose hub sends what is new."""

MIN_LEASE_S = 60
MAX_LEASE_S = 90 * 86_400
_RENEW_SHARE = 0.5
_FIRST_RETRY_S = 600
_MAX_RETRY_S = 86_400
_MAX_DOUBLINGS = 20
_MAX_CHALLENGE = 4096
_MAX_REASON = 300


class Step(StrEnum):
    """What the stage is to do about a subscription."""

    NOTHING = "nothing"
    SUBSCRIBE = "subscribe"
    RENEW = "renew"
    UNSUBSCRIBE = "unsubscribe"
    DROP = "drop"
    """Take it for ended: it is not wanted, and no hub holds it."""


def callback_url(base: str, token: str) -> str:
    """Return where the hub is to send to: the public address and the subscription's own token."""
    return f"{base.rstrip('/')}/{token}"


def next_step(subscription: Subscription, *, base: str, now: datetime) -> Step:
    """Decide what is to be done now.

    Args:
        subscription: what is remembered.
        base: the public address of the receiver; a subscription with another callback is renewed
            at once, since its hub sends to where nobody listens.
        now: UTC.
    """
    live = subscription.is_live(now)
    due = subscription.next_attempt_at is None or subscription.next_attempt_at <= now
    if not subscription.wanted:
        if live:
            asked = subscription.pending is Intent.UNSUBSCRIBE
            return Step.UNSUBSCRIBE if due or not asked else Step.NOTHING
        held = subscription.state is SubscriptionState.ACTIVE or subscription.pending
        return Step.DROP if held else Step.NOTHING
    if subscription.state is SubscriptionState.DENIED:
        return Step.NOTHING
    moved = subscription.callback not in {None, callback_url(base, subscription.token)}
    if not (due or moved or subscription.pending is Intent.UNSUBSCRIBE):
        return Step.NOTHING
    return Step.RENEW if live else Step.SUBSCRIBE


def asked(subscription: Subscription, step: Step, *, base: str, now: datetime) -> Subscription:
    """Return what is to be remembered *before* the hub is asked.

    The hub may verify before it has answered the request, and we may die in between: what was asked
    and when to ask again is written first, and a confirmation takes it back.
    """
    intent = Intent.UNSUBSCRIBE if step is Step.UNSUBSCRIBE else Intent.SUBSCRIBE
    attempts = 1 + (subscription.attempts if subscription.pending is intent else 0)
    keep = intent is Intent.UNSUBSCRIBE and subscription.callback is not None
    return replace(
        subscription,
        pending=intent,
        # The hub knows what is to end by the callback that it was given.
        callback=subscription.callback if keep else callback_url(base, subscription.token),
        requested_at=now,
        attempts=attempts,
        next_attempt_at=now + timedelta(seconds=retry_s(attempts)),
    )


def retry_s(attempts: int) -> int:
    """Seconds until the next attempt: ten minutes, doubled each time, at most a day."""
    doublings = min(max(attempts - 1, 0), _MAX_DOUBLINGS)
    return min(_FIRST_RETRY_S << doublings, _MAX_RETRY_S)


@dataclass(frozen=True, slots=True)
class Verification:
    """What a hub says in the query of a GET (WebSub, 5.2 and 5.3)."""

    mode: str
    topic: str
    challenge: str = ""
    lease_seconds: str = ""
    reason: str = ""


def verified(
    subscription: Subscription, asked: Verification, *, now: datetime
) -> Subscription | None:
    """Return the subscription after a hub's GET, or None where we did not ask for what it says.

    A hub whose verification we confirmed may not have got our answer and ask again: what is in
    force already is confirmed once more.
    """
    if asked.topic != subscription.topic:
        return None
    if asked.mode == "denied":
        return _denied(subscription, asked.reason)
    if not asked.challenge or len(asked.challenge) > _MAX_CHALLENGE:
        return None
    if asked.mode == Intent.SUBSCRIBE:
        return _confirmed(subscription, asked.lease_seconds, now)
    if asked.mode == Intent.UNSUBSCRIBE:
        ended = subscription.state is SubscriptionState.ENDED and subscription.pending is None
        if subscription.pending is Intent.UNSUBSCRIBE or ended:
            return ended_now(subscription)
    return None


def _confirmed(subscription: Subscription, lease: str, now: datetime) -> Subscription | None:
    in_force = subscription.is_live(now) and subscription.pending is None
    if not subscription.wanted or not (subscription.pending is Intent.SUBSCRIBE or in_force):
        return None
    seconds = lease_s(lease)
    return replace(
        subscription,
        state=SubscriptionState.ACTIVE,
        pending=None,
        attempts=0,
        lease_s=seconds,
        verified_at=now,
        expires_at=now + timedelta(seconds=seconds),
        next_attempt_at=now + timedelta(seconds=seconds * _RENEW_SHARE),
        last_error=None,
    )


def _denied(subscription: Subscription, reason: str) -> Subscription:
    words = " ".join(reason.split())[:_MAX_REASON]
    return replace(
        subscription,
        state=SubscriptionState.DENIED,
        pending=None,
        attempts=0,
        next_attempt_at=None,
        expires_at=None,
        last_error=f"the hub denies it: {words}" if words else "the hub denies it",
    )


def ended_now(subscription: Subscription) -> Subscription:
    """Return the subscription as one that no hub holds any more."""
    return replace(
        subscription,
        state=SubscriptionState.ENDED,
        pending=None,
        attempts=0,
        next_attempt_at=None,
        expires_at=None,
        missed=0,
    )


def lease_s(text: str) -> int:
    """Read hub.lease_seconds, within a minute and ninety days.

    A hub of the protocol's early days that names none is taken to give what was asked for.
    """
    digits = text.strip()
    if not digits.isdecimal():
        return LEASE_S
    return max(MIN_LEASE_S, min(int(digits[:12]), MAX_LEASE_S))


def takes_content(subscription: Subscription) -> bool:
    """Whether a body from its hub is taken; where not, the hub is told that all is over."""
    over = {SubscriptionState.ENDED, SubscriptionState.DENIED}
    return subscription.state not in over or subscription.pending is Intent.SUBSCRIBE


def spaced_by_push(
    state: FeedState, *, live_until: datetime | None, missed: bool, now: datetime
) -> FeedState:
    """Put off the next poll of a feed whose hub sends what is new; the poll is a safety net.

    Args:
        state: what the scheduler decided after a poll or delivery that went well.
        live_until: end of the lease of its live subscription, or None where there is none.
        missed: the hub did not send what a poll found: then it is not relied on.
        now: the time of the poll.

    It is put off no further than to the end of the lease: then the feed is polled as any other.
    """
    if live_until is None or missed or live_until <= now:
        return state
    spaced = min(now + timedelta(seconds=SAFETY_NET_S), live_until)
    return replace(state, next_poll_at=max(spaced, state.next_poll_at or spaced))
