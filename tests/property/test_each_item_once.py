"""Whatever a feed shows, in whatever order and shape: each of its items is new exactly once."""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from html import escape
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.collect.articles import to_articles
from pipeline.collect.parse import parse_feed
from pipeline.store import articles, feeds
from pipeline.store.engine import Database, open_database
from schemas.config import FeedConfig
from schemas.feed import ParsedFeed

NOW = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
_DATES = [None, NOW, NOW, NOW - timedelta(days=400), NOW + timedelta(days=4000)]
_HOSTS = ["http://{}", "https://{}", "https://www.{}", "HTTPS://{}:443", "https://m.{}"]
_TAILS = ["", "/", "?utm_source=rss", "#comments", "?fbclid={n}", "/amp/", "?amp=1"]
_number = itertools.count()


@dataclass(frozen=True)
class Shape:
    """How an item is shown at one poll."""

    item: int
    edited: bool
    host: str
    tail: str
    moved: int
    date: datetime | None


_SHAPES = st.builds(
    Shape,
    st.integers(0, 5),
    st.booleans(),
    st.sampled_from(_HOSTS),
    st.sampled_from(_TAILS),
    st.integers(0, 2),
    st.sampled_from(_DATES),
)
_DOCUMENTS = st.lists(
    st.lists(_SHAPES, max_size=6, unique_by=lambda shape: shape.item), min_size=1, max_size=6
)


def document(shapes: list[Shape], host: str, kind: str, poll: int) -> bytes:
    """Three kinds of feed: what stays the same of an item is its link, its guid, or its guid alone.

    ``links``: the address, in all its forms, with a guid of each poll or none;
    ``guids``: the guid, while the address changes; ``guids only``: there is no link.
    """
    items = []
    for shape in shapes:
        title = f"Item {shape.item}" + (" (updated)" if shape.edited else "")
        slug = f"moved-{shape.moved}-{shape.item}" if kind == "guids" else f"item-{shape.item}"
        link = shape.host.format(host) + "/" + slug + shape.tail.format(n=poll)
        guid = f"{host}-{poll}-{shape.item}" if kind == "links" else f"{host}-2026-{shape.item}"
        items.append(
            f"<item><title>{title}</title>"
            + (f"<link>{escape(link)}</link>" if kind != "guids only" else "")
            + (f'<guid isPermaLink="false">{guid}</guid>' if kind != "links" or poll % 2 else "")
            + (f"<pubDate>{format_datetime(shape.date)}</pubDate>" if shape.date else "")
            + "</item>"
        )
    return f"<rss version='2.0'><channel><title>F</title>{''.join(items)}</channel></rss>".encode()


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path) -> Iterator[Database]:
    path = tmp_path_factory.mktemp("once") / "own.sqlite3"
    path.write_bytes(sqlite_template.read_bytes())
    opened = open_database(f"sqlite:///{path}")
    yield opened
    opened.close()


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(_DOCUMENTS, st.sampled_from(["links", "guids", "guids only"]), st.booleans())
def test_each_item_is_new_once(
    database: Database, shown: list[list[Shape]], kind: str, cut: bool
) -> None:
    host = f"h{next(_number)}.example"
    url = f"https://{host}/feed"
    with database.write() as session:
        config = FeedConfig(name=host, url=url)
        feeds.sync_feeds([config], keep_others=True, now=NOW, session=session)
        feed_id = feeds.due_feeds(now=NOW, urls=[url], session=session)[0].feed_id
    seen: set[int] = set()
    known = b""
    for poll, shapes in enumerate(shown):
        now = NOW + timedelta(hours=poll)
        body = document(shapes, host, kind, poll)
        parsed = parse_feed(body, url=url, content_type=None, known=known)
        assert isinstance(parsed, ParsedFeed)
        assert parsed.held == len(shapes)
        known = parsed.items if cut else b""
        found = to_articles(parsed, feed_url=url, feed_name="F", feed_language="en", now=now)
        with database.write() as session:
            told = articles.store_articles(found, feed_id=feed_id, now=now, session=session)
        fresh = {shape.item for shape in shapes} - seen
        assert told.new == len(fresh)
        assert told.edited + told.known == len(parsed.entries) - len(fresh)
        assert all(article.published_at <= now for article in found)
        seen |= fresh
