"""What a try makes of an article's text: taken, refused, given up, or tried again later. Pure."""

import math
from datetime import datetime, timedelta

from schemas.feed import Failed, FailureKind
from schemas.page import PageTask, Refused, TextRecord, TextState

MAX_TRIES = 4
"""Tries in all, over about an hour: what comes later than that is no news any more."""
FIRST_WAIT = timedelta(minutes=5)
FACTOR = 3
LONGEST_WAIT = timedelta(hours=12)
"""Of a Retry-After too."""
_MAX_WORDS = 300

TEMPORARY = frozenset(
    {
        FailureKind.DNS,
        FailureKind.CONNECT,
        FailureKind.TLS,
        FailureKind.TIMEOUT,
        FailureKind.RESET,
        FailureKind.RATE_LIMITED,
        FailureKind.SERVER_ERROR,
        FailureKind.INTERNAL,
    }
)
"""What may be otherwise the next time; all else would fail alike."""


def after_try(
    task: PageTask, host: str, result: str | Refused | Failed, now: datetime
) -> TextRecord:
    """Return the row after a try; ``result`` is the text that was taken, or why there is none."""
    tries = task.tries + 1
    if isinstance(result, str):
        return TextRecord(task.article_id, TextState.READ, host, tries, text=result)
    if isinstance(result, Refused):
        state, next_at = TextState.REFUSED, None
    elif result.kind in TEMPORARY and tries < MAX_TRIES:
        state, next_at = TextState.WAITING, now + _wait(tries, result.retry_after_s)
    else:
        state, next_at = TextState.FAILED, None
    return TextRecord(
        task.article_id,
        state,
        host,
        tries,
        kind=result.kind.value,
        reason=result.message[:_MAX_WORDS],
        next_at=next_at,
    )


def _wait(tries: int, retry_after_s: int | None) -> timedelta:
    own = FIRST_WAIT * math.pow(FACTOR, tries - 1)
    return min(max(own, timedelta(seconds=retry_after_s or 0)), LONGEST_WAIT)
