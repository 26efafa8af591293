"""Reports on agreements in a line."""

from datetime import UTC, datetime, timedelta

from schemas.assessment import MoneyStatus, Stage
from schemas.ledger import Certainty, Claim, Correction, CorrectionKind, LedgerReport

DAY = datetime(2026, 5, 4, 8, tzinfo=UTC)


def report(
    stage: Stage = Stage.SIGNED,
    *,
    article: int = 1,
    story: int | None = None,
    hours: float = 0,
    tier: int = 2,
    outlet: str | None = None,
    certainty: Certainty = Certainty.DONE,
    **given: object,
) -> LedgerReport:
    """A report; each is of a story and an outlet of its own where none is named."""
    made = LedgerReport(
        article_id=article,
        story_id=story if story is not None else article,
        at=DAY + timedelta(hours=hours),
        stage=stage,
        certainty=certainty,
        tier=tier,
        outlet=outlet or f"outlet {article}",
        quote=f"{stage.value} by {article}",
        agreement_id="a",
    )
    return LedgerReport(**{name: getattr(made, name) for name in made.__slots__} | given)


def claim(
    amount: float,
    currency: str = "USD",
    status: MoneyStatus = MoneyStatus.ANNOUNCED,
    *,
    whole: bool = False,
) -> Claim:
    return Claim(amount, currency, status, f"{amount} {currency}", whole)


def by_hand(stage: Stage, *, hours: float, number: int = 1) -> Correction:
    at = DAY + timedelta(hours=hours)
    return Correction(number, "a", CorrectionKind.STAGE, "said so", at, stage, at)


def struck(article: int, *, number: int = 1) -> Correction:
    kind = CorrectionKind.NOT_A_REPORT
    return Correction(number, "a", kind, "no report", DAY, article_id=article)
