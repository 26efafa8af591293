"""Which side each article takes on each theme, read out of the readings by the database.

A scorecard counts thousands of articles, of whose readings it needs a word a theme.
"""

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ColumnElement, column, exists, func, select, true
from sqlalchemy.orm import Session, aliased

from schemas.assessment import Side
from schemas.tables import ArticleRow, AssessmentRow, StoryArticleRow, StoryRow


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
    each, theme, side = _each_theme(session)
    query = (
        select(StoryArticleRow.story_id, theme, side, ArticleRow.tier)
        .select_from(StoryRow)
        .join(StoryArticleRow, StoryArticleRow.story_id == StoryRow.id)
        .join(ArticleRow, ArticleRow.id == StoryArticleRow.article_id)
        .join(AssessmentRow, AssessmentRow.article_id == ArticleRow.id)
        .join(each, true())
        .where(
            *_within(since, until),
            ~exists().where(newer.article_id == ArticleRow.id, newer.id > AssessmentRow.id),
        )
    )
    found: defaultdict[tuple[int, str], list[tuple[Side, int]]] = defaultdict(list)
    for story, of, taken, tier in session.execute(query):
        found[story, of].append((Side(taken) if taken else Side.NEUTRAL, tier))
    return found


def _within(since: datetime, until: datetime) -> tuple[ColumnElement[bool], ...]:
    return (
        StoryRow.last_at >= since,
        StoryRow.opened_at < until,
        StoryRow.merged_into.is_(None),
        StoryRow.retracted_at.is_(None),
    )


def _each_theme(session: Session) -> tuple[Any, Any, Any]:
    """(the themes of a reading as rows, a theme's id, the side taken on it)."""
    if session.get_bind().dialect.name == "postgresql":
        themes = func.json_array_elements(AssessmentRow.reading["themes"])
        each = themes.table_valued(column("value", JSON)).lateral()
        return each, each.c.value["id"].as_string(), each.c.value["polarity"]["side"].as_string()
    each = func.json_each(AssessmentRow.reading, "$.themes").table_valued(column("value", JSON))
    value = each.c.value
    return each, func.json_extract(value, "$.id"), func.json_extract(value, "$.polarity.side")
