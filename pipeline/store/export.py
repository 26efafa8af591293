"""Rows of the archive one after the other, however many: read by key, some hundreds at a time."""

from collections.abc import Iterator
from datetime import datetime

from sqlalchemy import and_, func, or_, select
from sqlalchemy.orm import Session

from pipeline.store.agreements import list_agreements
from pipeline.store.articles import article_of
from pipeline.store.stories import with_outlets
from schemas.agreement import Agreement
from schemas.article import Article
from schemas.assessment import Stage
from schemas.export import ExportedAlert, ExportedMove, ExportedStory
from schemas.tables import (
    AgreementRow,
    AlertRow,
    ArticleRow,
    StageTransitionRow,
    StoryArticleRow,
    StoryRow,
)

_PAGE = 500


def export_articles(*, since: datetime, session: Session) -> Iterator[Article]:
    """Articles first seen since then, in the order in which they were stored."""
    last = 0
    while True:
        query = (
            select(ArticleRow)
            .where(ArticleRow.id > last, ArticleRow.seen_at >= since)
            .order_by(ArticleRow.id)
            .limit(_PAGE)
        )
        rows = session.scalars(query).all()
        yield from (article_of(row) for row in rows)
        session.expunge_all()
        if len(rows) < _PAGE:
            return
        last = rows[-1].id


def export_stories(*, since: datetime, session: Session) -> Iterator[ExportedStory]:
    """Stories that stand, with an article since then, the newest first."""
    last: tuple[datetime, int] | None = None
    while True:
        query = select(StoryRow).where(
            StoryRow.last_at >= since,
            StoryRow.merged_into.is_(None),
            StoryRow.retracted_at.is_(None),
        )
        if last is not None:
            same = and_(StoryRow.last_at == last[0], StoryRow.id < last[1])
            query = query.where(or_(StoryRow.last_at < last[0], same))
        query = query.order_by(StoryRow.last_at.desc(), StoryRow.id.desc()).limit(_PAGE)
        rows = list(session.scalars(query))
        firsts = _firsts([row.id for row in rows], session)
        for story in with_outlets(rows, session=session):
            yield ExportedStory(story, *firsts.get(story.id, (None, None)))
        if len(rows) < _PAGE:
            return
        last = rows[-1].last_at, rows[-1].id
        session.expunge_all()


def _firsts(story_ids: list[int], session: Session) -> dict[int, tuple[str | None, str | None]]:
    """(address, outlet) of the first article of each story that has an address."""
    place = func.row_number().over(
        partition_by=StoryArticleRow.story_id, order_by=(ArticleRow.published_at, ArticleRow.id)
    )
    ranked = (
        select(StoryArticleRow.story_id, ArticleRow.url, ArticleRow.outlet, place.label("place"))
        .join(ArticleRow, ArticleRow.id == StoryArticleRow.article_id)
        .where(StoryArticleRow.story_id.in_(story_ids), ArticleRow.url.is_not(None))
        .subquery()
    )
    query = select(ranked.c.story_id, ranked.c.url, ranked.c.outlet).where(ranked.c.place == 1)
    return {row.story_id: (row.url, row.outlet) for row in session.execute(query)}


def export_moves(*, since: datetime, session: Session) -> Iterator[ExportedMove]:
    """Steps of agreements recorded since then, the last recorded first."""
    last: int | None = None
    while True:
        query = (
            select(StageTransitionRow, AgreementRow.name)
            .join(AgreementRow, AgreementRow.id == StageTransitionRow.agreement_id)
            .where(StageTransitionRow.recorded_at >= since)
            .order_by(StageTransitionRow.id.desc())
            .limit(_PAGE)
        )
        if last is not None:
            query = query.where(StageTransitionRow.id < last)
        rows = session.execute(query).all()
        yield from (_move(row, name) for row, name in rows)
        if len(rows) < _PAGE:
            return
        last = rows[-1][0].id
        session.expunge_all()


def _move(row: StageTransitionRow, name: str) -> ExportedMove:
    return ExportedMove(
        id=row.id,
        agreement_id=row.agreement_id,
        agreement=name,
        previous=Stage(row.previous),
        stage=Stage(row.stage),
        story_id=row.story_id,
        at=row.at,
        recorded_at=row.recorded_at,
        quote=row.quote,
        article_url=row.article_url,
    )


def export_agreements(*, session: Session) -> Iterator[Agreement]:
    """Agreements by name."""
    yield from list_agreements(session=session)


def export_alerts(*, since: datetime, session: Session) -> Iterator[ExportedAlert]:
    """Alerts made since then, in that order."""
    last = 0
    while True:
        query = (
            select(AlertRow)
            .where(AlertRow.id > last, AlertRow.created_at >= since)
            .order_by(AlertRow.id)
            .limit(_PAGE)
        )
        rows = session.scalars(query).all()
        yield from (_alert(row) for row in rows)
        if len(rows) < _PAGE:
            return
        last = rows[-1].id
        session.expunge_all()


def _alert(row: AlertRow) -> ExportedAlert:
    return ExportedAlert(
        id=row.id,
        key=row.key,
        kind=row.kind,
        route=row.route,
        story_id=row.story_id,
        article_id=row.article_id,
        reason=row.reason,
        created_at=row.created_at,
    )
