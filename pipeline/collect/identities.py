"""What the items of one document are, each told apart from its neighbours.

The address is an item's identity where it can be. Beside it each item gets two keys, by which the
feed's later polls know it again under another address (store.identity):

guid_key   the guid, if it stands once in the document; with the title where it may be a mere number
text_key   title, summary and date, if they stand once and say enough to be no other item's
"""

import hashlib
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.collect.canonical import article_identity, canonical_url, own_identity
from schemas.feed import FeedEntry

_DATED_ENOUGH = 40
_UNDATED_ENOUGH = 120
"""Characters of title and summary below which two items may well share them."""
_SAFE_GUID = 5
_DIGIT = re.compile(r"\d")


@dataclass(frozen=True, slots=True)
class Identified:
    """An entry with its identity and keys (signed, of 64 bits, or None)."""

    entry: FeedEntry
    identity: str
    guid_key: int | None
    text_key: int | None


def identified(entries: Sequence[FeedEntry], feed_url: str) -> list[Identified]:
    """Return the entries that are items of their own, in their order.

    An item that stands twice is one, and the first wins. Items that share an address although guid
    and title, or fragment and title, say that they are several get identities of their own.
    """
    groups: dict[str, list[FeedEntry]] = {}
    for entry in entries:
        kept = groups.setdefault(article_identity(entry, feed_url), [])
        if not any(_same(entry, other) for other in kept):
            kept.append(entry)
    places = {id(entry): place for place, entry in enumerate(entries)}
    found = [
        (entry, address if len(kept) == 1 else _apart(entry, address, feed_url))
        for address, kept in groups.items()
        for entry in kept
    ]
    found.sort(key=lambda pair: places[id(pair[0])])
    keys = [(_guid_key(entry), _text_key(entry)) for entry, _ in found]
    guids, texts = (Counter(column) for column in zip(*keys, strict=True)) if keys else ({}, {})
    return [
        Identified(
            entry,
            identity,
            guid if guids[guid] == 1 else None,
            text if texts[text] == 1 else None,
        )
        for (entry, identity), (guid, text) in zip(found, keys, strict=True)
    ]


def marks_of(entry: FeedEntry) -> tuple[int, int, int]:
    """Hashes of address, guid and text, 0 where there is none.

    Two entries of a document that share none of them are told apart without regard to each other.
    """
    address = _key("address", article_identity(entry, "")) if entry.link else 0
    return address, _guid_key(entry) or 0, _text_key(entry) or 0


def _same(one: FeedEntry, other: FeedEntry) -> bool:
    """Of two entries at one address: whether they are one item."""
    mine, its = _mark(one), _mark(other)
    return mine == its or not mine or not its or one.title.lower() == other.title.lower()


def _mark(entry: FeedEntry) -> str:
    return _guid(entry) or (entry.link or "").partition("#")[2]


def _apart(entry: FeedEntry, address: str, feed_url: str) -> str:
    if _guid(entry):
        return own_identity(entry, feed_url)
    return own_identity(FeedEntry("", "", guid=f"{address}#{_mark(entry)}"), feed_url)


def _guid(entry: FeedEntry) -> str:
    """The guid; as an address in its one form, so that http and https are no change."""
    guid = (entry.guid or "").strip()
    return canonical_url(guid) if guid.lower().startswith(("http://", "https://")) else guid


def _guid_key(entry: FeedEntry) -> int | None:
    """Short numbers and words are counted anew by some software: they need the title beside."""
    guid = _guid(entry)
    if not guid:
        return None
    safe = len(guid) >= _SAFE_GUID and _DIGIT.search(guid)
    return _key("guid", guid) if safe else _key("guid", guid, entry.title)


def _text_key(entry: FeedEntry) -> int | None:
    enough = _DATED_ENOUGH if entry.published else _UNDATED_ENOUGH
    if len(entry.title) + len(entry.summary) < enough:
        return None
    date = entry.published.isoformat() if entry.published else ""
    return _key("text", entry.title, entry.summary, date)


def _key(*parts: str) -> int:
    text = "\x1f".join(parts).encode("utf-8", "surrogatepass")
    return int.from_bytes(hashlib.blake2b(text, digest_size=8).digest(), "big", signed=True)
