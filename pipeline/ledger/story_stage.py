"""How a story's stage follows from what its articles report."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from pipeline.ledger.timeline import PROGRESS
from schemas.assessment import Stage


@dataclass(frozen=True, slots=True)
class StageReport:
    """What one article says of the stage; ``tier`` 1 is the most credible outlet."""

    stage: Stage
    at: datetime
    tier: int
    quote: str = ""
    article_url: str | None = None


def leading_report(reports: Iterable[StageReport]) -> StageReport | None:
    """The report that a story's stage rests on; None where no article reports a stage.

    Only the most credible outlets that report one are heard. Among them a stall or an end counts
    where it is their newest word; otherwise the furthest step, as first reported.
    """
    told = [report for report in reports if report.stage is not Stage.NONE]
    if not told:
        return None
    best = min(report.tier for report in told)
    heard = sorted((r for r in told if r.tier == best), key=lambda r: (r.at, r.stage))
    steps = [report for report in heard if report.stage in PROGRESS]
    newest = max(report.at for report in heard)
    broken = [r for r in heard if r.stage not in PROGRESS and r.at == newest]
    if broken:
        return next((r for r in broken if r.stage is Stage.TERMINATED), broken[0])
    return max(steps, key=lambda report: PROGRESS.index(report.stage))
