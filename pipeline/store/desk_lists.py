"""What the operators' pages on agreements, editions, coverage and rules ask of the database.

Every query is bounded: by a page's key and size, by a span of days, or by the number of agreements.
"""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import case, func, select
from sqlalchemy.orm import Session

from pipeline.store.gate_facts import ARCHIVE
from pipeline.store.paging import beyond, page_of
from schemas.alert import OutboxState
from schemas.coverage import Funnel, Gate
from schemas.desk_pages import EditionLine, FeedLine, ReadBy
from schemas.paging import Key, Page
from schemas.tables import (
    AgreementDecisionRow,
    AgreementReportRow,
    ArticleRow,
    AssessmentRow,
    EditionRow,
    FeedRow,
    GateCountRow,
    OutboxRow,
)

_GATES = [getattr(GateCountRow, gate.value) for gate in Gate]


# ---- agreements ----------------------------------------------------------------------------------


def count_reports(*, session: Session) -> dict[str, int]:
    """Agreement → articles that report of it."""
    query = (
        select(AgreementReportRow.agreement_id, func.count())
        .where(AgreementReportRow.agreement_id.is_not(None))
        .group_by(AgreementReportRow.agreement_id)
    )
    return {one: count for one, count in session.execute(query) if one is not None}


def count_undecided(*, session: Session) -> int:
    """Proposals in the news that nobody has decided on."""
    decided = select(AgreementDecisionRow.proposal)
    query = select(func.count(func.distinct(AgreementReportRow.proposal))).where(
        AgreementReportRow.agreement_id.is_(None),
        AgreementReportRow.proposal.is_not(None),
        AgreementReportRow.proposal.not_in(decided),
    )
    return session.scalar(query) or 0


# ---- editions ------------------------------------------------------------------------------------


def list_editions(
    *, session: Session, after: Key | None = None, size: int = 50
) -> Page[EditionLine]:
    """A page of editions without their contents, the newest first; its key is (id,)."""
    query = (
        select(
            EditionRow.id,
            EditionRow.list_name,
            EditionRow.day,
            EditionRow.kind,
            EditionRow.subject,
            EditionRow.since,
            EditionRow.until,
            EditionRow.created_at,
        )
        .where(beyond([EditionRow.id], after, newest_first=True))
        .order_by(EditionRow.id.desc())
        .limit(size + 1)
    )
    rows = session.execute(query).all()
    counts = _messages([row.id for row in rows[:size]], session)
    return page_of(
        rows, size=size, key=lambda row: (row.id,), item=lambda row: _edition(row, counts)
    )


def edition_line(edition_id: int, *, session: Session) -> EditionLine | None:
    """One edition as it stands in the list, or None."""
    row = session.get(EditionRow, edition_id)
    return _edition(row, _messages([edition_id], session)) if row else None


def _edition(row: Any, counts: dict[int, tuple[int, int]]) -> EditionLine:
    messages, sent = counts.get(row.id, (0, 0))
    return EditionLine(
        row.id, row.list_name, row.day, row.kind, row.subject, row.since, row.until,
        row.created_at, messages, sent,
    )  # fmt: skip


def _messages(edition_ids: Sequence[int], session: Session) -> dict[int, tuple[int, int]]:
    """Edition → (messages, those of them that are sent)."""
    sent = func.count(case((OutboxRow.state == OutboxState.SENT.value, 1)))
    query = (
        select(OutboxRow.edition_id, func.count(), sent)
        .where(OutboxRow.edition_id.in_(edition_ids))
        .group_by(OutboxRow.edition_id)
    )
    return {one: (count, gone) for one, count, gone in session.execute(query) if one is not None}


# ---- coverage ------------------------------------------------------------------------------------


def feeds_page(
    *,
    since: date,
    until: date,
    session: Session,
    after: Key | None = None,
    size: int = 50,
    feed_id: int | None = None,
) -> Page[FeedLine]:
    """A page of feeds with their counts of the span, those with most that is relevant first.

    Its key is (relevant, new, -id).
    """
    relevant = func.sum(GateCountRow.relevant + GateCountRow.relevant_later)
    order = [relevant, func.sum(GateCountRow.new), -GateCountRow.feed_id]
    last = func.max(
        case((GateCountRow.relevant + GateCountRow.relevant_later > 0, GateCountRow.day))
    )
    query = (
        select(GateCountRow.feed_id, last, *(func.sum(column) for column in _GATES))
        .where(GateCountRow.day >= since, GateCountRow.day <= until)
        .group_by(GateCountRow.feed_id)
        .having(beyond(order, after, newest_first=True))
        .order_by(*(column.desc() for column in order))
        .limit(size + 1)
    )
    if feed_id is not None:
        query = query.where(GateCountRow.feed_id == feed_id)
    found = [
        FeedLine(feed, "", Funnel({g: int(v) for g, v in zip(Gate, counts, strict=True) if v}), day)
        for feed, day, *counts in session.execute(query)
    ]
    names = feed_names([one.feed_id for one in found], session=session)
    return page_of(
        found,
        size=size,
        key=lambda one: (one.funnel.relevant, one.funnel[Gate.NEW], -one.feed_id),
        item=lambda one: FeedLine(one.feed_id, names[one.feed_id], one.funnel, one.last_relevant),
    )


def gone(feed_id: int) -> str:
    """What a feed is called whose row is not there."""
    return f"feed {feed_id}, gone"


def feed_names(feed_ids: Sequence[int], *, session: Session) -> defaultdict[int, str]:
    """Feed → its name, also where its row is gone."""
    query = select(FeedRow.id, FeedRow.name).where(FeedRow.id.in_(feed_ids))
    names = {0: ARCHIVE, **dict(session.execute(query).all())}
    found: defaultdict[int, str] = defaultdict(str)
    return found | {one: names.get(one, gone(one)) for one in feed_ids}


# ---- rules ---------------------------------------------------------------------------------------


def read_by(*, since: datetime, session: Session) -> list[ReadBy]:
    """Readings of the articles first seen since then, by the rules that made them.

    Numbers of articles go up with the time at which they are seen, so that the readings are a range
    of an index.
    """
    first = session.scalar(
        select(ArticleRow.id)
        .where(ArticleRow.seen_at >= since)
        .order_by(ArticleRow.seen_at, ArticleRow.id)
        .limit(1)
    )
    if first is None:
        return []
    count = func.count()
    query = (
        select(AssessmentRow.ruleset, count)
        .where(AssessmentRow.article_id >= first)
        .group_by(AssessmentRow.ruleset)
        .order_by(count.desc(), AssessmentRow.ruleset)
    )
    return [ReadBy(*row) for row in session.execute(query)]
