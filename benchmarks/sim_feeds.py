"""A world of made-up feeds for the simulation of the schedule: rhythms, faults, hosts, answers.

The shares and rates are assumptions (docs/scale.md, "What is assumed"), not measurements; they
are one table, `KINDS`, so that another world is a few changed numbers. Items arrive at random by a
Poisson process whose rate follows the hour of the day and the day of the week at the feed's place.
"""

from array import array
from bisect import bisect_right
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import numpy as np

from schemas.feed import Failed, FailureKind, FeedState, Heard, PollOutcome

START = datetime(2026, 3, 2, tzinfo=UTC)
"""A Monday."""
DAY_S = 86_400
HOUR_S = 3_600
TIMEOUT_S = 30.0
"""MINERALWATCH_FETCH_TIMEOUT_S as it is by default."""
_T0 = START.timestamp()
_BEFORE_DAYS = 60
"""Of what was published before the first poll, so much is in the feed."""
_HOURS = np.array([2, 1, 1, 1, 1, 2, 4, 6, 8, 9, 9, 8, 8, 8, 8, 8, 8, 7, 6, 5, 4, 4, 3, 2], float)
"""Weights of the hours of a newsroom's day, by its own clock."""
_DAYS = np.array([1, 1, 1, 1, 1, 0.45, 0.4])
_ZONES = (-8, -5, 0, 1, 2, 3, 5, 8)
"""Offsets from UTC, in hours, at which the publishers are."""
_PLATFORMS = 10
"""Hosts that carry the feeds of many publishers."""


@dataclass(frozen=True, slots=True)
class Kind:
    """Feeds of one sort. ``a_day`` is the median of the rates, which are log-normal."""

    name: str
    share: float
    a_day: float
    spread: float
    """Sigma of the logarithm of the rates."""
    shows: int
    group: str
    fault: bool = False
    shaky: float = 0.003
    """The share of three-hour spans in which it cannot be read."""
    tier_1: float = 0.0
    clock: bool = True
    """Follows day and night; a wire does so less than a newsroom, so half of it does not."""


KINDS = (
    Kind("wire", 0.003, 150, 0.5, 50, "busy", tier_1=0.5, clock=False),
    Kind("newsroom", 0.05, 25, 0.6, 25, "busy"),
    Kind("regular", 0.15, 3, 0.6, 20, "regular"),
    Kind("weekly", 0.30, 0.2, 0.7, 15, "quiet"),
    Kind("monthly", 0.30, 0.03, 0.7, 10, "quiet"),
    Kind("abandoned", 0.117, 0.0, 0.0, 10, "dead"),
    Kind("shaky", 0.03, 3, 1.0, 20, "regular", shaky=0.15),
    Kind("broken", 0.05, 0.0, 0.0, 0, "dead", fault=True),
)
_FAULTS = (
    (FailureKind.CLIENT_ERROR, 404),
    (FailureKind.DNS, None),
    (FailureKind.HTML, 200),
    (FailureKind.TIMEOUT, None),
    (FailureKind.GONE, 410),
)
_SHAKES = (
    (FailureKind.SERVER_ERROR, 503),
    (FailureKind.TIMEOUT, None),
    (FailureKind.RATE_LIMITED, 429),
)
_RETRY_AFTER_S = 1_800


@dataclass(slots=True)
class SimFeed:
    """A feed of the world, and what the watch knows of it."""

    state: FeedState
    kind: Kind
    arrivals: "array[float]"
    """Epoch seconds, ascending."""
    dated: bool
    validators: float
    """0 to 1: under 0.8 it answers 304, under 0.9 the same bytes, else a changed document."""
    fresh_s: int
    fault: int
    seconds: float
    """Its usual time to answer."""
    read_to: int = 0
    """How many of the arrivals are known or gone by."""
    slow: bool = False
    polled_at: float | None = None
    not_before: float = 0.0
    """What its last Retry-After forbids, in epoch seconds."""


def world(count: int, days: float, seed: int) -> list[SimFeed]:
    """``count`` feeds with what they publish until ``days`` after `START`, the same by ``seed``."""
    chance = np.random.default_rng(seed)
    kinds = [kind for kind in KINDS for _ in range(round(kind.share * count))]
    kinds += [KINDS[3]] * (count - len(kinds))
    order = chance.permutation(count)
    feeds = [None] * count
    for place, kind in zip(order, kinds[:count], strict=True):
        feeds[place] = _feed(int(place), kind, days, chance)
    return feeds  # type: ignore[return-value]  # the permutation fills every place


def _feed(number: int, kind: Kind, days: float, chance: Any) -> SimFeed:
    shared = chance.random() < 0.1
    host = f"platform{chance.integers(_PLATFORMS)}" if shared else f"site{number}"
    tier = 1 if chance.random() < kind.tier_1 else 2
    state = FeedState(
        feed_id=number + 1,
        url=f"https://{host}.example/{number}.xml",
        name=f"{kind.name} {number}",
        tier=tier,
        ttl_s=HOUR_S if chance.random() < 0.2 else None,
        period_s=HOUR_S if chance.random() < 0.4 else None,
    )
    return SimFeed(
        state=state,
        kind=kind,
        arrivals=_arrivals(kind, days, chance),
        dated=bool(chance.random() < 0.9),
        validators=float(chance.random()),
        fresh_s=int(chance.choice((0, 0, 0, 0, 0, 0, 300, 600, 900, 3600))),
        fault=int(chance.integers(1000)),
        seconds=float(min(np.exp(chance.normal(np.log(0.4), 0.8)), TIMEOUT_S)),
    )


def _arrivals(kind: Kind, days: float, chance: Any) -> "array[float]":
    if not kind.a_day:
        if kind.fault:
            return array("d")
        # Ended years ago; it still shows its last items.
        old = _T0 - 400 * DAY_S - np.sort(chance.uniform(0, 100 * DAY_S, kind.shows))
        return array("d", np.sort(old).tolist())
    rate = kind.a_day * np.exp(chance.normal(0, kind.spread))
    back = min(max(3 * kind.shows / rate, 1.0), _BEFORE_DAYS * 10)
    span = back + days
    count = chance.poisson(rate * span)
    if kind.clock:
        at = _by_the_clock(count, back, days, chance)
    else:
        at = chance.uniform(-back * DAY_S, days * DAY_S, count)
    return array("d", np.sort(at + _T0).tolist())


def _by_the_clock(count: int, back: float, days: float, chance: Any) -> Any:
    """Seconds from START, drawn by the weights of hours and days at the publisher's place."""
    zone = int(chance.choice(_ZONES))
    first = -int(np.ceil(back))
    whole = np.arange(first, int(np.ceil(days)))
    weights = (_DAYS[whole % 7][:, None] * _HOURS[None, :]).ravel()
    picked = chance.choice(len(weights), size=count, p=weights / weights.sum())
    return (first * 24 + picked - zone) * HOUR_S + chance.uniform(0, HOUR_S, count)


# ---- answers -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Answer:
    """What a poll finds, and the items that are new by it (epoch seconds)."""

    heard: Heard
    new: "array[float]"
    lost: int = 0
    before: int = 0
    """Items that had gone by before the first poll that read the feed."""


_NONE: "array[float]" = array("d")
_UNCHANGED = PollOutcome.UNCHANGED
_NOT_MODIFIED = PollOutcome.NOT_MODIFIED


def answer(feed: SimFeed, now: float, *, cut: bool) -> Answer:
    """What the feed would say at ``now`` (epoch seconds); ``cut``: our network is down."""
    failure = _failure(feed, now, cut=cut)
    if failure is not None:
        return Answer(Heard(outcome=PollOutcome.FAILED, failure=failure), _NONE)
    arrivals, read_to = feed.arrivals, feed.read_to
    arrived = bisect_right(arrivals, now, lo=read_to)
    first = max(0, arrived - feed.kind.shows)
    fresh = arrivals[max(read_to, first) : arrived]
    again = feed.state.last_success_at is not None
    gone = max(0, first - read_to)
    feed.read_to = arrived
    if not fresh and again and feed.validators < 0.9:
        outcome = _NOT_MODIFIED if feed.validators < 0.8 else _UNCHANGED
        return Answer(Heard(outcome=outcome, fresh_s=feed.fresh_s), _NONE)
    heard = Heard(
        outcome=PollOutcome.FETCHED,
        new=len(fresh),
        shown=arrived - first,
        dates=_dates(arrivals[first:arrived]) if feed.dated else (),
        fresh_s=feed.fresh_s,
    )
    return Answer(heard, fresh, gone if again else 0, 0 if again else gone)


def _dates(times: "array[float]") -> tuple[datetime, ...]:
    return tuple(datetime.fromtimestamp(at, UTC) for at in times)


def _failure(feed: SimFeed, now: float, *, cut: bool) -> Failed | None:
    url = feed.state.url
    if cut:
        return Failed(url=url, kind=FailureKind.CONNECT, message="the network is cut")
    if feed.kind.fault:
        kind, status = _FAULTS[feed.fault % len(_FAULTS)]
        return Failed(url=url, kind=kind, message="for good", status=status)
    # The same in every run (hashes of numbers are not seeded), and lasting for some polls.
    span = int(now) // (3 * HOUR_S)
    if hash((feed.state.feed_id, span)) % 100_000 >= feed.kind.shaky * 100_000:
        return None
    kind, status = _SHAKES[feed.fault % len(_SHAKES)]
    asked = _RETRY_AFTER_S if kind is FailureKind.RATE_LIMITED else None
    return Failed(url=url, kind=kind, message="for a while", status=status, retry_after_s=asked)
