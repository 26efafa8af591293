"""What was read in an article: relevance, themes, stage, parties … each with its evidence."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Literal

Field = Literal["title", "summary", "text"]


class Stage(StrEnum):
    """How far an agreement is; the furthest step that an item reports."""

    PROPOSED = "proposed"
    NEGOTIATING = "negotiating"
    AGREED = "agreed"
    SIGNED = "signed"
    RATIFIED = "ratified"
    IMPLEMENTING = "implementing"
    STALLED = "stalled"
    TERMINATED = "terminated"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Evidence:
    """Where a label stands: ``field[start:end]`` is ``text``; ``pattern`` found it."""

    field: Field
    start: int
    end: int
    text: str
    pattern: str
    """The id of the pattern or model that matched."""


class Side(StrEnum):
    """Whether a development supports the claim of a theme, contradicts it, or says neither."""

    FOR = "for"
    AGAINST = "against"
    NEUTRAL = "neutral"


@dataclass(frozen=True, slots=True)
class Polarity:
    """Which side an item takes on the claim of a theme, from what, and why in words."""

    side: Side
    score: float
    """What speaks for the claim less what speaks against it, -1 to 1."""
    evidence: tuple[Evidence, ...] = ()
    reason: str = ""


@dataclass(frozen=True, slots=True)
class ThemeLabel:
    """A theme that the item speaks of, with a score in 0–1 and what it was read from."""

    id: str
    score: float
    evidence: tuple[Evidence, ...] = ()
    polarity: Polarity | None = None
    """None: read before polarity was judged."""


class MoneyStatus(StrEnum):
    """What the item says of a sum: spoken of, bound by a step that was taken, or handed over."""

    ANNOUNCED = "announced"
    COMMITTED = "committed"
    PAID = "paid"


@dataclass(frozen=True, slots=True)
class Money:
    """A sum named in the item: ``amount`` in units of ``currency`` (ISO 4217)."""

    amount: float
    currency: str
    evidence: Evidence
    status: MoneyStatus = MoneyStatus.ANNOUNCED


@dataclass(frozen=True, slots=True)
class Document:
    """What the assessor reads; ``language`` is a hint (ISO 639-1) or None."""

    id: str
    title: str
    summary: str = ""
    language: str | None = None
    text: str = ""
    """Of the article's page, a paragraph a line; empty where it was not fetched."""


@dataclass(frozen=True, slots=True)
class Assessment:
    """The reading of one document under one ruleset. Where not relevant, most is empty."""

    document_id: str
    ruleset: str
    relevant: bool
    relevance: float
    language: str
    themes: tuple[ThemeLabel, ...] = ()
    stage: Stage = Stage.NONE
    stage_evidence: tuple[Evidence, ...] = ()
    stage_sentence: Evidence | None = None
    """The whole sentence in which the first piece of the evidence stands."""
    parties: tuple[str, ...] = ()
    """ISO 3166 codes and ``EU``, sorted."""
    minerals: tuple[str, ...] = ()
    bodies: tuple[str, ...] = ()
    """Ids of state companies, agencies and banks named (``DFC``, ``ORANO`` …), sorted."""
    money: tuple[Money, ...] = ()
    significance: int = 0
    reasons: tuple[str, ...] = ()
    """Why the significance is what it is, in words."""
    agreement: str | None = None
    """Id in agreements.yaml, or None where none known is meant."""
    relevance_evidence: tuple[Evidence, ...] = field(default=())
    problems: tuple[str, ...] = ()
    """What could not be read, in words."""
    gated: bool = False
    """The cheap gate did not let it pass to the full reading."""
