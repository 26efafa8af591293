"""export: stories, articles, moves, agreements, alerts → CSV, JSON lines, RSS, Atom, as a stream.

    store (a page of rows at a time) ──> shapes ──> text, a row at a time

So an archive of any size is exported in the memory of one page.
"""

import csv
import io
import json
from collections.abc import Iterator, Mapping
from dataclasses import fields
from datetime import datetime
from itertools import chain, islice
from typing import Any

from sqlalchemy.orm import Session

from pipeline.errors import ConfigError
from pipeline.stages.context import Context
from pipeline.stages.feed_writing import FeedHead, atom, rss
from pipeline.store import export as store
from schemas.codec import to_json
from schemas.export import (
    EXPORT_SHAPES,
    ExportedMove,
    ExportedStory,
    ExportFormat,
    ExportKind,
    FeedItem,
)

FEED_ITEMS = 200
"""Items of a feed: readers keep what they saw, and ask for all of it each time."""
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
"""What makes a spreadsheet take text for a formula (OWASP, CSV Injection), also in full width."""


def export(
    context: Context,
    kind: ExportKind,
    file_format: ExportFormat,
    *,
    since: datetime,
    self_url: str | None = None,
) -> Iterator[str]:
    """The export in pieces; it is read from one transaction while it is consumed.

    Args:
        context: settings, configuration, database.
        kind: what.
        file_format: how.
        since: articles by when they were first seen, stories by their last article, moves and
            alerts by when they were recorded. Agreements are all given.
        self_url: where the feed will be found, for RSS and Atom.

    Raises:
        ConfigError: no feed is made of that kind.
    """
    if file_format in {ExportFormat.RSS, ExportFormat.ATOM}:
        if kind not in {ExportKind.STORIES, ExportKind.MOVES}:
            raise ConfigError(
                f"no feed is made of {kind}",
                mend="feeds are made of stories and moves; else use --format csv or jsonl",
            )
        return _feed(context, kind, file_format, since, self_url)
    if file_format is ExportFormat.CSV:
        return _csv(context, kind, since)
    return _jsonl(context, kind, since)


def _shapes(kind: ExportKind, since: datetime, session: Session) -> Iterator[Any]:
    match kind:
        case ExportKind.STORIES:
            return (one.story for one in store.export_stories(since=since, session=session))
        case ExportKind.ARTICLES:
            return store.export_articles(since=since, session=session)
        case ExportKind.MOVES:
            return store.export_moves(since=since, session=session)
        case ExportKind.AGREEMENTS:
            return store.export_agreements(session=session)
        case ExportKind.ALERTS:
            return store.export_alerts(since=since, session=session)


def _jsonl(context: Context, kind: ExportKind, since: datetime) -> Iterator[str]:
    with context.database.read() as session:
        for shape in _shapes(kind, since, session):
            told = json.dumps(to_json(shape), ensure_ascii=False)
            # A line is a line: JSON lets these stand, some readers part lines at them.
            yield told.replace("\u2028", "\\u2028").replace("\u2029", "\\u2029") + "\n"


def _csv(context: Context, kind: ExportKind, since: datetime) -> Iterator[str]:
    names = [field.name for field in fields(EXPORT_SHAPES[kind])]
    line = io.StringIO()
    writer = csv.DictWriter(line, names)
    writer.writeheader()
    yield line.getvalue()
    with context.database.read() as session:
        for shape in _shapes(kind, since, session):
            line.seek(0)
            line.truncate()
            writer.writerow(cells(to_json(shape)))
            yield line.getvalue()


def cells(row: Mapping[str, Any]) -> dict[str, str | int | float | bool | None]:
    """A row's values as cells: lists by semicolons, text so that no spreadsheet runs it."""
    return {name: _cell(value) for name, value in row.items()}


def _cell(value: Any) -> Any:
    if isinstance(value, list):
        value = "; ".join(map(str, value))
    if not isinstance(value, str):
        return value
    value = value.replace("\0", "")
    return f"'{value}" if value.lstrip(" ").startswith(_FORMULA) else value


def _feed(
    context: Context,
    kind: ExportKind,
    file_format: ExportFormat,
    since: datetime,
    self_url: str | None,
) -> Iterator[str]:
    with context.database.read() as session:
        titles = context.catalog.theme_titles
        items: Iterator[FeedItem]
        if kind is ExportKind.STORIES:
            stories = store.export_stories(since=since, session=session)
            items = (_story_item(one, titles) for one in stories)
        else:
            items = map(_move_item, store.export_moves(since=since, session=session))
        items = islice(items, FEED_ITEMS)
        first = next(items, None)
        name = context.catalog.digest.title
        told = "stories" if kind is ExportKind.STORIES else "steps of agreements"
        head = FeedHead(
            key=f"feed:{kind}",
            title=f"{name}: {told}",
            description=f"{told.capitalize()}, the newest first.",
            updated=first.at if first else context.now,
            self_url=self_url,
        )
        write = rss if file_format is ExportFormat.RSS else atom
        yield from write(head, chain([first], items) if first else items)


def _story_item(told: ExportedStory, titles: Mapping[str, str]) -> FeedItem:
    story = told.story
    said = [
        f"Stage: {story.stage.value}",
        f"States: {', '.join(story.parties)}" if story.parties else "",
        f"Minerals: {', '.join(story.minerals)}" if story.minerals else "",
        f"Told by: {', '.join(story.outlets)}" if story.outlets else "",
    ]
    return FeedItem(
        key=f"story:{story.id}",
        title=story.title,
        text=". ".join(part for part in said if part) + ".",
        at=story.last_at,
        link=told.url,
        categories=tuple(titles.get(theme, theme) for theme in story.themes),
    )


def _move_item(move: ExportedMove) -> FeedItem:
    return FeedItem(
        key=f"move:{move.agreement_id}:{move.stage.value}:{move.story_id}",
        title=f"{move.agreement}: {move.previous.value} → {move.stage.value}",
        text=move.quote,
        at=move.recorded_at,
        link=move.article_url,
        categories=(move.stage.value,),
    )
