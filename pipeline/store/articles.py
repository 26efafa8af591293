"""Articles, and the feeds that carried them."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from pipeline.store import gates
from pipeline.store.lots import Stored, brought_counts, store_lot
from pipeline.store.texts import held_back
from schemas.article import Article, NewArticle
from schemas.tables import ArticleRow, AssessmentRow

_CHUNK = 500
"""Rows a statement: SQLite takes 32,766 bound values, an article has 17."""


def store_articles(
    articles: Sequence[NewArticle],
    *,
    feed_id: int | None,
    now: datetime,
    session: Session,
    backfill: bool = False,
) -> Stored:
    """Store what one feed (or, with None, an archive) brought: `store_lot` of one."""
    (stored,) = store_lot([(feed_id, articles)], now=now, session=session, backfill=backfill)
    counts = brought_counts(stored, read=len(articles))
    gates.add({(now.date(), feed_id or 0): counts}, session=session)
    return stored


def pending_articles(
    *,
    ruleset: str,
    since: datetime,
    limit: int,
    session: Session,
    text_since: datetime | None = None,
) -> list[Article]:
    """Articles seen since then that have no reading under ``ruleset``, the oldest first.

    Those seen since ``text_since`` whose text is still to come are left out.
    """
    query = _unread(select(ArticleRow), ruleset, since).order_by(ArticleRow.id).limit(limit)
    if text_since is not None:
        query = query.where(~held_back(text_since))
    return [article_of(row) for row in session.scalars(query)]


def get_article(article_id: int, *, session: Session) -> Article | None:
    """The article of that row, or None."""
    row = session.get(ArticleRow, article_id)
    return article_of(row) if row else None


def article_at(urls: Collection[str], *, session: Session) -> Article | None:
    """The article with one of these addresses, as its identity or as published; or None."""
    for column in (ArticleRow.canonical_url, ArticleRow.url):
        query = select(ArticleRow).where(column.in_(urls)).order_by(ArticleRow.id).limit(1)
        row = session.scalar(query)
        if row is not None:
            return article_of(row)
    return None


def articles_after(last_id: int, *, since: datetime, limit: int, session: Session) -> list[Article]:
    """Articles seen since then with a row beyond ``last_id``, in the order of rows."""
    query = (
        select(ArticleRow)
        .where(ArticleRow.id > last_id, ArticleRow.seen_at >= since)
        .order_by(ArticleRow.id)
        .limit(limit)
    )
    return [article_of(row) for row in session.scalars(query)]


def count_pending(*, ruleset: str, since: datetime, session: Session) -> int:
    """How many articles wait to be assessed."""
    query = _unread(select(func.count()).select_from(ArticleRow), ruleset, since)
    return session.scalar(query) or 0


def _unread(query: Select[Any], ruleset: str, since: datetime) -> Select[Any]:
    read = select(AssessmentRow.id).where(
        AssessmentRow.article_id == ArticleRow.id, AssessmentRow.ruleset == ruleset
    )
    return query.where(ArticleRow.seen_at >= since, ~read.exists())


def count_articles(*, since: datetime, until: datetime, session: Session) -> int:
    """How many articles were first seen in the half-open span."""
    span = (ArticleRow.seen_at >= since) & (ArticleRow.seen_at < until)
    return session.scalar(select(func.count()).select_from(ArticleRow).where(span)) or 0


def article_of(row: ArticleRow) -> Article:
    """The row as a shape."""
    return Article(
        id=row.id,
        canonical_url=row.canonical_url,
        url=row.url,
        title=row.title,
        summary=row.summary,
        language=row.language,
        outlet=row.outlet,
        published_at=row.published_at,
        seen_at=row.seen_at,
        feed_id=row.feed_id,
        tier=row.tier,
        backfill=row.backfill,
        text=row.text or "",
        text_problem=(row.text_reason or "") if row.text is None else "",
    )
