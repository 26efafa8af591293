"""Synthetic feeds polled by the scheduler on a virtual clock: what is lost, and seen late.

``python -m tests.schedule_simulation`` prints the table of docs/scheduling.md.
"""

import random
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from statistics import median

from pipeline.collect.poll import jitter_of
from pipeline.collect.schedule import after_poll
from schemas.feed import FeedState, Heard, PollOutcome

START = datetime(2026, 3, 2, tzinfo=UTC)
DAYS = 30
TICK = timedelta(minutes=5)
_BEFORE = timedelta(days=40)
"""What was published before the first poll: it is in the feed, and not counted."""


@dataclass(frozen=True)
class Source:
    """Feeds alike that show the newest ``shows`` of the items that arrive at their times."""

    name: str
    feeds: Sequence[Sequence[datetime]]
    shows: int
    dated: bool = True
    tier: int = 2


@dataclass(frozen=True)
class Course:
    """How a source fared: delays in seconds, of each item that was seen."""

    lost: int
    polls_a_day: float
    """Of one feed."""
    delays: Sequence[float]

    @property
    def items(self) -> int:
        return self.lost + len(self.delays)

    @property
    def median_min(self) -> float:
        return median(self.delays) / 60

    @property
    def worst_min(self) -> float:
        return max(self.delays) / 60


def poisson(mean: timedelta, seed: int, active: Callable[[datetime], bool] = lambda _: True):
    """Arrivals at random, on average ``mean`` apart while ``active``."""
    chance = random.Random(seed)  # noqa: S311 - no secret
    at, found = START - _BEFORE, []
    while at < START + timedelta(days=DAYS):
        at += timedelta(seconds=chance.expovariate(1 / mean.total_seconds()))
        if active(at):
            found.append(at)
    return found


def bursts(a_day: int, size: int, minutes: float, seed: int) -> list[datetime]:
    """``size`` items within some ``minutes``, ``a_day`` times a day, and nothing between."""
    chance = random.Random(seed)  # noqa: S311 - no secret
    found = []
    for day in range(-_BEFORE.days, DAYS):
        for _ in range(a_day):
            begin = START + timedelta(days=day, hours=chance.uniform(6, 20))
            found += [begin + timedelta(minutes=chance.uniform(0, minutes)) for _ in range(size)]
    return sorted(found)


def batches(each: timedelta, size: int) -> list[datetime]:
    """``size`` items at one moment, at regular intervals."""
    at, found = START - _BEFORE + timedelta(hours=3, minutes=7), []
    while at < START + timedelta(days=DAYS):
        found += [at] * size
        at += each
    return found


def office(at: datetime) -> bool:
    """Weekdays, seven to seven."""
    return at.weekday() < 5 and 7 <= at.hour < 19


def run(source: Source) -> Course:
    """Poll the feeds for 30 days, at the first tick of Airflow's clock after a feed's time."""
    courses = [_run(source, feed_id) for feed_id in range(len(source.feeds))]
    return Course(
        lost=sum(course.lost for course in courses),
        polls_a_day=sum(course.polls_a_day for course in courses) / len(courses),
        delays=[delay for course in courses for delay in course.delays],
    )


def _run(source: Source, feed_id: int) -> Course:
    url = f"https://{feed_id}.example/{source.name}"
    state = FeedState(feed_id=feed_id, url=url, name=source.name, tier=source.tier)
    arrivals = source.feeds[feed_id]
    end = START + timedelta(days=DAYS)
    now, polls, read_to = START, 0, 0
    counted_from = bisect_left(arrivals, START)
    lost, delays = 0, []
    while now < end:
        arrived = bisect_right(arrivals, now)
        first = max(0, arrived - source.shows)
        lost += max(0, first - max(read_to, counted_from))
        fresh = arrivals[max(read_to, first) : arrived]
        delays += [(now - at).total_seconds() for at in fresh if at >= START]
        state = after_poll(
            state,
            _heard(arrivals[first:arrived], len(fresh), dated=source.dated),
            now=now,
            jitter=jitter_of(state, now),
        )
        read_to, polls = arrived, polls + 1
        assert state.next_poll_at is not None
        now += max(1, -((now - state.next_poll_at) // TICK)) * TICK
    return Course(lost, polls / DAYS, delays)


def _heard(window: Sequence[datetime], new: int, *, dated: bool) -> Heard:
    if not new:
        return Heard(outcome=PollOutcome.NOT_MODIFIED)
    dates = tuple(window) if dated else ()
    return Heard(outcome=PollOutcome.FETCHED, new=new, shown=len(window), dates=dates)


def sources() -> list[Source]:
    """The rhythms that are told of in docs/scheduling.md."""
    minute, hour, day = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
    daily = [poisson(day, seed) for seed in range(100, 110)]
    weekly = [poisson(7 * day, seed) for seed in range(200, 220)]
    office_hours = [poisson(hour / 2, seed, office) for seed in range(3)]
    bursty = [bursts(2, 12, 40, seed) for seed in range(3)]
    quick = [poisson(hour / 3, seed) for seed in range(10, 13)]
    slow = [poisson(2 * hour, seed) for seed in range(20, 25)]
    return [
        Source("one a minute, shows 30", [poisson(minute, 1)], 30),
        Source("one an hour, shows 20", [poisson(hour, 2)], 20),
        Source("one an hour, shows 20, no dates", [poisson(hour, 2)], 20, dated=False),
        Source("one in 30 minutes in office hours, shows 20", office_hours, 20),
        Source("one a day, shows 10", daily, 10),
        Source("one a week, shows 10", weekly, 10),
        Source("one a week, shows 10, tier 1", weekly[:5], 10, tier=1),
        Source("12 within 40 minutes, twice a day, shows 20", bursty, 20),
        Source("the same, no dates", bursty, 20, dated=False),
        Source("one in 20 minutes, shows 5", quick, 5),
        Source("one in 20 minutes, shows 5, no dates", quick, 5, dated=False),
        Source("one in two hours, shows 5", slow, 5),
        Source("one in two hours, shows 5, no dates", slow, 5, dated=False),
        Source("ten at once each day, shows 10", [batches(day, 10)], 10),
        Source("ten at once each day, shows 10, no dates", [batches(day, 10)], 10, dated=False),
    ]


def main() -> None:
    """Print the table."""
    print("| feed | items | lost | polls a day | median delay, min | longest, min |")
    print("| --- | ---: | ---: | ---: | ---: | ---: |")
    for source in sources():
        course = run(source)
        print(
            f"| {source.name} | {course.items} | {course.lost} | {course.polls_a_day:.0f}"
            f" | {course.median_min:.1f} | {course.worst_min:.0f} |"
        )


if __name__ == "__main__":
    main()
