"""Which side each article takes on each theme, by the column that has it of each reading.

A scorecard counts thousands of articles, of whose readings it needs a word a theme.
"""

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, exists, select
from sqlalchemy.orm import Session, aliased

from schemas.assessment import Side
from schemas.tables import ArticleRow, AssessmentRow, StoryArticleRow, StoryRow

_SIDES = {side.value: side for side in Side}


@dataclass(frozen=True, slots=True)
class CountedStory:
    """As much of a story as is counted and named."""

    id: int
    title: str
    last_at: datetime
    significance: int
    agreement: str | None
    themes: tuple[str, ...]


def standing(*, since: datetime, until: datetime, session: Session) -> list[CountedStory]:
    """Stories that stand, with an article in the half-open span, the newest first."""
    query = (
        select(
            StoryRow.id,
            StoryRow.title,
            StoryRow.last_at,
            StoryRow.significance,
            StoryRow.agreement_id,
            StoryRow.themes,
        )
        .where(*_within(since, until))
        .order_by(StoryRow.last_at.desc(), StoryRow.significance.desc(), StoryRow.id.desc())
    )
    return [
        CountedStory(row.id, row.title, row.last_at, row.significance, row.agreement_id,
                     tuple(row.themes))
        for row in session.execute(query)
    ]  # fmt: skip


def theme_sides(
    *, since: datetime, until: datetime, session: Session
) -> defaultdict[tuple[int, str], list[tuple[Side, int]]]:
    """(story, theme) → (side, tier) of each article that speaks of it, of the same stories.

    By the newest reading of each article; a theme that was read before sides were judged is
    neutral.
    """
    newer = aliased(AssessmentRow)
    query = (
        select(StoryArticleRow.story_id, AssessmentRow.sides, ArticleRow.tier)
        .select_from(StoryRow)
        .join(StoryArticleRow, StoryArticleRow.story_id == StoryRow.id)
        .join(ArticleRow, ArticleRow.id == StoryArticleRow.article_id)
        .join(AssessmentRow, AssessmentRow.article_id == ArticleRow.id)
        .where(
            *_within(since, until),
            ~exists().where(newer.article_id == ArticleRow.id, newer.id > AssessmentRow.id),
        )
    )
    found: defaultdict[tuple[int, str], list[tuple[Side, int]]] = defaultdict(list)
    for story, sides, tier in session.execute(query):
        for theme, side in sides.items():
            found[story, theme].append((_SIDES[side], tier))
    return found


def _within(since: datetime, until: datetime) -> tuple[ColumnElement[bool], ...]:
    return (
        StoryRow.last_at >= since,
        StoryRow.opened_at < until,
        StoryRow.merged_into.is_(None),
        StoryRow.retracted_at.is_(None),
    )
