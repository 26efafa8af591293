"""Polling many feeds against a real server."""

import asyncio
import gc
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from aiohttp import web
from structlog import PrintLogger, wrap_logger
from structlog.testing import LogCapture

from pipeline.collect.fetch import Fetcher
from pipeline.collect.poll import PolledFeed, poll_feeds
from pipeline.collect.pool import ParsePool
from schemas.feed import Failed, FailureKind, FeedState, Fetched, ParsedFeed, PollOutcome
from tests.feed_server import FeedServer

NOW = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)


def rss(*titles: str, extra: str = "") -> str:
    items = "".join(
        f"<item><title>{title}</title><link>/{title}</link>"
        "<pubDate>Mon, 23 Nov 2026 09:30:00 GMT</pubDate></item>"
        for title in titles
    )
    return f"<rss version='2.0'><channel><title>F</title>{extra}{items}</channel></rss>"


def state(url: str, feed_id: int = 1) -> FeedState:
    return FeedState(feed_id=feed_id, url=url, name=f"feed {feed_id}")


@asynccontextmanager
async def room(concurrency: int = 20) -> AsyncIterator[tuple[Fetcher, ParsePool]]:
    async with (
        Fetcher(allow_private=True, timeout_s=5, concurrency=concurrency) as fetcher,
        ParsePool(0) as pool,
    ):
        yield fetcher, pool


async def poll(
    states: Sequence[FeedState], *, now: datetime = NOW, concurrency: int = 20
) -> list[PolledFeed]:
    async with room(concurrency) as (fetcher, pool):
        return [polled async for polled in poll_feeds(states, fetcher=fetcher, pool=pool, now=now)]


async def poll_one(feed: FeedState, now: datetime = NOW) -> PolledFeed:
    (polled,) = await poll([feed], now=now)
    return polled


async def test_first_poll_brings_state_record_and_articles(server: FeedServer) -> None:
    url = server.serve("/f", rss("a", "b"), headers={"ETag": '"1"', "Last-Modified": "x"})
    polled = await poll_one(state(url))
    assert [article.title for article in polled.articles] == ["a", "b"]
    assert polled.articles[0].canonical_url == f"https://127.0.0.1:{server.port}/a"
    record = polled.record
    assert (record.feed_id, record.at, record.outcome) == (1, NOW, PollOutcome.FETCHED)
    assert (record.status, record.entries, record.new, record.failure) == (200, 2, 2, None)
    assert record.bytes_read == len(rss("a", "b"))
    after = polled.state
    assert (after.etag, after.last_modified, after.failures) == ('"1"', "x", 0)
    assert after.last_success_at == after.last_new_at == NOW
    assert after.body_hash is not None
    assert after.next_poll_at is not None
    assert after.next_poll_at > NOW


async def test_second_poll_is_a_304(server: FeedServer) -> None:
    url = server.serve("/f", rss("a"), headers={"ETag": '"1"'})
    first = await poll_one(state(url))
    second = await poll_one(first.state, NOW + timedelta(hours=1))
    assert second.record.outcome is PollOutcome.NOT_MODIFIED
    assert (second.record.status, second.articles) == (304, ())
    assert second.state.etag == '"1"'
    assert second.state.body_hash == first.state.body_hash
    assert second.state.last_new_at == NOW


async def test_same_bytes_are_not_parsed_again(server: FeedServer) -> None:
    class NeverParses(ParsePool):
        async def parse(self, fetched: Fetched, known: bytes = b"") -> ParsedFeed | Failed:  # noqa: ARG002
            raise AssertionError(f"parsed again: {fetched.url}")

    first = await poll_one(state(server.serve("/f", rss("a"))))
    async with Fetcher(allow_private=True) as fetcher, NeverParses(0) as pool:
        found = [p async for p in poll_feeds([first.state], fetcher=fetcher, pool=pool, now=NOW)]
    assert found[0].record.outcome is PollOutcome.UNCHANGED
    assert found[0].record.bytes_read == len(rss("a"))


async def test_validators_that_are_taken_back_are_forgotten(server: FeedServer) -> None:
    url = server.serve("/f", rss("a"))
    polled = await poll_one(replace(state(url), etag='"old"', last_modified="old"))
    assert (polled.state.etag, polled.state.last_modified) == (None, None)


async def test_validator_that_cannot_be_stored_is_not_kept(server: FeedServer) -> None:
    url = server.serve("/f", rss("a"), headers={"ETag": '"' + "x" * 2000 + '"'})
    assert (await poll_one(state(url))).state.etag is None


async def test_move_is_remembered_when_it_is_confirmed(server: FeedServer) -> None:
    end = server.serve("/new", rss("a", "b"), headers={"ETag": '"1"'})
    start = server.redirect("/old", "/new")
    feed = replace(state(start), configured_url=start)
    for hours, outcome in ((0, PollOutcome.FETCHED), (12, PollOutcome.NOT_MODIFIED)):
        polled = await poll_one(feed, NOW + timedelta(hours=hours))
        feed = polled.counted(2).state
        assert (polled.record.outcome, feed.url, feed.moving_to) == (outcome, start, end)
    feed = (await poll_one(feed, NOW + timedelta(hours=24))).state
    assert (feed.url, feed.configured_url) == (end, start)
    asked = server.asked["/old"]
    feed = (await poll_one(feed, NOW + timedelta(hours=25))).state
    assert (server.asked["/old"], feed.url, feed.moving_to) == (asked, end, None)


async def test_redirect_for_now_moves_nothing(server: FeedServer) -> None:
    server.serve("/new", rss("a"))
    for status in (302, 303, 307):
        feed = state(server.redirect(f"/{status}", "/new", status=status))
        for days in range(4):
            feed = (await poll_one(feed, NOW + timedelta(days=days))).state
        assert (feed.url, feed.moving_to) == (server.url(f"/{status}"), None)


async def test_move_confirms_nothing_where_no_feed_is_at_its_end(server: FeedServer) -> None:
    server.serve("/bad", "<html/>")
    feed = state(server.redirect("/gone", "/bad"))
    for days in range(4):
        feed = (await poll_one(feed, NOW + timedelta(days=days))).state
    assert (feed.url, feed.moving_to, feed.failures) == (server.url("/gone"), None, 4)


async def test_item_without_a_link_stays_itself_when_the_feed_moves(server: FeedServer) -> None:
    item = "<rss version='2.0'><channel><item><title>a</title><guid>7</guid></item></channel></rss>"
    first, second = server.serve("/old", item), server.serve("/new", item)
    before = await poll_one(replace(state(first), configured_url=first))
    after = await poll_one(replace(state(second), configured_url=first))
    assert after.articles[0].canonical_url == before.articles[0].canonical_url


async def test_wishes_of_the_document_are_remembered_over_a_304(server: FeedServer) -> None:
    asked = (
        "<ttl>45</ttl><skipHours><hour>3</hour><hour>4</hour></skipHours>"
        "<skipDays><day>Sunday</day></skipDays>"
    )
    headers = {"ETag": '"1"'}
    url = server.serve("/f", rss("a", extra=asked), headers=headers)
    first = (await poll_one(state(url))).counted(1).state
    second = (await poll_one(first, NOW + timedelta(hours=1))).state
    for after, now in ((first, NOW), (second, NOW + timedelta(hours=1))):
        assert (after.ttl_s, after.skip_hours, after.skip_days) == (2700, (3, 4), (6,))
        assert after.next_poll_at is not None
        assert 2700 <= (after.next_poll_at - now).total_seconds() <= 2700 * 1.05
    server.serve("/f", rss("a", "b"))
    third = (await poll_one(second, NOW + timedelta(hours=2))).state
    assert (third.ttl_s, third.skip_hours, third.skip_days) == (None, (), ())


async def test_freshness_of_the_answer_is_honoured(server: FeedServer) -> None:
    headers = {"ETag": '"1"', "Cache-Control": "max-age=1200"}
    feed = state(server.serve("/f", rss("a"), headers=headers))
    polled = await poll_one(feed)
    for after in (polled.state, polled.counted(1).state):
        assert after.next_poll_at is not None
        assert 1200 <= (after.next_poll_at - NOW).total_seconds() <= 1200 * 1.05


async def test_rhythm_is_learnt_from_the_dates(server: FeedServer) -> None:
    dated = "".join(
        f"<item><title>{hour}</title><link>/{hour}</link>"
        f"<pubDate>Mon, 23 Nov 2026 {hour:02}:00:00 GMT</pubDate></item>"
        for hour in range(10)
    )
    document = f"<rss version='2.0'><channel>{dated}</channel></rss>"
    after = (await poll_one(state(server.serve("/f", document)))).counted(10).state
    assert (after.gap_s, after.shown, after.window_s) == (3600, 10, 2 * 5 * 3600)


async def test_feed_that_is_all_new_is_said_to_have_lost_items(server: FeedServer) -> None:
    before = replace(state(server.serve("/f", rss("a", "b"))), last_success_at=NOW)
    polled = await poll_one(before, NOW + timedelta(hours=2))
    assert "all 2 items were new" in polled.counted(2).record.message
    assert polled.counted(1).record.message == ""


async def test_failure_is_a_record_with_words(server: FeedServer) -> None:
    before = replace(state(server.url("/nothing")), etag='"1"', last_success_at=NOW)
    polled = await poll_one(before, NOW + timedelta(hours=1))
    record = polled.record
    assert (record.outcome, record.failure) == (PollOutcome.FAILED, FailureKind.CLIENT_ERROR)
    assert (record.status, record.message) == (404, "HTTP 404: there is nothing at this address")
    assert (polled.state.failures, polled.state.etag) == (1, '"1"')
    assert polled.state.last_success_at == NOW


async def test_turns_of_a_feeds_life_are_logged_once(
    server: FeedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = LogCapture()
    logger = wrap_logger(PrintLogger(), processors=[told])
    monkeypatch.setattr("pipeline.collect.poll._log", logger)
    feed = (await poll_one(state(server.serve("/f", status=410)))).state
    feed = (await poll_one(feed, NOW + timedelta(days=1))).state
    server.serve("/f", rss("a"))
    await poll_one(feed, NOW + timedelta(days=8))
    assert [line["event"] for line in told.entries] == ["feed_dead", "feed_revived"]
    assert {line["feed"] for line in told.entries} == {"feed 1"}


async def test_document_that_is_no_feed_is_told_with_its_status_and_size(
    server: FeedServer,
) -> None:
    record = (await poll_one(state(server.serve("/f", "<html/>")))).record
    assert (record.failure, record.status, record.bytes_read) == (FailureKind.HTML, 200, 7)


async def test_what_was_wrong_and_survived_is_told(server: FeedServer) -> None:
    document = "junk " + rss("a", extra="<item><link>/x</link></item>")
    record = (await poll_one(state(server.serve("/f", document)))).record
    assert record.outcome is PollOutcome.FETCHED
    assert "text stood before the feed" in record.message
    assert "1 items without any text left out" in record.message


async def test_count_of_new_articles_is_corrected_by_the_store(server: FeedServer) -> None:
    quiet_since = NOW - timedelta(days=2)
    before = replace(
        state(server.serve("/f", rss("a", "b"))), interval_s=3600, last_new_at=quiet_since
    )
    polled = await poll_one(before)
    assert (polled.record.new, polled.state.interval_s) == (2, 300)
    known = polled.counted(0)
    assert (known.record.new, known.state.interval_s) == (0, 5400)
    assert (known.state.last_new_at, known.state.gap_s) == (quiet_since, None)
    assert known.state.etag == polled.state.etag
    assert known.articles == polled.articles
    assert polled.counted(2) == polled


async def test_counting_leaves_other_outcomes_alone(server: FeedServer) -> None:
    polled = await poll_one(state(server.url("/nothing")))
    assert polled.counted(0) == polled


async def test_no_date_tells_whether_an_item_is_new(server: FeedServer) -> None:
    before = replace(state(server.serve("/f", rss("a"))), last_success_at=NOW)
    polled = await poll_one(before, NOW + timedelta(hours=1))
    assert [article.title for article in polled.articles] == ["a"]
    assert polled.record.new == 1


async def test_items_without_a_link_keep_their_identity_where_the_feed_moves(
    server: FeedServer,
) -> None:
    document = (
        "<rss version='2.0'><channel><title>F</title>"
        "<item><title>a</title><guid>124</guid></item><item><title>b</title></item>"
        "</channel></rss>"
    )
    old = server.redirect("/old/feed", server.serve("/new/feed", document))
    first = await poll_one(replace(state(old), configured_url=old))
    moved = replace(first.state, url=server.url("/new/feed"), body_hash=None, items=b"")
    second = await poll_one(moved)
    assert [a.url for a in first.articles] == [None, None]
    assert [a.canonical_url for a in first.articles] == [a.canonical_url for a in second.articles]


@pytest.mark.parametrize("error", [RuntimeError("boom"), ValueError("odd"), KeyError("x")])
async def test_a_fault_of_ours_costs_one_feed(server: FeedServer, error: Exception) -> None:
    class Breaks(ParsePool):
        async def parse(self, fetched: Fetched, known: bytes = b"") -> ParsedFeed | Failed:
            if fetched.url.endswith("/bad"):
                raise error
            return await super().parse(fetched, known)

    states = [
        state(server.serve("/good", rss("a")), 1),
        state(server.serve("/bad", rss("b")), 2),
        FeedState(feed_id=3, url="http://[bad", name="bad url"),
    ]
    async with Fetcher(allow_private=True) as fetcher, Breaks(0) as pool:
        found = {
            polled.record.feed_id: polled.record
            async for polled in poll_feeds(states, fetcher=fetcher, pool=pool, now=NOW)
        }
    assert found[1].outcome is PollOutcome.FETCHED
    assert found[2].failure is FailureKind.INTERNAL
    assert type(error).__name__ in found[2].message
    assert found[3].failure is FailureKind.BAD_URL


async def test_a_feed_that_hangs_holds_up_nobody(server: FeedServer) -> None:
    release = asyncio.Event()
    loop = asyncio.get_running_loop()

    async def hang(_request: web.Request) -> web.Response:
        await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(release.wait(), loop))
        return web.Response(text=rss("late"), content_type="application/xml")

    states = [state(server.on("/hang", hang), 0)]
    states += [state(server.serve(f"/{n}", rss(f"t{n}")), n) for n in range(1, 9)]
    order = []
    async with room(concurrency=2) as (fetcher, pool):
        async for polled in poll_feeds(states, fetcher=fetcher, pool=pool, now=NOW):
            order.append(polled.record.feed_id)
            if len(order) == 8:
                release.set()
    assert order[-1] == 0
    assert sorted(order) == list(range(9))


async def test_no_more_at_once_than_allowed(server: FeedServer) -> None:
    under_way, most = 0, 0

    async def answer(_request: web.Request) -> web.Response:
        nonlocal under_way, most
        under_way += 1
        most = max(most, under_way)
        await asyncio.sleep(0.01)
        under_way -= 1
        return web.Response(text=rss("a"), content_type="application/xml")

    states = [state(server.on(f"/{n}", answer), n) for n in range(30)]
    assert len(await poll(states, concurrency=3)) == 30
    assert most == 3


async def test_one_host_is_not_pressed(server: FeedServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipeline.collect.poll._is_own", lambda _host: False)
    under_way, most = 0, 0

    async def answer(_request: web.Request) -> web.Response:
        nonlocal under_way, most
        under_way += 1
        most = max(most, under_way)
        await asyncio.sleep(0.01)
        under_way -= 1
        return web.Response(text=rss("a"), content_type="application/xml")

    states = [state(server.on(f"/{n}", answer), n) for n in range(12)]
    async with room() as (fetcher, pool):
        found = [
            polled
            async for polled in poll_feeds(states, fetcher=fetcher, pool=pool, now=NOW, per_host=2)
        ]
    assert len(found) == 12
    assert most == 2


async def test_feeds_that_failed_before_come_last(server: FeedServer) -> None:
    states = [
        replace(state(server.serve("/bad", rss("a")), 1), failures=5),
        state(server.serve("/good", rss("b")), 2),
    ]
    assert [polled.record.feed_id for polled in await poll(states, concurrency=1)] == [2, 1]


async def test_consumer_may_stop_early(server: FeedServer) -> None:
    states = [state(server.serve(f"/{n}", rss(f"t{n}")), n) for n in range(10)]
    async with room() as (fetcher, pool):
        polled = poll_feeds(states, fetcher=fetcher, pool=pool, now=NOW)
        await anext(polled)
        await polled.aclose()  # type: ignore[attr-defined]
        others = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        assert [task for task in others if "work" in repr(task.get_coro())] == []


async def test_what_was_handed_over_is_not_kept(server: FeedServer) -> None:
    states = [state(server.serve(f"/{n}", rss(f"t{n}")), n) for n in range(40)]
    alive = []
    async with room(concurrency=4) as (fetcher, pool):
        async for polled in poll_feeds(states, fetcher=fetcher, pool=pool, now=NOW):
            del polled
            gc.collect()
            alive.append(sum(isinstance(thing, PolledFeed) for thing in gc.get_objects()))
    assert max(alive) <= 2 * 4 + 1


async def test_no_feeds_no_polls() -> None:
    assert await poll([]) == []


async def test_a_rerun_at_the_same_time_decides_alike(server: FeedServer) -> None:
    feed = state(server.serve("/f", rss("a")))
    one, two = await poll_one(feed), await poll_one(feed)
    assert one.state == two.state
