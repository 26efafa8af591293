"""RSS 2.0 (rssboard.org/rss-specification) and Atom (RFC 4287), an item after the other.

Everything is escaped as XML, and what XML 1.0 cannot hold is left out. Titles and descriptions of
RSS are taken for HTML by readers, so text is escaped as HTML first; Atom says that it is text.
"""

import re
import uuid
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime
from html import escape
from xml.sax.saxutils import escape as xml_escape
from xml.sax.saxutils import quoteattr

from schemas.export import FeedItem

_NAMESPACE = uuid.UUID("5c0a6f0e-5d2b-4d3e-9a57-2d7d6b7b1b4f")
"""Of ids in our feeds; any constant, but always the same."""
_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_GENERATOR = "mineralwatch"


@dataclass(frozen=True, slots=True)
class FeedHead:
    """What a feed says of itself; ``updated`` is that of its newest item, or of now."""

    key: str
    title: str
    description: str
    updated: datetime
    self_url: str | None = None


def stable_id(key: str) -> str:
    """A URI that is the same for the same thing in every export."""
    return f"urn:uuid:{uuid.uuid5(_NAMESPACE, key)}"


def rss(head: FeedHead, items: Iterable[FeedItem]) -> Iterator[str]:
    """The document in pieces."""
    yield '<?xml version="1.0" encoding="utf-8"?>\n'
    yield '<rss version="2.0" xmlns:atom="http://www.w3.org/2005/Atom">\n<channel>\n'
    yield f"<title>{_html(head.title)}</title>\n"
    yield f"<link>{_text(head.self_url or stable_id(head.key))}</link>\n"
    yield f"<description>{_html(head.description)}</description>\n"
    yield f"<lastBuildDate>{_rfc822(head.updated)}</lastBuildDate>\n"
    yield f"<generator>{_GENERATOR}</generator>\n"
    if head.self_url:
        address = _attribute(head.self_url)
        yield f'<atom:link href={address} rel="self" type="application/rss+xml"/>\n'
    for item in items:
        yield "<item>\n"
        yield f"<title>{_html(item.title)}</title>\n"
        if item.link:
            yield f"<link>{_text(item.link)}</link>\n"
        yield f'<guid isPermaLink="false">{stable_id(item.key)}</guid>\n'
        yield f"<pubDate>{_rfc822(item.at)}</pubDate>\n"
        yield f"<description>{_html(item.text)}</description>\n"
        for category in item.categories:
            yield f"<category>{_text(category)}</category>\n"
        yield "</item>\n"
    yield "</channel>\n</rss>\n"


def atom(head: FeedHead, items: Iterable[FeedItem]) -> Iterator[str]:
    """The document in pieces."""
    yield '<?xml version="1.0" encoding="utf-8"?>\n<feed xmlns="http://www.w3.org/2005/Atom">\n'
    yield f"<id>{stable_id(head.key)}</id>\n"
    yield f"<title>{_text(head.title)}</title>\n"
    yield f"<subtitle>{_text(head.description)}</subtitle>\n"
    yield f"<updated>{_rfc3339(head.updated)}</updated>\n"
    yield f"<author><name>{_GENERATOR}</name></author>\n<generator>{_GENERATOR}</generator>\n"
    if head.self_url:
        yield f'<link href={_attribute(head.self_url)} rel="self" type="application/atom+xml"/>\n'
    for item in items:
        yield "<entry>\n"
        yield f"<id>{stable_id(item.key)}</id>\n"
        yield f"<title>{_text(item.title)}</title>\n"
        yield f"<updated>{_rfc3339(item.at)}</updated>\n"
        if item.link:
            yield f'<link href={_attribute(item.link)} rel="alternate"/>\n'
        for category in item.categories:
            yield f"<category term={_attribute(category)}/>\n"
        # Without a link an entry must have content, with one it may.
        yield f'<content type="text">{_text(item.text)}</content>\n'
        yield "</entry>\n"
    yield "</feed>\n"


def _clean(text: str) -> str:
    return _NOT_XML.sub("", text)


def _text(text: str) -> str:
    return xml_escape(_clean(text))


def _html(text: str) -> str:
    return xml_escape(escape(_clean(text), quote=False))


def _attribute(text: str) -> str:
    return quoteattr(_clean(text))


def _rfc822(at: datetime) -> str:
    return format_datetime(at.astimezone(UTC), usegmt=True)


def _rfc3339(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
