"""What the counters say, and what is kept of articles that an outside list names."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TypeVar

from sqlalchemy import case, func, select
from sqlalchemy.orm import Session

from pipeline.store.articles import article_of
from schemas.article import Article
from schemas.coverage import Counts, FeedFunnel, Funnel, Gate
from schemas.feed import PollOutcome
from schemas.tables import ArticleRow, FeedRow, GateCountRow, PollRow, SightingRow

ARCHIVE = "archives brought in"
_CHUNK = 500
_T = TypeVar("_T")
_COLUMNS = [getattr(GateCountRow, gate.value) for gate in Gate]


def _funnel(values: Sequence[int]) -> Funnel:
    counts: Counts = {gate: value for gate, value in zip(Gate, values, strict=True) if value}
    return Funnel(counts)


def by_day(
    *, since: date, until: date, session: Session, feed_id: int | None = None
) -> list[tuple[date, Funnel]]:
    """The counts of each day from ``since`` to ``until``, both counted; of all feeds or of one."""
    query = (
        select(GateCountRow.day, *(func.sum(column) for column in _COLUMNS))
        .where(GateCountRow.day >= since, GateCountRow.day <= until)
        .group_by(GateCountRow.day)
        .order_by(GateCountRow.day)
    )
    if feed_id is not None:
        query = query.where(GateCountRow.feed_id == feed_id)
    return [(day, _funnel(values)) for day, *values in session.execute(query)]


def by_feed(
    *, since: date, until: date, session: Session, feed_id: int | None = None
) -> list[FeedFunnel]:
    """The counts of each feed in the span, and of each that is watched; the rows' order."""
    query = (
        select(GateCountRow.feed_id, *(func.sum(column) for column in _COLUMNS))
        .where(GateCountRow.day >= since, GateCountRow.day <= until)
        .group_by(GateCountRow.feed_id)
    )
    counted = {feed: _funnel(values) for feed, *values in session.execute(query)}
    began, newest = _first_days(session), _relevant_days(session)
    feeds = {0: (ARCHIVE, "", False)} if 0 in counted else {}
    rows = select(FeedRow.id, FeedRow.name, FeedRow.url, FeedRow.enabled, FeedRow.paused_at)
    for row in session.execute(rows.order_by(FeedRow.id)):
        feeds[row.id] = (row.name, row.url, row.enabled and row.paused_at is None)
    # A feed whose row went is still counted, so that the sums are the same by day and by feed.
    feeds |= {feed: (f"feed {feed}, gone", "", False) for feed in counted if feed not in feeds}
    return [
        FeedFunnel(
            feed_id=feed,
            name=name,
            url=url,
            watched=watched,
            funnel=counted.get(feed, Funnel()),
            last_relevant=newest.get(feed),
            counted_since=began.get(feed),
        )
        for feed, (name, url, watched) in feeds.items()
        if (feed_id is None or feed == feed_id) and (watched or feed in counted)
    ]


def _first_days(session: Session) -> dict[int, date]:
    query = select(GateCountRow.feed_id, func.min(GateCountRow.day)).group_by(GateCountRow.feed_id)
    return dict(session.execute(query).all())


def _relevant_days(session: Session) -> dict[int, date]:
    """The newest day of which each feed brought anything relevant."""
    query = (
        select(GateCountRow.feed_id, func.max(GateCountRow.day))
        .where(GateCountRow.relevant + GateCountRow.relevant_later > 0)
        .group_by(GateCountRow.feed_id)
    )
    return dict(session.execute(query).all())


def counted_since(*, session: Session) -> date | None:
    """The first day of which anything is counted."""
    day: date | None = session.scalar(select(func.min(GateCountRow.day)))
    return day


# ---- what an outside list names ------------------------------------------------------------------


def articles_named(addresses: Collection[str], *, session: Session) -> dict[str, Article]:
    """The stored articles by those of ``addresses`` that are their identity or their address."""
    found: dict[str, Article] = {}
    for column in (ArticleRow.url, ArticleRow.canonical_url):
        for chunk in _chunks(addresses):
            query = select(ArticleRow).where(column.in_(chunk)).order_by(ArticleRow.id.desc())
            # The oldest comes last and stands, and an identity before an address.
            found |= {getattr(row, column.key): article_of(row) for row in session.scalars(query)}
    return found


def headlines(
    *, since: datetime | None, until: datetime | None, session: Session
) -> Iterator[tuple[int, str, datetime]]:
    """(article, title, published) of the articles published in the span, a row at a time."""
    query = select(ArticleRow.id, ArticleRow.title, ArticleRow.published_at)
    if since is not None:
        query = query.where(ArticleRow.published_at >= since)
    if until is not None:
        query = query.where(ArticleRow.published_at <= until)
    yield from session.execute(query.execution_options(yield_per=5000))


def articles_by_id(ids: Collection[int], *, session: Session) -> dict[int, Article]:
    """The articles of these rows."""
    return {
        row.id: article_of(row)
        for chunk in _chunks(ids)
        for row in session.scalars(select(ArticleRow).where(ArticleRow.id.in_(chunk)))
    }


@dataclass(frozen=True, slots=True)
class Site:
    """A feed as far as it matters for the question whether it could have brought an item."""

    feed_id: int
    name: str
    addresses: tuple[str, ...]
    """Of the feed as configured, as it moved, and of its site."""
    enabled: bool
    paused: bool
    created_at: datetime
    window_s: float | None
    """For how long an item stands in it, as measured."""


def sites(*, session: Session) -> list[Site]:
    """Every feed that has a row."""
    query = select(FeedRow).order_by(FeedRow.id)
    return [
        Site(
            row.id,
            row.name,
            tuple(one for one in (row.url, row.current_url, row.site) if one),
            row.enabled,
            row.paused_at is not None,
            row.created_at,
            row.window_s,
        )
        for row in session.scalars(query)
    ]


def carriers(*, session: Session) -> dict[str, set[int]]:
    """Outlets of the stored articles, with the feeds that brought any of theirs."""
    query = select(ArticleRow.outlet, SightingRow.feed_id).distinct()
    found: defaultdict[str, set[int]] = defaultdict(set)
    for outlet, feed in session.execute(
        query.join(SightingRow, SightingRow.article_id == ArticleRow.id)
    ):
        found[outlet].add(feed)
    return dict(found)


@dataclass(frozen=True, slots=True)
class Polling:
    """How some feeds were polled in a span."""

    polls: int = 0
    failed: int = 0
    all_new: int = 0
    """Polls in which all that the feed held was new: others may have come and gone unseen."""
    held: int = 0
    """Entries of the fullest of those."""
    last_failure: str = ""
    by_counters: bool = False
    """Read from the counters: the polls themselves are not kept so long."""


def polling(
    feed_ids: Collection[int], *, since: datetime, until: datetime, session: Session
) -> Polling:
    """How these feeds were polled in the half-open span, from the polls or else the counters."""
    span = (PollRow.feed_id.in_(feed_ids), PollRow.at >= since, PollRow.at < until)
    firsts = select(func.min(PollRow.id)).where(PollRow.feed_id.in_(feed_ids))
    failed = PollRow.outcome == PollOutcome.FAILED.value
    # As in collect.rhythm.may_have_lost; of a feed's first poll all is new in any case.
    full = (
        (PollRow.entries > 1)
        & (PollRow.entries <= PollRow.new)
        & PollRow.id.not_in(firsts.group_by(PollRow.feed_id))
    )
    query = select(
        func.count(),
        func.count(case((failed, 1))),
        func.count(case((full, 1))),
        func.max(case((full, PollRow.entries))),
    ).where(*span)
    polls, failures, all_new, held = session.execute(query).one()
    if not polls:
        return _by_counters(feed_ids, since, until, session)
    newest = select(PollRow.message).where(*span, failed).order_by(PollRow.at.desc()).limit(1)
    return Polling(polls, failures, all_new, held or 0, session.scalar(newest) or "")


def _by_counters(
    feed_ids: Collection[int], since: datetime, until: datetime, session: Session
) -> Polling:
    last = (until - timedelta(microseconds=1)).date()
    query = select(
        func.sum(GateCountRow.answered + GateCountRow.not_modified), func.sum(GateCountRow.failed)
    ).where(
        GateCountRow.feed_id.in_(feed_ids),
        GateCountRow.day >= since.date(),
        GateCountRow.day <= last,
    )
    well, failed = session.execute(query).one()
    polls = (well or 0) + (failed or 0)
    return Polling(polls=polls, failed=failed or 0, by_counters=polls > 0)


def _chunks(values: Collection[_T]) -> Iterator[list[_T]]:
    ordered = list(values)
    for start in range(0, len(ordered), _CHUNK):
        yield ordered[start : start + _CHUNK]
