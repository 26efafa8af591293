"""Explained documents by hand: what is shown does not hang on what the rules say today."""

from collections.abc import Callable

import pytest

from schemas.assessment import Assessment, Document, Evidence, Field, Stage, ThemeLabel
from schemas.explained import Explained, Mark, MarkKind
from schemas.explanation import (
    Contribution,
    Explanation,
    GateExplanation,
    LabelExplanation,
    PartyExplanation,
)

TITLE = "Kenya, Italy sign memorandum on lithium"
SUMMARY = "The EBRD will lend for a refinery at home."
THEMES = (("supply_chains", "Supply chains"), ("localization", "Localization"))

Marks = list[tuple[MarkKind, str, Field, str]]
Explain = Callable[..., Explained]


def piece(field: Field, text: str, words: str) -> Evidence:
    start = text.index(words)
    return Evidence(field, start, start + len(words), words, "rule")


@pytest.fixture
def explain() -> Explain:
    """A document explained; ``marks`` are (kind, id, field, words)."""

    def make(
        title: str = TITLE,
        summary: str = SUMMARY,
        marks: Marks | None = None,
        *,
        relevant: bool = True,
        problems: tuple[str, ...] = (),
        stored_ruleset: str | None = None,
    ) -> Explained:
        texts: dict[Field, str] = {"title": title, "summary": summary}
        found = tuple(
            Mark(kind, name, piece(field, texts[field], words))
            for kind, name, field, words in marks or []
        )
        reading = Assessment(
            document_id="1",
            ruleset="r1-abc",
            relevant=relevant,
            relevance=0.98 if relevant else 0.2,
            language="en",
            themes=(ThemeLabel("localization", 0.65),) if relevant else (),
            stage=Stage.SIGNED if relevant else Stage.NONE,
            parties=("IT", "KE") if relevant else (),
            significance=3 if relevant else 0,
            reasons=("an agreement signed",) if relevant else (),
            problems=problems,
        )
        return Explained(
            explanation=Explanation(
                document=Document("1", title, summary, "en"),
                assessment=reading,
                gate=GateExplanation(passed=True, reason='it has "lithium"'),
                labels=_labels(relevant=relevant),
                parties=(
                    PartyExplanation("KE", relevant, 0.75, 0.5, (Contribution("named", 0.75),)),
                    PartyExplanation("CN", False, -0.2, 0.5, (Contribution("opponent", -0.8),)),
                ),
            ),
            marks=found,
            themes=THEMES,
            stored_ruleset=stored_ruleset,
        )

    return make


def _labels(*, relevant: bool) -> tuple[LabelExplanation, ...]:
    words = Evidence("title", 0, 5, "Kenya", "rule")
    pull = (Contribution("pattern market", -2.5, words), Contribution("pattern state", 1.0, words))
    many = tuple(Contribution(f"pattern p{n}", 0.1) for n in range(20))
    return (
        LabelExplanation("relevance", "relevant", relevant, 0.98 if relevant else 0.2, 0.5, pull),
        LabelExplanation("theme", "supply_chains", False, 0.3, 0.5, many),
        LabelExplanation("theme", "localization", True, 0.65, 0.5, (Contribution("works", 0.65),)),
        LabelExplanation("stage", "signed", True, 0.8, 0.5, (Contribution("sign", 0.8),)),
        LabelExplanation("stage", "agreed", False, 0.6, 0.5, (Contribution("accord", 0.6),)),
        LabelExplanation("stage", "ratified", False, 0.0, 0.5),
        LabelExplanation("significance", "3", True, 1.0, 0.5),
    )
