"""What feedparser has made of an item to an entry in plain text."""

import calendar
import re
import time
from datetime import UTC, datetime
from typing import Any

from pipeline.collect.clean import to_text
from pipeline.collect.fields import (
    MAX_LINK,
    MAX_NAME,
    MAX_SUMMARY,
    MAX_TITLE,
    http_link,
    language_code,
)
from schemas.feed import FeedEntry

_SHORT_SUMMARY = 80
_FIRST_YEAR = 1990
_ADDRESS = re.compile(r"https?://|/", re.IGNORECASE)


def read_entry(item: Any, url: str) -> FeedEntry:
    """Read an item; relative links are taken against ``url``."""
    source = item.get("source") or {}
    return FeedEntry(
        title=to_text(string(item.get("title")), MAX_TITLE),
        summary=_summary(item),
        link=_link(item, url),
        guid=string(item.get("id")).strip()[:MAX_LINK] or None,
        published=_published(item),
        language=language_code(string(item.get("language"))),
        source_name=to_text(string(source.get("title")), MAX_NAME) or None,
        source_url=http_link(string(source.get("href") or source.get("link")), url),
    )


def _link(item: Any, url: str) -> str | None:
    """The address before a proxy's, else the link; a guid only where it is an address itself."""
    link = string(item.get("feedburner_origlink") or item.get("link")).strip()
    if link == string(item.get("id")).strip() and not _ADDRESS.match(link):
        return None
    return http_link(link, url)


def _summary(item: Any) -> str:
    """The summary; where it says next to nothing, the content."""
    text = to_text(string(item.get("summary")), MAX_SUMMARY)
    if len(text) < _SHORT_SUMMARY:
        for content in item.get("content") or ():
            fuller = to_text(string(content.get("value")), MAX_SUMMARY)
            if len(fuller) > len(text):
                return fuller
    return text


def _published(item: Any) -> datetime | None:
    for name in ("published_parsed", "updated_parsed", "created_parsed"):
        # feedparser answers for "updated" with "published", and warns that it does.
        parsed = item.get(name) if name in item else None
        if isinstance(parsed, time.struct_time) and parsed.tm_year >= _FIRST_YEAR:
            try:
                return datetime.fromtimestamp(calendar.timegm(parsed), UTC)
            except (ValueError, OverflowError, OSError):
                continue
    return None


def string(value: Any) -> str:
    """The value where it is text, else nothing."""
    return value if isinstance(value, str) else ""
