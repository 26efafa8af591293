"""The outbox as the operators' pages list it, and how long messages take."""

from collections.abc import Collection
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from pipeline.store.paging import beyond, page_of
from schemas.alert import AlertKind, OutboxState
from schemas.operator_pages import Latency, MessageLine
from schemas.paging import Key, Page
from schemas.tables import AlertRow, ArticleRow, CarriedRow, EditionRow, OutboxRow, StoryRow

UNSENT = (OutboxState.PENDING.value, OutboxState.SENDING.value)
_MOST = 2000
"""Messages that a latency is told from: the 95th percentile of 2,000 is steady enough."""


def list_unsent(
    states: Collection[str], *, session: Session, after: Key | None = None, size: int = 50
) -> Page[MessageLine]:
    """A page of messages in these states, the newest first; its key is (id,)."""
    query = select(OutboxRow).where(
        OutboxRow.state.in_(states), beyond([OutboxRow.id], after, newest_first=True)
    )
    rows = session.scalars(query.order_by(OutboxRow.id.desc()).limit(size + 1)).all()
    lines = _lines(rows[:size], session)
    return page_of(rows, size=size, key=lambda row: (row.id,), item=lambda row: lines[row.id])


def list_sent(*, session: Session, after: Key | None = None, size: int = 50) -> Page[MessageLine]:
    """A page of messages that were sent, the last one first; its key is (sent_at, id)."""
    order = (OutboxRow.sent_at, OutboxRow.id)
    query = select(OutboxRow).where(
        OutboxRow.sent_at.is_not(None), beyond(order, after, newest_first=True)
    )
    ordered = query.order_by(OutboxRow.sent_at.desc(), OutboxRow.id.desc())
    rows = session.scalars(ordered.limit(size + 1)).all()
    lines = _lines(rows[:size], session)
    return page_of(
        rows,
        size=size,
        key=lambda row: (_known(row.sent_at), row.id),
        item=lambda row: lines[row.id],
    )


def count_unsent(*, session: Session) -> dict[OutboxState, int]:
    """How many messages wait, are being sent and are parked; by the index of states."""
    counts = dict.fromkeys(OutboxState, 0)
    del counts[OutboxState.SENT], counts[OutboxState.DISCARDED]
    query = (
        select(OutboxRow.state, func.count())
        .where(OutboxRow.state.in_([state.value for state in counts]))
        .group_by(OutboxRow.state)
    )
    for state, count in session.execute(query):
        counts[OutboxState(state)] = count
    return counts


def count_sent(*, since: datetime, session: Session) -> int:
    """How many messages were sent since then."""
    query = select(func.count()).select_from(OutboxRow).where(OutboxRow.sent_at >= since)
    return session.scalar(query) or 0


def last_sent_at(*, session: Session) -> datetime | None:
    """When the last message was sent."""
    found: datetime | None = session.scalar(select(func.max(OutboxRow.sent_at)))
    return found


def latency(words: str, *, since: datetime, session: Session) -> Latency:
    """How long it took from publication to arrival, of new stories told since then.

    A report without a date of its own says nothing, nor does one that was edited into a story:
    counted are messages that carry a new story alone, by the report that let it through.
    """
    query = (
        select(OutboxRow.sent_at, ArticleRow.published_at)
        .join(CarriedRow, CarriedRow.outbox_id == OutboxRow.id)
        .join(AlertRow, AlertRow.id == CarriedRow.alert_id)
        .join(ArticleRow, ArticleRow.id == AlertRow.article_id)
        .where(
            OutboxRow.sent_at >= since,
            AlertRow.kind == AlertKind.NEW.value,
            ArticleRow.dated,
        )
        .order_by(OutboxRow.sent_at.desc())
        .limit(_MOST)
    )
    spans = sorted(
        max(_known(sent_at) - published_at, timedelta(0))
        for sent_at, published_at in session.execute(query)
    )
    if not spans:
        return Latency(words, 0)
    return Latency(words, len(spans), _percentile(spans, 50), _percentile(spans, 95))


def _percentile(ordered: list[timedelta], percent: int) -> timedelta:
    """By nearest rank: the smallest value that ``percent`` of all do not exceed."""
    rank = -(-len(ordered) * percent // 100)
    return ordered[max(rank, 1) - 1]


def _known(at: datetime | None) -> datetime:
    assert at is not None  # noqa: S101 - the query asked for rows that have it
    return at


def _lines(rows: Collection[OutboxRow], session: Session) -> dict[int, MessageLine]:
    ids = [row.id for row in rows]
    stories: dict[int, tuple[int, str]] = {}
    carried = (
        select(CarriedRow.outbox_id, StoryRow.id, StoryRow.title)
        .join(AlertRow, AlertRow.id == CarriedRow.alert_id)
        .join(StoryRow, StoryRow.id == AlertRow.story_id)
        .where(CarriedRow.outbox_id.in_(ids))
        .order_by(CarriedRow.outbox_id, AlertRow.id)
    )
    for outbox_id, story_id, title in session.execute(carried):
        stories.setdefault(outbox_id, (story_id, title))
    edition_ids = {row.edition_id for row in rows if row.edition_id is not None}
    query = select(EditionRow.id, EditionRow.subject).where(EditionRow.id.in_(edition_ids))
    subjects = {row.id: row.subject for row in session.execute(query)}
    return {row.id: _line(row, stories.get(row.id), subjects) for row in rows}


def _line(row: OutboxRow, story: tuple[int, str] | None, subjects: dict[int, str]) -> MessageLine:
    error, _, mend = (row.last_error or "").partition("; mend: ")
    title = story[1] if story else subjects.get(row.edition_id or 0, row.key)
    return MessageLine(
        id=row.id,
        key=row.key,
        title=title,
        story_id=story[0] if story else None,
        channel=row.channel,
        address=row.address,
        state=row.state,
        action=row.action,
        attempts=row.attempts,
        error=error,
        mend=mend,
        created_at=row.created_at,
        next_attempt_at=row.next_attempt_at,
        sent_at=row.sent_at,
        uncertain=row.uncertain,
    )
