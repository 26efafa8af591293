"""Finding the feeds behind an address, over real HTTP on loopback."""

from collections.abc import Iterator

import pytest

from pipeline.collect.fetch import Fetcher
from pipeline.collect.find_feeds import as_address, find_feeds
from pipeline.collect.page_links import COMMON_PATHS, MAX_CANDIDATES
from pipeline.collect.pool import ParsePool
from schemas.feed import FailureKind
from schemas.kept_feed import Discovery
from tests.feed_server import FeedServer

HTML = "text/html; charset=utf-8"


def rss(title: str = "News", *items: str) -> str:
    told = "".join(
        f"<item><title>{item}</title><link>https://news.example/{item}</link></item>"
        for item in items or (title,)
    )
    return f'<rss version="2.0"><channel><title>{title}</title>{told}</channel></rss>'


@pytest.fixture
def server() -> Iterator[FeedServer]:
    with FeedServer() as running:
        yield running


async def find(address: str, *, allow_private: bool = True) -> Discovery:
    async with (
        Fetcher(timeout_s=5, allow_private=allow_private) as fetcher,
        ParsePool(0) as pool,
    ):
        return await find_feeds(address, fetcher=fetcher, pool=pool)


def page(server: FeedServer, *links: str, path: str = "/") -> str:
    head = "".join(f'<link rel="alternate" type="application/rss+xml" href="{u}">' for u in links)
    return server.serve(path, f"<html><head>{head}</head></html>", content_type=HTML)


async def test_an_address_that_is_a_feed(server: FeedServer) -> None:
    url = server.serve("/feed", rss())
    found = await find(url)
    [feed] = found.feeds
    assert (feed.url, feed.found_by, feed.parsed.title) == (url, "given", "News")
    assert sum(server.asked.values()) == 1


async def test_feeds_that_a_page_names_in_its_order(server: FeedServer) -> None:
    server.serve("/a", rss("A"))
    server.serve("/b", rss("B"))
    server.serve("/broken", "<html>moved</html>", content_type=HTML)
    url = page(server, "/broken", "/a", "/b")
    found = await find(url)
    assert [feed.parsed.title for feed in found.feeds] == ["A", "B"]
    [(candidate, why)] = found.refused
    assert candidate.url == server.url("/broken")
    assert why.kind is FailureKind.HTML
    assert found.site == url
    assert server.asked["/feed"] == 0


async def test_the_same_feed_under_several_names_is_one(server: FeedServer) -> None:
    server.serve("/rss", rss("A", "1", "2"))
    server.serve("/copy", rss("A in another format", "2", "1"))
    server.redirect("/old", "/rss", status=302)
    found = await find(page(server, "/old", "/rss", "/copy"))
    assert [feed.asked for feed in found.feeds] == [server.url("/old")]


async def test_a_permanent_redirect_is_followed_for_good_and_another_is_not(
    server: FeedServer,
) -> None:
    server.serve("/new", rss("A"))
    moved = server.redirect("/moved", "/new", status=301)
    assert (await find(moved)).feeds[0].url == server.url("/new")
    visiting = server.redirect("/visiting", "/new", status=302)
    [feed] = (await find(visiting)).feeds
    assert (feed.url, feed.answered) == (visiting, server.url("/new"))


async def test_usual_paths_where_a_page_names_none(server: FeedServer) -> None:
    server.serve("/index.xml", rss("Hugo"))
    found = await find(page(server))
    [feed] = found.feeds
    assert (feed.url, feed.found_by) == (server.url("/index.xml"), "path")
    assert len(found.refused) == COMMON_PATHS.index("index.xml")
    assert server.asked["/feeds/posts/default"] == 0


async def test_link_headers_of_a_page(server: FeedServer) -> None:
    server.serve("/x", rss("X"))
    url = server.serve(
        "/",
        "<p>hello</p>",
        content_type=HTML,
        headers={"Link": '</x>; rel="alternate"; type="application/rss+xml"'},
    )
    assert (await find(url)).feeds[0].found_by == "header"


async def test_a_site_without_feeds_is_asked_a_bounded_number_of_times(server: FeedServer) -> None:
    url = page(server, *(f"/{n}/feed" for n in range(200)))
    found = await find(url)
    assert found.feeds == ()
    assert found.failure is not None
    assert found.failure.kind is FailureKind.HTML
    assert sum(server.asked.values()) <= 1 + MAX_CANDIDATES + len(COMMON_PATHS) + 2


async def test_an_address_that_fails_is_not_probed(server: FeedServer) -> None:
    found = await find(server.url("/nothing"))
    assert found.failure is not None
    assert found.failure.status == 404
    assert sum(server.asked.values()) == 1


async def test_private_addresses_are_refused_behind_a_page_too(server: FeedServer) -> None:
    found = await find(server.url("/"), allow_private=False)
    assert found.failure is not None
    assert found.failure.kind is FailureKind.FORBIDDEN_ADDRESS
    assert not server.asked


async def test_without_a_scheme_http_is_tried_after_https(server: FeedServer) -> None:
    server.serve("/feed", rss("A"))
    found = await find(f"{server.host}:{server.port}/feed")
    assert found.feeds[0].url == server.url("/feed")


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        (" example.org ", "https://example.org"),
        ("example.org:8080/feed", "https://example.org:8080/feed"),
        ("//example.org/a", "https://example.org/a"),
        ("feed://example.org/a", "https://example.org/a"),
        ("feed:http://example.org/a", "http://example.org/a"),
        ("HTTP://example.org", "HTTP://example.org"),
        ("ftp://example.org", "ftp://example.org"),
    ],
)
def test_what_people_type_is_an_address(typed: str, meant: str) -> None:
    assert as_address(typed) == meant
