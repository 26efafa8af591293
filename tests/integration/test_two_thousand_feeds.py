"""Two thousand feeds, three in ten of them faulty: no good item is lost, each fault is named.

The faults are all those of tests.faulty_feeds, each some fifteen times over.
"""

import asyncio
import itertools
import random
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import psutil
import pytest
from aiohttp import web
from sqlalchemy import select

from pipeline.app import open_app
from pipeline.collect.fetch import Fetcher
from pipeline.collect.poll import poll_feeds
from pipeline.collect.pool import ParsePool
from pipeline.settings import Settings
from pipeline.store import feeds
from schemas.feed import FeedState
from schemas.tables import ArticleRow
from tests.faulty_feeds import MAX_BYTES, RSS, TITLE, faults, survivors
from tests.feed_server import FeedServer

FEEDS, FAULTY = 2000, 600
NOW = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
MOST_BYTES = 200 << 20
"""By which all processes together may grow: server, poll, two workers and database."""


async def numbered(request: web.Request) -> web.StreamResponse:
    """Three items of this feed's own."""
    n = request.query["n"]
    item = "<item><title>T{0}-{1}</title><link>/{0}/{1}</link></item>"
    items = "".join(item.format(n, place) for place in range(3))
    start, end = RSS.split("<item>")[0], "</channel></rss>"
    return web.Response(body=(start + items + end).encode(), content_type="application/xml")


@contextmanager
def memory_watched() -> Iterator[Callable[[], int]]:
    """Measure this process and its children, twenty times a second; tells by how much they grew."""
    me = psutil.Process()
    done = threading.Event()
    seen: list[int] = []

    def measure() -> None:
        total = 0
        for process in (me, *me.children(recursive=True)):
            try:
                total += process.memory_info().rss
            except psutil.NoSuchProcess:
                continue
        seen.append(total)

    def watch() -> None:
        while not done.wait(0.05):
            measure()

    measure()
    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        yield lambda: max(seen) - seen[0]
    finally:
        done.set()
        watcher.join()


@pytest.mark.allow_hosts(["127.0.0.1", "127.0.0.2"])
def test_of_two_thousand_feeds_the_faulty_cost_the_good_nothing(
    make_settings: Callable[..., Settings], monkeypatch: pytest.MonkeyPatch
) -> None:
    def guarded(**given: object) -> Fetcher:
        return Fetcher(**given | {"allow_private": False, "allow_networks": ["127.0.0.1/32"]})  # type: ignore[arg-type]

    monkeypatch.setattr("pipeline.stages.poll.Fetcher", guarded)
    settings = make_settings(fetch_timeout_s=8, max_feed_bytes=MAX_BYTES, parse_processes=2)
    with FeedServer() as server, FeedServer("127.0.0.2") as inside, open_app(settings) as app:
        wrong, odd = faults(server, inside), survivors(server)
        good = [server.on("/good", numbered) + f"?n={n}" for n in range(FEEDS - FAULTY - len(odd))]
        bad = {
            f"{url}?n={n}": (name, words)
            for n, (name, (url, _, words)) in zip(range(FAULTY), itertools.cycle(wrong.items()))
        }
        urls = [*good, *odd, *bad]
        random.Random(7).shuffle(urls)  # noqa: S311 - an order that is no fault's own
        with memory_watched() as grown:
            report = app.run("poll", now=NOW, urls=urls)
        assert inside.asked.total() == 0
        with app.database.read() as session:
            titles = Counter(session.scalars(select(ArticleRow.title)))
            health = {line.url: line for line in feeds.feed_health(now=NOW, session=session)}
    assert report.counts["feeds"] == FEEDS
    assert report.counts["failed"] == FAULTY
    wanted = {f"T{n}-{place}" for n in range(len(good)) for place in range(3)}
    assert wanted <= titles.keys()
    assert set(titles) - wanted == {TITLE}
    assert [url for url in (*good, *odd) if health[url].state != "healthy"] == []
    for url, (name, words) in bad.items():
        assert (name, health[url].state) == (name, "failing")
        assert words in health[url].reason, name
    assert grown() < MOST_BYTES


@pytest.mark.allow_hosts(["127.0.0.1", "127.0.0.2"])
async def test_a_slow_loris_costs_its_own_slots_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """A host of forty feeds that give a byte now and then; two slots are left to all the others.

    No clock decides: the loris lets go only when every other feed has arrived.
    """
    monkeypatch.setattr("pipeline.collect.poll._is_own", lambda _host: False)
    arrived = threading.Event()
    held = Counter[str]()

    async def drip(request: web.Request) -> web.StreamResponse:
        held["now"] += 1
        held["most"] = max(held["most"], held["now"])
        response = web.StreamResponse()
        await response.prepare(request)
        while not arrived.is_set():
            await response.write(b" ")
            await asyncio.sleep(0.01)
        held["now"] -= 1
        await response.write(RSS.encode())
        return response

    with FeedServer("127.0.0.2") as loris, FeedServer() as server:
        slow = [loris.on(f"/{n}", drip) for n in range(40)]
        good = [server.on("/good", numbered) + f"?n={n}" for n in range(200)]
        states = [FeedState(n, url, url) for n, url in enumerate(slow + good)]
        order: list[int] = []
        async with (
            Fetcher(timeout_s=60, concurrency=6, allow_private=True) as fetcher,
            ParsePool(1) as pool,
        ):
            async for polled in poll_feeds(states, fetcher=fetcher, pool=pool, now=NOW):
                assert polled.articles, polled.record
                order.append(polled.record.feed_id)
                if len(order) == len(good):
                    arrived.set()
    assert min(order[: len(good)]) >= len(slow)
    assert sorted(order) == list(range(len(states)))
    assert held["most"] == 4
