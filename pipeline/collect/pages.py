"""Reading the pages of articles: each hop by robots.txt, in its host's turn, through the guard.

tasks ─> a queue a host ─> robots.txt ─> one request ─┬─> redirect ─> the queue of its host, again
                                │                     ├─> failed ───────────┐
                                └─> not allowed ──────┼─> not HTML ─────────┤
                                                      └─> extract, apart ───┴─> PageDone
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from pipeline.collect.extract import not_a_page
from pipeline.collect.extract_pool import PagePool
from pipeline.collect.fetch import MAX_HOPS, Fetcher, Hop
from pipeline.collect.robots import Robots
from pipeline.collect.turns import Turns, host_of
from pipeline.log import get_logger
from schemas.feed import Failed, FailureKind, NotModified
from schemas.page import PageResult, PageTask, PageText, Refusal, Refused

CONCURRENCY = 20
ACCEPT = "text/html, application/xhtml+xml;q=0.9, */*;q=0.1"
_log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Visit:
    """A request to be made for an article: ``url`` is where its redirects have led so far."""

    task: PageTask
    url: str
    seen: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Visited:
    """What one request gave; ``delay_s`` is the Crawl-delay that the site asks for."""

    result: PageResult | Hop
    delay_s: float = 0.0


@dataclass(frozen=True, slots=True)
class PageDone:
    """A page that was dealt with; ``host`` is the one that had the last word."""

    task: PageTask
    host: str
    result: PageResult


@dataclass(frozen=True, slots=True)
class NotReached:
    """A page whose turn did not come in this pass."""

    task: PageTask


class Reader(Protocol):
    """Makes one request for a page."""

    async def __call__(self, url: str) -> Visited:
        """Ask ``url`` once; never raises for a fault of the site."""


class PageReader:
    """One request for a page, with robots.txt before and the extraction behind it."""

    def __init__(self, fetcher: Fetcher, robots: Robots, pool: PagePool, *, now: datetime) -> None:
        self._fetcher = fetcher
        self._robots = robots
        self._pool = pool
        self._now = now

    async def __call__(self, url: str) -> Visited:
        """Ask ``url`` once."""
        try:
            verdict = await self._robots.verdict(url)
            if isinstance(verdict, Failed):
                return Visited(verdict)
            if not verdict.allowed:
                words = f"robots.txt of {host_of(url)} does not let this page be fetched"
                return Visited(Refused(url, Refusal.ROBOTS, words), verdict.delay_s)
            return Visited(await self._ask(url), verdict.delay_s)
        except Exception as error:  # noqa: BLE001 - one page's trouble must not end the others'
            _log.error("page_broke", url=url, exc_info=True)
            words = f"{type(error).__name__}: {error}"
            return Visited(Failed(url=url, kind=FailureKind.INTERNAL, message=words))

    async def _ask(self, url: str) -> PageResult | Hop:
        answer = await self._fetcher.ask(url, now=self._now)
        if isinstance(answer, NotModified):
            words = "304 to a request without conditions"
            return Failed(url=url, kind=FailureKind.PROTOCOL, message=words, status=304)
        if isinstance(answer, Failed | Hop):
            return answer
        other = not_a_page(answer.headers, answer.body)
        if other is not None:
            return Refused(url, Refusal.NOT_HTML, f"it is {other}")
        read = await self._pool.extract(answer)
        return read if isinstance(read, Failed) else PageText(url, read)


async def read_pages(
    tasks: Sequence[PageTask],
    *,
    read: Reader,
    turns: Turns[Visit],
    pass_s: float,
    clock: Callable[[], float],
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    concurrency: int = CONCURRENCY,
) -> AsyncIterator[PageDone | NotReached]:
    """Read every page, or as many as can be begun within ``pass_s`` seconds of ``clock``.

    Yields in the order in which they are done, then what was not reached. One page of a host is
    under way at a time, and its next one waits as ``turns`` says.
    """
    until = clock() + pass_s
    for task in tasks:
        turns.add(host_of(task.url), Visit(task, task.url))
    running: dict[asyncio.Future[Visited], tuple[str, Visit]] = {}
    try:
        while True:
            now = clock()
            while now < until and len(running) < concurrency and (turn := turns.take(now)):
                running[asyncio.ensure_future(read(turn[1].url))] = turn
            wait_s = turns.wait_s(now) if len(running) < concurrency else None
            wait_s = None if wait_s is not None and now + wait_s >= until else wait_s
            if not running and wait_s is None:
                break
            for future in await _first(running, wait_s, sleep):
                host, visit = running.pop(future)
                visited = future.result()
                turns.done(host, clock(), delay_s=visited.delay_s)
                done = _settled(visit, visited.result, turns)
                if done is not None:
                    yield done
        for visit in turns.left():
            yield NotReached(visit.task)
    finally:
        _ = [future.cancel() for future in running]
        await asyncio.gather(*running, return_exceptions=True)


async def _first(
    running: dict[asyncio.Future[Visited], tuple[str, Visit]],
    wait_s: float | None,
    sleep: Callable[[float], Awaitable[None]],
) -> list[asyncio.Future[Visited]]:
    """What is done first, or nothing where ``wait_s`` seconds passed before."""
    waiting: set[asyncio.Future[Any]] = {*running}
    pauses = [] if wait_s is None else [asyncio.ensure_future(sleep(wait_s))]
    waiting.update(pauses)
    try:
        done, _ = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for pause in pauses:
            pause.cancel()
        await asyncio.gather(*pauses, return_exceptions=True)
    return [future for future in running if future in done]


def _settled(visit: Visit, result: PageResult | Hop, turns: Turns[Visit]) -> PageDone | None:
    """The outcome, or None where a redirect is to be followed: it waits for its host's turn."""
    if not isinstance(result, Hop):
        return PageDone(visit.task, host_of(result.url), result)
    seen = (*visit.seen, visit.url)
    if result.to in seen:
        return _looped(visit, f"the redirects lead back to {result.to[:200]}")
    if len(seen) > MAX_HOPS:
        return _looped(visit, f"more than {MAX_HOPS} redirects")
    turns.add(host_of(result.to), Visit(visit.task, result.to, seen), first=True)
    return None


def _looped(visit: Visit, words: str) -> PageDone:
    failed = Failed(url=visit.url, kind=FailureKind.REDIRECT_LOOP, message=words)
    return PageDone(visit.task, host_of(visit.url), failed)
