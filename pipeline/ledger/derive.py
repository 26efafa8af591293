"""An agreement's ledger from its rows: reports by articles, corrections by hand.

`derive` is a pure function of the set of rows: whatever order they came in, and however often they
were written anew, the ledger is the same.

1. Reports that a person struck off, and those of stories that do not stand, do not count (the
   latter are not given).
2. Conflicts are found; what they set aside makes no step (pipeline.ledger.conflicts).
3. Only what is reported as *done* makes a step. Of one story, that is what its most credible
   outlets say (pipeline.ledger.story_stage).
4. The steps follow each other as pipeline.ledger.timeline has it. A stage set by hand holds from
   its date on, whatever stood before, and news after that date goes on from there.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace

from pipeline.ledger.conflicts import conflicts_of
from pipeline.ledger.story_stage import StageReport, leading_report
from pipeline.ledger.timeline import settled_order, taken_up
from schemas.agreement import Agreement, StageTransition
from schemas.ledger import Certainty, Correction, CorrectionKind, Ledger, LedgerReport


def counting(
    reports: Iterable[LedgerReport], corrections: Iterable[Correction]
) -> list[LedgerReport]:
    """The reports that nobody struck off."""
    struck = {
        one.article_id
        for one in corrections
        if one.kind is CorrectionKind.NOT_A_REPORT and one.undone_at is None
    }
    return [report for report in reports if report.article_id not in struck]


def derive(
    seed: Agreement, reports: Iterable[LedgerReport], corrections: Iterable[Correction] = ()
) -> Ledger:
    """The ledger of the agreement ``seed`` (as the configuration has it)."""
    corrections = list(corrections)
    by_hand = [
        one
        for one in corrections
        if one.kind is CorrectionKind.STAGE and one.undone_at is None and one.at is not None
    ]
    told = counting(reports, corrections)
    conflicts, aside = conflicts_of(seed.id, told, by_hand)
    steps = [*leads(seed.id, (r for r in told if r.article_id not in aside))]
    agreement, taken = _played(seed, steps, by_hand)
    return Ledger(agreement, taken, conflicts)


def leads(agreement_id: str, reports: Iterable[LedgerReport]) -> Iterable[StageTransition]:
    """What each story reports as done, as a step that it may make."""
    stories: defaultdict[int, list[LedgerReport]] = defaultdict(list)
    for report in reports:
        stories[report.story_id].append(report)
    for story_id, own in stories.items():
        lead = lead_of(own)
        if lead is not None:
            yield StageTransition(
                agreement_id, lead.stage, story_id, lead.at, lead.quote, lead.article_url
            )


def lead_of(reports: Iterable[LedgerReport]) -> StageReport | None:
    """The report that a story's step rests on; None where nothing is reported as done."""
    ordered = sorted(reports, key=lambda r: (r.at, r.article_id, r.quote))
    return leading_report(
        StageReport(one.stage, one.at, one.tier, one.quote, one.url)
        for one in ordered
        if one.certainty is Certainty.DONE
    )


def _played(
    seed: Agreement, steps: list[StageTransition], by_hand: list[Correction]
) -> tuple[Agreement, tuple[StageTransition, ...]]:
    """As `timeline.replay`, with stages that are set whatever stood before."""
    taken: list[StageTransition] = []
    agreement = seed
    hand = sorted(by_hand, key=lambda c: (c.at, c.made_at, c.id))
    for report in sorted(steps, key=settled_order):
        while hand and hand[0].at is not None and hand[0].at < report.at:
            agreement = _set(agreement, hand.pop(0), taken)
        agreement, step = taken_up(agreement, report)
        if step is not None:
            taken.append(step)
    for one in hand:
        agreement = _set(agreement, one, taken)
    return agreement, tuple(taken)


def _set(agreement: Agreement, one: Correction, taken: list[StageTransition]) -> Agreement:
    if one.at is None:
        return agreement
    if one.stage is not agreement.stage:
        taken.append(
            StageTransition(
                agreement.id, one.stage, None, one.at, one.reason, None, agreement.stage
            )
        )
    return replace(agreement, stage=one.stage, stage_at=one.at)
