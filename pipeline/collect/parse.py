"""A feed's bytes to entries; what is no feed is named as what it is.

parse_feed ──> decode (charset) ──> read_document (root, DTD)
    empty → EMPTY · a DTD with entities → XML_BOMB · a web page → HTML · JSON Feed → json_feed
    else feedparser, its cleaning and URL resolution off ──> _entry for each item
    nothing in it → INVALID_XML where it began as a feed, else NOT_A_FEED
"""

import calendar
import io
import re
import time
import traceback
from datetime import UTC, datetime
from typing import Any

from pipeline.collect.budget import affordable, too_costly
from pipeline.collect.charset import decode
from pipeline.collect.clean import to_text
from pipeline.collect.document import FEED_ROOTS, Document, read_document
from pipeline.collect.fields import (
    MAX_ENTRIES,
    MAX_LINK,
    MAX_NAME,
    MAX_SUMMARY,
    MAX_TITLE,
    http_link,
    language_code,
)
from pipeline.collect.json_feed import parse_json_feed
from pipeline.collect.tolerant import SKIPPED, parse_xml
from schemas.feed import Failed, FailureKind, FeedEntry, ParsedFeed

_SHORT_SUMMARY = 80
_MAX_TTL_S = 7 * 86_400
_FIRST_YEAR = 1990
_ITEM_START = re.compile(r"<(?:[A-Za-z]\w*:)?(?:item|entry)[\s>]")
_ITEM_END = re.compile(r"</(?:[A-Za-z]\w*:)?(?:item|entry)\s*>")
_ADDRESS = re.compile(r"https?://|/", re.IGNORECASE)
_DECLARATION = re.compile(r"^<\?xml\b[^>]*\?>\s*")


def parse_feed(body: bytes, *, url: str, content_type: str | None) -> ParsedFeed | Failed:
    """Read ``body`` as RSS, Atom, RDF or JSON Feed.

    Args:
        body: decompressed bytes.
        url: the address that answered; relative links are taken against it.
        content_type: the header's value; its charset is believed only where the bytes allow it.

    Returns:
        The feed with at most 2000 entries in plain text (titles of at most 500 characters,
        summaries of 5000), or Failed with EMPTY, XML_BOMB, HTML, INVALID_XML, NOT_A_FEED,
        TOO_LARGE or, where the parser itself fails on it, PARSER.
    """
    try:
        return _parse(body, url, content_type)
    except Exception as error:  # noqa: BLE001 - whatever a stranger's document does to a parser
        place = traceback.extract_tb(error.__traceback__)[-1]
        told = f"{type(error).__name__}: {str(error)[:120]} ({place.name}, line {place.lineno})"
        words = f"the parser failed on it: {told}"
        return Failed(url=url, kind=FailureKind.PARSER, message=words)


def _parse(body: bytes, url: str, content_type: str | None) -> ParsedFeed | Failed:
    text, mislabelled = decode(body, content_type)
    document = read_document(text)
    refusal = _refusal(document)
    if refusal:
        return Failed(url=url, kind=refusal[0], message=refusal[1])
    if document.text.startswith("{"):
        return parse_json_feed(document.text, url=url)
    source, cut = _limited(document)
    costly = too_costly(source, declares=bool(document.entities))
    if costly:
        words = f"no parser should have to read this: {costly}"
        return Failed(url=url, kind=FailureKind.TOO_LARGE, message=words)
    read = parse_xml(  # type: ignore[no-untyped-call]
        io.BytesIO(source.encode("utf-8")),
        resolve_relative_uris=False,
        sanitize_html=False,
        # No location: guids would be joined to it, and change where the feed moves.
        response_headers={"content-type": "application/xml; charset=utf-8"},
    )
    broken = _broken(read)
    items = _whole(read["entries"], source) if broken else read["entries"]
    entries = tuple(_entry(item, url) for item in items[:MAX_ENTRIES])
    if not entries and (broken or not read.get("version")):
        return _nothing_in(document, broken, url)
    problems = [mislabelled, "text stood before the feed" if document.junk else None, cut, broken]
    head = read["feed"]
    if SKIPPED in head:
        problems.append(f"an element could not be read and was skipped: {head[SKIPPED]}")
    return ParsedFeed(
        title=to_text(_string(head.get("title")), MAX_TITLE),
        entries=entries,
        language=language_code(_string(head.get("language"))),
        problems=tuple(problem for problem in problems if problem),
        ttl_s=_ttl(_string(head.get("ttl"))),
    )


def _refusal(document: Document) -> tuple[FailureKind, str] | None:
    if not document.text:
        return FailureKind.EMPTY, "the answer is empty"
    if document.bomb:
        return FailureKind.XML_BOMB, f"its DTD is refused: {document.bomb}"
    if document.is_html:
        return FailureKind.HTML, "a web page, not a feed; look in the page for the feed's address"
    return None


def _nothing_in(document: Document, broken: str | None, url: str) -> Failed:
    if document.root in FEED_ROOTS:
        words = f"a feed so damaged that nothing in it can be read: {broken or 'it has no version'}"
        return Failed(url=url, kind=FailureKind.INVALID_XML, message=words)
    if document.root:
        words = f"XML, but not a feed: its root element is <{document.root[:60]}>"
    else:
        words = f"neither XML nor JSON; it begins with {document.text[:40]!r}"
    return Failed(url=url, kind=FailureKind.NOT_A_FEED, message=words)


def _limited(document: Document) -> tuple[str, str | None]:
    """The document as it is parsed: without what stands after the last entry that is wanted.

    An entry costs feedparser a hundred times its bytes, so they are cut before, not after.
    """
    text = document.text
    if document.entities:
        text = document.entities + _DECLARATION.sub("", text)
    starts = (match.start() for match in _ITEM_START.finditer(text))
    number, place = affordable(text, starts, MAX_ENTRIES)
    if place is None:
        return text, None
    close = {"feed": "</feed>", "rss": "</channel></rss>"}.get(document.root, "")
    return text[:place] + close, f"only its first {number} entries were read"


def _whole(items: list[Any], source: str) -> list[Any]:
    """The items without the last where the document ends within it: half an item misleads."""
    last = max((match.start() for match in _ITEM_START.finditer(source)), default=-1)
    return items if last < 0 or _ITEM_END.search(source, last) else items[:-1]


def _broken(read: Any) -> str | None:
    if not read.get("bozo"):
        return None
    error = read.get("bozo_exception")
    told = getattr(error, "getMessage", lambda: str(error))()
    line = getattr(error, "getLineNumber", lambda: None)()
    return f"not well-formed{f' at line {line}' if line else ''}: {str(told)[:120]}"


def _entry(item: Any, url: str) -> FeedEntry:
    source = item.get("source") or {}
    return FeedEntry(
        title=to_text(_string(item.get("title")), MAX_TITLE),
        summary=_summary(item),
        link=_link(item, url),
        guid=_string(item.get("id")).strip()[:MAX_LINK] or None,
        published=_published(item),
        language=language_code(_string(item.get("language"))),
        source_name=to_text(_string(source.get("title")), MAX_NAME) or None,
        source_url=http_link(_string(source.get("href") or source.get("link")), url),
    )


def _link(item: Any, url: str) -> str | None:
    """The address before a proxy's, else the link; a guid only where it is an address itself."""
    link = _string(item.get("feedburner_origlink") or item.get("link")).strip()
    if link == _string(item.get("id")).strip() and not _ADDRESS.match(link):
        return None
    return http_link(link, url)


def _summary(item: Any) -> str:
    """The summary; where it says next to nothing, the content."""
    text = to_text(_string(item.get("summary")), MAX_SUMMARY)
    if len(text) < _SHORT_SUMMARY:
        for content in item.get("content") or ():
            fuller = to_text(_string(content.get("value")), MAX_SUMMARY)
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


def _ttl(text: str) -> int | None:
    """RSS 2.0 gives minutes."""
    minutes = text.strip()[:6]
    return min(int(minutes) * 60, _MAX_TTL_S) if minutes.isdecimal() and int(minutes) else None


def _string(value: Any) -> str:
    return value if isinstance(value, str) else ""
