"""Readings of articles, a row for each article and ruleset."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from pipeline.store import gates
from pipeline.store.articles import article_of
from pipeline.store.engine import insert_for
from pipeline.store.search_index import index_articles
from schemas.article import Article
from schemas.assessment import Assessment, Side
from schemas.codec import from_json, to_json
from schemas.tables import ArticleRow, AssessmentRow


@dataclass(frozen=True, slots=True)
class ReadArticle:
    """An article with its reading."""

    article: Article
    assessment: Assessment


def save_assessments(
    readings: Iterable[tuple[int, Assessment]], *, now: datetime, session: Session
) -> int:
    """Store (article id, reading) pairs; one already there stays. Returns how many were stored.

    The first reading of an article is counted at its gate, and the articles can be searched by it
    from then on.
    """
    readings = list(readings)
    rows = [
        {
            "article_id": article_id,
            "ruleset": reading.ruleset,
            "at": now,
            "relevant": reading.relevant,
            "relevance": reading.relevance,
            "stage": reading.stage.value,
            "significance": reading.significance,
            "agreement_id": reading.agreement,
            "reading": to_json(reading),
            "sides": _sides(reading),
            "linked_at": None,
        }
        for article_id, reading in readings
    ]
    if not rows:
        return 0
    statement = (
        insert_for(session, AssessmentRow)
        .on_conflict_do_nothing(index_elements=["article_id", "ruleset"])
        .returning(AssessmentRow.id)
    )
    stored = len(session.scalars(statement, rows).all())
    gates.count_readings(readings, session=session)
    index_articles([article_id for article_id, _ in readings], session=session)
    return stored


def _sides(reading: Assessment) -> dict[str, str]:
    """Theme → side; one on which no side was judged is neutral."""
    return {
        theme.id: (theme.polarity.side if theme.polarity else Side.NEUTRAL).value
        for theme in reading.themes
    }


def unlinked(*, ruleset: str, limit: int, session: Session) -> list[ReadArticle]:
    """Relevant readings not yet worked into a story, in the order of publication."""
    query = (
        select(ArticleRow, AssessmentRow.reading)
        .join(AssessmentRow, AssessmentRow.article_id == ArticleRow.id)
        .where(
            AssessmentRow.ruleset == ruleset,
            AssessmentRow.relevant,
            AssessmentRow.linked_at.is_(None),
        )
        .order_by(ArticleRow.published_at, ArticleRow.id)
        .limit(limit)
    )
    return [
        ReadArticle(article_of(row), from_json(Assessment, reading))
        for row, reading in session.execute(query)
    ]


def read_article(article_id: int, *, ruleset: str, session: Session) -> ReadArticle | None:
    """An article with its reading under ``ruleset``, or None."""
    query = (
        select(ArticleRow, AssessmentRow.reading)
        .join(AssessmentRow, AssessmentRow.article_id == ArticleRow.id)
        .where(ArticleRow.id == article_id, AssessmentRow.ruleset == ruleset)
    )
    found = session.execute(query).one_or_none()
    return ReadArticle(article_of(found[0]), from_json(Assessment, found[1])) if found else None


def mark_linked(article_id: int, *, ruleset: str, now: datetime, session: Session) -> None:
    """Note that the reading has been worked into a story."""
    session.execute(
        update(AssessmentRow)
        .where(AssessmentRow.article_id == article_id, AssessmentRow.ruleset == ruleset)
        .values(linked_at=now)
    )


def newest_readings(article_ids: Collection[int], *, session: Session) -> dict[int, Assessment]:
    """The newest reading of each article that has one."""
    query = (
        select(AssessmentRow.article_id, AssessmentRow.reading)
        .where(AssessmentRow.article_id.in_(article_ids))
        .order_by(AssessmentRow.id)
    )
    return {row.article_id: from_json(Assessment, row.reading) for row in session.execute(query)}


def drop_readings(article_ids: Collection[int], *, ruleset: str, session: Session) -> int:
    """Drop the articles' readings under ``ruleset``; returns how many."""
    query = delete(AssessmentRow).where(
        AssessmentRow.article_id.in_(article_ids), AssessmentRow.ruleset == ruleset
    )
    return len(session.scalars(query.returning(AssessmentRow.id)).all())


def count_readings(
    *, ruleset: str, since: datetime, until: datetime, session: Session
) -> tuple[int, int]:
    """(assessed, of those relevant) among articles first seen in the half-open span."""
    base = (
        select(func.count())
        .select_from(AssessmentRow)
        .join(ArticleRow, ArticleRow.id == AssessmentRow.article_id)
        .where(
            AssessmentRow.ruleset == ruleset,
            ArticleRow.seen_at >= since,
            ArticleRow.seen_at < until,
        )
    )
    return session.scalar(base) or 0, session.scalar(base.where(AssessmentRow.relevant)) or 0


def count_unlinked(*, ruleset: str, since: datetime, until: datetime, session: Session) -> int:
    """Relevant articles, first seen in the half-open span, that are in no story yet."""
    query = (
        select(func.count())
        .select_from(AssessmentRow)
        .join(ArticleRow, ArticleRow.id == AssessmentRow.article_id)
        .where(
            AssessmentRow.ruleset == ruleset,
            AssessmentRow.relevant,
            AssessmentRow.linked_at.is_(None),
            ArticleRow.seen_at >= since,
            ArticleRow.seen_at < until,
        )
    )
    return session.scalar(query) or 0
