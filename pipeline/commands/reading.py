"""Reading without a database: classify, cluster, evaluate."""

import json
import sys
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.progress import track
from rich.table import Table

from pipeline.catalog import load_rules
from pipeline.commands.common import (
    MISUSED,
    Json,
    err,
    out,
    print_json,
    print_line,
    told_errors,
)
from pipeline.settings import load_settings
from schemas.assessment import Assessment, Document
from schemas.story import ClusterDocument

if TYPE_CHECKING:
    from pipeline.assess.assessor import Assessor
    from pipeline.assess.evaluate import Evaluation

CHUNK = 256
"""Lines read before any is answered: enough for spaCy's batches, little enough to stay prompt."""


def classify() -> None:
    """Read JSON lines (id, title, summary, lang?) and write a line of labels for each.

    Example: mineralwatch classify < items.jsonl > labels.jsonl
    """
    from pipeline.assess.output import to_line

    with told_errors():
        assessor = _assessor()
        lines = _Lines(sys.stdin)
        for chunk in _chunks(lines):
            for row, reading in _read(chunk, assessor):
                print_line({**to_line(reading), "id": row.get("id")})
            sys.stdout.flush()
    _end(lines)


def cluster() -> None:
    """Read JSON lines (id, title, summary, published, lang?) in time order; say each one's story.

    Example: mineralwatch cluster < items.jsonl
    """
    from pipeline.cluster.stream import StoryStream

    with told_errors():
        assessor = _assessor()
        stream = StoryStream()
        lines = _Lines(sys.stdin)
        for chunk in _chunks(lines):
            for row, reading in _read(chunk, assessor):
                story = stream.assign(_cluster_document(row, reading))
                print_line({"id": row.get("id"), "story": story})
            sys.stdout.flush()
    _end(lines)


def evaluate(
    file: Annotated[Path, typer.Argument(help="A gold file: JSON lines with labels.")],
    as_json: Json = False,
) -> None:
    """Compare the readings with a labelled file: precision, recall and F1 per label.

    Example: mineralwatch evaluate gold.jsonl
    """
    from pipeline.assess.evaluate import evaluate_readings

    with told_errors():
        if not file.is_file():
            raise typer.BadParameter(f"{file}: no such file")
        assessor = _assessor()
        with file.open(encoding="utf-8") as stream:
            lines = _Lines(stream)
            gold = list(lines)
        documents = track(
            (_document(row) for row in gold),
            total=len(gold),
            description="reading",
            console=err,
            transient=True,
        )
        result = evaluate_readings(gold, list(assessor.assess(documents)))
    if as_json:
        print_json(result.to_json())
    else:
        _show(result)
    _end(lines)


class _Lines:
    """JSON objects of a stream, a line each; lines that are none are told and counted."""

    def __init__(self, stream: Iterable[str]) -> None:
        self._stream = stream
        self.bad = 0

    def __iter__(self) -> Iterator[dict[str, Any]]:
        for number, line in enumerate(self._stream, 1):
            if not line.strip():
                continue
            try:
                row = json.loads(line)
            except json.JSONDecodeError as error:
                self._refuse(number, f"not JSON: {error.msg}")
                continue
            if not isinstance(row, dict):
                self._refuse(number, "not a JSON object")
                continue
            yield row

    def _refuse(self, number: int, why: str) -> None:
        self.bad += 1
        err.print(f"line {number}: {why}; one object a line is wanted", markup=False)


def _end(lines: _Lines) -> None:
    if lines.bad:
        raise typer.Exit(MISUSED)


def _chunks(rows: Iterable[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    iterator = iter(rows)
    while chunk := list(islice(iterator, CHUNK)):
        yield chunk


def _assessor() -> "Assessor":
    from pipeline.assess.assessor import build_assessor

    return build_assessor(load_rules(load_settings()))


def _read(
    chunk: Sequence[dict[str, Any]], assessor: "Assessor"
) -> Iterator[tuple[dict[str, Any], Assessment]]:
    return zip(chunk, assessor.assess(_document(row) for row in chunk), strict=True)


def _document(row: dict[str, Any]) -> Document:
    """A row as a document; whatever stands where text should be is read as text."""
    language = row.get("lang")
    return Document(
        id=str(row.get("id")),
        title=_text(row.get("title")),
        summary=_text(row.get("summary")),
        language=language if isinstance(language, str) and language else None,
    )


def _text(value: object) -> str:
    return "" if value is None else value if isinstance(value, str) else str(value)


def _cluster_document(row: dict[str, Any], reading: Assessment) -> ClusterDocument:
    return ClusterDocument(
        id=str(row.get("id")),
        title=_text(row.get("title")),
        summary=_text(row.get("summary")),
        published_at=_published(row.get("published")),
        language=reading.language,
        parties=reading.parties,
        minerals=reading.minerals,
        stage=reading.stage,
        agreement=reading.agreement,
    )


def _published(value: object) -> datetime:
    """An ISO date or time; one that cannot be read is taken as very old, and so stands alone."""
    try:
        found = datetime.fromisoformat(str(value))
    except ValueError:
        return datetime(1970, 1, 1, tzinfo=UTC)
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _show(result: "Evaluation") -> None:
    table = Table(title=f"{result.items} items", title_justify="left")
    for column in ("label", "precision", "recall", "F1", "gold"):
        table.add_column(column, justify="left" if column == "label" else "right")
    for name, score in result.rows():
        table.add_row(
            name,
            f"{score.precision:.3f}",
            f"{score.recall:.3f}",
            f"{score.f1:.3f}",
            str(score.support),
        )
    out.print(table)
    for name, share in result.shares():
        out.print(f"{name}: {share:.3f}", highlight=False)
