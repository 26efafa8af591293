"""The ledger of agreements: what was reported of each, what was put right by hand, what follows."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from schemas.agreement import Agreement, StageTransition
from schemas.assessment import MoneyStatus, Stage


class Certainty(StrEnum):
    """How a report speaks of the stage that it names."""

    DONE = "done"
    PLANNED = "planned"
    """It is to come: "will be signed"."""
    DOUBTFUL = "doubtful"
    """Told on hearsay: "reportedly", "a source said"."""
    DENIED = "denied"
    """Said not to have happened."""


@dataclass(frozen=True, slots=True)
class Claim:
    """A sum as a report names it; ``amount`` in units of ``currency`` (ISO 4217)."""

    amount: float
    currency: str
    status: MoneyStatus
    quote: str
    """The sentence in which it stands."""
    whole: bool = False
    """The sentence gives it as the sum of all so far ("in total", "brings … to")."""
    apart: bool = False
    """The sentence tells it beside another, each with its own object ("A for X and B for Y")."""


@dataclass(frozen=True, slots=True)
class LedgerReport:
    """What one article says of one agreement. ``tier`` 1 is the most credible outlet."""

    article_id: int
    story_id: int
    at: datetime
    """When it was published."""
    stage: Stage
    certainty: Certainty
    tier: int
    outlet: str
    quote: str
    """The sentence that reports the stage, or the headline."""
    url: str | None = None
    agreement_id: str | None = None
    """None: of no agreement that is known; then ``proposal`` says of which it may be."""
    proposal: str | None = None
    """The key of what may be an agreement: parties and subject (pipeline.ledger.propose)."""
    parties: tuple[str, ...] = ()
    subject: str = ""
    instrument: str | None = None
    """``memorandum``, ``treaty`` …: the word by which it is called, or None."""
    money: tuple[Claim, ...] = ()


class CorrectionKind(StrEnum):
    """What a person put right."""

    STAGE = "stage"
    NOT_A_REPORT = "not_a_report"


@dataclass(frozen=True, slots=True)
class Correction:
    """Put right by hand; it holds through every rebuilding, until it is undone."""

    id: int
    agreement_id: str
    kind: CorrectionKind
    reason: str
    made_at: datetime
    stage: Stage = Stage.NONE
    at: datetime | None = None
    """From when on the stage is held."""
    article_id: int | None = None
    undone_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Conflict:
    """Reports that cannot both be right, and how it was resolved, if it was."""

    agreement_id: str
    held: LedgerReport
    """The side that the timeline goes by: the more credible, or of equals the newer."""
    against: LedgerReport
    settled_by: LedgerReport | Correction | None = None
    """None: it is open."""


@dataclass(frozen=True, slots=True)
class Ledger:
    """All that follows from an agreement's reports and corrections."""

    agreement: Agreement
    steps: tuple[StageTransition, ...]
    conflicts: tuple[Conflict, ...]


class Decision(StrEnum):
    """What an operator decided of a proposal."""

    CONFIRMED = "confirmed"
    MERGED = "merged"
    REJECTED = "rejected"


@dataclass(frozen=True, slots=True)
class Decided:
    """A decision on a proposal; ``agreement_id`` None where it was rejected."""

    proposal: str
    decision: Decision
    agreement_id: str | None
    reason: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Candidate:
    """An agreement that is not known by name, proposed from the news."""

    proposal: str
    parties: tuple[str, ...]
    subject: str
    instrument: str
    """The one that most reports name."""
    stage: Stage
    first_at: datetime
    last_at: datetime
    why: str
    """What makes it more than talk, in words."""
    reports: tuple[LedgerReport, ...]


@dataclass(frozen=True, slots=True)
class MoneyItem:
    """One sum of an agreement, however often it was named."""

    amount: float
    """As last named."""
    currency: str
    status: MoneyStatus
    usd: float | None
    """Roughly; None where no rate is known."""
    rate_date: date | None
    counted: bool
    """False: it is part of a larger sum, which counts."""
    part_of: tuple[float, str] | None
    """That larger sum."""
    claims: tuple[tuple[LedgerReport, Claim], ...]
    """The rows behind it, the oldest first."""


@dataclass(frozen=True, slots=True)
class MoneyTotal:
    """The sums of one status. Totals of several statuses overlap: they are not to be added."""

    status: MoneyStatus
    by_currency: tuple[tuple[str, float], ...]
    usd: float
    """Roughly, of the currencies that have a rate."""
    without_rate: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class AgreementMoney:
    """What was announced, committed and paid of an agreement, with the rows behind it."""

    agreement_id: str
    totals: tuple[MoneyTotal, ...]
    items: tuple[MoneyItem, ...]
