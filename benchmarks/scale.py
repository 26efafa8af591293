"""What 1,000, 100,000 and 1,000,000 feeds need, from what one feed, article and alert cost.

    python benchmarks/scale.py [--feeds 5000 40000] [--json]

`Costs` are measured but for a few (docs/scale.md says where each comes from), `Traffic` is what the
simulation found (`python benchmarks/simulate.py`), `need` is the formulae of docs/scale.md, each
with its units. Nothing is read from a database. A test holds the page to this table.
"""

import argparse
import json
import math
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass

DAY_S = 86_400
TICK_S = 300
BATCH = 2_000
SIZES = (1_000, 100_000, 1_000_000)
GB = 1e9
USED = 0.6
"""How far a core may be planned to be used."""


@dataclass(frozen=True, slots=True)
class Costs:
    """Milliseconds of CPU and bytes, measured on two cores of which other work took a share.

    Estimates are ``rate`` and ``task_s`` (waiting on publishers and on Airflow) and the ``…_wire``.
    """

    first_ms: float = 25.0
    """A feed's first poll: 30 items parsed and stored (13 to 34)."""
    not_modified_ms: float = 1.0
    """A 304 (0.4 to 1.2)."""
    unchanged_ms: float = 1.0
    """200 with the bytes of the last time (0.5 to 1.1)."""
    one_new_ms: float = 6.0
    """200 with something new, or changed (2.7 to 7.5)."""
    failed_ms: float = 1.0
    """As a 304: a connection, and a row."""
    read_ms: float = 0.95
    """An article: judged (2,000 a second a core), reading and words saved (2,300 a second)."""
    link_ms: float = 37.0
    """A relevant article: its story, the timeline, routes, the outbox."""
    send_ms: float = 14.0
    """A message, without the wait for its place's second."""
    rate: float = 170.0
    """Feeds a second of one task by waiting alone: 100 at a time, 0.55 s each on average."""
    task_s: float = 1.5
    """What a task costs Airflow beside its work, on the wall."""
    article_bytes: float = 2_480
    """An article, its sighting, reading and words, on PostgreSQL (139 and 109 MB for 100,000)."""
    poll_bytes: float = 174
    """A row of the history of polls with its indexes, on PostgreSQL."""
    feed_bytes: float = 2_400
    """A feed's row with what is remembered of 30 items."""
    not_modified_wire: float = 5_000
    """Bytes both ways of a 304, with a TLS handshake each time."""
    body_wire: float = 11_000
    """A document of 23 kB as it comes compressed, with headers and handshake."""
    poll_task_mb: float = 185
    """Peak of a polling task with its two parsers."""
    read_task_mb: float = 391
    """Peak of an assessing task with all languages loaded."""


@dataclass(frozen=True, slots=True)
class Traffic:
    """What the simulated world makes of a feed and a day, on calm days."""

    polls: float = 18.0
    not_modified: float = 0.698
    """A share of the polls, as the four that follow."""
    unchanged: float = 0.086
    changed: float = 0.09
    one_new: float = 0.113
    failed: float = 0.014
    articles: float = 2.73
    peak: float = 1.33
    """The 95th percentile of the passes over the average one."""
    relevant: float = 0.003
    """Of the articles: 11 of 3,952 ordinary ones are flagged, and few are about agreements."""
    messages: float = 0.5
    """For a relevant article: a story is one message, further outlets are replies."""


@dataclass(frozen=True, slots=True)
class Need:
    """What a number of feeds needs; on average where nothing else is said."""

    feeds: int
    polls_a_minute: float
    peak_pass: float
    """Feeds of a busy pass."""
    batches: int
    tasks: int
    """Polling tasks at a time, so that a busy pass takes half of its five minutes."""
    poll_cores: float
    read_cores: float
    link_cores: float
    cores: int
    """For all three, planned to `USED`; Airflow and PostgreSQL are beside them."""
    memory_gb: float
    """Of the tasks."""
    first_hours: float
    """For the first poll of all, two cores at it."""
    articles_a_day: float
    rows_a_second: float
    """Written: a state and a history row a poll, four rows an article."""
    feeds_gb: float
    polls_gb: float
    """The history of polls, kept for 90 days."""
    articles_gb_a_year: float
    network_mbit: float
    relevant_a_day: float
    messages_a_day: float
    slack_minutes: float
    """That one Slack channel is busy in a day, at a message a second."""


def need(feeds: int, costs: Costs | None = None, traffic: Traffic | None = None) -> Need:
    """The formulae."""
    costs, traffic = costs or Costs(), traffic or Traffic()
    polls, articles = feeds * traffic.polls, feeds * traffic.articles
    relevant = articles * traffic.relevant
    messages = relevant * traffic.messages
    peak = polls * TICK_S / DAY_S * traffic.peak
    tasks = tasks_for(peak, costs)
    poll_cores = polls / DAY_S * traffic.peak * poll_ms(costs, traffic) / 1_000
    # Newsrooms publish in half of the day: twice the average.
    read_cores = 2 * articles / DAY_S * costs.read_ms / 1_000
    link_cores = 2 * relevant / DAY_S * costs.link_ms / 1_000
    same = traffic.not_modified + traffic.failed
    wire = polls * (same * costs.not_modified_wire + (1 - same) * costs.body_wire)
    return Need(
        feeds=feeds,
        polls_a_minute=polls / 1_440,
        peak_pass=peak,
        batches=math.ceil(peak / BATCH),
        tasks=tasks,
        poll_cores=poll_cores,
        read_cores=read_cores,
        link_cores=link_cores,
        cores=math.ceil((poll_cores + read_cores + link_cores) / USED),
        memory_gb=(tasks * costs.poll_task_mb + 2 * costs.read_task_mb) / 1_000,
        first_hours=feeds * costs.first_ms / 1_000 / 2 / 3_600,
        articles_a_day=articles,
        rows_a_second=(2 * polls + 4 * articles) / DAY_S,
        feeds_gb=feeds * costs.feed_bytes / GB,
        polls_gb=polls * 90 * costs.poll_bytes / GB,
        articles_gb_a_year=articles * 365 * costs.article_bytes / GB,
        network_mbit=wire * 8 / DAY_S / 1e6,
        relevant_a_day=relevant,
        messages_a_day=messages,
        slack_minutes=messages / 60,
    )


def poll_ms(costs: Costs, traffic: Traffic) -> float:
    """CPU of an average poll, in milliseconds: each outcome's share times its cost."""
    return (
        traffic.not_modified * costs.not_modified_ms
        + traffic.unchanged * costs.unchanged_ms
        + (traffic.one_new + traffic.changed) * costs.one_new_ms
        + traffic.failed * costs.failed_ms
    )


def tasks_for(feeds: float, costs: Costs | None = None) -> int:
    """Polling tasks at a time by which a pass over ``feeds`` takes half of its five minutes."""
    costs = costs or Costs()
    seconds = feeds / costs.rate + math.ceil(feeds / BATCH) * costs.task_s
    return max(1, math.ceil(seconds / (TICK_S / 2)))


ROWS: tuple[tuple[str, Callable[[Need], float]], ...] = (
    ("polls a minute", lambda n: n.polls_a_minute),
    ("feeds of a busy pass", lambda n: n.peak_pass),
    ("batches of it", lambda n: n.batches),
    ("polling tasks at a time", lambda n: n.tasks),
    ("cores: polling, at a busy hour", lambda n: n.poll_cores),
    ("cores: reading, at a busy hour", lambda n: n.read_cores),
    ("cores: stories and alerts", lambda n: n.link_cores),
    ("cores to plan for these", lambda n: n.cores),
    ("memory of the tasks, GB", lambda n: n.memory_gb),
    ("first poll of all, hours on two cores", lambda n: n.first_hours),
    ("articles a day", lambda n: n.articles_a_day),
    ("rows written a second", lambda n: n.rows_a_second),
    ("feeds' rows, GB", lambda n: n.feeds_gb),
    ("history of polls, 90 days, GB", lambda n: n.polls_gb),
    ("articles, GB a year", lambda n: n.articles_gb_a_year),
    ("network, Mbit/s", lambda n: n.network_mbit),
    ("relevant articles a day", lambda n: n.relevant_a_day),
    ("messages a day", lambda n: n.messages_a_day),
    ("one Slack channel is busy, minutes a day", lambda n: n.slack_minutes),
)


def table(sizes: Sequence[int]) -> str:
    """The needs of each size, as a table of Markdown."""
    needs = [need(size) for size in sizes]
    lines = [
        "| | " + " | ".join(f"{size:,} feeds" for size in sizes) + " |",
        "| --- |" + " ---: |" * len(sizes),
    ]
    for name, of in ROWS:
        lines.append(f"| {name} | " + " | ".join(_short(of(one)) for one in needs) + " |")
    return "\n".join(lines)


def _short(value: float) -> str:
    """Two significant digits: more would say more than is known."""
    if 0 < value < 0.01:
        return "< 0.01"
    if value >= 100:
        digits = -max(0, math.floor(math.log10(value)) - 1)
        return f"{round(value, digits):,.0f}"
    if value >= 10 or float(value).is_integer():
        return f"{value:.0f}"
    return f"{value:.1f}" if value >= 1 else f"{value:.2g}"


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--feeds", type=int, nargs="+", default=list(SIZES))
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    if given.json:
        print(json.dumps([asdict(need(size)) for size in given.feeds]))
    else:
        print(table(given.feeds))


if __name__ == "__main__":
    main()
