"""Stories, their articles, and the index that finds candidates for a new article."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from datetime import datetime
from itertools import islice
from typing import Any

from sqlalchemy import Row, func, select
from sqlalchemy.orm import Session

from pipeline.store.articles import article_of
from pipeline.store.assessments import ReadArticle
from pipeline.store.engine import insert_for
from schemas.assessment import Assessment, Stage
from schemas.codec import from_json
from schemas.story import ClusterDocument, Story, StoryCandidate
from schemas.tables import (
    ArticleRow,
    AssessmentRow,
    StoryArticleRow,
    StoryKeyRow,
    StoryRow,
)

_COMPARED = 3
"""Articles of a candidate story that a new one is compared with: its first ones say it best."""


def story_of_article(article_id: int, *, session: Session) -> int | None:
    """The story that the article belongs to, or None."""
    return session.scalar(
        select(StoryArticleRow.story_id).where(StoryArticleRow.article_id == article_id)
    )


def candidates(
    keys: Collection[str],
    *,
    since: datetime,
    until: datetime,
    limit: int,
    session: Session,
) -> list[StoryCandidate]:
    """At most ``limit`` documents of the stories that share the most keys within the span.

    The look-up costs an index range a key, whatever the size of the archive. Of a story its first
    few articles are given.
    """
    if not keys:
        return []
    shared = func.count().label("shared")
    query = (
        select(StoryKeyRow.story_id, shared)
        .where(StoryKeyRow.key.in_(keys), StoryKeyRow.at >= since, StoryKeyRow.at <= until)
        .group_by(StoryKeyRow.story_id)
        .order_by(shared.desc(), StoryKeyRow.story_id.desc())
        .limit(limit)
    )
    ids = [row.story_id for row in session.execute(query)]
    documents = _first_documents(ids, session)
    found = (StoryCandidate(story, document) for story in ids for document in documents[story])
    return list(islice(found, limit))


def _first_documents(
    story_ids: Collection[int], session: Session
) -> defaultdict[int, list[ClusterDocument]]:
    """The first articles of each story with their newest readings, no more columns than needed."""
    place = (
        func.row_number()
        .over(
            partition_by=StoryArticleRow.story_id,
            order_by=(ArticleRow.published_at, ArticleRow.id),
        )
        .label("place")
    )
    first = (
        select(
            StoryArticleRow.story_id,
            ArticleRow.id,
            ArticleRow.title,
            ArticleRow.summary,
            ArticleRow.published_at,
            place,
        )
        .join(ArticleRow, ArticleRow.id == StoryArticleRow.article_id)
        .where(StoryArticleRow.story_id.in_(story_ids))
        .subquery()
    )
    query = (
        select(first, AssessmentRow.reading)
        .join(AssessmentRow, AssessmentRow.article_id == first.c.id)
        .where(first.c.place <= _COMPARED)
        .order_by(first.c.place, AssessmentRow.id)
    )
    found: defaultdict[int, dict[int, ClusterDocument]] = defaultdict(dict)
    for row in session.execute(query):
        # Of several readings the newest comes last.
        found[row.story_id][row.id] = _document(row, row.reading)
    return defaultdict(list, {story: [*documents.values()] for story, documents in found.items()})


def _document(row: Row[Any], reading: dict[str, Any]) -> ClusterDocument:
    """As `cluster_document`, from a reading still in JSON: there are many to look at."""
    return ClusterDocument(
        id=str(row.id),
        title=row.title,
        summary=row.summary,
        published_at=row.published_at,
        language=reading["language"],
        parties=tuple(reading["parties"]),
        minerals=tuple(reading["minerals"]),
        stage=Stage(reading["stage"]),
        agreement=reading["agreement"],
    )


def cluster_document(read: ReadArticle) -> ClusterDocument:
    """What clustering reads of an article."""
    return ClusterDocument(
        id=str(read.article.id),
        title=read.article.title,
        summary=read.article.summary,
        published_at=read.article.published_at,
        language=read.assessment.language,
        parties=read.assessment.parties,
        minerals=read.assessment.minerals,
        stage=read.assessment.stage,
        agreement=read.assessment.agreement,
    )


def read_articles(
    story_ids: Collection[int], *, session: Session
) -> defaultdict[int, list[ReadArticle]]:
    """The articles of the stories with their newest readings, in the order of publication."""
    newest = (
        select(AssessmentRow.article_id, func.max(AssessmentRow.id).label("id"))
        .group_by(AssessmentRow.article_id)
        .where(
            AssessmentRow.article_id.in_(
                select(StoryArticleRow.article_id).where(StoryArticleRow.story_id.in_(story_ids))
            )
        )
        .subquery()
    )
    query = (
        select(StoryArticleRow.story_id, ArticleRow, AssessmentRow.reading)
        .join(ArticleRow, ArticleRow.id == StoryArticleRow.article_id)
        .join(newest, newest.c.article_id == ArticleRow.id)
        .join(AssessmentRow, AssessmentRow.id == newest.c.id)
        .where(StoryArticleRow.story_id.in_(story_ids))
        .order_by(ArticleRow.published_at, ArticleRow.id)
    )
    found: defaultdict[int, list[ReadArticle]] = defaultdict(list)
    for story_id, row, reading in session.execute(query):
        found[story_id].append(ReadArticle(article_of(row), from_json(Assessment, reading)))
    return found


def linked_at(story_id: int, *, session: Session) -> dict[int, datetime]:
    """Article id → when it was worked into the story."""
    query = select(StoryArticleRow.article_id, StoryArticleRow.at).where(
        StoryArticleRow.story_id == story_id
    )
    return {row.article_id: row.at for row in session.execute(query)}


def save_story(story: Story, *, session: Session) -> Story:
    """Write a story; one with id 0 is inserted and comes back with its id."""
    row = StoryRow() if story.id == 0 else session.get_one(StoryRow, story.id)
    row.title = story.title
    row.opened_at, row.last_at = story.opened_at, story.last_at
    row.agreement_id, row.stage = story.agreement, story.stage.value
    row.significance = story.significance
    row.themes, row.parties = list(story.themes), list(story.parties)
    row.minerals = list(story.minerals)
    if story.retracted_reason is None:
        row.retracted_at = row.retracted_reason = None
    session.add(row)
    session.flush()
    return _story(row, story.outlets, story.articles)


def attach(
    story_id: int,
    article_id: int,
    keys: Iterable[str],
    *,
    similarity: float,
    at: datetime,
    published_at: datetime,
    session: Session,
) -> bool:
    """Put the article into the story and its keys into the index; False where it was there.

    ``at`` is the time of linking, ``published_at`` the one by which the index is searched.
    """
    added = session.scalar(
        insert_for(session, StoryArticleRow)
        .values(article_id=article_id, story_id=story_id, at=at, similarity=similarity)
        .on_conflict_do_nothing(index_elements=["article_id"])
        .returning(StoryArticleRow.article_id)
    )
    rows = [{"story_id": story_id, "key": key, "at": published_at} for key in sorted(keys)]
    if rows:
        statement = insert_for(session, StoryKeyRow)
        session.execute(
            statement.on_conflict_do_update(
                index_elements=["story_id", "key"], set_={"at": statement.excluded.at}
            ),
            rows,
        )
    return added is not None


def get_story(story_id: int, *, session: Session) -> Story | None:
    """The story with its outlets, or None."""
    row = session.get(StoryRow, story_id)
    return with_outlets([row], session=session)[0] if row else None


def require_story(story_id: int, *, session: Session) -> Story:
    """The story that is known to be there.

    Raises:
        LookupError: it is not.
    """
    story = get_story(story_id, session=session)
    if story is None:
        raise LookupError(f"story {story_id} is gone while it is worked on")
    return story


def list_stories(
    *,
    since: datetime,
    until: datetime,
    session: Session,
    theme: str | None = None,
    agreement: str | None = None,
    limit: int = 10_000,
) -> list[Story]:
    """Stories with an article in the half-open span, the most significant and newest first."""
    query = (
        select(StoryRow)
        .where(
            StoryRow.last_at >= since,
            StoryRow.opened_at < until,
            StoryRow.merged_into.is_(None),
            StoryRow.retracted_at.is_(None),
        )
        .order_by(StoryRow.significance.desc(), StoryRow.last_at.desc(), StoryRow.id.desc())
    )
    if agreement is not None:
        query = query.where(StoryRow.agreement_id == agreement)
    rows = [row for row in session.scalars(query) if theme is None or theme in row.themes]
    return with_outlets(rows[:limit], session=session)


def list_told(
    *, since: datetime, until: datetime, published_after: datetime, session: Session
) -> list[Story]:
    """Stories that gained an article in the half-open span, if it was published after then.

    The most significant first, then those with most outlets, then the newest.
    """
    told = (
        select(StoryArticleRow.story_id)
        .join(ArticleRow, ArticleRow.id == StoryArticleRow.article_id)
        .where(
            StoryArticleRow.at >= since,
            StoryArticleRow.at < until,
            ArticleRow.published_at >= published_after,
        )
    )
    query = select(StoryRow).where(
        StoryRow.id.in_(told), StoryRow.merged_into.is_(None), StoryRow.retracted_at.is_(None)
    )
    rows = list(session.scalars(query))
    return sorted(
        with_outlets(rows, session=session),
        key=lambda s: (-s.significance, -len(s.outlets), -s.last_at.timestamp(), s.id),
    )


def with_outlets(rows: list[StoryRow], *, session: Session) -> list[Story]:
    """The rows as shapes, in their order."""
    outlets: defaultdict[int, list[str]] = defaultdict(list)
    ids = [row.id for row in rows]
    for start in range(0, len(ids), 500):
        query = (
            select(StoryArticleRow.story_id, ArticleRow.outlet)
            .join(ArticleRow, ArticleRow.id == StoryArticleRow.article_id)
            .where(StoryArticleRow.story_id.in_(ids[start : start + 500]))
            .order_by(ArticleRow.published_at, ArticleRow.id)
        )
        for story_id, outlet in session.execute(query):
            outlets[story_id].append(outlet)
    return [
        _story(row, tuple(dict.fromkeys(outlets[row.id])), len(outlets[row.id])) for row in rows
    ]


def _story(row: StoryRow, outlets: tuple[str, ...], articles: int) -> Story:
    return Story(
        id=row.id,
        title=row.title,
        opened_at=row.opened_at,
        last_at=row.last_at,
        agreement=row.agreement_id,
        stage=Stage(row.stage),
        significance=row.significance,
        themes=tuple(row.themes),
        parties=tuple(row.parties),
        minerals=tuple(row.minerals),
        outlets=outlets,
        articles=articles,
        merged_into=row.merged_into,
        retracted_reason=row.retracted_reason,
    )
