"""One pass rehearsed on a virtual clock: the real `poll_feeds` with its queues, slots and hosts.

The event loop's time jumps to the next thing that would happen instead of waiting for it. Answers
take as long as the world says; nothing is sent and nothing is parsed, so that what is found is the
time that *waiting* takes and the politeness that is kept, not the CPU.
"""

import asyncio
import selectors
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from sim_feeds import START, TIMEOUT_S, SimFeed
from sim_run import TASK_S, TASKS, parted

from pipeline.collect.poll import poll_feeds
from schemas.feed import Failed, FailureKind, NotModified


class _Jumping(selectors.DefaultSelector):
    """A selector that, instead of waiting, moves the loop's clock."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0

    def select(self, timeout: float | None = None) -> Any:
        """Ready files, without waiting for any."""
        if timeout:
            self.now += timeout
        return super().select(0)


class VirtualLoop(asyncio.SelectorEventLoop):
    """An event loop whose sleeps cost nothing."""

    def __init__(self) -> None:
        self._jumping = _Jumping()
        super().__init__(self._jumping)

    def time(self) -> float:
        """Seconds of the virtual clock."""
        return self._jumping.now


class _Publishers:
    """Stands where the fetcher does: waits as long as the feed takes, and counts who is asked."""

    def __init__(self, feeds: Sequence[SimFeed], concurrency: int, *, black_hole: bool) -> None:
        self.concurrency = concurrency
        self.feeds = {feed.state.url: feed for feed in feeds}
        self.black_hole = black_hole
        self.under_way: Counter[str] = Counter()
        self.most = 0
        self.most_of_host = 0

    async def fetch(self, url: str, **_: Any) -> NotModified | Failed:
        """A 304 or a time-out, after the feed's own time."""
        feed, host = self.feeds[url], urlsplit(url).hostname or ""
        self.under_way[host] += 1
        self.most_of_host = max(self.most_of_host, self.under_way[host])
        self.most = max(self.most, self.under_way.total())
        dead = self.black_hole or (feed.kind.fault and feed.fault % 5 == 3)
        await asyncio.sleep(TIMEOUT_S if dead else feed.seconds)
        self.under_way[host] -= 1
        if not self.under_way[host]:
            del self.under_way[host]
        if dead or feed.kind.fault:
            return Failed(url=url, kind=FailureKind.TIMEOUT, message="no answer")
        return NotModified(url=url)


@dataclass(frozen=True, slots=True)
class Pass:
    """How a pass went."""

    feeds: int
    batches: int
    seconds: float
    """From its first task's start to its last one's end."""
    longest_s: float
    """Of one batch."""
    most: int
    most_of_host: int
    """Feeds of one host asked at the same time by one task."""


def rehearse(
    feeds: Sequence[SimFeed],
    *,
    concurrency: int = 100,
    tasks: int = TASKS,
    black_hole: bool = False,
) -> Pass:
    """Poll what is due at a pass, ``tasks`` batches at a time."""
    free, longest, most, most_of_host = [0.0] * tasks, 0.0, 0, 0
    batches = parted(feeds)
    for batch in batches:
        publishers = _Publishers(batch, concurrency, black_hole=black_hole)
        took = _timed(batch, publishers)
        place = free.index(min(free))
        free[place] += took + TASK_S
        longest = max(longest, took)
        most, most_of_host = max(most, publishers.most), max(most_of_host, publishers.most_of_host)
    return Pass(len(feeds), len(batches), max(free), longest, most, most_of_host)


def _timed(batch: Sequence[SimFeed], publishers: _Publishers) -> float:
    loop = VirtualLoop()
    try:
        return loop.run_until_complete(_poll(batch, publishers, loop))
    finally:
        loop.close()


async def _poll(
    batch: Sequence[SimFeed], publishers: _Publishers, loop: asyncio.AbstractEventLoop
) -> float:
    states = [feed.state for feed in batch]
    fetcher: Any = publishers
    pool: Any = None  # nothing is parsed
    async for _ in poll_feeds(states, fetcher=fetcher, pool=pool, now=START):
        pass
    return loop.time()
