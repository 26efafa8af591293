"""feedback: readers' reactions in Slack → rows; and what they say of the alerts.

No transaction is open while Slack is asked.
"""

from collections import Counter, defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Protocol

from sqlalchemy.orm import Session

from pipeline.stages.context import Context, Tally
from pipeline.store import reactions
from pipeline.store.engine import alone
from schemas.feedback import (
    Feedback,
    Judged,
    Precision,
    Reacted,
    ReactionsRead,
    SentMessage,
    Verdict,
)
from schemas.report import StageReport

BATCH = 500
"""Messages a transaction, so that nobody waits long."""


class Reader(Protocol):
    """What reads reactions back. An expected failure is a problem in what it returns."""

    def read(self, messages: Sequence[SentMessage]) -> ReactionsRead:
        """Return the reactions to ``messages``, which are in the order of urgency."""


def feedback(context: Context, reader: Reader | None) -> StageReport:
    """Read the reactions to the alerts of the last days, and store what changed.

    ``reader`` is None where no Slack is set up.
    """
    tally = Tally("feedback", context.now)
    since = context.now - timedelta(days=context.catalog.routing.feedback.days)
    with context.database.read() as session:
        messages = reactions.sent_messages(since=since, session=session)
    tally.set(messages=len(messages), read=0, added=0, removed=0, returned=0, gone=0)
    if reader is None:
        if messages:
            tally.problem(
                "slack",
                "no Slack is set up to read reactions from",
                "set MINERALWATCH_SLACK_TOKEN, or Airflow's connection mineralwatch_slack",
            )
        return tally.report()
    read = reader.read(messages)
    for start in range(0, len(read.seen), BATCH):
        _save(read.seen[start : start + BATCH], context, tally)
    with context.database.write() as session:
        # Reactions to a message that was deleted stay: the readers have said what they think.
        reactions.note_read(read.gone, now=context.now, session=session)
    tally.set(gone=len(read.gone), left=len(messages) - tally.counts["read"] - len(read.gone))
    for problem in read.problems:
        tally.problem(problem.where, problem.what, problem.mend)
    return tally.report()


def _save(seen: Sequence[Reacted], context: Context, tally: Tally) -> None:
    config = context.catalog.routing.feedback
    whole = [one.outbox_id for one in seen if one.complete]
    with context.database.write() as session:
        # Two at once would both insert what neither had seen.
        alone("feedback", session=session)
        saved = reactions.save_reactions(
            seen, right=config.right, wrong=config.wrong, now=context.now, session=session
        )
        reactions.note_read(whole, now=context.now, session=session)
    tally.add("read", len(whole))
    tally.add("added", saved.added)
    tally.add("removed", saved.removed)
    tally.add("returned", saved.returned)


def summary(
    context: Context,
    *,
    session: Session,
    since: datetime | None = None,
    until: datetime | None = None,
) -> Feedback:
    """Count what readers said of the alerts sent in the half-open span.

    Without ``until`` it has no end, without ``since`` it begins ``feedback.days`` days before it.
    """
    end = until or context.now
    since = since or end - timedelta(days=context.catalog.routing.feedback.days)
    found = reactions.judgements(since=since, until=until, session=session)
    routes: defaultdict[str, list[Judged]] = defaultdict(list)
    themes: defaultdict[str, list[Judged]] = defaultdict(list)
    for judged in found.alerts:
        routes[judged.route].append(judged)
        for theme in judged.themes:
            themes[theme].append(judged)
    titles = {route.name: route.title or route.name for route in context.catalog.routes}
    return Feedback(
        since=since,
        until=end,
        all=_precision(found.alerts),
        by_route=tuple(
            (name, titles.get(name, name), _precision(routes[name]))
            for name in sorted(routes, key=lambda name: (-len(routes[name]), name))
        ),
        by_theme=tuple(
            (theme, title, _precision(themes[theme]))
            for theme, title in context.catalog.theme_titles.items()
            if theme in themes
        ),
        wrong=tuple(one for one in found.alerts if one.verdict is Verdict.WRONG),
        several=found.several,
    )


def _precision(alerts: Sequence[Judged]) -> Precision:
    counts = Counter(alert.verdict for alert in alerts)
    return Precision(counts[Verdict.RIGHT], counts[Verdict.WRONG], counts[Verdict.DISPUTED])
