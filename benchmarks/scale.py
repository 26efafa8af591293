"""What 1,000, 100,000 and 1,000,000 feeds need, from what one feed, article and alert cost.

    python benchmarks/scale.py [--feeds 1000 100000 1000000] [--json]

`Costs` are measured (docs/performance.md and docs/scale.md say how), `Traffic` is what the
simulation found (`python benchmarks/simulate.py`), the functions are the formulae of
docs/scale.md, each with its units. Nothing is read from a database.
"""

import argparse
import json
from dataclasses import asdict, dataclass

DAY_S = 86_400
TICK_S = 300
GB = 1e9


@dataclass(frozen=True, slots=True)
class Costs:
    """Measured, on two cores of which other work took a share; milliseconds of CPU, bytes."""

    first_ms: float = 25.0
    """A feed's first poll: 30 items parsed and stored (performance.md: 13 to 34)."""
    not_modified_ms: float = 1.0
    """A 304 (0.4 to 1.2)."""
    unchanged_ms: float = 1.0
    """200 with the bytes of the last time (0.5 to 1.1)."""
    one_new_ms: float = 6.0
    """200 with something new (2.7 to 7.5)."""
    failed_ms: float = 1.0
    """As a 304: a connection and a row."""
    assess_ms: float = 0.5
    """Of one article (quality.md: 2,000 a second a core)."""
    save_ms: float = 0.43
    """A reading and its words for the search, on PostgreSQL (2,300 a second)."""
    link_ms: float = 30.0
    """One relevant article: story, timeline, routes, outbox."""
    send_ms: float = 14.0
    """A message, without waiting for its place's second."""
    wait_s: float = 0.55
    """Of a feed's answer, on average, as the simulation has it; seconds on the wall."""
    article_bytes: float = 2_480
    """An article with its sighting, reading and index, on PostgreSQL (139 + 109 MB for 100,000)."""
    poll_bytes: float = 150
    """A row of the history of polls with its indexes, on PostgreSQL."""
    feed_bytes: float = 2_400
    """A feed's row, with what is remembered of 30 items (36 bytes each)."""
    not_modified_wire: float = 700
    """Bytes both ways, with TLS resumed or not on average."""
    body_wire: float = 6_500
    """A document of 23 kB as it comes compressed, with headers."""
    worker_mb: float = 185
    """Peak of a polling task with its two parsers (10,000 feeds)."""
    reader_mb: float = 440
    """Peak of an assessing task with all languages loaded."""


@dataclass(frozen=True, slots=True)
class Traffic:
    """What the simulated world makes, per feed and day, and its peaks."""

    polls: float = 20.0
    first: float = 0.0
    not_modified: float = 0.6
    """Shares of the polls, as the four that follow."""
    unchanged: float = 0.1
    changed: float = 0.1
    one_new: float = 0.1
    failed: float = 0.02
    articles: float = 2.0
    peak: float = 1.5
    """The busiest pass over the average one."""
    relevant: float = 0.003
    """Of the articles (11 false alarms of 3,952 ordinary ones, and some right ones)."""
    alerts: float = 0.5
    """Messages for a relevant article: stories gather some, replies go to threads."""


@dataclass(frozen=True, slots=True)
class Need:
    """What a number of feeds needs."""

    feeds: int
    polls_a_minute: float
    peak_pass: float
    """Feeds of the busiest calm pass."""
    batches: float
    poll_cores: float
    waiting_s: float
    """Seconds that the busiest pass waits for answers, with one task."""
    tasks: float
    """Polling tasks at a time so that it takes half of its five minutes."""
    articles_a_day: float
    assess_cores: float
    link_cores: float
    first_hours: float
    """Of one core and its two parsers' half, for the first poll of all."""
    rows_a_second: float
    polls_gb: float
    """The history of polls, kept for 90 days."""
    articles_gb_a_year: float
    network_mbit: float
    messages_a_day: float
    channel_s: float
    """Seconds of one Slack channel a day, were all sent to one."""


def need(feeds: int, costs: Costs, traffic: Traffic, *, concurrency: int = 100) -> Need:
    """The formulae."""
    polls = feeds * traffic.polls
    peak = polls / (DAY_S / TICK_S) * traffic.peak
    articles = feeds * traffic.articles
    relevant = articles * traffic.relevant
    messages = relevant * traffic.alerts
    waiting = peak * costs.wait_s / concurrency
    wire = traffic.not_modified + traffic.failed
    network = polls * (wire * costs.not_modified_wire + (1 - wire) * costs.body_wire)
    return Need(
        feeds=feeds,
        polls_a_minute=polls / 1_440,
        peak_pass=peak,
        batches=peak / 2_000,
        poll_cores=polls * poll_ms(costs, traffic) / 1_000 / DAY_S * traffic.peak,
        waiting_s=waiting,
        tasks=max(1.0, waiting / (TICK_S / 2)),
        articles_a_day=articles,
        assess_cores=articles * (costs.assess_ms + costs.save_ms) / 1_000 / DAY_S * 3,
        link_cores=relevant * costs.link_ms / 1_000 / DAY_S * 3,
        first_hours=feeds * costs.first_ms / 1_000 / 2 / 3_600,
        rows_a_second=(2 * polls + 4 * articles) / DAY_S,
        polls_gb=polls * 90 * costs.poll_bytes / GB,
        articles_gb_a_year=articles * 365 * costs.article_bytes / GB,
        network_mbit=network * 8 / DAY_S / 1e6,
        messages_a_day=messages,
        channel_s=messages,
    )


def poll_ms(costs: Costs, traffic: Traffic) -> float:
    """CPU of an average poll, in milliseconds: each outcome's share times its cost."""
    return (
        traffic.first * costs.first_ms
        + traffic.not_modified * costs.not_modified_ms
        + traffic.unchanged * costs.unchanged_ms
        + (traffic.one_new + traffic.changed) * costs.one_new_ms
        + traffic.failed * costs.failed_ms
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.parse_args()
    print(json.dumps(asdict(need(1000, Costs(), Traffic()))))
