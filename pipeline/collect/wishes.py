"""When a publisher asks not to be polled, and how far that is followed.

    RSS ttl, sy:updatePeriod/updateFrequency   from the document, remembered until it is read again
    RSS skipHours, skipDays                    likewise
    Cache-Control, Expires, Age                from each answer

A wish lengthens a wait, up to an hour and no more: such values are often what some software writes
into every feed or file of a site, a year of ``max-age`` for instance, and the news would be lost by
an oversight. It never lengthens a wait beyond what would lose an item. docs/scheduling.md has the
bounds and their reasons.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from pipeline.collect.rhythm import MIN_INTERVAL_S, loss_limit_s
from schemas.feed import FeedState

MAX_WISH_S = 3600
MAX_PERIOD_S = 1800
"""For sy:updatePeriod: WordPress writes "hourly" into each of its feeds, whatever their rhythm."""
TIER_1_MAX_WISH_S = 900
MAX_SKIP_S = 86_400
MAX_TTL_S = 7 * 86_400
_MAX_DELTA = 2**31
"""The most that a cache has to tell apart (RFC 9111, 1.2.2)."""
_SPREAD = 0.05

_PERIODS = {
    "hourly": 3600,
    "daily": 86_400,
    "weekly": 7 * 86_400,
    "monthly": 30 * 86_400,
    "yearly": 365 * 86_400,
}
_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_SKIP = re.compile(
    r"<skip(hours|days)\b[^<>]{0,200}>(.{0,4000}?)</skip\1\s*>", re.IGNORECASE | re.DOTALL
)
_VALUE = re.compile(r"<(hour|day)\b[^<>]{0,200}>\s*([A-Za-z0-9]{1,9})\s*</\1\s*>", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Skips:
    """Hours (UTC, 0 to 23) and days (Monday is 0) that a feed asks to be left out."""

    hours: tuple[int, ...] = ()
    days: tuple[int, ...] = ()


# ---- reading ------------------------------------------------------------------------------------


def read_skips(head: str) -> Skips:
    """Read skipHours and skipDays from a channel without its items.

    24 is midnight, as in RSS 0.91. Where every hour or day is named, none is meant.
    """
    hours: set[int] = set()
    days: set[int] = set()
    for _, inside in _SKIP.findall(head):
        for name, value in _VALUE.findall(inside):
            if name.lower() == "hour" and value.isdecimal() and int(value) <= len(_CLOCK):
                hours.add(int(value) % len(_CLOCK))
            elif name.lower() == "day" and value.lower() in _DAYS:
                days.add(_DAYS.index(value.lower()))
    return Skips(
        hours=tuple(sorted(hours)) if len(hours) < len(_CLOCK) else (),
        days=tuple(sorted(days)) if len(days) < len(_DAYS) else (),
    )


_CLOCK = range(24)


def read_period(period: str, frequency: str) -> int | None:
    """Seconds between updates by RSS's syndication module; None where it does not say.

    Where one of the two is missing, the period is a day and the frequency 1, as the module has it.
    """
    name, times = period.strip().lower(), frequency.strip()[:6]
    if not name and not times:
        return None
    seconds = _PERIODS.get(name or "daily")
    if seconds is None or (times and not (times.isdecimal() and int(times))):
        return None
    return max(1, seconds // int(times or 1))


def read_ttl(minutes: str) -> int | None:
    """RSS ttl in seconds; None where there is none or it is no number of minutes above nought."""
    text = minutes.strip()[:6]
    return min(int(text) * 60, MAX_TTL_S) if text.isdecimal() and int(text) else None


def fresh_seconds(headers: Mapping[str, str], now: datetime) -> int:
    """For how many seconds more HTTP calls an answer fresh (RFC 9111, 4.2); 0 where it does not.

    max-age comes before Expires, which is taken against the answer's own Date, so that a wrong
    clock is understood; Age is taken off. no-store, no-cache, and what cannot be read promise
    nothing. s-maxage is meant for shared caches and left alone.

    Args:
        headers: of the answer, names in lower case.
        now: stands in for a missing Date.
    """
    directives = _directives(headers.get("cache-control", ""))
    if "no-store" in directives or "no-cache" in directives:
        return 0
    if "max-age" in directives:
        lifetime = _delta(directives["max-age"])
    else:
        expires = http_date(headers.get("expires", ""))
        if expires is None:
            return 0
        lifetime = int((expires - (http_date(headers.get("date", "")) or now)).total_seconds())
    return max(0, min(lifetime, _MAX_DELTA) - _delta(headers.get("age", "")))


def _directives(header: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for part in header.lower().split(","):
        name, _, value = part.partition("=")
        found.setdefault(name.strip(), value.strip().strip('"'))
    return found


def _delta(text: str) -> int:
    return int(text[:12]) if text.isascii() and text.isdecimal() else 0


def http_date(text: str) -> datetime | None:
    """Return a date of an HTTP header as UTC, or None where it is none."""
    try:
        parsed = parsedate_to_datetime(text)
        return parsed.replace(tzinfo=UTC) if parsed.tzinfo is None else parsed.astimezone(UTC)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None


# ---- following ----------------------------------------------------------------------------------


def asked_wait_s(state: FeedState, fresh_s: int, jitter: float) -> float:
    """Seconds to wait by the publisher's word; 0 where it asks for no more than the shortest wait.

    A stated period is not believed where the feed's own rhythm is quicker than that.
    """
    asked = [min(state.ttl_s or 0, MAX_WISH_S), min(fresh_s, MAX_WISH_S)]
    if state.period_s and not (state.gap_s and state.gap_s < state.period_s):
        asked.append(min(state.period_s, MAX_PERIOD_S))
    most = min(TIER_1_MAX_WISH_S if state.tier == 1 else MAX_WISH_S, loss_limit_s(state))
    wait = min(max(asked), most)
    # Spread to later only: within the time that was asked for, the answer would be the same.
    return wait * (1 + _SPREAD * jitter) if wait > MIN_INTERVAL_S else 0.0


def after_skips(state: FeedState, at: datetime, *, now: datetime, jitter: float) -> datetime:
    """Return ``at``, or the end of the hours and days around it in which the feed asks for rest.

    Put off by a day at most, and to no later after ``now`` than would lose an item.
    """
    if not state.skip_hours and not state.skip_days:
        return at
    safe = now + timedelta(seconds=loss_limit_s(state)) - at
    limit = min(timedelta(seconds=MAX_SKIP_S), max(safe, timedelta()))
    moment = at.astimezone(UTC)
    while moment - at < limit and _skipped(state, moment):
        moment = moment.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
    if moment == at:
        return at
    return min(moment, at + limit) + timedelta(seconds=MIN_INTERVAL_S * jitter)


def _skipped(state: FeedState, moment: datetime) -> bool:
    return moment.hour in state.skip_hours or moment.weekday() in state.skip_days
