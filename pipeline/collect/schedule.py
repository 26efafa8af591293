"""When a feed is asked next: a pure decision from what is remembered, what came, and the time.

A feed is asked again after an eighth of the time since its last new item: every five minutes while
news comes, each hour after eight quiet hours, each six hours at the most. So the wait for an item
is never long against the pause before it, and a day's silence costs some forty polls, not 288.
"""

from dataclasses import replace
from datetime import datetime, timedelta

from schemas.feed import Failed, FailureKind, FeedState, PollOutcome

MIN_INTERVAL_S = 300
MAX_INTERVAL_S = 6 * 3600
MAX_BACKOFF_S = 24 * 3600
_MAX_TTL_S = 3600
_QUIET_SHARE = 8
_GROWTH = 1.5
# Polls come a little early, so that a feed due "in five minutes" is not missed by a clock that
# ticks every five minutes; and not all at once.
_EARLIEST, _LATEST = 0.85, 0.95

# What a failure of a kind waits at first; each further one doubles it.
_FIRST_WAIT_S = {
    FailureKind.GONE: MAX_BACKOFF_S,
    FailureKind.RATE_LIMITED: 900,
    FailureKind.CLIENT_ERROR: 3600,
    FailureKind.BAD_URL: MAX_INTERVAL_S,
    FailureKind.FORBIDDEN_ADDRESS: MAX_INTERVAL_S,
    FailureKind.TOO_LARGE: 3600,
    FailureKind.REDIRECT_LOOP: 3600,
    FailureKind.HTML: 3600,
    FailureKind.NOT_A_FEED: 3600,
    FailureKind.XML_BOMB: 3600,
    FailureKind.PARSER: 3600,
}
_MAX_DOUBLINGS = 20


def after_poll(
    state: FeedState,
    outcome: PollOutcome,
    *,
    new: int,
    failure: Failed | None,
    now: datetime,
    ttl_s: int | None,
    jitter: float,
    moved_to: str | None = None,
) -> FeedState:
    """Return what is to be remembered of a feed after a poll.

    Args:
        state: what was remembered.
        outcome: how the poll ended.
        new: how many items were not known before.
        failure: what went wrong, where ``outcome`` is FAILED.
        now: the time of the poll, UTC.
        ttl_s: seconds for which the feed asks to be left alone; honoured up to an hour.
        jitter: 0 to 1, spreads feeds that were asked together.
        moved_to: where permanent redirects led; remembered after a success only.

    ``next_poll_at`` is always after ``now``, and at most 24 hours after it.
    """
    if outcome is PollOutcome.FAILED:
        return _after_failure(state, failure, now, jitter)
    last_new_at = now if new > 0 else state.last_new_at
    interval = _interval(state, last_new_at, now)
    wait = max(interval, min(ttl_s or 0, _MAX_TTL_S))
    return replace(
        state,
        url=moved_to or state.url,
        interval_s=interval,
        failures=0,
        last_success_at=now,
        last_new_at=last_new_at,
        next_poll_at=now + timedelta(seconds=wait * _early(jitter)),
    )


def _interval(state: FeedState, last_new_at: datetime | None, now: datetime) -> int:
    grown = max(MIN_INTERVAL_S, int(state.interval_s * _GROWTH))
    if last_new_at is not None:
        quiet = max(0.0, (now - last_new_at).total_seconds())
        grown = min(grown, int(quiet / _QUIET_SHARE))
    return max(MIN_INTERVAL_S, min(grown, MAX_INTERVAL_S))


def _after_failure(
    state: FeedState, failure: Failed | None, now: datetime, jitter: float
) -> FeedState:
    failures = state.failures + 1
    first = MIN_INTERVAL_S if failure is None else _FIRST_WAIT_S.get(failure.kind, MIN_INTERVAL_S)
    wait = min(first * 2 ** min(failures - 1, _MAX_DOUBLINGS), MAX_BACKOFF_S) * _early(jitter)
    asked = failure.retry_after_s if failure is not None else None
    if asked:
        wait = max(wait, min(asked, MAX_BACKOFF_S))
    return replace(state, failures=failures, next_poll_at=now + timedelta(seconds=wait))


def _early(jitter: float) -> float:
    return _EARLIEST + (_LATEST - _EARLIEST) * min(max(jitter, 0.0), 1.0)
