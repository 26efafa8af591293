"""Articles, and the feeds that carried them."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, delete, func, or_, select, update
from sqlalchemy.orm import Session

from pipeline.store.engine import insert_for
from pipeline.store.identity import recognised
from pipeline.store.texts import asked_for, held_back
from schemas.article import Article, NewArticle
from schemas.tables import ArticleRow, AssessmentRow, FeedRow, SightingRow

_CHUNK = 500
"""Rows a statement: SQLite takes 32,766 bound values, an article has 17."""


@dataclass(frozen=True, slots=True)
class Stored:
    """What became of a feed's articles: how many were new, edited, known."""

    new: int = 0
    edited: int = 0
    known: int = 0


def store_articles(
    articles: Sequence[NewArticle],
    *,
    feed_id: int | None,
    now: datetime,
    session: Session,
    backfill: bool = False,
) -> Stored:
    """Insert what is new, update what its first feed has edited, note the sighting of all.

    An edited article keeps its row and its story; its readings are dropped, so it is assessed anew.
    With ``backfill`` (and no feed) the new ones are never alerted.
    """
    new = edited = 0
    articles = recognised(articles, feed_id=feed_id, session=session)
    feed = session.get(FeedRow, feed_id) if feed_id is not None else None
    tier, fulltext = (feed.tier, feed.fulltext and not backfill) if feed else (2, False)
    for start in range(0, len(articles), _CHUNK):
        chunk = articles[start : start + _CHUNK]
        new += _insert(
            chunk,
            feed_id=feed_id,
            tier=tier,
            fulltext=fulltext,
            now=now,
            session=session,
            backfill=backfill,
        )
        edited += _update_edited(chunk, feed_id=feed_id, now=now, session=session)
        if feed_id is not None:
            _sight(chunk, feed_id=feed_id, now=now, session=session)
    return Stored(new, edited, len(articles) - new - edited)


def _insert(
    chunk: Sequence[NewArticle],
    *,
    feed_id: int | None,
    tier: int,
    fulltext: bool,
    now: datetime,
    session: Session,
    backfill: bool,
) -> int:
    rows = [
        {
            "canonical_url": a.canonical_url,
            "url": a.url,
            "guid": a.guid,
            "title": a.title,
            "summary": a.summary,
            "language": a.language,
            "outlet": a.outlet,
            "published_at": a.published_at,
            "dated": a.dated,
            "seen_at": now,
            "content_hash": a.content_hash,
            "feed_id": feed_id,
            "tier": tier,
            "backfill": backfill,
            **asked_for(a, fulltext=fulltext, now=now),
        }
        for a in chunk
    ]
    statement = (
        insert_for(session, ArticleRow)
        .on_conflict_do_nothing(index_elements=["canonical_url"])
        .returning(ArticleRow.id)
    )
    return len(session.scalars(statement, rows).all()) if rows else 0


def _update_edited(
    chunk: Sequence[NewArticle], *, feed_id: int | None, now: datetime, session: Session
) -> int:
    """Only the feed that brought the article first may edit it: others word it in their own way."""
    by_url = {a.canonical_url: a for a in chunk}
    stored = session.execute(
        select(ArticleRow.id, ArticleRow.canonical_url, ArticleRow.content_hash).where(
            ArticleRow.canonical_url.in_(by_url), ArticleRow.feed_id == feed_id
        )
    )
    changed = [
        {
            "id": row.id,
            "title": by_url[row.canonical_url].title,
            "summary": by_url[row.canonical_url].summary,
            "content_hash": by_url[row.canonical_url].content_hash,
            "updated_at": now,
        }
        for row in stored
        if row.content_hash != by_url[row.canonical_url].content_hash
    ]
    if changed:
        session.execute(update(ArticleRow), changed)
        ids = [row["id"] for row in changed]
        session.execute(delete(AssessmentRow).where(AssessmentRow.article_id.in_(ids)))
    return len(changed)


def _sight(chunk: Sequence[NewArticle], *, feed_id: int, now: datetime, session: Session) -> None:
    """Note that the feed carries them, and by what it may name them next time."""
    by_url = {a.canonical_url: a for a in chunk}
    stored = session.execute(
        select(ArticleRow.id, ArticleRow.canonical_url).where(ArticleRow.canonical_url.in_(by_url))
    )
    rows = [
        {
            "article_id": row.id,
            "feed_id": feed_id,
            "seen_at": now,
            "guid_key": by_url[row.canonical_url].guid_key,
            "text_key": by_url[row.canonical_url].text_key,
        }
        for row in stored
    ]
    if rows:
        statement = insert_for(session, SightingRow)
        named = {name: statement.excluded[name] for name in ("guid_key", "text_key")}
        changed = [
            getattr(SightingRow, name).is_distinct_from(value) for name, value in named.items()
        ]
        session.execute(
            statement.on_conflict_do_update(
                index_elements=["article_id", "feed_id"], set_=named, where=or_(*changed)
            ),
            rows,
        )


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
