"""Cutting what is already known out of a feed's text, before the parser sees it.

An item costs feedparser a hundred times what it costs to find and to hash it, and of a feed that
has changed most items are those of the last time. A mark is a hash of an item's own text, so an
edited item is none that is known. Whatever is in doubt is not cut:

    text ──> items_of ──┬─> in doubt: None ───────────────────────────> the whole is parsed
                        └─> marks ──> without(known) ──> head + the rest is parsed
"""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b

MARK_BYTES = 8
"""Of a 64-bit hash among the few thousand items of one feed, equal ones do not happen by chance."""
_NO_DATE = 0
_RECORD = MARK_BYTES + 4

_PIECE = re.compile(
    r"<!--.*?-->|<!\[CDATA\[.*?\]\]>|<\?.*?\?>"
    r"|<(?P<close>/?)(?P<name>(?:[A-Za-z_][\w.-]*:)?(?:item|entry))(?=[\s/>])[^<>]*>"
    r"|(?P<endless><!--|<!\[CDATA\[|<\?)",
    re.DOTALL,
)
"""Comments, CDATA and instructions are passed over whole: what looks like an item there is none."""


@dataclass(frozen=True, slots=True)
class Item:
    """An item's place in the text, from ``<item`` to the end of ``</item>``, and its mark."""

    start: int
    end: int
    mark: bytes


def items_of(text: str) -> tuple[Item, ...] | None:
    """Find the items of a feed; None where their borders are in doubt.

    In doubt is what is not a plain row of elements of one name: items within items, an end without
    a start, an empty element, a comment or CDATA section that does not end.
    """
    items: list[Item] = []
    start, name = -1, ""
    for piece in _PIECE.finditer(text):
        found = piece["name"]
        if piece["endless"]:
            return None
        if found is None:
            continue
        if piece["close"]:
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


def pack(items: Sequence[tuple[bytes, int | None]]) -> bytes:
    """Marks with the time that each item gives itself (seconds since 1970, or None), as bytes."""
    return b"".join(
        mark + max(_NO_DATE, min(date or _NO_DATE, 0xFFFFFFFF)).to_bytes(4, "big")
        for mark, date in items
    )


def unpack(packed: bytes) -> Mapping[bytes, int | None]:
    """What `pack` has packed; of items with equal marks the last."""
    return {
        packed[at : at + MARK_BYTES]: int.from_bytes(packed[at + MARK_BYTES : at + _RECORD], "big")
        or None
        for at in range(0, len(packed) - _RECORD + 1, _RECORD)
    }
