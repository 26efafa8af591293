"""How a feed is, from what is known of it: a pure verdict with its reason and its mend.

A feed fails where its polls fail, and is dead where its server keeps saying so (410), where it has
failed for three days, or where the schedule has given it up. It is silent where it answers, but
brought nothing new for longer than its own rhythm lets expect: a wire that is quiet for a week is
broken, a monthly bulletin is not.

Silence is counted up to the last *answer*, not up to now: where nobody asked (the machine was off,
the feed was paused) nothing can be said of it.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from itertools import pairwise
from statistics import median

from pipeline.log import mask
from schemas.feed import FailureKind, FeedHealth
from schemas.feed_watch import FeedFacts, FeedVerdict, Rhythm

FLOOR = timedelta(days=3)
"""No feed is silent sooner: over a weekend (Friday evening to Monday morning, 62 h) most are."""
CEILING = timedelta(days=90)
UNKNOWN = timedelta(days=14)
"""The patience with a feed of which too few items are known to tell its rhythm."""
USUAL_TIMES, LONGEST_TIMES = 3.0, 1.5
SAMPLE = 100
"""Items that a rhythm is told from: of ten a day they hold a weekend."""
SAME_ARRIVAL = timedelta(hours=1)
"""Items this close came together: a weekly bulletin of five items is one arrival."""
_MIN_ARRIVALS = 4
_MANY_GAPS = 8

DEAD_AFTER = timedelta(days=3)
_DEAD_FAILURES = 3
_GONE_TIMES, _GONE_AFTER = 2, timedelta(hours=12)
"""A server that says 410 once, or for an hour, may be in the middle of a move."""

_LOOK = "open the address in a browser; `mineralwatch feeds add SITE` finds a feed that has moved"
_WAIT = "nothing, if it passes; else tell the publisher"
_FEED = "`mineralwatch feeds check URL` shows what it sends; tell the publisher, or remove it"
_MENDS = {
    FailureKind.DNS: "check the spelling of the host; if it is right, the site or our DNS is down",
    FailureKind.CONNECT: _WAIT,
    FailureKind.TIMEOUT: _WAIT,
    FailureKind.RESET: _WAIT,
    FailureKind.PROTOCOL: _WAIT,
    FailureKind.SERVER_ERROR: _WAIT,
    FailureKind.TLS: "its certificate is at fault: tell the publisher, or try it with http",
    FailureKind.TOO_LARGE: "raise MINERALWATCH_MAX_FEED_BYTES, or look for a shorter feed",
    FailureKind.REDIRECT_LOOP: _LOOK,
    FailureKind.FORBIDDEN_ADDRESS: "private addresses are refused; "
    "MINERALWATCH_ALLOW_PRIVATE_NETWORKS=1 lets intranets be asked",
    FailureKind.BAD_URL: "correct the address",
    FailureKind.CLIENT_ERROR: _LOOK,
    FailureKind.GONE: "remove it, or find where it went: `mineralwatch feeds add SITE`",
    FailureKind.RATE_LIMITED: "nothing: it is asked less often; a user agent that names you helps",
    FailureKind.HTML: _LOOK,
    FailureKind.NOT_A_FEED: _LOOK,
    FailureKind.INTERNAL: "a fault of ours: please report it, with the log of the poll",
}
_SILENT_MEND = (
    "open the site in a browser: if it has newer items, its feed has moved or is broken; "
    "if it has not, pause or remove the feed"
)


def rhythm(moments: Iterable[datetime]) -> Rhythm:
    """Tell how often news comes from the times of the newest items.

    The usual gap is the median. Patience is three usual gaps, or one and a half of the longest
    (the second longest where there are many, so that one summer's break is no rule), and never
    below three days or above ninety.

    Args:
        moments: when items were published, in any order; some dozens are enough.
    """
    arrivals: list[datetime] = []
    for moment in sorted(moments):
        if not arrivals or moment - arrivals[-1] > SAME_ARRIVAL:
            arrivals.append(moment)
    if len(arrivals) < _MIN_ARRIVALS:
        return Rhythm(None, UNKNOWN)
    gaps = sorted(later - earlier for earlier, later in pairwise(arrivals))
    usual = timedelta(seconds=median(gap.total_seconds() for gap in gaps))
    longest = gaps[-2] if len(gaps) >= _MANY_GAPS else gaps[-1]
    patience = max(usual * USUAL_TIMES, longest * LONGEST_TIMES)
    return Rhythm(usual, min(max(patience, FLOOR), CEILING))


def is_paused(facts: FeedFacts, now: datetime) -> bool:
    """True while a pause lasts; one with an end ends by itself."""
    return facts.paused_at is not None and (facts.paused_until is None or facts.paused_until > now)


def quiet_for(facts: FeedFacts) -> timedelta:
    """How long it answered without anything new; zero where it never answered."""
    if facts.last_success_at is None:
        return timedelta(0)
    since = _latest(facts.last_new_at or facts.created_at, facts)
    return max(facts.last_success_at - since, timedelta(0))


def judge(
    facts: FeedFacts, *, now: datetime, reachable_since: datetime | None = None
) -> FeedHealth:
    """Return the verdict on a feed, with the reason and the mend in words.

    Args:
        facts: with ``moments`` where ``quiet_for`` is more than FLOOR; they are not looked at else.
        now: the time that pauses and failures are taken against.
        reachable_since: when an outage of all feeds ended; what failed before it does not count.
    """
    verdict, reason, mend = _verdict(facts, now, reachable_since)
    told = rhythm(facts.moments) if facts.moments or quiet_for(facts) > FLOOR else None
    return FeedHealth(
        name=facts.name,
        url=facts.url,
        state=verdict.value,
        reason=reason,
        last_success_at=facts.last_success_at,
        last_new_at=facts.last_new_at,
        next_poll_at=facts.next_poll_at,
        failures=facts.failures,
        feed_id=facts.feed_id,
        mend=mend,
        usual_gap_s=int(told.usual.total_seconds()) if told and told.usual else None,
        silent_after_s=int(told.patience.total_seconds()) if told else None,
    )


def span_words(span: timedelta) -> str:
    """``40 minutes``, ``5 hours``, ``9 days``: a span in the unit that people would use."""
    seconds = span.total_seconds()
    for unit, size, upto in (("minute", 60, 90 * 60), ("hour", 3600, 48 * 3600)):
        if seconds < upto:
            count = max(1, round(seconds / size))
            return f"{count} {unit}{'' if count == 1 else 's'}"
    return f"{round(seconds / 86400)} days"


def _verdict(
    facts: FeedFacts, now: datetime, reachable_since: datetime | None
) -> tuple[FeedVerdict, str, str]:
    if not facts.enabled:
        reason = "not in the configuration, switched off there, or removed"
        return FeedVerdict.DISABLED, reason, ""
    if is_paused(facts, now):
        return FeedVerdict.PAUSED, _pause_words(facts), "mineralwatch feeds resume"
    if facts.failures:
        return _failing(facts, now, reachable_since)
    if facts.last_success_at is None:
        return FeedVerdict.NEVER_POLLED, "not polled yet", ""
    quiet = quiet_for(facts)
    if quiet > FLOOR and quiet > (told := rhythm(facts.moments)).patience:
        newest = facts.last_new_at or facts.created_at
        usually = f"; usually news comes every {span_words(told.usual)}" if told.usual else ""
        reason = f"answers, but nothing new since {newest:%Y-%m-%d}{usually}"
        return FeedVerdict.SILENT, reason, _SILENT_MEND
    return FeedVerdict.HEALTHY, _move_words(facts), ""


def _failing(
    facts: FeedFacts, now: datetime, reachable_since: datetime | None
) -> tuple[FeedVerdict, str, str]:
    times = f"{facts.failures} times in a row" if facts.failures > 1 else "at the last poll"
    kind = facts.failure
    reason = f"{facts.failure_message or (kind.value if kind else 'failed')} ({times})"
    mend = _MENDS.get(kind, _FEED) if kind else _FEED
    since = _latest(facts.last_success_at or facts.created_at, facts, reachable_since)
    gone = kind is FailureKind.GONE
    said_again = facts.failures >= _GONE_TIMES
    said_again = said_again and now - min(since, facts.dead_since or since) >= _GONE_AFTER
    if facts.dead_since and (said_again or not gone):
        tried = f", next on {facts.next_poll_at:%Y-%m-%d}" if facts.next_poll_at else ""
        told = f"given up for dead since {facts.dead_since:%Y-%m-%d}, asked once a week{tried}"
        return FeedVerdict.DEAD, f"{reason}; {told}", mend
    if gone and said_again:
        return FeedVerdict.DEAD, reason, mend
    if facts.failures >= _DEAD_FAILURES and now - since >= DEAD_AFTER:
        answered = facts.last_success_at
        last = f"last answered {answered:%Y-%m-%d}" if answered else "never answered"
        return FeedVerdict.DEAD, f"{reason}; {last}", mend
    return FeedVerdict.FAILING, reason, mend


def _latest(first: datetime, facts: FeedFacts, *more: datetime | None) -> datetime:
    """``first``, or where silence and failures count from only later, that time."""
    ended = facts.paused_until if facts.paused_at is not None else None
    return max(first, *(at for at in (facts.watched_since, ended, *more, first) if at is not None))


def _move_words(facts: FeedFacts) -> str:
    """Where it has moved, or seems to; a login in an address is not shown."""
    if facts.current_url and facts.current_url != facts.url:
        when = f" on {facts.moved_at:%Y-%m-%d}" if facts.moved_at else ""
        return f"moved for good{when} to {mask(facts.current_url)}: put it in your feeds file"
    if facts.moving_to:
        return f"redirects for good to {mask(facts.moving_to)}: followed, not confirmed yet"
    return ""


def _pause_words(facts: FeedFacts) -> str:
    told = f"until {facts.paused_until:%Y-%m-%d %H:%M} UTC" if facts.paused_until else "for now"
    return f"{told}: {facts.paused_reason}" if facts.paused_reason else told
