"""Entries of a feed to articles that are about to be stored."""

import hashlib
import re
from datetime import datetime
from urllib.parse import urlsplit

from pipeline.collect.identities import Identified, identified
from schemas.article import NewArticle
from schemas.feed import FeedEntry, ParsedFeed

FIRST_YEAR = 1970
"""A date before this year is a fault of the software that wrote it."""
_TITLE_FROM_SUMMARY = 120
_CYRILLIC = re.compile("[\u0400-\u04ff]")
_LATIN = re.compile("[A-Za-z\u00c0-\u024f]")
_CYRILLIC_LANGUAGES = frozenset({"uk", "ru", "kk", "ky", "tg", "mn", "be", "bg", "mk"})
_BOTH_SCRIPTS = frozenset({"uz", "sr"})
_OTHER_SCRIPTS = frozenset({"zh", "ja", "ko", "ar", "fa", "he", "hi", "ka", "hy", "th", "el"})
_SOME = 0.2


def to_articles(
    parsed: ParsedFeed, *, feed_url: str, feed_name: str, feed_language: str, now: datetime
) -> tuple[NewArticle, ...]:
    """Return the articles of a feed, one for each identity, in the feed's order.

    Entries with neither title nor summary are left out (count_empty tells how many).

    Args:
        parsed: the feed.
        feed_url: part of the identity of items without a link.
        feed_name: the outlet where neither the item nor its link names one.
        feed_language: as configured; corrected where the script of an item contradicts it.
        now: stands in for dates that are missing, in the future or before `FIRST_YEAR`
            (``dated`` is False then).
    """
    told = [entry for entry in parsed.entries if entry.title or entry.summary]
    return tuple(
        _article(item, feed_name, (item.entry.language, feed_language, parsed.language), now)
        for item in identified(told, feed_url)
    )


def count_empty(parsed: ParsedFeed) -> int:
    """Return how many entries have neither title nor summary."""
    return sum(not (entry.title or entry.summary) for entry in parsed.entries)


def _article(
    item: Identified, feed_name: str, languages: tuple[str | None, ...], now: datetime
) -> NewArticle:
    entry = item.entry
    title = _title(entry)
    summary = _summary(entry, title)
    published = entry.published
    dated = published is not None and published <= now and published.year >= FIRST_YEAR
    return NewArticle(
        canonical_url=item.identity,
        url=entry.link,
        title=title,
        summary=summary,
        language=_language(f"{title} {summary}", languages),
        outlet=_outlet(entry) or feed_name,
        published_at=published if published is not None and dated else now,
        dated=dated,
        content_hash=hashlib.sha256(f"{title}\x1f{summary}".encode()).hexdigest(),
        guid=entry.guid,
        guid_key=item.guid_key,
        text_key=item.text_key,
    )


def _title(entry: FeedEntry) -> str:
    """The title, without the outlet that aggregators put after it."""
    title = entry.title
    if not title:
        head = entry.summary[:_TITLE_FROM_SUMMARY]
        return head if head == entry.summary else head.rpartition(" ")[0] or head
    if entry.source_name:
        title = title.removesuffix(entry.source_name).rstrip(" -–—|") if _named(entry) else title
    return title or entry.title


def _named(entry: FeedEntry) -> bool:
    return entry.title.endswith(
        tuple(f" {dash} {entry.source_name}" for dash in ("-", "–", "—", "|"))
    )


def _summary(entry: FeedEntry, title: str) -> str:
    """The summary; nothing where it only repeats title and outlet, as aggregators' do."""
    said = {
        title,
        entry.title,
        f"{title} {entry.source_name}",
        f"{entry.title} {entry.source_name}",
    }
    return "" if entry.title and entry.summary in said else entry.summary


def _outlet(entry: FeedEntry) -> str:
    """Who published it, named alike whether its own feed or an aggregator brings it: its host."""
    return _host(entry.source_url) or entry.source_name or _host(entry.link)


def _host(url: str | None) -> str:
    host = (urlsplit(url).hostname or "") if url else ""
    return host.removeprefix("www.")


def _language(text: str, stated: tuple[str | None, ...]) -> str:
    """The first stated language whose script is the text's; else one told by its letters.

    Feeds often leave their software's default, ``en-US``, whatever they are written in.
    """
    cyrillic = 0 if text.isascii() else len(_CYRILLIC.findall(text))
    given = [code for code in stated if code]
    if not (cyrillic or _LATIN.search(text)):
        return given[0] if given else "en"
    # Names in Latin letters stand in Cyrillic text, hardly ever the other way round.
    is_cyrillic = bool(cyrillic) and cyrillic >= _SOME * (cyrillic + len(_LATIN.findall(text)))
    for code in given:
        if code in _BOTH_SCRIPTS or (
            (code in _CYRILLIC_LANGUAGES) == is_cyrillic and code not in _OTHER_SCRIPTS
        ):
            return code
    return _by_letters(text.lower()) if is_cyrillic else "en"


def _by_letters(text: str) -> str:
    if any(letter in text for letter in "әғқңұһө"):
        return "kk"
    return "uk" if any(letter in text for letter in "іїєґ") else "ru"
