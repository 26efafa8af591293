"""A feed's bytes to entries; what is no feed is named as what it is.

parse_feed ──> decode (charset) ──> read_document (root, DTD)
    empty → EMPTY · a DTD with entities → XML_BOMB · a web page → HTML · JSON Feed → json_feed
    else items already known cut out (cut) ──> feedparser, its cleaning and URL resolution off
         ──> _entry for each item
    nothing in it → INVALID_XML where it began as a feed, else NOT_A_FEED
"""

import calendar
import io
import re
import time
import traceback
from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from feedparser.api import parse as parse_xml

from pipeline.collect.charset import decode
from pipeline.collect.clean import to_text
from pipeline.collect.cut import Item, items_of, pack, unpack, without
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
from pipeline.collect.web_links import document_links
from pipeline.collect.wishes import Skips, read_period, read_skips, read_ttl
from schemas.feed import Failed, FailureKind, FeedEntry, ParsedFeed

_SHORT_SUMMARY = 80
_FIRST_YEAR = 1990
_HEAD = 64 * 1024
_ITEM_START = re.compile(r"<(?:[A-Za-z]\w*:)?(?:item|entry)[\s>]")
_ITEM_END = re.compile(r"</(?:[A-Za-z]\w*:)?(?:item|entry)\s*>")
_DECLARATION = re.compile(r"^<\?xml\b[^>]*\?>\s*")


def parse_feed(
    body: bytes, *, url: str, content_type: str | None, known: bytes = b""
) -> ParsedFeed | Failed:
    """Read ``body`` as RSS, Atom, RDF or JSON Feed.

    Args:
        body: decompressed bytes.
        url: the address that answered; relative links are taken against it.
        content_type: the header's value; its charset is believed only where the bytes allow it.
        known: ``items`` of the feed's last reading: entries that are in there are left out.

    Returns:
        The feed with at most 2000 entries in plain text (titles of at most 500 characters,
        summaries of 5000), or Failed with EMPTY, XML_BOMB, HTML, INVALID_XML, NOT_A_FEED or, where
        the parser itself fails on it, PARSER.
    """
    try:
        return _parse(body, url, content_type, known)
    except Exception as error:  # noqa: BLE001 - whatever a stranger's document does to a parser
        place = traceback.extract_tb(error.__traceback__)[-1]
        told = f"{type(error).__name__}: {str(error)[:120]} ({place.name}, line {place.lineno})"
        words = f"the parser failed on it: {told}"
        return Failed(url=url, kind=FailureKind.PARSER, message=words)


def _parse(body: bytes, url: str, content_type: str | None, known: bytes) -> ParsedFeed | Failed:
    text, mislabelled = decode(body, content_type)
    document = read_document(text)
    refusal = _refusal(document)
    if refusal:
        return Failed(url=url, kind=refusal[0], message=refusal[1])
    if document.text.startswith("{"):
        return parse_json_feed(document.text, url=url)
    source, limited = _limited(document)
    items = items_of(source) or ()
    read, fresh = _read(source, items, unpack(known), url)
    broken = _broken(read)
    whole = _whole(read["entries"], source) if broken else read["entries"]
    entries = tuple(_entry(item, url) for item in whole[:MAX_ENTRIES])
    if not entries and not items and (broken or not read.get("version")):
        return _nothing_in(document, broken, url)
    junk = "text stood before the feed" if document.junk else None
    problems = [mislabelled, junk, limited, broken]
    head = read["feed"]
    hubs, self_url = document_links(head.get("links"), url)
    # feedparser keeps the last hour and the last day of those that a feed names.
    named = "skiphours" in head or "skipdays" in head
    skips = read_skips(_around_items(source)) if named else Skips()
    return ParsedFeed(
        title=to_text(_string(head.get("title")), MAX_TITLE),
        entries=entries,
        language=language_code(_string(head.get("language"))),
        problems=tuple(problem for problem in problems if problem),
        ttl_s=read_ttl(_string(head.get("ttl"))),
        period_s=read_period(
            _string(head.get("sy_updateperiod")), _string(head.get("sy_updatefrequency"))
        ),
        skip_hours=skips.hours,
        skip_days=skips.days,
        hubs=hubs,
        self_url=self_url,
        held=len(entries) + len(items) - len(fresh),
        items=b"" if broken else _marked(items, fresh, entries, unpack(known)),
    )


def _read(
    source: str, items: Sequence[Item], known: Collection[bytes], url: str
) -> tuple[Any, Sequence[Item]]:
    """What feedparser makes of the document, and the items that it has been shown.

    Where it stumbles over what is left of the document, it gets the whole.
    """
    fresh = [item for item in items if item.mark not in known]
    if len(fresh) < len(items):
        read = _xml(without(source, items, known), url)
        if not read.get("bozo") and read.get("version") and len(read["entries"]) == len(fresh):
            return read, fresh
    return _xml(source, url), items


def _xml(source: str, url: str) -> Any:
    return parse_xml(  # type: ignore[no-untyped-call]
        io.BytesIO(source.encode("utf-8")),
        resolve_relative_uris=False,
        sanitize_html=False,
        response_headers={
            "content-type": "application/xml; charset=utf-8",
            "content-location": url,
        },
    )


def _marked(
    items: Sequence[Item],
    fresh: Sequence[Item],
    entries: Sequence[FeedEntry],
    known: Mapping[bytes, int | None],
) -> bytes:
    """Every item's mark and date, for the next reading; nothing where they do not match up."""
    if len(fresh) != len(entries):
        return b""
    dates = dict(known)
    for item, entry in zip(fresh, entries, strict=True):
        dates[item.mark] = int(entry.published.timestamp()) if entry.published else None
    return pack([(item.mark, dates[item.mark]) for item in items])


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
    for number, match in enumerate(_ITEM_START.finditer(text)):
        if number == MAX_ENTRIES:
            close = {"feed": "</feed>", "rss": "</channel></rss>"}.get(document.root, "")
            return text[: match.start()] + close, f"only its first {MAX_ENTRIES} entries were read"
    return text, None


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
        link=http_link(_string(item.get("feedburner_origlink") or item.get("link")), url),
        guid=_string(item.get("id")).strip()[:MAX_LINK] or None,
        published=_published(item),
        language=language_code(_string(item.get("language"))),
        source_name=to_text(_string(source.get("title")), MAX_NAME) or None,
        source_url=http_link(_string(source.get("href") or source.get("link")), url),
    )


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


def _around_items(source: str) -> str:
    """What of a document is the channel's own, in whatever order it stands."""
    first = _ITEM_START.search(source)
    if first is None:
        return source[:_HEAD]
    last = max((match.end() for match in _ITEM_END.finditer(source, first.end())), default=None)
    tail = source[last:] if last is not None else ""
    return source[: first.start()][:_HEAD] + tail[-_HEAD:]


def _string(value: Any) -> str:
    return value if isinstance(value, str) else ""
