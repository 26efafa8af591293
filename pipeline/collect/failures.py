"""What a failure means for the next poll: who must act, how long to wait, when a feed is dead.

    temporary   the network: mends itself, soon; asked again at once, and each six hours at the most
    soft        the publisher's server or software: mends, by their hand; each twelve hours
    hard        the address: does not mend unless somebody changes something; each day
    dead        gone (410), or failing for weeks: once a week, for ever

Each further failure in a row doubles the wait. No feed is given up: a success at any time makes it
as good as new.
"""

from dataclasses import replace
from datetime import datetime, timedelta
from enum import StrEnum

from schemas.feed import Failed, FailureKind, FeedState

MAX_WAIT_S = 7 * 86_400
"""The longest wait there is: for a dead feed, and for the most absurd Retry-After."""
DEAD_AFTER_FAILURES = 10
"""So that a machine that was off for a month finds no feed dead at its second failure."""
_MAX_DOUBLINGS = 20
_SPREAD, _MAX_SPREAD_S = 0.05, 300


class Weight(StrEnum):
    """How grave a failure is."""

    TEMPORARY = "temporary"
    SOFT = "soft"
    HARD = "hard"


_WEIGHTS = {
    FailureKind.DNS: Weight.TEMPORARY,
    FailureKind.CONNECT: Weight.TEMPORARY,
    FailureKind.TIMEOUT: Weight.TEMPORARY,
    FailureKind.RESET: Weight.TEMPORARY,
    FailureKind.INTERNAL: Weight.TEMPORARY,
    FailureKind.TLS: Weight.SOFT,
    FailureKind.BAD_ENCODING: Weight.SOFT,
    FailureKind.PROTOCOL: Weight.SOFT,
    FailureKind.RATE_LIMITED: Weight.SOFT,
    FailureKind.SERVER_ERROR: Weight.SOFT,
    FailureKind.EMPTY: Weight.SOFT,
    FailureKind.INVALID_XML: Weight.SOFT,
    FailureKind.PARSER: Weight.SOFT,
    FailureKind.TOO_LARGE: Weight.HARD,
    FailureKind.REDIRECT_LOOP: Weight.HARD,
    FailureKind.FORBIDDEN_ADDRESS: Weight.HARD,
    FailureKind.BAD_URL: Weight.HARD,
    FailureKind.CLIENT_ERROR: Weight.HARD,
    FailureKind.GONE: Weight.HARD,
    FailureKind.HTML: Weight.HARD,
    FailureKind.NOT_A_FEED: Weight.HARD,
    FailureKind.XML_BOMB: Weight.HARD,
}
FIRST_WAIT_S = {Weight.TEMPORARY: 300, Weight.SOFT: 900, Weight.HARD: 3600}
CEILING_S = {Weight.TEMPORARY: 6 * 3600, Weight.SOFT: 12 * 3600, Weight.HARD: 24 * 3600}
DEAD_AFTER = {
    Weight.TEMPORARY: timedelta(days=28),
    Weight.SOFT: timedelta(days=28),
    Weight.HARD: timedelta(days=14),
}


def weight_of(failure: Failed | None) -> Weight:
    """Return how grave a failure is; what has no name is taken for temporary."""
    return _WEIGHTS[failure.kind] if failure is not None else Weight.TEMPORARY


def failed(state: FeedState, failure: Failed | None, now: datetime) -> FeedState:
    """Return the state with one more failure counted, and marked dead where it is time for that."""
    since = state.failing_since or now
    failures = state.failures + 1
    gone = failure is not None and failure.kind is FailureKind.GONE
    old = failures >= DEAD_AFTER_FAILURES and now - since >= DEAD_AFTER[weight_of(failure)]
    dead_since = state.dead_since or (now if gone or old else None)
    return replace(state, failures=failures, failing_since=since, dead_since=dead_since)


def revived(state: FeedState) -> FeedState:
    """Return the state with every failure forgotten."""
    if not state.failures and state.failing_since is None and state.dead_since is None:
        return state
    return replace(state, failures=0, failing_since=None, dead_since=None)


def back_off_s(state: FeedState, failure: Failed | None, now: datetime) -> int:
    """Seconds to wait after a failure that `failed` has counted, before jitter.

    Never less than the failures before by the same weight, and at most a week. What is not of the
    network alone never makes a feed be asked more often than it is when it is well.
    """
    if state.dead_since is not None:
        # A 410 may be a slip of theirs: the first look is after a day.
        return CEILING_S[Weight.HARD] if state.dead_since == now else MAX_WAIT_S
    weight = weight_of(failure)
    wait: int = FIRST_WAIT_S[weight] << min(max(state.failures, 1) - 1, _MAX_DOUBLINGS)
    if weight is not Weight.TEMPORARY:
        wait = max(wait, state.interval_s)
    return min(wait, CEILING_S[weight])


def not_before_s(failure: Failed | None, jitter: float) -> float:
    """Seconds that Retry-After forbids, spread to later; followed in full up to a week."""
    asked = min(failure.retry_after_s or 0, MAX_WAIT_S) if failure is not None else 0
    return min(asked + jitter * min(asked * _SPREAD, _MAX_SPREAD_S), MAX_WAIT_S)
