"""How often news comes to a feed, and how soon it must be looked at so that none is lost.

Two estimates, both learnt at polls that bring something and kept in the feed's state:

``gap_s``     the usual time between two arrivals: the geometric mean, weighted exponentially
``window_s``  the time in which all that the feed shows goes by when it is at its quickest

The geometric mean, because news comes in bursts: of nine gaps of six minutes and a night of twelve
hours the arithmetic mean makes 78 minutes, the geometric one ten. What arrives within
`MIN_INTERVAL_S` is one arrival, for no poll could tell it apart; so ten items that are published
together are no reason to hurry.
"""

import math
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from itertools import pairwise

from schemas.feed import FeedState, Heard, PollOutcome

MIN_INTERVAL_S = 300
"""Airflow's clock for polls ticks every five minutes; news is not seen sooner by asking more."""
MAX_INTERVAL_S = 6 * 3600
TIER_1_MAX_S = 600
"""Official sources and wires are few, and what they say first is what the watch is for."""
_SHARE = 12
_GROWTH = 1.5
_WEIGHT = 0.2
"""Of the newest gap, so that a dozen arrivals make up nine tenths of the estimate."""
_MAX_GAP_S = 30 * 86_400
_DAY_S = 86_400
_WINDOW_DOUBLES_S = 7 * 86_400
_MAX_WINDOW_S = 365.0 * 86_400
_OVERRUN_S = 1800.0
"""A feed that is all new once in a while is asked each half hour, unless its gaps say more: some
publish all that they have at once, and no haste would show more of it."""


def learnt(state: FeedState, heard: Heard, now: datetime) -> FeedState:
    """Return the state with what a successful poll teaches of the rhythm.

    A poll that did not read the feed (304, the same bytes) teaches nothing new; the quickest window
    is believed less as time goes by: it doubles within a week.
    """
    window = _aged(state, now)
    if heard.outcome is not PollOutcome.FETCHED:
        return state if window == state.window_s else replace(state, window_s=window)
    state = replace(state, window_s=window, shown=heard.shown)
    if heard.new <= 0:
        return state
    dates = sorted(heard.dates)
    # Where most items have no date, those that have one do not speak for the others.
    dates = dates if len(dates) * 2 >= heard.shown else []
    seen = [window for window in (state.window_s, *_windows(state, heard, dates, now)) if window]
    return replace(
        state,
        gap_s=_gap(state, heard.new, dates, now),
        window_s=min(seen, default=None),
        last_new_at=now,
    )


def interval_s(state: FeedState, now: datetime) -> int:
    """Seconds until the feed is to be asked again, by its rhythm alone.

    A twelfth of the usual gap, or of the silence where that is longer: so the wait for an item is
    short against the pause before it. It starts at the shortest after each new item, since news
    seldom comes alone, and grows by half from poll to poll. It is cut to the usual gap itself,
    times the days of silence, so that a night or a weekend does not put a quick feed to sleep;
    where half of the window would go by; and for tier 1.
    """
    grown = max(MIN_INTERVAL_S, int(state.interval_s * _GROWTH))
    if state.last_new_at is not None:
        quiet = max(0.0, (now - state.last_new_at).total_seconds())
        if quiet < MIN_INTERVAL_S:
            grown = MIN_INTERVAL_S
        grown = min(grown, int(max(quiet, state.gap_s or 0) / _SHARE))
        if state.gap_s is not None:
            grown = min(grown, int(state.gap_s * max(1.0, quiet / _DAY_S)))
    most = TIER_1_MAX_S if state.tier == 1 else MAX_INTERVAL_S
    return max(MIN_INTERVAL_S, min(grown, most, loss_limit_s(state)))


def loss_limit_s(state: FeedState) -> int:
    """The longest wait, in seconds, after which half of what the feed shows is surely still there.

    By the quickest window seen, and by the usual gap times the items shown; never shorter than
    `MIN_INTERVAL_S`.
    """
    limits = [_MAX_WINDOW_S]
    if state.window_s is not None:
        limits.append(state.window_s / 2)
    if state.gap_s is not None and state.shown:
        limits.append(state.gap_s * state.shown / 2)
    return max(MIN_INTERVAL_S, int(min(limits)))


def may_have_lost(state: FeedState, heard: Heard) -> bool:
    """Whether all that the feed shows is new, so that more may have come and gone since last time.

    Args:
        state: before the poll.
        heard: what the poll found.
    """
    return state.last_success_at is not None and 1 < heard.shown <= heard.new


def _gap(state: FeedState, new: int, dates: Sequence[datetime], now: datetime) -> int | None:
    """The usual gap with the new ones worked in; dates where there are any, else by the polls."""
    gaps = _between(dates[-(new + 1) :])
    if not gaps and state.last_new_at is not None:
        gaps = [(now - state.last_new_at).total_seconds() / new]
    if not gaps:
        return state.gap_s
    logs = [math.log(min(max(gap, MIN_INTERVAL_S), _MAX_GAP_S)) for gap in gaps]
    if state.gap_s is None:
        return round(math.exp(sum(logs) / len(logs)))
    usual = math.log(max(state.gap_s, 1))
    for log in logs:
        usual += _WEIGHT * (log - usual)
    return round(math.exp(usual))


def _between(dates: Sequence[datetime]) -> list[float]:
    """Seconds between arrivals; what is less than a poll apart is one arrival."""
    moments = list(dates[:1])
    for date in dates:
        if (date - moments[-1]).total_seconds() >= MIN_INTERVAL_S:
            moments.append(date)
    return [(later - earlier).total_seconds() for earlier, later in pairwise(moments)]


def _windows(
    state: FeedState, heard: Heard, dates: Sequence[datetime], now: datetime
) -> list[float]:
    """What this poll says of the window: by the items' dates, and by its having gone by whole.

    Each is twice the time for half of the items, which is all that a window can show of itself.
    """
    half = max(1, math.ceil(heard.shown / 2))
    times = [date.timestamp() for date in dates]
    fills = []
    for first, start in enumerate(times):
        at = max(first + half, bisect_right(times, start + MIN_INTERVAL_S))
        if at < len(times):
            fills.append(times[at] - start)
    together = len(dates) >= heard.new and not _between(dates[-heard.new :])
    if may_have_lost(state, heard) and not together and state.last_success_at is not None:
        waited = (now - state.last_success_at).total_seconds()
        fills.append(max(waited / 2, _OVERRUN_S))
    return [min(2 * max(fill, float(MIN_INTERVAL_S)), _MAX_WINDOW_S) for fill in fills]


def _aged(state: FeedState, now: datetime) -> float | None:
    if state.window_s is None or state.last_success_at is None:
        return state.window_s
    since = (now - state.last_success_at).total_seconds()
    age = min(max(since, 0.0), _MAX_GAP_S) / _WINDOW_DOUBLES_S
    return float(min(state.window_s * 2**age, _MAX_WINDOW_S))
