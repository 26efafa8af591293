"""JSON Feed 1 and 1.1 (jsonfeed.org/version/1.1)."""

import json
from datetime import UTC, datetime
from typing import Any

from pipeline.collect.clean import to_text
from pipeline.collect.fields import (
    MAX_ENTRIES,
    MAX_LINK,
    MAX_SUMMARY,
    MAX_TITLE,
    http_link,
    language_code,
)
from pipeline.collect.web_links import document_links
from schemas.feed import Failed, FailureKind, FeedEntry, ParsedFeed

_VERSION = "jsonfeed.org/version/"


def parse_json_feed(text: str, *, url: str) -> ParsedFeed | Failed:
    """Read ``text`` as JSON Feed; Failed with NOT_A_FEED where it is other or broken JSON."""
    try:
        data = json.loads(text)
    except (ValueError, RecursionError) as error:
        return _not_a_feed(url, f"neither XML nor whole JSON: {str(error)[:120]}")
    if not isinstance(data, dict) or _VERSION not in str(data.get("version", "")):
        return _not_a_feed(url, "JSON, but not JSON Feed: it has no version of that format")
    items = data.get("items")
    entries = [
        _entry(item, url)
        for item in (items if isinstance(items, list) else [])[:MAX_ENTRIES]
        if isinstance(item, dict)
    ]
    hubs, self_url = document_links(_links(data), url)
    return ParsedFeed(
        title=to_text(_string(data.get("title")), MAX_TITLE),
        entries=tuple(entries),
        held=len(entries),
        language=language_code(_string(data.get("language"))),
        hubs=hubs,
        self_url=self_url,
    )


def _links(data: dict[str, Any]) -> list[dict[str, Any]]:
    """Hubs of the type WebSub, and feed_url, by which the format knows a feed."""
    hubs = data.get("hubs")
    return [
        {"rel": "hub", "href": hub.get("url")}
        for hub in (hubs if isinstance(hubs, list) else [])
        if isinstance(hub, dict) and _string(hub.get("type")).lower() == "websub"
    ] + [{"rel": "self", "href": data.get("feed_url")}]


def _entry(item: dict[str, Any], url: str) -> FeedEntry:
    body = _string(item.get("summary")) or _string(item.get("content_html"))
    identifier = item.get("id")
    link = _string(item.get("url")) or _string(item.get("external_url"))
    return FeedEntry(
        title=to_text(_string(item.get("title")), MAX_TITLE),
        summary=to_text(body or _string(item.get("content_text")), MAX_SUMMARY),
        link=http_link(link, url),
        guid=None if identifier is None else str(identifier)[:MAX_LINK],
        published=_date(item.get("date_published")) or _date(item.get("date_modified")),
        language=language_code(_string(item.get("language"))),
    )


def _date(value: Any) -> datetime | None:
    """RFC 3339, as the format asks; a time without a zone is taken as UTC."""
    try:
        parsed = datetime.fromisoformat(_string(value).strip())
        return (parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _string(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _not_a_feed(url: str, words: str) -> Failed:
    return Failed(url=url, kind=FailureKind.NOT_A_FEED, message=words)
