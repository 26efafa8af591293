"""Agreements and their timelines."""

from collections.abc import Collection, Sequence
from datetime import UTC, datetime

from sqlalchemy import delete, exists, select
from sqlalchemy.orm import Session

from pipeline.store.engine import insert_for
from schemas.agreement import Agreement, StageTransition
from schemas.assessment import Stage
from schemas.config import AgreementConfig
from schemas.tables import AgreementReportRow, AgreementRow, StageTransitionRow

_STAGES = tuple(Stage)
"""In the order in which steps of one minute are told."""


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
        seed = agreement.stage.value, _day(agreement.stage_date)
        if agreement.id not in told:
            row.stage, row.stage_at = seed
        if (row.seed_stage, row.seed_at) != seed:
            row.seed_stage, row.seed_at = seed
            row.unsettled = True


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


def add_confirmed(agreement: Agreement, *, session: Session) -> bool:
    """Add an agreement that an operator confirmed; False where the id is taken."""
    if session.get(AgreementRow, agreement.id) is not None:
        return False
    row = AgreementRow(id=agreement.id, name=agreement.name, parties=list(agreement.parties))
    row.stage = row.seed_stage = Stage.NONE.value
    row.unsettled = True
    session.add(row)
    session.flush()
    return True


def drop_unreported(agreement_id: str, *, session: Session) -> None:
    """Drop an agreement that no article reports on any more."""
    told = exists().where(AgreementReportRow.agreement_id == agreement_id)
    session.expire_all()
    session.execute(delete(AgreementRow).where(AgreementRow.id == agreement_id, ~told))


def seed_of(agreement_id: str, *, session: Session) -> Agreement:
    """The agreement as the configuration has it: what its reports are told to.

    Raises:
        sqlalchemy.exc.NoResultFound: there is no such agreement.
    """
    row = session.get_one(AgreementRow, agreement_id)
    return Agreement(row.id, row.name, tuple(row.parties), Stage(row.seed_stage), row.seed_at)


def unsettled(*, session: Session) -> list[str]:
    """Agreements whose timelines may not be what follows from their reports."""
    query = select(AgreementRow.id).where(AgreementRow.unsettled).order_by(AgreementRow.id)
    return list(session.scalars(query))


def unsettle(agreement_ids: Collection[str], *, session: Session) -> None:
    """Note that their timelines are to be derived anew."""
    for agreement_id in agreement_ids:
        row = session.get(AgreementRow, agreement_id)
        if row is not None and not row.unsettled:
            row.unsettled = True
    session.flush()


def settle(
    agreement: Agreement, steps: Sequence[StageTransition], *, now: datetime, session: Session
) -> int:
    """Make the timeline these steps and the agreement this; returns how many rows changed.

    A step that is there already keeps the time at which it was first recorded, so that it is not
    news again.
    """
    row = session.get_one(AgreementRow, agreement.id)
    row.stage, row.stage_at, row.unsettled = agreement.stage.value, agreement.stage_at, False
    query = select(StageTransitionRow).where(StageTransitionRow.agreement_id == agreement.id)
    kept = {_step_key(_transition(one)): one for one in session.scalars(query)}
    changed = 0
    for step in steps:
        there = kept.pop(_step_key(step), None)
        if there is None:
            there = StageTransitionRow(agreement_id=agreement.id, recorded_at=now)
            there.stage, there.story_id = step.stage.value, step.story_id
            session.add(there)
        elif _transition(there) == step:
            continue
        there.previous, there.at = step.previous.value, step.at
        there.quote, there.article_url = step.quote, step.article_url
        changed += 1
    for gone in kept.values():
        session.delete(gone)
    session.flush()
    return changed + len(kept)


def _step_key(step: StageTransition) -> tuple[object, ...]:
    return step.stage, step.story_id, step.at if step.story_id is None else None


def timeline(agreement_id: str, *, session: Session) -> list[StageTransition]:
    """An agreement's transitions, the oldest first."""
    query = (
        select(StageTransitionRow)
        .where(StageTransitionRow.agreement_id == agreement_id)
        .order_by(StageTransitionRow.at, StageTransitionRow.id)
    )
    steps = [_transition(row) for row in session.scalars(query)]
    return sorted(steps, key=lambda step: (step.at, _STAGES.index(step.stage)))


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
