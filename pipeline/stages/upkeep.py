"""upkeep: forget what is old, index what cannot be searched yet, report which feeds are sick."""

from datetime import timedelta

from pipeline.stages.context import Context, Tally
from pipeline.stages.watch import sick
from pipeline.store import feeds, gates, retention, search_index
from schemas.report import StageReport

INDEXED = 1_000
"""Articles of one transaction."""
KEEP_COUNTS = timedelta(days=731)
"""How long the counters of the gates stay: two years, of which one may be a leap year."""
SETTLED = timedelta(days=30)
"""Stories with an article within this are looked at again for what their gates missed."""


def upkeep(context: Context, ruleset: str, *, dry_run: bool = False) -> StageReport:
    """Delete by age (retention.yaml) and count what went; stories and timelines are never deleted.

    With ``dry_run`` nothing is written: the counts say what would go.
    """
    tally = Tally("upkeep", context.now)
    if dry_run:
        _count(context, ruleset, tally)
    else:
        _forget(context, ruleset, tally)
        _index(context, tally)
        _gates(context, tally)
    with context.database.read() as session:
        health = feeds.feed_health(now=context.now, session=session)
    tally.set(
        feeds=sum(h.state not in {"disabled", "paused"} for h in health),
        healthy=sum(h.state == "healthy" for h in health),
    )
    for feed in sick(health):
        tally.problem(
            f"{feed.name} <{feed.url}>",
            f"{feed.state}: {feed.reason}",
            feed.mend,
        )
    return tally.report()


def _count(context: Context, ruleset: str, tally: Tally) -> None:
    policy = context.catalog.retention
    with context.database.read() as session:
        for old in retention.count_old(policy, ruleset=ruleset, now=context.now, session=session):
            tally.add(f"{old.name}_forgotten", old.rows)
        tally.set(indexed=search_index.count_missing(session=session))


def _forget(context: Context, ruleset: str, tally: Tally) -> None:
    for rule in retention.RULES:
        days = getattr(context.catalog.retention, rule.name)
        tally.set(**{f"{rule.name}_forgotten": 0})
        if days is None:
            continue
        before = context.now - timedelta(days=days)
        gone = None
        while gone is None or gone:
            with context.database.write() as session:
                gone = retention.forget(rule, before=before, ruleset=ruleset, session=session)
            tally.add(f"{rule.name}_forgotten", gone)


def _index(context: Context, tally: Tally) -> None:
    """What was stored before there was an index, and what never came to be read."""
    tally.set(indexed=0)
    done = None
    while done is None or done:
        with context.database.write() as session:
            done = search_index.index_missing(limit=INDEXED, session=session)
        tally.add("indexed", done)


def _gates(context: Context, tally: Tally) -> None:
    """Counters that are old go; those of late are made whole."""
    with context.database.write() as session:
        before = (context.now - KEEP_COUNTS).date()
        tally.set(counts_forgotten=gates.delete_counts(before=before, session=session))
        gates.settle(since=context.now - SETTLED, session=session)
