"""The schedule of many feeds over days, in simulated time: polls, delays, outages, workers.

    python benchmarks/simulate.py --feeds 100000 --days 10 [--seed 1] [--json]
    python benchmarks/simulate.py --feeds 1000 --days 1 --store sqlite:///sim.sqlite3

The feeds are made up (sim_feeds.py); who is asked when is decided by the product's own code
(sim_run.py), in memory or with ``--store`` on real rows; single passes are rehearsed by the real
`poll_feeds` on a virtual clock (sim_pass.py); CPU is the outcomes times measured costs (scale.py).
From eight days on there are two outages of two hours: the watch is off on the fourth day from ten
o'clock UTC, its network is cut on the eighth. 100,000 feeds for ten days are 18 million polls of
55 microseconds each: some 17 minutes of one core, and 0.3 GB; ``--as-if`` follows a sample.
"""

import argparse
import json
import logging
import math
import time
from collections import Counter
from datetime import timedelta
from typing import Any

import numpy as np
import structlog
from scale import Costs, tasks_for
from sim_feeds import START, SimFeed, world
from sim_pass import Pass, rehearse
from sim_rows import StoreDesk
from sim_run import BATCH, TASKS, TICK_S, Found, Plan, Tick, WheelDesk, run

from pipeline.store import feeds as store
from pipeline.store.engine import open_database
from pipeline.store.migrate import upgrade
from schemas.config import FeedConfig
from schemas.feed import PollOutcome, PollRecord

A_DAY = 86_400 // TICK_S
OUTAGE = 7_200 // TICK_S
TEN = 10 * 3_600 // TICK_S
RATE = Costs().rate
USED = 0.6
"""How far a core may be planned to be used."""


def main() -> None:
    """Run the simulation and print what it shows."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--feeds", type=int, default=100_000)
    parser.add_argument("--days", type=float, default=10)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--rate", type=float, default=RATE, help="feeds a second of one task")
    parser.add_argument("--tasks", type=int, default=TASKS, help="batches at a time")
    parser.add_argument("--as-if", type=int, help="batches begin as they would of so many feeds")
    parser.add_argument("--from-batch", action="store_true", help="waits count from the batch")
    parser.add_argument("--store", metavar="URL", help="keep the rows in this database; no outages")
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    # Each feed of ten days that dies or may have lost an item would be a line.
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    begun = time.perf_counter()
    told = simulate(
        given.feeds,
        given.days,
        given.seed,
        rate=given.rate,
        clocked=not given.from_batch,
        tasks=given.tasks,
        as_if=given.as_if,
        url=given.store,
    )
    told["took_s"] = round(time.perf_counter() - begun)
    print(json.dumps(told, indent=1) if given.json else words(told))


def simulate(
    count: int,
    days: float,
    seed: int,
    *,
    rate: float = RATE,
    clocked: bool = True,
    tasks: int = TASKS,
    as_if: int | None = None,
    url: str | None = None,
) -> dict[str, Any]:
    """All figures of a run, by name; the same for the same arguments.

    ``as_if`` makes tasks and their pace smaller by the same factor, so that a pass has as many
    batches, begun as late, as with so many feeds.
    """
    share = count / (as_if or count)
    ticks = round(days * A_DAY)
    outages = url is None and days >= 8
    plan = Plan(
        ticks=ticks,
        warm=min(A_DAY, ticks // 4),
        rate=rate * share,
        batch=max(1, round(BATCH * share)),
        tasks=tasks,
        clocked=clocked,
        down=_outage(3) if outages else range(0),
        cut=_outage(7) if outages else range(0),
    )
    feeds = world(count, days, seed)
    desk = (
        WheelDesk(feeds, ticks, plan.batch)
        if url is None
        else StoreDesk(feeds, _database(url, feeds))
    )
    found = run(plan, desk)
    last = START + timedelta(seconds=(ticks - 1) * TICK_S)
    told = figures(count, days, plan, found)
    return told | {
        "overdue_at_the_end": sum(
            not feed.state.next_poll_at or feed.state.next_poll_at < last for feed in feeds
        ),
        "arrived_items": sum(feed.read_to for feed in feeds),
    }


def _outage(day: int) -> range:
    begin = day * A_DAY + TEN
    return range(begin, begin + OUTAGE)


def _database(url: str, feeds: list[SimFeed]) -> Any:
    """A migrated database that holds the feeds, none of them polled yet."""
    database = open_database(url)
    upgrade(database)
    with database.write() as session:
        for feed in feeds:
            state = feed.state
            config = FeedConfig(name=state.name, url=state.url, tier=state.tier)
            store.write_feed(config, None, now=START, session=session)
            session.flush()
        # What the document asks is in the row from the start, as it is in memory.
        read = [(f.state, PollRecord(f.state.feed_id, START, PollOutcome.FETCHED)) for f in feeds]
        store.save_states(read, session=session)
    return database


# ---- figures -------------------------------------------------------------------------------------


def figures(count: int, days: float, plan: Plan, found: Found) -> dict[str, Any]:
    """What a run shows, in numbers with their units in the names."""
    calm = [tick for number, tick in enumerate(found.ticks) if plan.calm(number)]
    polls = [tick.polls for tick in calm]
    outcomes: Counter[str] = Counter()
    for tick in calm:
        outcomes.update(tick.outcomes)
    total = outcomes.total()
    cpu = [cpu_ms(tick) / 1_000 for tick in calm]
    calm_days = len(calm) / A_DAY
    passes = {name: _pass(rehearse(due)) for name, due in found.passes.items()}
    return {
        "feeds": count,
        "days": days,
        "polls": sum(tick.polls for tick in found.ticks),
        "polls_a_feed_and_day": round(total / count / calm_days, 2),
        "articles_a_feed_and_day": round(sum(tick.new for tick in calm) / count / calm_days, 2),
        "polls_a_minute": _spread([one / (TICK_S / 60) for one in polls]),
        "feeds_a_pass": _spread(polls),
        "last_batch_begins_s": _spread([tick.last_s for tick in calm]),
        "skipped_ticks": found.skipped,
        "one_host_a_pass": max(tick.host for tick in calm),
        "shares": {name: round(n / total, 4) for name, n in sorted(outcomes.items())},
        "delay_min": {
            group: _spread(np.array(seconds) / 60) | {"items": len(seconds)}
            for group, seconds in sorted(found.delays.items())
            if seconds
        },
        "new_items": sum(tick.new for tick in found.ticks),
        "lost_items": found.lost,
        "items_before_the_first_reading": found.before,
        "most_ticks_late": found.late,
        "too_early": found.early,
        "before_a_retry_after": found.impolite,
        "closest_polls_s": round(found.closest_s, 1),
        "cpu_s_a_pass": _spread(cpu),
        "first_day": _first_day(found.ticks),
        "passes": passes,
        "outages": _outages(plan, found, float(np.percentile(polls, 95))),
        "workers": workers(max(cpu), max(polls)),
    }


def cpu_ms(tick: Tick, costs: Costs | None = None) -> float:
    """Milliseconds of CPU of a pass by what its polls found."""
    costs = costs or Costs()
    each = {
        "first": costs.first_ms,
        "one_new": costs.one_new_ms,
        "changed": costs.one_new_ms,
        "unchanged": costs.unchanged_ms,
        "not_modified": costs.not_modified_ms,
        "failed": costs.failed_ms,
    }
    return sum(each[name] * n for name, n in tick.outcomes.items())


def workers(cpu_s: float, feeds: float) -> dict[str, float]:
    """Cores, and tasks at a time, by which the busiest calm pass takes half of its five minutes."""
    return {
        "cores": math.ceil(cpu_s / (TICK_S * USED)),
        "busiest_pass_cpu_s": round(cpu_s, 1),
        "tasks_at_a_time": tasks_for(feeds),
    }


def _spread(values: Any) -> dict[str, float]:
    p50, p95, most = np.percentile(np.asarray(values, float), (50, 95, 100))
    return {"p50": round(float(p50), 1), "p95": round(float(p95), 1), "max": round(float(most), 1)}


def _pass(one: Pass) -> dict[str, float]:
    return {
        "feeds": one.feeds,
        "batches": one.batches,
        "seconds": round(one.seconds, 1),
        "longest_batch_s": round(one.longest_s, 1),
        "at_once": one.most,
        "at_once_of_a_host": one.most_of_host,
    }


def _first_day(ticks: list[Tick]) -> dict[str, float]:
    """The first pass, and its echoes: feeds first asked together stay together for a while."""
    later = [tick.polls for tick in ticks[1:A_DAY]]
    return {
        "first_pass": ticks[0].polls,
        "first_pass_items": ticks[0].new,
        "first_pass_cpu_s": round(cpu_ms(ticks[0]) / 1_000, 1),
        "busiest_later_pass": max(later, default=0),
    }


def _outages(plan: Plan, found: Found, usual: float) -> dict[str, Any]:
    told: dict[str, Any] = {}
    for name, span in (("down", plan.down), ("cut", plan.cut)):
        if not span:
            continue
        after = [tick.polls for tick in found.ticks[span.stop : span.stop + A_DAY]]
        busiest = after.index(max(after))
        calm = next(n for n in range(busiest, len(after)) if max(after[n : n + 3]) <= usual)
        told[name] = {
            "hours": len(span) * TICK_S / 3_600,
            "passes_after": after[:8],
            "busiest_pass_after": max(after),
            "busiest_pass_cpu_s": round(
                max(cpu_ms(t) for t in found.ticks[span.stop : span.stop + A_DAY]) / 1_000, 1
            ),
            "minutes_until_usual": calm * TICK_S / 60,
            "seen_after_its_end_min": _spread(np.array(found.after[name]) / 60),
        }
    if plan.cut:
        told["cut"]["made_due_at_its_end"] = found.released
        told["cut"]["polls_meanwhile"] = sum(found.ticks[n].polls for n in plan.cut)
    return told


# ---- words ---------------------------------------------------------------------------------------


def words(told: dict[str, Any]) -> str:
    """The figures, a line each."""
    lines = []
    for name, value in told.items():
        if isinstance(value, dict):
            lines.append(f"{name}")
            lines += [f"  {inner:<26}{_said(one)}" for inner, one in value.items()]
        else:
            lines.append(f"{name:<28}{_said(value)}")
    return "\n".join(lines)


def _said(value: Any) -> str:
    if isinstance(value, dict):
        return "  ".join(f"{name} {_said(one)}" for name, one in value.items())
    if isinstance(value, list):
        return " ".join(map(_said, value))
    return f"{value:,}"


if __name__ == "__main__":
    main()
