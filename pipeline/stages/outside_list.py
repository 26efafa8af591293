"""An outside list: what should have been seen, as text lines, CSV or JSON lines."""

import csv
import io
import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any, Literal

from pipeline.errors import ConfigError
from schemas.coverage import Asked, BadLine

Form = Literal["text", "csv", "json lines"]
MAX_BYTES = 100_000_000
MAX_ITEMS = 100_000
_NAMES: Mapping[str, tuple[str, ...]] = {
    "url": ("url", "link", "address", "href"),
    "title": ("title", "headline"),
    "at": ("date", "published", "published_at", "pubdate", "time"),
}
"""What a column or key may be called, in any case."""
_WEB = ("http://", "https://")
_MEND = "one address or headline a line, CSV with a column url or title, or JSON lines with these"


def read_list(path: Path) -> tuple[list[Asked], list[BadLine]]:
    """Return the items of a list, and the lines that cannot be used.

    The form is told from the first line that has anything in it: ``{`` begins JSON lines, a row of
    names with url or title among them begins CSV (comma, semicolon or tab), all else is text, where
    a line is an address or a headline and ``#`` begins a comment.

    Raises:
        ConfigError: the file cannot be read, or no line of it can be used.
    """
    text = _text(path)
    form, mark = sniff(text)
    if form == "csv":
        rows = _csv_rows(text, mark)
    else:
        rows = _json_rows(text) if form == "json lines" else _text_rows(text)
    items: list[Asked] = []
    bad: list[BadLine] = []
    for one in rows:
        if isinstance(one, BadLine):
            bad.append(one)
        else:
            items.append(one)
    if len(items) > MAX_ITEMS:
        raise ConfigError(
            f"{path}: {len(items)} items are more than {MAX_ITEMS}", mend="split the file"
        )
    if not items:
        told = f"line {bad[0].line}: {bad[0].what}" if bad else "it is empty"
        raise ConfigError(f"{path}: no line can be used ({told})", mend=_MEND)
    return items, bad


def _text(path: Path) -> str:
    try:
        if path.stat().st_size > MAX_BYTES:
            raise ConfigError(f"{path}: larger than {MAX_BYTES:,} bytes", mend="split the file")
        return path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {error.strerror}", mend="check the path") from (
            error
        )
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise ConfigError(f"{path}, line {line}: not UTF-8", mend="save it as UTF-8") from error


def sniff(text: str) -> tuple[Form, str]:
    """Return the form, and for CSV what parts the columns."""
    first = next((line for line in text.splitlines() if line.strip()), "")
    if first.lstrip().startswith("{"):
        return "json lines", ""
    for mark in (",", ";", "\t"):
        names = {name.strip(' "').casefold() for name in first.split(mark)}
        if names & {*_NAMES["url"], *_NAMES["title"]}:
            return "csv", mark
    return "text", ""


def _text_rows(text: str) -> Iterator[Asked | BadLine]:
    for number, line in enumerate(text.split("\n"), 1):
        told = line.strip()
        if told and not told.startswith("#"):
            key = "url" if told.casefold().startswith(_WEB) else "title"
            yield _asked(number, {key: told})


def _json_rows(text: str) -> Iterator[Asked | BadLine]:
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except (json.JSONDecodeError, RecursionError) as error:
            what = getattr(error, "msg", "nested too deeply")
            yield BadLine(number, f"not JSON: {what}", "one JSON object a line")
            continue
        if isinstance(row, dict):
            yield _asked(number, row)
        else:
            yield BadLine(number, "not a JSON object", 'write {"url": …} or {"title": …}')


def _csv_rows(text: str, mark: str) -> Iterator[Asked | BadLine]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=mark)
    names: list[str] | None = None
    start = 1
    while True:
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield BadLine(reader.line_num, f"not CSV: {error}", "check the quotation marks")
            return
        if names is None and any(row):
            names = [name.strip() for name in row]
        elif any(cell.strip() for cell in row):
            assert names is not None  # noqa: S101 - the first row that has anything
            if len(row) > len(names):
                what = f"{len(row)} columns under {len(names)} names"
                yield BadLine(start, what, f"put what has a {mark!r} in it into quotation marks")
            else:
                yield _asked(start, dict(zip(names, row, strict=False)))
        start = reader.line_num + 1


def _asked(number: int, row: Mapping[str, Any]) -> Asked | BadLine:
    plain = {str(name).strip().casefold(): value for name, value in row.items()}
    values: dict[str, str] = {}
    for key, names in _NAMES.items():
        told = next((plain[name] for name in names if plain.get(name) not in {None, ""}), "")
        if not isinstance(told, str):
            return BadLine(number, f"its {key} is not text: {told!r:.80}", "write it as a string")
        values[key] = " ".join(told.split())
    url, title = values["url"], values["title"]
    if url and not url.casefold().startswith(_WEB):
        return BadLine(number, f"{url!r:.80} is no address of the web", "begin it with https://")
    if not url and not title:
        return BadLine(number, "neither an address nor a headline", "give url or title")
    at = _time(values["at"]) if values["at"] else None
    if isinstance(at, str):
        return BadLine(number, at, "write a date such as 2026-05-01 or 2026-05-01T09:00Z")
    return Asked(number, url or None, title or None, at)


def _time(text: str) -> datetime | str:
    """The time in UTC, or what is wrong with it; ISO 8601 or, as feeds have it, RFC 822."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        try:
            found = parsedate_to_datetime(text)
        except ValueError:
            return f"{text!r:.80} is no date"
    try:
        return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)
    except OverflowError:
        return f"{text!r:.80} is out of range"
