"""What a message carries, and where that came from: for the log, and for how long it took."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from schemas.alert import OutboxState
from schemas.tables import AlertRow, ArticleRow, CarriedRow, OutboxRow


@dataclass(frozen=True, slots=True)
class Journey:
    """An alert that a message carries, by the ids of its rows."""

    alert: int
    story: int
    article: int | None
    published_at: datetime | None
    """Of the report that caused it; None where its feed gave no date, or the row is gone."""
    seen_at: datetime | None
    """When a poll brought it."""


def carried_by(message_id: int, *, session: Session) -> list[Journey]:
    """The alerts of a message, the oldest first; none for a digest or a notice."""
    query = (
        select(
            AlertRow.id,
            AlertRow.story_id,
            AlertRow.article_id,
            ArticleRow.published_at,
            ArticleRow.seen_at,
            ArticleRow.dated,
        )
        .join(CarriedRow, CarriedRow.alert_id == AlertRow.id)
        .outerjoin(ArticleRow, ArticleRow.id == AlertRow.article_id)
        .where(CarriedRow.outbox_id == message_id)
        .order_by(AlertRow.id)
    )
    return [
        Journey(alert, story, article, published_at if dated else None, seen_at)
        for alert, story, article, published_at, seen_at, dated in session.execute(query)
    ]


def oldest_due(*, now: datetime, session: Session) -> datetime | None:
    """Since when the message has been due that waits longest; None where none is due."""
    due = func.coalesce(OutboxRow.due_at, OutboxRow.created_at)
    open_states = (OutboxState.PENDING.value, OutboxState.SENDING.value)
    return session.scalar(select(func.min(due)).where(OutboxRow.state.in_(open_states), due <= now))
