"""Agreements and their timelines."""

from collections.abc import Sequence
from datetime import UTC, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from pipeline.store.engine import insert_for
from schemas.agreement import Agreement, StageTransition
from schemas.assessment import Stage
from schemas.config import AgreementConfig
from schemas.tables import AgreementRow, StageTransitionRow


def sync_agreements(agreements: Sequence[AgreementConfig], *, session: Session) -> None:
    """Add what the configuration knows and the database does not; names and parties follow it.

    The stage of a row with a timeline is the timeline's; of one without, the configuration's.
    """
    existing = {row.id: row for row in session.scalars(select(AgreementRow))}
    told = set(session.scalars(select(StageTransitionRow.agreement_id).distinct()))
    for agreement in agreements:
        row = existing.get(agreement.id)
        if row is None:
            row = AgreementRow(id=agreement.id)
            session.add(row)
        row.name, row.parties = agreement.name, list(agreement.parties)
        if agreement.id not in told:
            row.stage = agreement.stage.value
            row.stage_at = _day(agreement.stage_date)


def _day(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text).replace(tzinfo=UTC) if text else None


def get_agreement(agreement_id: str, *, session: Session) -> Agreement | None:
    """The agreement as it stands, or None."""
    row = session.get(AgreementRow, agreement_id)
    return _agreement(row) if row else None


def list_agreements(*, session: Session) -> list[Agreement]:
    """All agreements by name."""
    return [
        _agreement(row) for row in session.scalars(select(AgreementRow).order_by(AgreementRow.name))
    ]


def add_transition(transition: StageTransition, *, now: datetime, session: Session) -> bool:
    """Append to the timeline and move the agreement; False where this is there already."""
    statement = (
        insert_for(session, StageTransitionRow)
        .values(
            agreement_id=transition.agreement_id,
            stage=transition.stage.value,
            previous=transition.previous.value,
            story_id=transition.story_id,
            at=transition.at,
            recorded_at=now,
            quote=transition.quote,
            article_url=transition.article_url,
        )
        .on_conflict_do_nothing(index_elements=["agreement_id", "stage", "story_id"])
        .returning(StageTransitionRow.id)
    )
    if session.scalar(statement) is None:
        return False
    row = session.get_one(AgreementRow, transition.agreement_id)
    row.stage, row.stage_at = transition.stage.value, transition.at
    session.flush()
    return True


def timeline(agreement_id: str, *, session: Session) -> list[StageTransition]:
    """An agreement's transitions, the oldest first."""
    query = (
        select(StageTransitionRow)
        .where(StageTransitionRow.agreement_id == agreement_id)
        .order_by(StageTransitionRow.at, StageTransitionRow.id)
    )
    return [_transition(row) for row in session.scalars(query)]


def stage_before(
    agreement_id: str, *, story_id: int, stage: Stage, session: Session
) -> Stage | None:
    """Where the agreement stood before the story moved it to ``stage``; None where it did not."""
    previous = session.scalar(
        select(StageTransitionRow.previous).where(
            StageTransitionRow.agreement_id == agreement_id,
            StageTransitionRow.story_id == story_id,
            StageTransitionRow.stage == stage.value,
        )
    )
    return Stage(previous) if previous is not None else None


def transitions_between(
    since: datetime, until: datetime, *, session: Session
) -> list[tuple[str, StageTransition]]:
    """(agreement's name, transition) recorded in the half-open span, the newest first."""
    query = (
        select(AgreementRow.name, StageTransitionRow)
        .join(AgreementRow, AgreementRow.id == StageTransitionRow.agreement_id)
        .where(StageTransitionRow.recorded_at >= since, StageTransitionRow.recorded_at < until)
        .order_by(StageTransitionRow.at.desc())
    )
    return [(name, _transition(row)) for name, row in session.execute(query)]


def _agreement(row: AgreementRow) -> Agreement:
    return Agreement(
        id=row.id,
        name=row.name,
        parties=tuple(row.parties),
        stage=Stage(row.stage),
        stage_at=row.stage_at,
    )


def _transition(row: StageTransitionRow) -> StageTransition:
    return StageTransition(
        agreement_id=row.agreement_id,
        stage=Stage(row.stage),
        story_id=row.story_id,
        at=row.at,
        quote=row.quote,
        article_url=row.article_url,
        previous=Stage(row.previous),
    )
