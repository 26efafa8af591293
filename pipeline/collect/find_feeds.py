"""From an address that a person has, a feed's or a site's, to the feeds behind it.

address ──> a feed? ──> found
        └─> a page ──> what it names ──> asked, a few at once ──> feeds found
                   └─> none of them: the usual paths, until one is a feed

All of it goes through the same guarded fetcher as the polls, and is bounded: at most a dozen
addresses of the page and some fifteen usual paths.
"""

import asyncio
import hashlib
import re
from collections.abc import Sequence

from pipeline.collect.canonical import canonical_url
from pipeline.collect.fetch import Fetcher
from pipeline.collect.page_links import common_paths, links_in_page
from pipeline.collect.pool import ParsePool
from schemas.feed import Failed, FailureKind, Fetched, NotModified, ParsedFeed
from schemas.kept_feed import Candidate, Discovery, FoundBy, FoundFeed

AT_ONCE = 2
"""Addresses of one site that are asked side by side."""
_SCHEME = re.compile(r"^[a-z][a-z0-9+.-]*:", re.IGNORECASE)
_HOST_PORT = re.compile(r"^[\w.-]+:\d+(?:/|$)")
_NO_HTTPS = frozenset({FailureKind.CONNECT, FailureKind.TLS, FailureKind.RESET})
_PAGE = frozenset({FailureKind.HTML, FailureKind.NOT_A_FEED})


def as_address(text: str) -> str:
    """Return what a person typed as a web address: ``example.org`` is https://example.org."""
    text = text.strip()
    text = re.sub(r"^feed:(?=https?:)", "", text, flags=re.IGNORECASE)
    text = re.sub(r"^feed:(?://)?", "https://", text, flags=re.IGNORECASE)
    if _SCHEME.match(text) and not _HOST_PORT.match(text):
        return text
    return f"https://{text.removeprefix('//')}"


async def find_feeds(address: str, *, fetcher: Fetcher, pool: ParsePool) -> Discovery:
    """Return the feeds at or behind ``address``, the likeliest first, each feed once.

    Nothing raises for what a site does: ``failure`` says why the address could not be read,
    ``refused`` why each candidate was no feed.

    Args:
        address: of a feed or of a page; without a scheme https is tried, then http.
        fetcher: asks, with the guards and limits of polling.
        pool: parses what was fetched.
    """
    url = as_address(address)
    given = Candidate(url, FoundBy.GIVEN)
    answer = await fetcher.fetch(url)
    if isinstance(answer, Failed) and answer.kind in _NO_HTTPS and not _SCHEME.match(address):
        given = Candidate(f"http://{url.removeprefix('https://')}", FoundBy.GIVEN)
        answer = await fetcher.fetch(given.url)
    found, fault = await _read(given, answer, pool)
    if found is not None:
        return Discovery(asked=address, feeds=(found,))
    if not isinstance(answer, Fetched) or fault is None or fault.kind not in _PAGE:
        return Discovery(asked=address, failure=fault)
    named = links_in_page(answer.body, url=answer.url, headers=answer.headers)
    feeds, refused = await _ask(named, fetcher, pool)
    if not feeds:
        feeds, more = await _first(common_paths(answer.url), fetcher, pool)
        refused = [*refused, *more]
    none = None if feeds else fault
    return Discovery(address, tuple(_once(feeds)), tuple(refused), answer.url, none)


async def _ask(
    candidates: Sequence[Candidate], fetcher: Fetcher, pool: ParsePool
) -> tuple[list[FoundFeed], list[tuple[Candidate, Failed]]]:
    """Ask all, a few at once; the order stays."""
    slots = asyncio.Semaphore(AT_ONCE)

    async def one(candidate: Candidate) -> tuple[FoundFeed | None, Failed | None]:
        async with slots:
            return await _read(candidate, await fetcher.fetch(candidate.url), pool)

    answers = await asyncio.gather(*(one(candidate) for candidate in candidates))
    feeds = [found for found, _ in answers if found is not None]
    faults = zip(candidates, answers, strict=True)
    return feeds, [(candidate, fault) for candidate, (_, fault) in faults if fault is not None]


async def _first(
    candidates: Sequence[Candidate], fetcher: Fetcher, pool: ParsePool
) -> tuple[list[FoundFeed], list[tuple[Candidate, Failed]]]:
    """Ask one after the other until one is a feed: the usual paths are names of the same feed."""
    refused: list[tuple[Candidate, Failed]] = []
    for candidate in candidates:
        found, fault = await _read(candidate, await fetcher.fetch(candidate.url), pool)
        if found is not None:
            return [found], refused
        if fault is not None:
            refused.append((candidate, fault))
    return [], refused


async def _read(
    candidate: Candidate, answer: Fetched | NotModified | Failed, pool: ParsePool
) -> tuple[FoundFeed | None, Failed | None]:
    if isinstance(answer, NotModified):
        words = "the server says that nothing has changed, although it was never asked before"
        return None, Failed(answer.url, FailureKind.PROTOCOL, words, status=304)
    parsed = await pool.parse(answer) if isinstance(answer, Fetched) else answer
    if isinstance(parsed, Failed):
        return None, parsed
    assert isinstance(answer, Fetched)  # noqa: S101 - only an answer has been parsed
    return (
        FoundFeed(
            url=answer.moved_to or candidate.url,
            asked=candidate.url,
            answered=answer.url,
            found_by=candidate.found_by,
            parsed=parsed,
        ),
        None,
    )


def _once(feeds: Sequence[FoundFeed]) -> list[FoundFeed]:
    """Leave out addresses that lead to the same place, or to the same items in another format."""
    kept: list[FoundFeed] = []
    seen: set[str] = set()
    for feed in feeds:
        marks = {canonical_url(feed.answered), _items(feed.parsed)}
        if not marks & seen:
            kept.append(feed)
        seen |= marks
    return kept


def _items(parsed: ParsedFeed) -> str:
    """A mark of what a feed holds; an empty feed is only like itself."""
    links = sorted(entry.link or entry.guid or entry.title for entry in parsed.entries)
    if not links:
        return f"empty:{parsed.title}"
    return hashlib.sha256("\x1f".join(links).encode("utf-8", "replace")).hexdigest()
