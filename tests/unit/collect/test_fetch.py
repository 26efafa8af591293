"""One conditional GET: validators, redirects, and the guard on every hop."""

import gzip
import socket
from datetime import UTC, datetime

import pytest
from aiohttp import TCPConnector, web

from pipeline.collect.fetch import Fetcher
from schemas.feed import Failed, FailureKind, Fetched, FetchResult, NotModified
from tests.feed_server import FeedServer

LOOPBACK_ONE = ("127.0.0.1/32",)


async def fetch(
    url: str, *, timeout_s: float = 5.0, max_bytes: int = 10_000, **given: str
) -> FetchResult:
    async with Fetcher(
        timeout_s=timeout_s, max_bytes=max_bytes, allow_networks=LOOPBACK_ONE, user_agent="test/1"
    ) as fetcher:
        return await fetcher.fetch(url, **given)


def failed(result: FetchResult, kind: FailureKind) -> Failed:
    assert isinstance(result, Failed), result
    assert result.kind is kind, result
    assert result.message
    return result


async def test_body_headers_and_time_come_back(server: FeedServer) -> None:
    url = server.serve("/a", "<rss/>", headers={"ETag": '"1"', "X-Odd": "Ünïcode"})
    result = await fetch(url)
    assert isinstance(result, Fetched)
    assert (result.url, result.status, result.body) == (url, 200, b"<rss/>")
    assert result.headers["etag"] == '"1"'
    assert result.moved_to is None
    assert 0 < result.seconds < 5


async def test_request_says_who_asks_and_what_it_reads(server: FeedServer) -> None:
    await fetch(server.serve("/a", "x"))
    asked = server.requests[0].headers
    assert asked["User-Agent"] == "test/1"
    assert "application/rss+xml" in asked["Accept"]
    assert asked["Accept-Encoding"] == "gzip, deflate"
    assert "If-None-Match" not in asked


async def test_validators_are_sent_and_304_is_no_failure(server: FeedServer) -> None:
    date = "Mon, 23 Nov 2026 10:00:00 GMT"
    one = server.serve("/etag", "x", headers={"ETag": 'W/"5"'})
    two = server.serve("/date", "x", headers={"Last-Modified": date})
    assert isinstance(await fetch(one, etag='W/"5"'), NotModified)
    assert isinstance(await fetch(two, last_modified=date), NotModified)
    assert isinstance(await fetch(one, etag='"old"', last_modified=date), Fetched)


async def test_gzip_is_undone(server: FeedServer) -> None:
    url = server.serve("/a", gzip.compress(b"x" * 9000), headers={"Content-Encoding": "gzip"})
    result = await fetch(url)
    assert isinstance(result, Fetched)
    assert result.body == b"x" * 9000


async def test_permanent_redirects_all_along_are_remembered(server: FeedServer) -> None:
    end = server.serve("/end", "x")
    server.redirect("/two", "/end", status=308)
    result = await fetch(server.redirect("/one", "two#part", status=301))
    assert isinstance(result, Fetched)
    assert (result.url, result.moved_to) == (end, end)


@pytest.mark.parametrize("statuses", [(302, 301), (301, 307), (303, 303)])
async def test_a_temporary_redirect_moves_nothing(
    server: FeedServer, statuses: tuple[int, int]
) -> None:
    server.serve("/end", "x")
    server.redirect("/two", "/end", status=statuses[1])
    result = await fetch(server.redirect("/one", "/two", status=statuses[0]))
    assert isinstance(result, Fetched)
    assert result.moved_to is None


async def test_move_is_told_with_a_304_too(server: FeedServer) -> None:
    end = server.serve("/end", "x", headers={"ETag": '"1"'})
    result = await fetch(server.redirect("/one", end), etag='"1"')
    assert isinstance(result, NotModified)
    assert result.moved_to == end


async def test_five_redirects_are_followed_and_six_are_not(server: FeedServer) -> None:
    server.serve("/0", "x")
    for n in range(1, 7):
        server.redirect(f"/{n}", f"/{n - 1}")
    assert isinstance(await fetch(server.url("/5")), Fetched)
    assert "5 redirects" in failed(await fetch(server.url("/6")), FailureKind.REDIRECT_LOOP).message


async def test_redirect_loop_is_found_at_once(server: FeedServer) -> None:
    server.redirect("/b", "/a")
    url = server.redirect("/a", "/b")
    assert url in failed(await fetch(url), FailureKind.REDIRECT_LOOP).message
    assert server.asked["/a"] == 1


async def test_redirect_without_address(server: FeedServer) -> None:
    found = failed(await fetch(server.serve("/a", status=302)), FailureKind.PROTOCOL)
    assert "does not say where to" in found.message


@pytest.mark.parametrize(
    "url",
    ["ftp://example.com/a", "file:///etc/passwd", "javascript:alert(1)", "https://", "nonsense", "",
     "http://exa mple.com/", "http://[::1", "http://example.com:99999/", "http://h/" + "a" * 5000,
     "http://" + "é" * 70 + ".com/", "http://a..b\x00/", "http://news.example\\@127.0.0.2/",
     "http:127.0.0.2/", "http:///127.0.0.2/", "//127.0.0.2/",
     "http://127.0.0.2%2f@news.example:port/", "gopher://127.0.0.2/", "dict://127.0.0.2/"],
)  # fmt: skip
async def test_what_is_no_web_address_is_not_asked(url: str) -> None:
    assert failed(await fetch(url), FailureKind.BAD_URL).status is None


async def test_redirect_to_another_scheme_is_not_followed(server: FeedServer) -> None:
    found = failed(await fetch(server.redirect("/a", "file:///etc/passwd")), FailureKind.BAD_URL)
    assert "'file'" in found.message


@pytest.mark.parametrize(
    "host",
    ["127.0.0.2", "localhost", "[::1]", "[::ffff:127.0.0.2]", "[::ffff:7f00:2]", "2130706434",
     "0x7f000002", "0177.0.0.2", "127.2", "0", "0.0.0.0", "169.254.169.254", "10.0.0.1",
     "0x7f.0.0.0x2", "017700000002", "127.0.0.2.", "localhost.", "１２７.0.0.2", "127。0。0。2",
     "２１３０７０６４３４", "①②⑦.0.0.2", "news.example@127.0.0.2",
     "news.example\t@127.0.0.2", "news.example:80@127.0.0.2",
     "[64:ff9b::7f00:2]", "[::7f00:2]", "[2002:7f00:2::]", "[fe80::1]", "[fd00::1]"],
)  # fmt: skip
async def test_private_addresses_are_refused_however_they_are_written(host: str) -> None:
    async with Fetcher(timeout_s=5) as fetcher:
        result = await fetcher.fetch(f"http://{host}:8080/feed")
    assert "address" in failed(result, FailureKind.FORBIDDEN_ADDRESS).message


@pytest.mark.allow_hosts(["127.0.0.1", "127.0.0.2"])
async def test_redirect_to_a_private_address_never_arrives(server: FeedServer) -> None:
    with FeedServer("127.0.0.2") as inside:
        secret = inside.serve("/secret", "<rss/>")
        result = await fetch(server.redirect("/a", secret))
        assert "127.0.0.2 is a loopback" in failed(result, FailureKind.FORBIDDEN_ADDRESS).message
        assert inside.asked["/secret"] == 0
        async with Fetcher(allow_private=True) as open_fetcher:
            assert isinstance(await open_fetcher.fetch(server.url("/a")), Fetched)


async def test_name_that_changes_its_address_gains_nothing(
    server: FeedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The name server says a public address first and a private one from then on."""
    answers = iter(["8.8.8.8"])

    def lookup(host: str, port: int, *_args: object, **_kwargs: object) -> list[object]:
        address = next(answers, "127.0.0.1")
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port))]

    monkeypatch.setattr(socket, "getaddrinfo", lookup)
    connected: list[object] = []
    async with Fetcher(timeout_s=5) as fetcher:
        original = fetcher.guard.open_socket

        def watched(info: tuple[int, int, int, str, tuple[str, int]]) -> socket.socket:
            connected.append(info[4][0])
            original(info)
            raise ConnectionRefusedError(111, "the test lets nothing out")

        connector = fetcher._sessions[False].connector
        assert isinstance(connector, TCPConnector)
        connector._socket_factory = watched
        failed(await fetcher.fetch(f"http://rebind.test:{server.port}/a"), FailureKind.CONNECT)
        connector.clear_dns_cache()
        result = await fetcher.fetch(f"http://rebind.test:{server.port}/a")
    failed(result, FailureKind.FORBIDDEN_ADDRESS)
    assert connected == ["8.8.8.8"]


async def test_ports_of_other_services_are_refused() -> None:
    async with Fetcher() as fetcher:
        result = await fetcher.fetch("http://example.com:25/")
    assert "port 25" in failed(result, FailureKind.FORBIDDEN_ADDRESS).message


async def test_connection_refused_is_told_with_host_and_port() -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
        result = await fetch(f"http://127.0.0.1:{port}/")
    assert f"127.0.0.1:{port}" in failed(result, FailureKind.CONNECT).message


async def test_unknown_name() -> None:
    result = failed(await fetch("http://no-such-host.invalid/"), FailureKind.DNS)
    assert "no-such-host.invalid" in result.message


async def test_plain_http_where_tls_is_asked(server: FeedServer) -> None:
    url = server.url("/a").replace("http:", "https:")
    assert "secure connection" in failed(await fetch(url), FailureKind.TLS).message


async def test_address_is_sent_as_it_is_written(server: FeedServer) -> None:
    seen = []

    async def answer(request: web.Request) -> web.Response:
        seen.append(request.raw_path if hasattr(request, "raw_path") else str(request.url))
        return web.Response(text="x")

    server.on("/a b/і", answer)
    await fetch(server.url("/a%20b/і?q=%5Bx%5D+y z&e="))
    assert seen == ["/a%20b/%D1%96?q=%5Bx%5D+y%20z&e="]


async def test_retry_after_date_is_taken_against_now(server: FeedServer) -> None:
    url = server.serve(
        "/a",
        status=429,
        headers={"Retry-After": "Mon, 23 Nov 2026 10:05:00 GMT", "Date": "nonsense"},
    )
    async with Fetcher(allow_private=True) as fetcher:
        result = await fetcher.fetch(url, now=datetime(2026, 11, 23, 10, 0, tzinfo=UTC))
    assert failed(result, FailureKind.RATE_LIMITED).retry_after_s == 300


async def test_use_outside_its_context_is_an_error_of_the_caller() -> None:
    with pytest.raises(RuntimeError, match="async with"):
        await Fetcher().fetch("http://example.com/")


async def test_connection_is_kept_open_only_where_it_is_asked_for(server: FeedServer) -> None:
    url = server.serve("/a", "x")
    for keep_alive in (True, False):
        async with Fetcher(allow_private=True) as fetcher:
            for _ in range(3):
                await fetcher.fetch(url, keep_alive=keep_alive)
    kept, closed = server.peers[:3], server.peers[3:]
    assert len(set(kept)) == 1
    assert len(set(closed)) == 3
