"""import_archive: a file of past articles → article rows that are assessed but never alerted."""

import csv
import hashlib
import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Any, Literal

from pipeline.collect.articles import to_articles
from pipeline.errors import ConfigError
from pipeline.stages.context import Context, Tally
from pipeline.store import articles
from schemas.article import NewArticle
from schemas.feed import FeedEntry, ParsedFeed
from schemas.report import StageReport

Format = Literal["jsonl", "csv"]
BATCH = 1000


def import_archive(context: Context, *, path: Path, file_format: Format = "jsonl") -> StageReport:
    """Bring in a file of rows with ``title`` and ``url``.

    They may have ``summary``, ``published`` (ISO 8601), ``lang`` and ``source``. A row that cannot
    be used is a problem that names its line.

    Raises:
        ConfigError: the file cannot be read at all.
    """
    tally = Tally("import_archive", context.now)
    tally.set(rows=0, new=0, known=0)
    rows = _usable(path, file_format, tally, context.now)
    while batch := list(islice(rows, BATCH)):
        with context.database.write() as session:
            stored = articles.store_articles(
                batch, feed_id=None, now=context.now, session=session, backfill=True
            )
        tally.add("rows", len(batch))
        tally.add("new", stored.new)
        tally.add("known", stored.known)
    return tally.report()


def _usable(path: Path, file_format: Format, tally: Tally, now: datetime) -> Iterator[NewArticle]:
    for number, row in _rows(path, file_format, tally):
        try:
            yield _article(row, now)
        except (KeyError, ValueError) as error:
            tally.problem(f"{path}:{number}", f"not usable: {error}", "give title and url")


def _rows(
    path: Path,
    file_format: Format,
    tally: Tally,
) -> Iterator[tuple[int, Mapping[str, Any]]]:
    """(line number, row) of the file."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            if file_format == "csv":
                yield from enumerate(csv.DictReader(file), 2)
                return
            for number, line in enumerate(file, 1):
                if not line.strip():
                    continue
                try:
                    row = json.loads(line)
                except json.JSONDecodeError as error:
                    tally.problem(f"{path}:{number}", f"not JSON: {error.msg}", "mend the line")
                    continue
                if isinstance(row, dict):
                    yield number, row
                else:
                    tally.problem(f"{path}:{number}", "not a JSON object", "one object a line")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: cannot be read: {error}", mend="check the path") from error


def _article(row: Mapping[str, Any], now: datetime) -> NewArticle:
    """The row as the collector would have made it from a feed.

    Raises:
        ValueError: there is no title, or ``published`` is not a date.
    """
    title, url = str(row.get("title") or ""), str(row.get("url") or "")
    if not title.strip():
        raise ValueError("no title")
    published = None
    if row.get("published"):
        published = datetime.fromisoformat(str(row["published"]))
        published = published if published.tzinfo else published.replace(tzinfo=UTC)
    entry = FeedEntry(
        title=title,
        summary=str(row.get("summary") or ""),
        link=url or None,
        guid=hashlib.sha256(json.dumps(row, sort_keys=True, default=str).encode()).hexdigest(),
        published=published,
        language=str(row.get("lang") or "") or None,
        source_name=str(row.get("source") or "") or None,
    )
    made = to_articles(
        ParsedFeed(title="archive", entries=(entry,)),
        feed_url="archive:",
        feed_name="archive",
        feed_language=entry.language or "en",
        now=now,
    )
    if not made:
        raise ValueError("nothing to read in it")
    return made[0]
