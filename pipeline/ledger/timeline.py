"""The timeline of an agreement's stages: which report moves it, which does not.

    proposed → negotiating → agreed → signed → ratified → implementing
        any of these (and an agreement of no known stage) → stalled → terminated

Progress goes forward only, over any number of steps. ``stalled`` and ``terminated`` are reached
from every stage but ``terminated``, which is the end. A stalled agreement resumes at whichever
stage from ``negotiating`` on a *later* report names, even an earlier one than it had: what stalls
is often negotiated again.

What is guaranteed:

- `advance` moves nothing for a repeat, a lower stage, a stage of ``none``, a report older than the
  stage held, or anything after ``terminated``. Reports that come in the order of `rank` can be
  given again, singly or all, and move nothing more.
- `replay` and `rebuild` depend on the set of reports alone, never on the order they came in.
- `advance` as reports come ends where `rebuild` over all of them ends, whenever they come in time
  order. Where they come late it may not: a report older than the stage held is passed over, and a
  lower stage that was passed over could have ended a stall heard of later. Then `rebuild` is right.
"""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from schemas.agreement import Agreement, StageTransition
from schemas.assessment import Stage

PROGRESS = (
    Stage.PROPOSED,
    Stage.NEGOTIATING,
    Stage.AGREED,
    Stage.SIGNED,
    Stage.RATIFIED,
    Stage.IMPLEMENTING,
)
"""The steps of an agreement that goes well, in order."""

_ORDER = {stage: place for place, stage in enumerate((Stage.NONE, *PROGRESS))} | {
    Stage.STALLED: len(PROGRESS) + 1,
    Stage.TERMINATED: len(PROGRESS) + 2,
}


def rank(transition: StageTransition) -> tuple[datetime, int, int]:
    """The order in which reports count: by time; at one time progress first, the end last."""
    return transition.at, _ORDER[transition.stage], transition.story_id or 0


def is_legal(held: Stage, reported: Stage) -> bool:
    """Whether an agreement at ``held`` may be moved to ``reported`` at all."""
    if reported in {Stage.NONE, held} or held is Stage.TERMINATED:
        return False
    if reported in {Stage.STALLED, Stage.TERMINATED}:
        return True
    if held is Stage.STALLED:
        return reported is not Stage.PROPOSED
    return _ORDER[reported] > _ORDER[held]


def advance(
    agreement: Agreement,
    *,
    stage: Stage,
    story_id: int | None,
    at: datetime,
    quote: str,
    article_url: str | None = None,
) -> StageTransition | None:
    """The step that a report makes, or None where it makes none.

    Args:
        agreement: where it stands now.
        stage: the furthest step that the story reports.
        story_id: the story that reports it.
        at: when it was reported (aware).
        quote: the words that report it.
        article_url: where they stand.
    """
    if not is_legal(agreement.stage, stage):
        return None
    if agreement.stage_at is not None:
        # A stall and what it stopped may be told at the same minute; only later news ends a stall.
        resumes = agreement.stage is Stage.STALLED and stage in PROGRESS
        if at < agreement.stage_at or (resumes and at == agreement.stage_at):
            return None
    return StageTransition(
        agreement_id=agreement.id,
        stage=stage,
        story_id=story_id,
        at=at,
        quote=quote,
        article_url=article_url,
        previous=agreement.stage,
    )


def applied(agreement: Agreement, transition: StageTransition) -> Agreement:
    """The agreement after the step."""
    return replace(agreement, stage=transition.stage, stage_at=transition.at)


def taken_up(
    agreement: Agreement, report: StageTransition
) -> tuple[Agreement, StageTransition | None]:
    """The agreement after a report, and the step that it makes, with ``previous`` set anew."""
    step = advance(
        agreement,
        stage=report.stage,
        story_id=report.story_id,
        at=report.at,
        quote=report.quote,
        article_url=report.article_url,
    )
    return (agreement, None) if step is None else (applied(agreement, step), step)


def replay(
    transitions: Iterable[StageTransition], seed: Agreement
) -> tuple[Agreement, tuple[StageTransition, ...]]:
    """The agreement and the steps that count, from reports in any order.

    Reports of other agreements are passed over; ``previous`` of each step is set anew.
    """
    agreement, steps = seed, []
    for report in sorted((t for t in transitions if t.agreement_id == seed.id), key=settled_order):
        agreement, step = taken_up(agreement, report)
        if step is not None:
            steps.append(step)
    return agreement, tuple(steps)


def rebuild(transitions: Iterable[StageTransition], seed: Agreement) -> Agreement:
    """The agreement as the reports leave it; the order of ``transitions`` does not matter."""
    return replay(transitions, seed)[0]


def settled_order(transition: StageTransition) -> tuple[tuple[datetime, int, int], str, str]:
    """`rank`, made total, so that equal reports cannot trade places by order of arrival."""
    return rank(transition), transition.quote, transition.article_url or ""
