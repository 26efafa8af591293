"""Every way in which a feed goes wrong is named, and costs nobody else anything."""

import tracemalloc
import zlib
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from pipeline.collect.fetch import Fetcher
from pipeline.collect.poll import PolledFeed, poll_feeds
from pipeline.collect.pool import ParsePool
from schemas.feed import FailureKind, FeedState, PollOutcome
from tests.faulty_feeds import MAX_BYTES, RSS, TITLE, endless, faults, hang, reset, survivors
from tests.feed_server import FeedServer

NOW = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)


@pytest.fixture
def server() -> Iterator[FeedServer]:
    with FeedServer() as running:
        yield running


async def poll(urls: list[str], *, processes: int = 1) -> dict[str, PolledFeed]:
    states = [FeedState(feed_id=n, url=url, name=url) for n, url in enumerate(urls)]
    async with (
        Fetcher(timeout_s=2, max_bytes=MAX_BYTES, allow_networks=["127.0.0.1/32"]) as fetcher,
        ParsePool(processes) as pool,
    ):
        found = [p async for p in poll_feeds(states, fetcher=fetcher, pool=pool, now=NOW)]
    assert len(found) == len(urls)
    return {urls[polled.record.feed_id]: polled for polled in found}


@pytest.mark.allow_hosts(["127.0.0.1", "127.0.0.2"])
async def test_each_fault_is_named_and_each_good_feed_arrives(server: FeedServer) -> None:
    with FeedServer("127.0.0.2") as inside:
        inside.serve("/feed", RSS)
        wrong, good = faults(server, inside), survivors(server)
        found = await poll([url for url, _, _ in wrong.values()] + good)
        assert inside.asked.total() == 0
    for name, (url, kind, words) in wrong.items():
        record = found[url].record
        assert (name, record.outcome, record.failure) == (name, PollOutcome.FAILED, kind), record
        assert words in record.message, name
        assert found[url].articles == ()
    for url in good:
        assert [article.title for article in found[url].articles] == [TITLE], found[url].record
    waits = {name: found[url].state.next_poll_at for name, (url, _, _) in wrong.items()}
    assert waits["429"] is not None
    assert 7200 <= (waits["429"] - NOW).total_seconds() <= 7500
    assert {name for name, (url, _, _) in wrong.items() if found[url].state.dead_since} == {"410"}
    assert found[server.url("/moved")].state.moving_to == server.url("/plain")


async def test_memory_stays_bounded_under_bombs(server: FeedServer) -> None:
    """Forty bodies of 200 MB each would not fit; a megabyte of each is the most that is held."""
    squeeze = zlib.compressobj(wbits=31)
    bomb = b"".join(squeeze.compress(b"\0" * 1_000_000) for _ in range(200)) + squeeze.flush()
    urls = [server.serve(f"/{n}.gz", bomb, headers={"Content-Encoding": "gzip"}) for n in range(40)]
    urls += [server.on(f"/endless-{n}", endless) for n in range(40)]
    tracemalloc.start()
    try:
        found = await poll(urls, processes=0)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert {polled.record.failure for polled in found.values()} <= {
        FailureKind.TOO_LARGE,
        FailureKind.TIMEOUT,
    }
    assert peak < 200 * MAX_BYTES


async def test_a_third_of_the_feeds_faulty_costs_the_others_nothing(server: FeedServer) -> None:
    good = [
        server.serve(f"/good-{n}", RSS.replace("/deal", f"/deal-{n}").replace(TITLE, f"T{n}"))
        for n in range(140)
    ]
    bad = [server.on(f"/hang-{n}", hang) for n in range(20)]
    bad += [server.on(f"/reset-{n}", reset) for n in range(20)]
    bad += [server.url(f"/404-{n}") for n in range(20)]
    found = await poll(bad[:30] + good + bad[30:], processes=2)
    titles = {article.title for url in good for article in found[url].articles}
    assert titles == {f"T{n}" for n in range(140)}
    assert all(found[url].record.failure is not None for url in bad)
