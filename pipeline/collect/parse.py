"""A feed's bytes to entries; what is no feed is named as what it is.

parse_feed ──> decode (charset) ──> read_document (root, DTD)
    empty → EMPTY · a DTD with entities → XML_BOMB · a web page → HTML · JSON Feed → json_feed
    else items already known cut out (cut) ──> feedparser, its cleaning and URL resolution off
         ──> _entry for each item
    nothing in it → INVALID_XML where it began as a feed, else NOT_A_FEED
"""

import io
import re
import traceback
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pipeline.collect.budget import affordable, too_costly
from pipeline.collect.charset import decode
from pipeline.collect.clean import to_text
from pipeline.collect.cut import Record, items_of, pack, unpack, without
from pipeline.collect.document import FEED_ROOTS, Document, read_document
from pipeline.collect.entries import read_entry, string
from pipeline.collect.fields import MAX_ENTRIES, MAX_TITLE, language_code
from pipeline.collect.identities import marks_of
from pipeline.collect.json_feed import parse_json_feed
from pipeline.collect.tolerant import SKIPPED, parse_xml
from pipeline.collect.web_links import document_links
from pipeline.collect.wishes import Skips, read_period, read_skips, read_ttl
from schemas.feed import Failed, FailureKind, FeedEntry, ParsedFeed

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
        summaries of 5000), or Failed with EMPTY, XML_BOMB, HTML, INVALID_XML, NOT_A_FEED,
        TOO_LARGE or, where the parser itself fails on it, PARSER.
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
    costly = too_costly(source, declares=bool(document.entities))
    if costly:
        words = f"no parser should have to read this: {costly}"
        return Failed(url=url, kind=FailureKind.TOO_LARGE, message=words)
    found = _read(source, unpack(known), url)
    head, broken = found.read["feed"], _broken(found.read)
    if not found.held and (broken or not found.read.get("version")):
        return _nothing_in(document, broken, url)
    junk = "text stood before the feed" if document.junk else None
    skipped = SKIPPED in head and f"an element could not be read and was skipped: {head[SKIPPED]}"
    problems = [mislabelled, junk, limited, broken, skipped]
    hubs, self_url = document_links(head.get("links"), url)
    # feedparser keeps the last hour and the last day of those that a feed names.
    named = "skiphours" in head or "skipdays" in head
    skips = read_skips(_around_items(source)) if named else Skips()
    return ParsedFeed(
        title=to_text(string(head.get("title")), MAX_TITLE),
        entries=found.entries,
        language=language_code(string(head.get("language"))),
        problems=tuple(problem for problem in problems if problem),
        ttl_s=read_ttl(string(head.get("ttl"))),
        period_s=read_period(
            string(head.get("sy_updateperiod")), string(head.get("sy_updatefrequency"))
        ),
        skip_hours=skips.hours,
        skip_days=skips.days,
        hubs=hubs,
        self_url=self_url,
        held=found.held,
        items=b"" if broken else pack(found.records),
    )


@dataclass(frozen=True, slots=True)
class _Found:
    """What feedparser made of a document, or of what was left of it."""

    read: Any
    entries: tuple[FeedEntry, ...]
    held: int
    records: Sequence[tuple[bytes, Record]]
    """Of every item in the document; none where items and entries do not match up."""


def _read(source: str, known: Mapping[bytes, Record], url: str) -> _Found:
    """Read the document without the items that are known; where that leaves a doubt, all of it.

    In doubt is what the parser stumbles over, and what is told from its neighbours only when they
    are seen together: an entry with the address, the guid or the text of one that was cut out.
    """
    items = items_of(source) or ()
    fresh = [item for item in items if item.mark not in known]
    if len(fresh) < len(items):
        read = _xml(without(source, items, known))
        entries = _entries(read, source, url)
        cut = {mark for i in items if i.mark in known for mark in known[i.mark].marks if mark}
        told = [Record.of(entry, marks_of(entry)) for entry in entries]
        apart = not any(mark in cut for record in told for mark in record.marks)
        if not read.get("bozo") and read.get("version") and len(entries) == len(fresh) and apart:
            records = dict(known) | dict(zip((item.mark for item in fresh), told, strict=True))
            return _Found(read, entries, len(items), [(i.mark, records[i.mark]) for i in items])
    read = _xml(source)
    entries = _entries(read, source, url)
    told = [Record.of(entry, marks_of(entry)) for entry in entries]
    matched = len(items) == len(entries)
    whole = list(zip((item.mark for item in items), told, strict=True)) if matched else ()
    return _Found(read, entries, len(entries), whole)


def _entries(read: Any, source: str, url: str) -> tuple[FeedEntry, ...]:
    items = _whole(read["entries"], source) if _broken(read) else read["entries"]
    return tuple(read_entry(item, url) for item in items[:MAX_ENTRIES])


def _xml(source: str) -> Any:
    return parse_xml(  # type: ignore[no-untyped-call]
        io.BytesIO(source.encode("utf-8")),
        resolve_relative_uris=False,
        sanitize_html=False,
        # No location: guids would be joined to it, and change where the feed moves.
        response_headers={"content-type": "application/xml; charset=utf-8"},
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


def _around_items(source: str) -> str:
    """What of a document is the channel's own, in whatever order it stands."""
    first = _ITEM_START.search(source)
    if first is None:
        return source[:_HEAD]
    last = max((match.end() for match in _ITEM_END.finditer(source, first.end())), default=None)
    tail = source[last:] if last is not None else ""
    return source[: first.start()][:_HEAD] + tail[-_HEAD:]
