"""An article explained, as it is shown: where its labels stand, and what was weighed for them."""

from dataclasses import dataclass
from typing import Literal

from schemas.article import Article
from schemas.assessment import Evidence
from schemas.explanation import Explanation

MarkKind = Literal[
    "theme", "stage", "party", "mineral", "body", "money", "agreement", "for", "against"
]


@dataclass(frozen=True, slots=True)
class Mark:
    """Words of the text that a label stands on.

    ``for`` and ``against`` are what spoke for and against relevance, shown where an item was found
    not relevant and so has no labels.
    """

    kind: MarkKind
    id: str
    """A theme's id, a stage, a state's code, a mineral …; for relevance the pattern's words."""
    evidence: Evidence


@dataclass(frozen=True, slots=True)
class Explained:
    """A document with everything that is shown of it."""

    explanation: Explanation
    marks: tuple[Mark, ...]
    """In the order of the text; several may lie over one another."""
    themes: tuple[tuple[str, str], ...]
    """(id, title) of every theme of the thesis, in its order."""
    agreement_name: str | None = None
    article: Article | None = None
    """Where it is stored; None where the document was handed in."""
    stored_ruleset: str | None = None
    """The rules under which the stored reading was made, if there is one."""
