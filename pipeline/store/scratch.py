"""A database to try things out in, filled from the archive and thrown away afterwards."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from sqlalchemy import insert, select
from sqlalchemy.orm import Session, aliased

from pipeline.store.engine import Database, open_database
from schemas.table_base import Base
from schemas.tables import (
    AgreementRow,
    ArticleRow,
    AssessmentRow,
    StageTransitionRow,
    StoryArticleRow,
)

_NOT_COPIED = frozenset({"feed_id"})
"""Feeds stay behind: what they are called and how credible they are is in the article's row."""


@contextmanager
def scratch_database() -> Iterator[Database]:
    """An empty SQLite database with all tables, gone when the block ends."""
    with tempfile.TemporaryDirectory(prefix="mineralwatch-") as folder:
        database = open_database(f"sqlite:///{Path(folder) / 'scratch.sqlite3'}")
        try:
            Base.metadata.create_all(database.engine)
            yield database
        finally:
            database.close()


def copy_reports(
    *, ruleset: str, since: datetime, until: datetime, session: Session, to: Session
) -> list[tuple[int, datetime]]:
    """Copy relevant articles with their newest readings, not worked into stories yet.

    The readings go by the name of ``ruleset`` in the copy, whichever made them: what was read
    before the rules were changed is tried too. An article counts where it was worked into a story
    within the half-open span; one brought in as an archive, where it was published within it.

    Returns:
        (article id, when it came up), in order of time.
    """
    newer = aliased(AssessmentRow)
    newest = ~(
        select(newer.id)
        .where(newer.article_id == AssessmentRow.article_id, newer.id > AssessmentRow.id)
        .correlate(AssessmentRow)
        .exists()
    )
    query = (
        select(ArticleRow, AssessmentRow, StoryArticleRow.at)
        .select_from(ArticleRow)
        .join(AssessmentRow, AssessmentRow.article_id == ArticleRow.id)
        .join(StoryArticleRow, StoryArticleRow.article_id == ArticleRow.id)
        .where(
            newest,
            AssessmentRow.relevant,
            (~ArticleRow.backfill & (StoryArticleRow.at >= since) & (StoryArticleRow.at < until))
            | (
                ArticleRow.backfill
                & (ArticleRow.published_at >= since)
                & (ArticleRow.published_at < until)
            ),
        )
    )
    times = []
    for article, reading, linked_at in session.execute(query):
        at = article.published_at if article.backfill else linked_at
        values = _values(article) | {"backfill": False, "feed_id": None}
        to.execute(insert(ArticleRow).values(values))
        # Each waits its turn: a reading is worked in when its time comes.
        to.execute(
            insert(AssessmentRow).values(_values(reading) | {"linked_at": at, "ruleset": ruleset})
        )
        times.append((article.id, at))
    return sorted(times, key=lambda pair: (pair[1], pair[0]))


def copy_stages(*, before: datetime, session: Session, to: Session) -> None:
    """Let each agreement stand where the archive had it then."""
    query = (
        select(StageTransitionRow)
        .where(StageTransitionRow.recorded_at < before)
        .order_by(StageTransitionRow.at, StageTransitionRow.id)
    )
    for step in session.scalars(query):
        row = to.get(AgreementRow, step.agreement_id)
        if row is not None:
            row.stage, row.stage_at = step.stage, step.at
            row.seed_stage, row.seed_at = step.stage, step.at


def _values(row: ArticleRow | AssessmentRow) -> dict[str, object]:
    return {
        column.key: getattr(row, column.key)
        for column in row.__table__.columns
        if column.key not in _NOT_COPIED
    }
