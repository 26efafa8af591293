"""Cutting what is already known out of a feed's text, before the parser sees it.

An item costs feedparser a hundred times what it costs to find and to hash it, and of a feed that
has changed most items are those of the last time. A mark is a hash of an item's own text, so an
edited item is none that is known. Whatever is in doubt is not cut:

    text ──> items_of ──┬─> in doubt: None ───────────────────────────> the whole is parsed
                        └─> marks ──> without(known) ──> head + the rest is parsed
"""

import re
import struct
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from hashlib import blake2b

from schemas.feed import FeedEntry

MARK_BYTES = 8
"""Of a 64-bit hash among the few thousand items of one feed, equal ones do not happen by chance."""
_PACKED = struct.Struct(f">{MARK_BYTES}sIqqq")

_PIECE = re.compile(
    r"<(?:(?P<opens>!--|!\[CDATA\[|\?)"
    r"|(?P<close>/?)(?P<name>(?:[A-Za-z_][\w.-]*:)?(?:item|entry))(?=[\s/>])[^<>]*>)"
)
_ENDS = {"!--": "-->", "![CDATA[": "]]>", "?": "?>"}
"""Comments, CDATA and instructions are passed over whole: what looks like an item there is none."""


@dataclass(frozen=True, slots=True)
class Item:
    """An item's place in the text, from ``<item`` to the end of ``</item>``, and its mark."""

    start: int
    end: int
    mark: bytes


@dataclass(frozen=True, slots=True)
class Record:
    """What is remembered of an item: its date (seconds since 1970), its address, guid and text.

    The last three are hashes, 0 where there is none: by them a new item is told from it.
    """

    date: int | None
    marks: tuple[int, int, int]

    @classmethod
    def of(cls, entry: FeedEntry, marks: tuple[int, int, int]) -> "Record":
        """Of an entry as read."""
        return cls(int(entry.published.timestamp()) if entry.published else None, marks)


def items_of(text: str) -> tuple[Item, ...] | None:
    """Find the items of a feed; None where their borders are in doubt.

    In doubt is what is not a plain row of elements of one name: items within items, an end without
    a start, an empty element, a comment or CDATA section that does not end.
    """
    items: list[Item] = []
    start, name, behind = -1, "", 0
    for piece in _PIECE.finditer(text):
        if piece.start() < behind:
            continue
        opens, close, found = piece.groups()
        if opens:
            ends = text.find(_ENDS[opens], piece.end())
            if ends < 0:
                return None
            behind = ends + len(_ENDS[opens])
        elif close:
            if start < 0 or found != name:
                return None
            items.append(Item(start, piece.end(), _mark(text[start : piece.end()])))
            start = -1
        elif start >= 0 or (name and found != name) or text[piece.end() - 2] == "/":
            return None
        else:
            start, name = piece.start(), found
    return None if start >= 0 else tuple(items)


def _mark(source: str) -> bytes:
    return blake2b(source.encode("utf-8", "surrogatepass"), digest_size=MARK_BYTES).digest()


def without(text: str, items: Sequence[Item], known: Collection[bytes]) -> str:
    """The text without the items whose marks are ``known``."""
    kept: list[str] = []
    at = 0
    for item in items:
        if item.mark in known:
            kept.append(text[at : item.start])
            at = item.end
    return "".join([*kept, text[at:]])


def pack(items: Sequence[tuple[bytes, Record]]) -> bytes:
    """Marks with what is remembered of each item, as bytes."""
    return b"".join(
        _PACKED.pack(mark, max(0, min(record.date or 0, 0xFFFFFFFF)), *record.marks)
        for mark, record in items
    )


def unpack(packed: bytes) -> dict[bytes, Record]:
    """What `pack` has packed; of items with equal marks the last. Bytes of another form: nothing.

    The form may change with a version; a feed is then read as a whole once.
    """
    if len(packed) % _PACKED.size:
        return {}
    return {
        mark: Record(date or None, marks)
        for mark, date, *marks_read in _PACKED.iter_unpack(packed)
        for marks in ((marks_read[0], marks_read[1], marks_read[2]),)
    }
