"""Polling a made-up world tick by tick in simulated time, by the product's own schedule.

Real: when a feed is asked next (`after_poll`, `on_the_clock`, `jitter_of`), how what is due is
parted (lanes, `BATCH`, two tasks at a time), when an outage ends (`decide`). On sim_rows.py's
desk so are the rows: `due_feeds`, `count_due`, `save_states` and `add_polls` on a database. With a
`WheelDesk` what is due is looked up in memory, for a hundred thousand feeds and ten days; a test
holds both to the same polls. Made up: the feeds, and how long a batch takes.
"""

import math
from array import array
from collections import Counter, deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Protocol

from sim_feeds import DAY_S, START, SimFeed, answer

from pipeline.collect.poll import jitter_of
from pipeline.collect.schedule import after_poll, on_the_clock
from pipeline.notify.feed_alerts import REACH_SPAN, decide
from pipeline.settings import Settings
from pipeline.store import feeds as store
from pipeline.store.feed_facts import NETWORK
from schemas.feed import PollOutcome, PollRecord
from schemas.feed_watch import ChangeKind, Episode, Reach

BATCH = int(Settings.model_fields["poll_batch"].default)
TICK_S = 300
START_S = 5.0
"""Seconds from a tick to the first batch: Airflow starts the run, plans, and starts a task."""
TASK_S = 1.5
"""What a task costs beside its work."""
TASKS = 2
"""Batches at a time: the slots of the pool mineralwatch_poll in dags/pools.json."""
_T0 = START.timestamp()


@dataclass(frozen=True, slots=True)
class Plan:
    """What is simulated."""

    ticks: int
    warm: int
    """The first tick that counts for the figures of calm days."""
    rate: float
    """Feeds a second of one task."""
    batch: int = BATCH
    """Feeds a task."""
    tasks: int = TASKS
    """Batches at a time."""
    clocked: bool = True
    """Waits of five minutes count from the plan (`on_the_clock`), not from the batch."""
    down: range = range(0)
    """Ticks in which the watch is off."""
    cut: range = range(0)
    """Ticks in which its network is."""

    def calm(self, tick: int) -> bool:
        """Whether neither outage, nor six hours after one, nor the beginning is near."""
        near = [span for span in (self.down, self.cut) if span]
        return tick >= self.warm and not any(
            span.start - 1 <= tick < span.stop + 72 for span in near
        )


@dataclass(slots=True)
class Tick:
    """One pass: counts by outcome."""

    polls: int = 0
    outcomes: "Counter[str]" = field(default_factory=Counter)
    new: int = 0
    slow: int = 0
    last_s: float = 0.0
    """Seconds after the tick at which the last batch began."""
    ends_s: float = 0.0
    """Seconds after the tick at which the last batch ended."""
    host: int = 0
    """The most feeds of one host."""


@dataclass(slots=True)
class Found:
    """All that a run tells."""

    ticks: list[Tick] = field(default_factory=list)
    delays: dict[str, "array[float]"] = field(default_factory=dict)
    """Seconds from publication to poll, on calm days, by group of feeds."""
    after: dict[str, "array[float]"] = field(default_factory=dict)
    """Of items published in an outage: seconds from its end (or from publication) to the poll."""
    lost: int = 0
    before: int = 0
    """Items that had gone by before a feed's first reading: an archive, no loss."""
    late: int = 0
    """The most ticks that a feed was due and not polled, outages apart."""
    early: int = 0
    """Polls before a feed was due."""
    impolite: int = 0
    """Polls before a Retry-After was over."""
    closest_s: float = math.inf
    """The shortest time between two polls of one feed."""
    passes: dict[str, list[SimFeed]] = field(default_factory=dict)
    """Feeds due at the passes that are worth a closer look."""
    skipped: int = 0
    """Ticks at which the pass before was still under way."""
    released: int = 0
    """Feeds made due at once when the network was back."""


class Desk(Protocol):
    """Where what is due is asked for and what was decided is kept."""

    def due(self, tick: int, planned: datetime) -> list[list[SimFeed]]:
        """The batches of a pass, in the order of the plan."""

    def keep(self, polled: Sequence[tuple[SimFeed, PollRecord]], tick: int) -> None:
        """Remember the states, which are in the feeds already."""

    def release(self, tick: int, now: datetime) -> int:
        """Make all that the network did not let through due; returns how many."""


def parted(due: Iterable[SimFeed], batch: int = BATCH) -> list[list[SimFeed]]:
    """The batches as `plan` and `due_feeds` make them: lanes, then rows by their remainder."""
    lanes: tuple[list[SimFeed], list[SimFeed]] = ([], [])
    for feed in sorted(due, key=lambda feed: feed.state.feed_id):
        lanes[feed.slow].append(feed)
    batches = []
    for lane in lanes:
        of = math.ceil(len(lane) / batch)
        lots: list[list[SimFeed]] = [[] for _ in range(of)]
        for feed in lane:
            lots[feed.state.feed_id % of].append(feed)
        batches += lots
    return batches


class WheelDesk:
    """In memory: a list of feeds for each tick to come."""

    def __init__(self, feeds: Sequence[SimFeed], ticks: int, batch: int = BATCH) -> None:
        self.feeds, self.ticks, self.batch = feeds, ticks, batch
        self.wheel: list[list[SimFeed]] = [[] for _ in range(ticks)]
        self.slots = [0] * (len(feeds) + 1)
        self.wheel[0] = list(feeds)

    def due(self, tick: int, planned: datetime) -> list[list[SimFeed]]:  # noqa: ARG002 - the desk's
        """Those whose slot is this tick; a slot that was given up is passed over."""
        return parted(self._taken(tick), self.batch)

    def keep(self, polled: Sequence[tuple[SimFeed, PollRecord]], tick: int) -> None:
        """Put each feed into the first tick whose plan comes after its time."""
        for feed, _ in polled:
            at = feed.state.next_poll_at
            assert at is not None  # noqa: S101 - after a poll there is always a next
            first = math.ceil((at.timestamp() - _T0 - PLAN_S) / TICK_S)
            self._put(feed, max(tick + 1, first))

    def release(self, tick: int, now: datetime) -> int:
        """Those of which the last poll failed by the network are due at the next tick."""
        back = [feed for feed in self.feeds if _unreached(feed)]
        for feed in back:
            feed.state = replace(feed.state, next_poll_at=now)
            self._put(feed, tick + 1)
        return len(back)

    def carry(self, tick: int) -> None:
        """A tick in which nobody polls: what is due is due at the next."""
        for feed in self._taken(tick):
            self._put(feed, tick + 1)

    def _taken(self, tick: int) -> list[SimFeed]:
        """Each feed of the tick once, though it may have been put there, away and back."""
        taken = []
        for feed in self.wheel[tick]:
            if self.slots[feed.state.feed_id] == tick:
                self.slots[feed.state.feed_id] = -1
                taken.append(feed)
        self.wheel[tick] = []
        return taken

    def _put(self, feed: SimFeed, slot: int) -> None:
        self.slots[feed.state.feed_id] = slot
        if slot < self.ticks:
            self.wheel[slot].append(feed)


PLAN_S = 3.0
"""Seconds from a tick to its plan."""
FAULTS: dict[int, str] = {}
"""The kind of the last failure of each feed, by row."""


def _unreached(feed: SimFeed) -> bool:
    return FAULTS.get(feed.state.feed_id) in {kind.value for kind in NETWORK}


def run(plan: Plan, desk: Desk) -> Found:
    """Poll tick after tick."""
    found = Found()
    reach: deque[tuple[set[int], set[int]]] = deque(
        maxlen=int(REACH_SPAN.total_seconds()) // TICK_S
    )
    outage: Episode | None = None
    for number in range(plan.ticks):
        busy = bool(found.ticks) and found.ticks[-1].ends_s > TICK_S
        tick = Tick(ends_s=found.ticks[-1].ends_s - TICK_S if busy else 0.0)
        found.ticks.append(tick)
        found.skipped += busy
        if busy or number in plan.down:
            if isinstance(desk, WheelDesk):
                desk.carry(number)
            continue
        batches = desk.due(number, START + timedelta(seconds=number * TICK_S + PLAN_S))
        reach.append(_pass(batches, number, plan, tick, found, desk))
        _worth_a_look(batches, number, plan, found)
        if plan.cut and number >= plan.cut.start:
            outage = _network(outage, reach, number, found, desk)
    return found


def _pass(
    batches: list[list[SimFeed]], number: int, plan: Plan, tick: Tick, found: Found, desk: Desk
) -> tuple[set[int], set[int]]:
    """Poll each batch at the time at which it would begin."""
    free = [START_S] * plan.tasks
    planned = START + timedelta(seconds=number * TICK_S + PLAN_S)
    answered: set[int] = set()
    unreached: set[int] = set()
    hosts: Counter[str] = Counter()
    for batch in batches:
        begin = min(free)
        free[free.index(begin)] = begin + TASK_S + len(batch) / plan.rate
        tick.last_s = max(tick.last_s, begin)
        tick.ends_s = max(free)
        now = START + timedelta(seconds=number * TICK_S + begin)
        polled = [_poll(feed, now, planned, number, plan, tick, found) for feed in batch]
        desk.keep(polled, number)
        for feed, record in polled:
            (unreached if record.failure in NETWORK else answered).add(record.feed_id)
            hosts[feed.state.url.split("/")[2]] += 1
    tick.host = max(hosts.values(), default=0)
    return answered, unreached


def _poll(
    feed: SimFeed,
    now: datetime,
    planned: datetime,
    number: int,
    plan: Plan,
    tick: Tick,
    found: Found,
) -> tuple[SimFeed, PollRecord]:
    before, at = feed.state, now.timestamp()
    _check(feed, at, planned, plan, number, found)
    got = answer(feed, at, cut=number in plan.cut)
    heard = got.heard
    after = after_poll(before, heard, now=now, jitter=jitter_of(before, now))
    if plan.clocked:
        after = on_the_clock(after, polled_at=now, planned_at=planned)
    failure = heard.failure.kind if heard.failure else None
    FAULTS[before.feed_id] = failure.value if failure else ""
    feed.polled_at = at
    asked = heard.failure.retry_after_s if heard.failure else None
    feed.not_before = at + (asked or 0)
    feed.state, feed.slow = after, failure is not None or feed.seconds > store.SLOW_S
    record = PollRecord(
        feed_id=before.feed_id,
        at=now,
        outcome=heard.outcome,
        failure=failure,
        entries=heard.shown,
        new=heard.new,
        seconds=feed.seconds,
    )
    tick.polls += 1
    tick.slow += feed.slow
    tick.new += heard.new
    found.lost += got.lost
    found.before += got.before
    tick.outcomes[_outcome(heard.outcome, heard.new, first=before.last_success_at is None)] += 1
    _delays(feed, got.new, at, number, plan, found)
    return feed, record


def _outcome(outcome: PollOutcome, new: int, *, first: bool) -> str:
    if outcome is not PollOutcome.FETCHED:
        return outcome.value
    return "first" if first else "one_new" if new else "changed"


def _check(
    feed: SimFeed, at: float, planned: datetime, plan: Plan, number: int, found: Found
) -> None:
    """Nobody starves, and nobody is asked too soon."""
    due = feed.state.next_poll_at
    if due is None or feed.polled_at is None:
        return
    found.early += due > planned
    found.impolite += at < feed.not_before
    found.closest_s = min(found.closest_s, at - feed.polled_at)
    spans = (plan.down, plan.cut)
    if not any(span and span.start <= number <= span.stop for span in spans):
        late = (planned - due).total_seconds() // TICK_S
        found.late = max(found.late, int(late))


def _delays(
    feed: SimFeed, new: "array[float]", at: float, number: int, plan: Plan, found: Found
) -> None:
    group = "tier 1" if feed.state.tier == 1 else feed.kind.group
    for name, span in (("down", plan.down), ("cut", plan.cut)):
        begin, end = _T0 + span.start * TICK_S, _T0 + span.stop * TICK_S
        if span and span.stop <= number < span.stop + 288:
            kept = found.after.setdefault(name, array("d"))
            kept.extend(at - end for one in new if begin <= one < end)
    if plan.calm(number):
        since = _T0 + plan.warm * TICK_S
        kept = found.delays.setdefault(group, array("d"))
        kept.extend(at - one for one in new if one >= since)


def _worth_a_look(batches: list[list[SimFeed]], number: int, plan: Plan, found: Found) -> None:
    due = [feed for batch in batches for feed in batch]
    if number == 0:
        found.passes["first"] = due
    if plan.calm(number) and len(due) > len(found.passes.get("busiest calm", [])):
        found.passes["busiest calm"] = due
    for name, span in (("down", plan.down), ("cut", plan.cut)):
        if span and span.stop <= number < span.stop + 12:
            key = f"after {name}"
            if len(due) > len(found.passes.get(key, [])):
                found.passes[key] = due


def _network(
    outage: Episode | None,
    reach: "deque[tuple[set[int], set[int]]]",
    number: int,
    found: Found,
    desk: Desk,
) -> Episode | None:
    """Begin and end the outage by the product's rule; its end makes feeds due."""
    answered = set().union(*(good for good, _ in reach))
    unreached = set().union(*(bad for _, bad in reach)) - answered
    now = START + timedelta(seconds=number * TICK_S + 60)
    open_now = [outage] if outage else []
    decided = decide([], open_now, reach=Reach(len(answered), len(unreached)))
    if decided.ended:
        found.released = desk.release(number, now)
        return None
    if decided.begun:
        return Episode(1, None, ChangeKind.OUTAGE, now, decided.begun[0][2])
    return outage


def days(plan: Plan) -> float:
    """How long the run is."""
    return plan.ticks * TICK_S / DAY_S


def at_tick(number: int) -> datetime:
    """The time of a tick, UTC."""
    return datetime.fromtimestamp(_T0 + number * TICK_S, UTC)
