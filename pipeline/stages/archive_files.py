"""Reading an archive's files: lines of JSON or CSV, documents of feeds; packed by gzip or not.

What cannot be read is a `Fault` that names the place and the mend; the rest is read on.
"""

import csv
import gzip
import io
import json
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, TypeAlias

from pipeline.errors import ConfigError

MAX_LINE = 1_000_000
"""Bytes of one row: an article with its summary has some thousand."""
MAX_BYTES = 20_000_000_000
"""Of one file when unpacked: a gzip bomb ends here, having filled no memory."""
_GZIP = b"\x1f\x8b"
_BROKEN = (OSError, EOFError, zlib.error)


@dataclass(frozen=True, slots=True)
class Fault:
    """What could not be read, and what to do about it."""

    where: str
    what: str
    mend: str


@dataclass(frozen=True, slots=True)
class Line:
    """A row and the line on which it begins."""

    number: int
    row: Mapping[str, Any]


Read: TypeAlias = Iterator[Line | Fault]


def json_lines(path: Path) -> Read:
    """The objects of a file with one on each line.

    Raises:
        ConfigError: the file cannot be opened.
    """
    for number, line in _lines(path):
        where = f"{path}:{number}"
        if isinstance(line, str):
            yield Fault(where, line, "give each article a line of at most 1 MB")
            continue
        if not line.strip():
            continue
        try:
            row = json.loads(line.decode("utf-8-sig" if number == 1 else "utf-8"))
        except UnicodeDecodeError:
            yield Fault(where, "not UTF-8", "save the file as UTF-8")
        except (ValueError, RecursionError) as error:
            told = getattr(error, "msg", type(error).__name__)
            yield Fault(where, f"not JSON: {told}", "mend the line: one JSON object on each")
        else:
            if isinstance(row, dict):
                yield Line(number, row)
            else:
                yield Fault(where, "not a JSON object", "one object a line, with title and url")


def csv_rows(path: Path) -> Read:
    """The rows of a CSV file by the names in its first line.

    Raises:
        ConfigError: the file cannot be opened, or its first line does not name a title.
    """
    csv.field_size_limit(MAX_LINE)
    faults: list[Fault] = []
    reader = csv.DictReader(_texts(path, faults), strict=False)
    number = 1
    while True:
        try:
            if reader.fieldnames is not None and "title" not in reader.fieldnames:
                raise ConfigError(
                    f"{path}: its first line names no column `title`",
                    mend="begin the file with a line such as: title,url,summary,published",
                )
            row = next(reader, None)
        except csv.Error as error:
            yield Fault(f"{path}:{reader.line_num}", f"not CSV: {error}", "mend the row")
            number = reader.line_num + 1
            continue
        yield from faults
        faults.clear()
        if row is None:
            return
        begins, number = max(number, 2), reader.line_num + 1
        if None in row:
            words = "it has more fields than the first line has names"
            yield Fault(f"{path}:{begins}", words, "put text with commas in quotes")
        elif any("\udc80" <= letter <= "\udcff" for text in row.values() for letter in text or ""):
            yield Fault(f"{path}:{begins}", "not UTF-8", "save the file as UTF-8")
        else:
            yield Line(begins, row)


def _texts(path: Path, faults: list[Fault]) -> Iterator[str]:
    for number, line in _lines(path):
        if isinstance(line, str):
            faults.append(Fault(f"{path}:{number}", line, "give each row at most 1 MB"))
        else:
            yield line.decode("utf-8-sig" if number == 1 else "utf-8", "surrogateescape")


def documents(path: Path, limit: int) -> Iterator[tuple[Path, bytes] | Fault]:
    """Each file of a folder (and of those in it), or the one file, as bytes of at most ``limit``.

    Hidden files are left out.

    Raises:
        ConfigError: there is nothing at the path.
    """
    if not path.exists():
        raise ConfigError(f"{path}: there is no such file or folder", mend="check the path")
    files = sorted(p for p in path.rglob("*") if p.is_file()) if path.is_dir() else [path]
    for file in files:
        if any(part.startswith(".") for part in file.relative_to(path).parts):
            continue
        try:
            with opened(file) as stream:
                body = stream.read(limit + 1)
        except _BROKEN as error:
            yield Fault(str(file), f"cannot be read: {error}", "is it whole?")
            continue
        if len(body) > limit:
            told = f"larger than {limit:,} bytes when unpacked"
            yield Fault(str(file), told, "raise MINERALWATCH_MAX_FEED_BYTES, or part the file")
        else:
            yield file, body


def opened(path: Path) -> IO[bytes]:
    """The file's bytes, unpacked where they are packed by gzip (told by its first bytes)."""
    raw = path.open("rb")
    packed = raw.read(2) == _GZIP
    raw.seek(0)
    return gzip.GzipFile(fileobj=raw, mode="rb") if packed else raw  # type: ignore[return-value]


def _lines(path: Path) -> Iterator[tuple[int, bytes | str]]:
    """(number, line) of the file; a str in place of a line says why there is none."""
    number = read = 0
    try:
        with opened(path) as stream:
            buffered = io.BufferedReader(stream)  # type: ignore[type-var]
            while line := buffered.readline(MAX_LINE + 1):
                number += 1
                read += len(line)
                if len(line) <= MAX_LINE:
                    yield number, line
                else:
                    while line and not line.endswith(b"\n") and read <= MAX_BYTES:
                        line = buffered.readline(MAX_LINE)
                        read += len(line)
                    yield number, f"longer than {MAX_LINE:,} bytes"
                if read > MAX_BYTES:
                    yield number + 1, f"the file has more than {MAX_BYTES:,} bytes when unpacked"
                    return
    except _BROKEN as error:
        if number == 0:
            raise ConfigError(f"{path}: cannot be read: {error}", mend="check the path") from error
        yield number + 1, f"cannot be read further: {error}"
