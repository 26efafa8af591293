"""What a model says of itself, read from its files without loading its weights."""

import json
import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from pipeline.assess.model_files import DESCRIPTION, PACKAGE_MODEL, model_hash
from schemas.desk_pages import ScoreLine

CARD = "model_card.md"
_ROW = re.compile(
    r"^\| (?P<label>[^|]+?) \| ([01]\.\d+) \| ([01]\.\d+) \| ([01]\.\d+) \|$", re.MULTILINE
)


@dataclass(frozen=True, slots=True)
class ModelFacts:
    """A model's description and its scores; empty where there is no model."""

    hash: str = ""
    items: int = 0
    relevant: int = 0
    data_hash: str = ""
    languages: tuple[tuple[str, int], ...] = ()
    themes: frozenset[str] = frozenset()
    scores: tuple[ScoreLine, ...] = ()


@lru_cache(maxsize=4)
def model_facts(folder: Path = PACKAGE_MODEL) -> ModelFacts:
    """The facts of the model in ``folder``; what a file does not tell is left empty."""
    known = model_hash(folder)
    if not known:
        return ModelFacts()
    told: dict[str, Any] = json.loads((folder / DESCRIPTION).read_text(encoding="utf-8"))
    languages: dict[str, int] = told.get("languages", {})
    return ModelFacts(
        hash=known[:12],
        items=int(told.get("items", 0)),
        relevant=int(told.get("relevant", 0)),
        data_hash=str(told.get("data_hash", "")),
        languages=tuple(sorted(languages.items(), key=lambda pair: -pair[1])),
        themes=frozenset(told["heads"]["themes"]["labels"]),
        scores=_scores(folder / CARD),
    )


def _scores(card: Path) -> tuple[ScoreLine, ...]:
    """The table of precision, recall and F1 in the model card."""
    if not card.is_file():
        return ()
    return tuple(
        ScoreLine(row["label"].strip(), float(row[2]), float(row[3]), float(row[4]))
        for row in _ROW.finditer(card.read_text(encoding="utf-8"))
    )
