"""upkeep: forget what is old, report which feeds are sick."""

from datetime import timedelta

from pipeline.stages.context import Context, Tally
from pipeline.stages.watch import sick
from pipeline.store import assessments, feeds, outbox
from schemas.report import StageReport

KEEP_POLLS = timedelta(days=90)
KEEP_SENT = timedelta(days=180)
KEEP_STALE = timedelta(days=30)
"""How long readings under a ruleset no longer in force stay, where a newer one is there."""


def upkeep(context: Context, ruleset: str) -> StageReport:
    """Delete by age and count what went; articles, stories and timelines are kept for good."""
    tally = Tally("upkeep", context.now)
    now = context.now
    with context.database.write() as session:
        tally.set(
            polls_forgotten=feeds.delete_polls(before=now - KEEP_POLLS, session=session),
            messages_forgotten=outbox.delete_sent(before=now - KEEP_SENT, session=session),
            readings_forgotten=assessments.delete_stale(
                keep=ruleset, before=now - KEEP_STALE, session=session
            ),
        )
    with context.database.read() as session:
        health = feeds.feed_health(now=now, session=session)
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
