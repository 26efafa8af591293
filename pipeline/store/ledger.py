"""Reports on agreements, and what people put right and decided about them."""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, delete, exists, select, update
from sqlalchemy.orm import Session

from pipeline.store.engine import insert_for
from schemas.assessment import Stage
from schemas.codec import from_json, to_json
from schemas.ledger import (
    Certainty,
    Claim,
    Correction,
    CorrectionKind,
    Decided,
    Decision,
    LedgerReport,
)
from schemas.tables import (
    AgreementCorrectionRow,
    AgreementDecisionRow,
    AgreementReportRow,
    StoryRow,
)


def file_reports(reports: Collection[LedgerReport], *, session: Session) -> None:
    """Write the reports, each in the place of what its article reported before."""
    if not reports:
        return
    statement = insert_for(session, AgreementReportRow)
    rows = [_values(report) for report in reports]
    given = {name: statement.excluded[name] for name in rows[0] if name != "article_id"}
    session.execute(
        statement.on_conflict_do_update(index_elements=["article_id"], set_=given), rows
    )


def drop_reports(article_ids: Collection[int], *, session: Session) -> set[str]:
    """Drop what these articles reported; returns the agreements that it was of."""
    if not article_ids:
        return set()
    query = delete(AgreementReportRow).where(AgreementReportRow.article_id.in_(article_ids))
    gone = session.scalars(query.returning(AgreementReportRow.agreement_id)).all()
    return {one for one in gone if one is not None}


def reports_of(
    agreement_id: str,
    *,
    session: Session,
    since: datetime | None = None,
    until: datetime | None = None,
) -> list[LedgerReport]:
    """Reports on an agreement in stories that stand, the oldest first; both bounds included."""
    # Columns, not rows of the session: an agreement that much is told of has thousands.
    query = (
        select(*AgreementReportRow.__table__.c)
        .where(AgreementReportRow.agreement_id == agreement_id, stands())
        .order_by(AgreementReportRow.at, AgreementReportRow.article_id)
    )
    if since is not None:
        query = query.where(AgreementReportRow.at >= since)
    if until is not None:
        query = query.where(AgreementReportRow.at <= until)
    return [report_of(row) for row in session.execute(query)]


def report_of_article(article_id: int, *, session: Session) -> LedgerReport | None:
    """What the article reports, or None."""
    row = session.get(AgreementReportRow, article_id)
    return report_of(row) if row else None


def proposed(*, session: Session, proposal: str | None = None) -> list[LedgerReport]:
    """Reports of what may be agreements and nobody decided on; of one proposal, or of all."""
    query = (
        select(AgreementReportRow)
        .where(
            AgreementReportRow.agreement_id.is_(None),
            AgreementReportRow.proposal.is_not(None),
            ~exists().where(AgreementDecisionRow.proposal == AgreementReportRow.proposal),
            stands(),
        )
        .order_by(AgreementReportRow.at, AgreementReportRow.article_id)
    )
    if proposal is not None:
        query = query.where(AgreementReportRow.proposal == proposal)
    return [report_of(row) for row in session.scalars(query)]


def stands() -> ColumnElement[bool]:
    """The report's story was not retracted; its row may be gone, being too old to keep."""
    return ~exists().where(
        StoryRow.id == AgreementReportRow.story_id, StoryRow.retracted_at.is_not(None)
    )


def agreements_of_story(story_id: int, *, session: Session) -> set[str]:
    """The agreements that a story's articles report on."""
    query = select(AgreementReportRow.agreement_id).where(
        AgreementReportRow.story_id == story_id, AgreementReportRow.agreement_id.is_not(None)
    )
    return {one for one in session.scalars(query.distinct()) if one is not None}


def is_unbuilt(*, session: Session) -> bool:
    """Whether there are stories and not one report: the archive is older than the ledger."""
    if session.scalar(select(AgreementReportRow.article_id).limit(1)) is not None:
        return False
    return session.scalar(select(StoryRow.id).limit(1)) is not None


def story_ids(*, after: int, limit: int, session: Session) -> list[int]:
    """Numbers of stories that are no part of another, in order."""
    query = (
        select(StoryRow.id)
        .where(StoryRow.id > after, StoryRow.merged_into.is_(None))
        .order_by(StoryRow.id)
        .limit(limit)
    )
    return list(session.scalars(query))


def reported_articles(story_ids_: Collection[int], *, session: Session) -> set[int]:
    """Articles that are filed as reports of these stories."""
    query = select(AgreementReportRow.article_id).where(AgreementReportRow.story_id.in_(story_ids_))
    return set(session.scalars(query))


# ---- corrections -------------------------------------------------------------------------------


def corrections_of(agreement_id: str, *, session: Session) -> list[Correction]:
    """All corrections of an agreement, undone ones as well, as they were made."""
    query = (
        select(AgreementCorrectionRow)
        .where(AgreementCorrectionRow.agreement_id == agreement_id)
        .order_by(AgreementCorrectionRow.id)
    )
    return [_correction(row) for row in session.scalars(query)]


def all_corrections(*, session: Session) -> list[Correction]:
    """The corrections of all agreements that hold."""
    query = select(AgreementCorrectionRow).where(AgreementCorrectionRow.undone_at.is_(None))
    return [_correction(row) for row in session.scalars(query.order_by(AgreementCorrectionRow.id))]


def add_correction(correction: Correction, *, session: Session) -> Correction:
    """Store a correction (its id is ignored); returns it with its id."""
    row = AgreementCorrectionRow(
        agreement_id=correction.agreement_id,
        kind=correction.kind.value,
        stage=correction.stage.value,
        at=correction.at,
        article_id=correction.article_id,
        reason=correction.reason,
        made_at=correction.made_at,
    )
    session.add(row)
    session.flush()
    return _correction(row)


def undo_correction(correction_id: int, *, now: datetime, session: Session) -> Correction | None:
    """Undo a correction; None where there is none that holds."""
    row = session.get(AgreementCorrectionRow, correction_id)
    if row is None or row.undone_at is not None:
        return None
    row.undone_at = now
    session.flush()
    return _correction(row)


# ---- decisions ---------------------------------------------------------------------------------


def decision_on(proposal: str, *, session: Session) -> Decided | None:
    """What was decided on a proposal, or None."""
    row = session.get(AgreementDecisionRow, proposal)
    return _decided(row) if row else None


def decisions(*, session: Session) -> list[Decided]:
    """All decisions, the newest first."""
    query = select(AgreementDecisionRow).order_by(
        AgreementDecisionRow.at.desc(), AgreementDecisionRow.proposal
    )
    return [_decided(row) for row in session.scalars(query)]


def decide(decided: Decided, *, session: Session) -> None:
    """Store a decision on a proposal that has none."""
    session.add(
        AgreementDecisionRow(
            proposal=decided.proposal,
            decision=decided.decision.value,
            agreement_id=decided.agreement_id,
            reason=decided.reason,
            at=decided.at,
        )
    )
    session.flush()


def drop_decision(proposal: str, *, session: Session) -> None:
    """Take a decision back."""
    session.execute(delete(AgreementDecisionRow).where(AgreementDecisionRow.proposal == proposal))


def give_stories(
    proposal: str, *, held: str | None, given: str | None, session: Session
) -> list[int]:
    """Let the stories of a proposal that are of the agreement ``held`` be of ``given``.

    Returns:
        Their numbers.
    """
    told = select(AgreementReportRow.story_id).where(AgreementReportRow.proposal == proposal)
    same = StoryRow.agreement_id.is_(None) if held is None else StoryRow.agreement_id == held
    query = update(StoryRow).where(StoryRow.id.in_(told), same).values(agreement_id=given)
    found = session.scalars(
        query.returning(StoryRow.id).execution_options(synchronize_session="fetch")
    )
    return sorted(found)


def _values(report: LedgerReport) -> dict[str, Any]:
    return {
        "article_id": report.article_id,
        "story_id": report.story_id,
        "agreement_id": report.agreement_id,
        "proposal": report.proposal,
        "parties": list(report.parties),
        "subject": report.subject,
        "instrument": report.instrument,
        "stage": report.stage.value,
        "certainty": report.certainty.value,
        "at": report.at,
        "tier": report.tier,
        "outlet": report.outlet,
        "quote": report.quote,
        "url": report.url,
        "money": [to_json(claim) for claim in report.money],
    }


def report_of(row: AgreementReportRow | Row[Any]) -> LedgerReport:
    """The row as a shape."""
    return LedgerReport(
        article_id=row.article_id,
        story_id=row.story_id,
        at=row.at,
        stage=Stage(row.stage),
        certainty=Certainty(row.certainty),
        tier=row.tier,
        outlet=row.outlet,
        quote=row.quote,
        url=row.url,
        agreement_id=row.agreement_id,
        proposal=row.proposal,
        parties=tuple(row.parties),
        subject=row.subject,
        instrument=row.instrument,
        money=tuple(from_json(Claim, claim) for claim in row.money),
    )


def _correction(row: AgreementCorrectionRow) -> Correction:
    return Correction(
        id=row.id,
        agreement_id=row.agreement_id,
        kind=CorrectionKind(row.kind),
        reason=row.reason,
        made_at=row.made_at,
        stage=Stage(row.stage),
        at=row.at,
        article_id=row.article_id,
        undone_at=row.undone_at,
    )


def _decided(row: AgreementDecisionRow) -> Decided:
    return Decided(row.proposal, Decision(row.decision), row.agreement_id, row.reason, row.at)
