"""Reading without a database: classify, cluster."""

import json
import sys
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from itertools import islice
from typing import TYPE_CHECKING, Any

import typer

from pipeline.catalog import load_rules
from pipeline.commands.common import (
    MISUSED,
    err,
    print_line,
    told_errors,
)
from pipeline.settings import load_settings
from schemas.assessment import Assessment, Document
from schemas.story import ClusterDocument

if TYPE_CHECKING:
    from pipeline.assess.assessor import Assessor
    from pipeline.cluster.places import Gazetteer

CHUNK = 256
"""Lines read before any is answered: enough for spaCy's batches, little enough to stay prompt."""


def classify() -> None:
    """Read JSON lines (id, title, summary, lang?, text?) and write a line of labels for each.

    Example: mineralwatch classify < items.jsonl > labels.jsonl
    """
    from pipeline.assess.output import to_line

    with told_errors():
        assessor = assessor_in_force()
        lines = Lines(stdin())
        for chunk in _chunks(lines):
            for row, reading in _read(chunk, assessor):
                print_line({**to_line(reading), "id": row.get("id")})
            sys.stdout.flush()
    end(lines)


def cluster() -> None:
    """Read JSON lines (id, title, summary, published, lang?) in time order; say each one's story.

    Example: mineralwatch cluster < items.jsonl
    """
    from pipeline.cluster.stream import StoryStream

    with told_errors():
        assessor = assessor_in_force()
        stream, gazetteer = StoryStream(), gazetteer_in_force()
        lines = Lines(stdin())
        for chunk in _chunks(lines):
            for row, reading in _read(chunk, assessor):
                story = stream.assign(cluster_document(row, reading, gazetteer))
                print_line({"id": row.get("id"), "story": story})
            sys.stdout.flush()
    end(lines)


_LONG_AGO, _FAR_AHEAD = datetime(1970, 1, 1, tzinfo=UTC), datetime(9000, 1, 1, tzinfo=UTC)
"""Times beyond these are taken as these: sums with them stay within what a date can be."""


class Lines:
    """JSON objects of a stream, a line each; lines that are none are told and counted."""

    def __init__(self, stream: Iterable[str]) -> None:
        self._stream = stream
        self.bad = 0

    def __iter__(self) -> Iterator[dict[str, Any]]:
        for number, line in enumerate(self._stream, 1):
            text = line.removeprefix("\ufeff") if number == 1 else line
            if not text.strip():
                continue
            try:
                row = json.loads(text, parse_constant=_no_number)
            except RecursionError:
                self._refuse(number, "not JSON: nested too deeply")
                continue
            except ValueError as error:
                told = error.msg if isinstance(error, json.JSONDecodeError) else str(error)
                self._refuse(number, f"not JSON: {told.partition(';')[0]}")
                continue
            if not isinstance(row, dict):
                self._refuse(number, "not a JSON object")
                continue
            yield row

    def _refuse(self, number: int, why: str) -> None:
        self.bad += 1
        err.print(f"line {number}: {why}; one object a line is wanted", markup=False)


def stdin() -> Iterator[str]:
    """The lines of standard input as UTF-8, whatever the locale; bytes that are not are told."""
    for number, raw in enumerate(sys.stdin.buffer, 1):
        line = raw.decode(errors="replace")
        if b"\xef\xbf\xbd" not in raw and "\ufffd" in line:
            err.print(f"line {number}: not all of it is UTF-8; \ufffd stands for what is not")
        yield line


def _no_number(name: str) -> None:
    raise ValueError(f"{name} is no number")


def end(lines: Lines) -> None:
    """Exit code 2 where a line could not be read."""
    if lines.bad:
        raise typer.Exit(MISUSED)


def _chunks(rows: Iterable[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    iterator = iter(rows)
    while chunk := list(islice(iterator, CHUNK)):
        yield chunk


def assessor_in_force() -> "Assessor":
    """The assessor under the rules of the configuration."""
    from pipeline.assess.assessor import build_assessor

    return build_assessor(load_rules(load_settings()))


def gazetteer_in_force() -> "Gazetteer":
    """The states that the configuration knows by name."""
    from pipeline.cluster.places import Gazetteer

    return Gazetteer.of_states(load_rules(load_settings()).lexicon.states.states)


def _read(
    chunk: Sequence[dict[str, Any]], assessor: "Assessor"
) -> Iterator[tuple[dict[str, Any], Assessment]]:
    return zip(chunk, assessor.assess(document(row) for row in chunk), strict=True)


def document(row: dict[str, Any]) -> Document:
    """A row as a document; whatever stands where text should be is read as text."""
    language = row.get("lang")
    return Document(
        id=str(row.get("id")),
        title=_text(row.get("title")),
        summary=_text(row.get("summary")),
        language=language if isinstance(language, str) and language else None,
        text=_text(row.get("text")),
    )


def _text(value: object) -> str:
    return "" if value is None else value if isinstance(value, str) else str(value)


def cluster_document(
    row: dict[str, Any], reading: Assessment, gazetteer: "Gazetteer"
) -> ClusterDocument:
    """A row and its reading as clustering takes them."""
    title, summary = _text(row.get("title")), _text(row.get("summary"))
    return ClusterDocument(
        id=str(row.get("id")),
        title=title,
        summary=summary,
        places=gazetteer.places(title, summary),
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
        found = (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        return _LONG_AGO
    return max(_LONG_AGO, min(found, _FAR_AHEAD))
