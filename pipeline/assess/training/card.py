"""What a model says of itself: model.json, and the model card in words."""

import hashlib
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from pipeline.assess.learned import save_model
from pipeline.assess.training.items import Item
from pipeline.assess.training.run import Trained

CARD = "model_card.md"


def describe(trained: Trained, items: Sequence[Item]) -> dict[str, Any]:
    """The facts: data, its hash and counts, sizes, scores out of fold."""
    rows = [item.row for item in items]
    relevant = [row for row in rows if row["relevant"]]
    lines = "\n".join(json.dumps(row, sort_keys=True, ensure_ascii=False) for row in rows)
    return {
        "items": len(rows),
        "relevant": len(relevant),
        "events": len({row["event"] for row in rows if row["event"]}),
        "data_hash": hashlib.sha256(lines.encode()).hexdigest()[:16],
        "languages": _counts(row["lang"] for row in rows),
        "stages": _counts(row["stage"] for row in relevant),
        "themes": _counts(theme for row in relevant for theme in row["themes"]),
        "features": {name: len(space.names) for name, space in trained.model.spaces.items()},
        "scores": trained.report.to_json(),
        "files": {name: report.to_json() for name, report in trained.by_file.items()},
    }


def _counts(values: Any) -> dict[str, int]:
    return dict(Counter(values).most_common())


def write_card(described: Mapping[str, Any], trained: Trained, folder: Path) -> None:
    """Write weights, description and card into ``folder``."""
    told = {name: value for name, value in described.items() if name not in {"scores", "files"}}
    save_model(replace(trained.model, description=told), folder)
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        autoescape=False,  # noqa: S701 - Markdown made of our own numbers
    )
    text = environment.get_template("model_card.md.j2").render(described)
    (folder / CARD).write_text(text, encoding="utf-8")
