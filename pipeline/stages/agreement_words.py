"""What is known of an agreement, in the words that the terminal and the pages share; pure."""

from collections.abc import Iterable

from schemas.agreement import StageTransition
from schemas.ledger import Certainty, LedgerReport

SEVERITY = ("none", "routine", "notable", "major")
"""Words for the significance 0 to 3."""
TIERS = {1: "official or wire", 2: "press", 3: "other"}


def sources(step: StageTransition, reports: Iterable[LedgerReport]) -> list[LedgerReport]:
    """The reports of the step's story that name its stage."""
    own = [r for r in reports if r.story_id == step.story_id and r.stage is step.stage]
    return sorted(own, key=lambda r: (r.tier, r.at, r.article_id))


def says(report: LedgerReport) -> str:
    """A report in a few words: ``Reuters (official or wire, 2026-05-04) says signed``."""
    what = report.stage.value
    if report.certainty is not Certainty.DONE:
        what = f"{what} is {report.certainty.value}"
    who = f"{report.outlet} ({TIERS.get(report.tier, report.tier)}, {report.at:%Y-%m-%d})"
    return f"{who} says {what}"


def amount(value: float, code: str) -> str:
    """A sum as it is read: ``150 million USD``."""
    for size, word in ((1e12, "trillion"), (1e9, "billion"), (1e6, "million")):
        if value >= size:
            return f"{value / size:.4g} {word} {code}"
    return f"{value:,.0f} {code}"
