"""import_archive: files of past articles → article rows that are assessed but never alerted.

    JSON lines, CSV ──> rows ──┐
    documents of feeds ──> the collector's own parser ──> entries ──> articles ──> the store

Each row and each entry is new, known, or a problem with its place and the mend: none is lost.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Any, Literal, get_args

from pipeline.collect.articles import count_empty, to_articles
from pipeline.collect.fields import MAX_LINK, http_link
from pipeline.collect.parse import parse_feed
from pipeline.errors import ConfigError
from pipeline.stages.archive_files import Fault, Read, csv_rows, documents, json_lines
from pipeline.stages.context import Context, Tally
from pipeline.store import articles
from schemas.article import NewArticle
from schemas.feed import Failed, FeedEntry, ParsedFeed
from schemas.report import StageReport

Format = Literal["jsonl", "csv", "feeds"]
BATCH = 1000
NAMED = 1000
"""Problems that are told one by one; of more, the number."""
_JSON, _CSV = {".jsonl", ".ndjson", ".jsonlines"}, {".csv"}
_OTHER_NAMES = {"published": "published_at", "lang": "language", "source": "outlet"}
"""As `mineralwatch export articles` writes them."""


def import_archive(
    context: Context, *, path: Path, file_format: Format | None = None
) -> StageReport:
    """Bring in a file of rows with ``title`` and ``url``, or a folder of feeds' documents.

    Rows may have ``summary``, ``published`` (ISO 8601), ``lang`` and ``source``; the names of our
    own export do as well. Files may be packed by gzip. Without a format it is told by the name.

    Raises:
        ConfigError: the file cannot be read at all, or its format cannot be told.
    """
    tally = Tally("import_archive", context.now)
    tally.set(rows=0, new=0, known=0, refused=0)
    if (file_format or format_of(path)) == "feeds":
        found = _of_feeds(path, tally, context)
    else:
        found = _of_rows(path, file_format or format_of(path), tally, context.now)
    while batch := list(islice(found, BATCH)):
        with context.database.write() as session:
            stored = articles.store_articles(
                batch, feed_id=None, now=context.now, session=session, backfill=True
            )
        tally.add("rows", len(batch))
        tally.add("new", stored.new)
        tally.add("known", len(batch) - stored.new)
    if tally.counts["refused"] > NAMED:
        tally.problem(str(path), f"and {tally.counts['refused'] - NAMED} more", "as above")
    return tally.report()


def format_of(path: Path) -> Format:
    """The format that the path's name tells.

    Raises:
        ConfigError: it tells none.
    """
    if path.is_dir():
        return "feeds"
    suffixes = {suffix.lower() for suffix in path.suffixes[-2:]}
    if suffixes & _JSON:
        return "jsonl"
    if suffixes & _CSV:
        return "csv"
    if suffixes & {".xml", ".rss", ".atom", ".rdf"}:
        return "feeds"
    raise ConfigError(
        f"{path}: its name does not tell its format",
        mend=f"name it: --format {' | '.join(get_args(Format))}",
    )


def _refuse(tally: Tally, fault: Fault, count: int = 1) -> None:
    if tally.counts["refused"] < NAMED:
        tally.problem(fault.where, fault.what, fault.mend)
    tally.add("refused", count)


def _of_rows(path: Path, file_format: Format, tally: Tally, now: datetime) -> Iterator[NewArticle]:
    read: Read = csv_rows(path) if file_format == "csv" else json_lines(path)
    for line in read:
        if isinstance(line, Fault):
            _refuse(tally, line)
            continue
        try:
            made = _article(line.row, now)
        except (ValueError, OverflowError, RecursionError) as error:
            told = f"not usable: {str(error)[:200]}"
            _refuse(tally, Fault(f"{path}:{line.number}", told, "give title and url"))
        else:
            yield made


def _of_feeds(path: Path, tally: Tally, context: Context) -> Iterator[NewArticle]:
    for found in documents(path, context.settings.max_feed_bytes):
        if isinstance(found, Fault):
            _refuse(tally, found)
            continue
        file, body = found
        feed = parse_feed(body, url="archive:", content_type=None)
        if isinstance(feed, Failed):
            mend = "only RSS, Atom, RDF and JSON Feed are read"
            _refuse(tally, Fault(str(file), f"{feed.kind}: {feed.message}", mend))
            continue
        for problem in feed.problems:
            tally.problem(str(file), problem, "the rest was read")
        empty = count_empty(feed)
        if empty:
            told = f"{empty} entries have neither title nor summary"
            _refuse(tally, Fault(str(file), told, "nothing to read in them"), empty)
        yield from to_articles(
            feed,
            feed_url=feed.self_url or "archive:",
            feed_name=feed.title or file.name,
            feed_language=feed.language or "en",
            now=context.now,
        )


def _article(row: Mapping[str, Any], now: datetime) -> NewArticle:
    """The row as the collector would have made it from a feed.

    Raises:
        ValueError: there is no title, or ``published`` is not a date.
    """
    given = {name: row.get(name) or row.get(other) for name, other in _OTHER_NAMES.items()}
    title, url = _text(row.get("title")), _text(row.get("url"))
    if not title.strip():
        raise ValueError("no title")
    link = http_link(url, "")
    if url.strip() and link is None:
        raise ValueError(f"url is not an http address of at most {MAX_LINK:,} characters")
    published = None
    if given["published"]:
        try:
            published = datetime.fromisoformat(str(given["published"]))
        except ValueError as error:
            told = f"published is {str(given['published'])[:40]!r}, not a date such as 2026-05-04"
            raise ValueError(told) from error
        published = (published if published.tzinfo else published.replace(tzinfo=UTC)).astimezone(
            UTC
        )
    entry = FeedEntry(
        title=title,
        summary=_text(row.get("summary")),
        link=link,
        guid=hashlib.sha256(json.dumps(row, sort_keys=True, default=str).encode()).hexdigest(),
        published=published,
        language=_text(given["lang"])[:8] or None,
        source_name=_text(given["source"]) or None,
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


def _text(value: object) -> str:
    """As text that both databases take: no NUL, no half of a surrogate pair."""
    told = str(value or "").replace("\0", "")
    return told.encode("utf-8", "replace").decode("utf-8")
