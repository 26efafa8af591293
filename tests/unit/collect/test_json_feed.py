"""JSON Feed."""

import json
from datetime import UTC, datetime

import pytest

from pipeline.collect.parse import parse_feed
from schemas.feed import Failed, FailureKind, FeedEntry, ParsedFeed

URL = "https://example.com/feed.json"


def read(data: object) -> ParsedFeed | Failed:
    body = data if isinstance(data, bytes) else json.dumps(data).encode()
    return parse_feed(body, url=URL, content_type="application/feed+json")


def test_items() -> None:
    feed = read(
        {
            "version": "https://jsonfeed.org/version/1.1",
            "title": "News",
            "language": "en-GB",
            "items": [
                {
                    "id": 7,
                    "url": "/a",
                    "title": "Deal",
                    "content_html": "<p>On <b>lithium</b></p>",
                    "date_published": "2026-11-23T12:00:00+02:00",
                    "language": "uk",
                },
                {"id": "8", "content_text": "Text only", "date_modified": "2026-11-23T09:00:00"},
                {"id": "9", "external_url": "https://x.org/b", "summary": 5, "date_published": "?"},
                "no item",
            ],
        }
    )
    assert feed == ParsedFeed(
        title="News",
        language="en",
        held=3,
        entries=(
            FeedEntry(
                title="Deal",
                summary="On lithium",
                link="https://example.com/a",
                guid="7",
                published=datetime(2026, 11, 23, 10, 0, tzinfo=UTC),
                language="uk",
            ),
            FeedEntry(
                title="",
                summary="Text only",
                guid="8",
                published=datetime(2026, 11, 23, 9, 0, tzinfo=UTC),
            ),
            FeedEntry(title="", summary="", link="https://x.org/b", guid="9"),
        ),
    )


@pytest.mark.parametrize(
    "data",
    [b"{", b"{}", b'{"a":' * 100_000, {"version": 1}, {"version": "https://example.com/version/1"}],
)
def test_other_json_is_named(data: object) -> None:
    result = read(data)
    assert isinstance(result, Failed)
    assert result.kind is FailureKind.NOT_A_FEED
    assert "JSON" in result.message


@pytest.mark.parametrize("items", [None, "x", 5, {}])
def test_items_of_another_shape_are_none(items: object) -> None:
    feed = read({"version": "https://jsonfeed.org/version/1", "items": items})
    assert isinstance(feed, ParsedFeed)
    assert feed.entries == ()
