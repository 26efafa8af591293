"""The funnel: what came to each gate, by day and by feed. Reads only."""

from datetime import date, timedelta

from pipeline.stages.context import Context
from pipeline.stages.keep_feeds import chosen
from pipeline.store import gate_facts
from schemas.coverage import Coverage, FeedFunnel, Funnel, Gate, total

BARREN_DAYS = 30
"""A feed that brought nothing relevant for so long is named: long enough for a weekly."""


def coverage(
    context: Context, *, since: date, feed: str | None = None, barren_days: int = BARREN_DAYS
) -> Coverage:
    """Return the funnel from ``since`` to today (days in UTC), of all feeds or of one.

    Args:
        context: what a stage is handed.
        since: the first day.
        feed: a feed's id, name or address.
        barren_days: after how many days without anything relevant a feed is named.

    Raises:
        NotFoundError: there is no such feed, or a name means several.
    """
    today = context.now.date()
    only = chosen(context, [feed])[0].id if feed is not None else None
    with context.database.read() as session:
        days = gate_facts.by_day(since=since, until=today, feed_id=only, session=session)
        feeds = gate_facts.by_feed(since=since, until=today, feed_id=only, session=session)
        first = gate_facts.counted_since(session=session)
    barren = [one for one in feeds if one.barren(barren_days, today)]
    return Coverage(
        since=since,
        until=today,
        counted_since=first,
        all=total(funnel for _, funnel in days),
        days=_every_day(days, max(since, first) if first else today, today),
        feeds=tuple(sorted(feeds, key=_most_first)),
        barren_days=barren_days,
        barren=tuple(sorted(barren, key=lambda one: one.last_relevant or date.min)),
    )


def _every_day(
    days: list[tuple[date, Funnel]], since: date, until: date
) -> tuple[tuple[date, Funnel], ...]:
    """Days on which nothing was counted as well: on such a day nothing was watched."""
    known = dict(days)
    span = (until - since).days + 1
    return tuple(
        (day, known.get(day, Funnel())) for day in (since + timedelta(n) for n in range(span))
    )


def _most_first(one: FeedFunnel) -> tuple[int, int, int, int]:
    funnel = one.funnel
    return -funnel.relevant, -funnel[Gate.SENT], -funnel[Gate.NEW], one.feed_id
