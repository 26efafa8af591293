"""What the operators' pages on agreements, editions, coverage and the rules in force show."""

from dataclasses import dataclass
from datetime import date, datetime

from schemas.agreement import Agreement
from schemas.coverage import Funnel
from schemas.ledger import MoneyTotal
from schemas.paging import Page


@dataclass(frozen=True, slots=True)
class AgreementLine:
    """An agreement in a list."""

    agreement: Agreement
    reports: int
    money: tuple[MoneyTotal, ...]
    """Only those with a sum."""


@dataclass(frozen=True, slots=True)
class AgreementList:
    """All agreements by name, and how many proposals nobody has decided on."""

    lines: tuple[AgreementLine, ...]
    undecided: int


@dataclass(frozen=True, slots=True)
class EditionLine:
    """An edition of the digest in a list."""

    id: int
    list_name: str
    day: date
    kind: str
    subject: str
    since: datetime
    until: datetime
    created_at: datetime
    messages: int
    """To how many places it went or is to go."""
    sent: int


@dataclass(frozen=True, slots=True)
class FeedLine:
    """What came through each gate of what a feed brought in a span."""

    feed_id: int
    """0: archives that were brought in."""
    name: str
    funnel: Funnel
    last_relevant: date | None
    """The last day of the span of which it brought anything relevant."""


@dataclass(frozen=True, slots=True)
class CoveragePage:
    """The funnel of a span of days: in all, by day, by feed."""

    since: date
    until: date
    counted_since: date | None
    all: Funnel
    days: tuple[tuple[date, Funnel], ...]
    """The newest first; days on which nothing was counted as well."""
    feeds: Page[FeedLine]
    """Those that brought most of what is relevant first."""
    feed_name: str | None = None
    """Where one feed was asked for."""


@dataclass(frozen=True, slots=True)
class ScoreLine:
    """How well a label is read, cross-validated: precision, recall and F1, 0 to 1."""

    label: str
    precision: float
    recall: float
    f1: float


@dataclass(frozen=True, slots=True)
class ReadBy:
    """How many readings there are by a set of rules."""

    ruleset: str
    readings: int


@dataclass(frozen=True, slots=True)
class RulesPage:
    """The rules and the model in force, how good they are, and what they have not read yet."""

    ruleset: str
    themes: int
    patterns: int
    agreements: int
    states: int
    minerals: int
    model: str
    """A hash of its files; empty: there is none, the rules alone decide."""
    learned: bool
    """Whether its weights are used: they are of the packaged thesis only."""
    items: int
    relevant_items: int
    data_hash: str
    languages: tuple[tuple[str, int], ...]
    scores: tuple[ScoreLine, ...]
    waiting: int
    """Articles of the last ``window_days`` that these rules have not read."""
    window_days: int
    read_by: tuple[ReadBy, ...]
    """Of the articles first seen in the window, the most readings first."""
