"""Figures of the overview: each by an index and a bound."""

from datetime import date, datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from schemas.coverage import Gate
from schemas.tables import ArticleRow, AssessmentRow, FeedRow, GateCountRow

_SHOWN = (Gate.ANSWERED, Gate.NOT_MODIFIED, Gate.FAILED, Gate.NEW, Gate.RELEVANT, Gate.SENT)
MOST_UNREAD = 1000


def gate_sums(*, since: date, session: Session) -> dict[Gate, int]:
    """What came through the gates since that day (UTC), of all feeds together."""
    columns = [func.coalesce(func.sum(getattr(GateCountRow, gate.value)), 0) for gate in _SHOWN]
    row = session.execute(select(*columns).where(GateCountRow.day >= since)).one()
    return {gate: int(count) for gate, count in zip(_SHOWN, row, strict=True)}


def count_unread(*, ruleset: str, since: datetime, session: Session) -> int:
    """How many articles seen since then have no reading, up to MOST_UNREAD."""
    read = select(AssessmentRow.id).where(
        AssessmentRow.article_id == ArticleRow.id, AssessmentRow.ruleset == ruleset
    )
    some = (
        select(ArticleRow.id)
        .where(ArticleRow.seen_at >= since, ~read.exists())
        .limit(MOST_UNREAD)
        .subquery()
    )
    return session.scalar(select(func.count()).select_from(some)) or 0


def last_answer_at(*, session: Session) -> datetime | None:
    """When a feed last answered."""
    found: datetime | None = session.scalar(select(func.max(FeedRow.last_success_at)))
    return found
