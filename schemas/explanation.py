"""Why a document was read as it was: what was weighed for each label, and what against it."""

from dataclasses import dataclass
from typing import Literal

from schemas.assessment import Assessment, Document, Evidence

LabelKind = Literal["relevance", "theme", "stage", "significance"]


@dataclass(frozen=True, slots=True)
class Contribution:
    """One thing that was weighed: ``weight`` above 0 speaks for the label, below 0 against it."""

    feature: str
    """In words: ``"memorandum" in the title``, ``pattern signed-minerals``."""
    weight: float
    evidence: Evidence | None = None
    """Where it stands; None where it is about the whole text, or about what is not there."""


@dataclass(frozen=True, slots=True)
class LabelExplanation:
    """One label, given or not: ``score`` 0-1 beside the ``threshold`` that it had to reach."""

    kind: LabelKind
    id: str
    """``relevant``, a theme's id, a stage, ``1``, ``2`` or ``3``."""
    given: bool
    score: float
    threshold: float
    contributions: tuple[Contribution, ...] = ()
    """The weightiest first, whichever way they speak."""


@dataclass(frozen=True, slots=True)
class PartyExplanation:
    """A state that is named, and whether it was taken as a party."""

    code: str
    given: bool
    score: float
    threshold: float
    contributions: tuple[Contribution, ...] = ()


@dataclass(frozen=True, slots=True)
class GateExplanation:
    """Whether the cheap gate let the document pass to the full reading."""

    passed: bool
    reason: str
    """In words: which classes of words were found, or which group of classes is missing."""
    evidence: tuple[Evidence, ...] = ()


@dataclass(frozen=True, slots=True)
class Explanation:
    """A document's assessment with everything that was weighed for it.

    Labels are explained even where the document was found not relevant: what they would have been.
    ``labels`` has relevance first, then every theme, every stage and every significance.
    """

    document: Document
    assessment: Assessment
    gate: GateExplanation
    labels: tuple[LabelExplanation, ...] = ()
    parties: tuple[PartyExplanation, ...] = ()
