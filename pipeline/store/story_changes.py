"""Stories that do not stand as they were told: retracted, or part of another."""

from datetime import datetime

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session, aliased

from pipeline.store.engine import insert_for
from schemas.tables import (
    AssessmentRow,
    StageTransitionRow,
    StoryArticleRow,
    StoryKeyRow,
    StoryRow,
)


def not_counted_any_more(
    *, ruleset: str, since: datetime, limit: int, session: Session
) -> list[tuple[int, int]]:
    """(story, article) where the article's newest reading says that it is nothing of ours.

    Only such readings are given as were not worked in yet, of stories with an article since then.
    """
    query = (
        select(StoryArticleRow.story_id, AssessmentRow.article_id)
        .join(AssessmentRow, AssessmentRow.article_id == StoryArticleRow.article_id)
        .join(StoryRow, StoryRow.id == StoryArticleRow.story_id)
        .where(
            StoryRow.last_at >= since,
            AssessmentRow.ruleset == ruleset,
            ~AssessmentRow.relevant,
            AssessmentRow.linked_at.is_(None),
        )
        .order_by(AssessmentRow.id)
        .limit(limit)
    )
    return [(row.story_id, row.article_id) for row in session.execute(query)]


def retract(story_id: int, *, reason: str, now: datetime, session: Session) -> None:
    """Note that a story does not stand, and why."""
    row = session.get_one(StoryRow, story_id)
    row.retracted_at, row.retracted_reason = now, reason
    session.flush()


def merge(story_id: int, into: int, *, session: Session) -> None:
    """Move a story's articles and keys to another, and note that it is part of that one.

    Steps of an agreement's timeline that it reported are the other's, but for one that the other
    reported too.
    """
    keys = select(StoryKeyRow).where(StoryKeyRow.story_id == story_id)
    rows = [{"story_id": into, "key": row.key, "at": row.at} for row in session.scalars(keys).all()]
    session.execute(delete(StoryKeyRow).where(StoryKeyRow.story_id == story_id))
    if rows:
        statement = insert_for(session, StoryKeyRow)
        session.execute(statement.on_conflict_do_nothing(index_elements=["story_id", "key"]), rows)
    session.execute(
        update(StoryArticleRow).where(StoryArticleRow.story_id == story_id).values(story_id=into)
    )
    steps = aliased(StageTransitionRow)
    same = (
        select(steps.id)
        .where(
            steps.story_id == into,
            steps.agreement_id == StageTransitionRow.agreement_id,
            steps.stage == StageTransitionRow.stage,
        )
        .exists()
    )
    session.execute(
        update(StageTransitionRow)
        .where(StageTransitionRow.story_id == story_id, ~same)
        .values(story_id=into)
    )
    session.get_one(StoryRow, story_id).merged_into = into
    session.flush()
