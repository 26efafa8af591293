"""Sending a form: the guard, redirects and limits of fetching hold for it too."""

import asyncio

import pytest
from aiohttp import web

from pipeline.collect.fetch import Fetcher, Posted
from schemas.feed import Failed, FailureKind
from tests.feed_server import FeedServer

FORM = {"hub.mode": "subscribe", "hub.secret": "s3cret", "hub.topic": "https://é.example/?a=b&c"}


async def send(url: str, **more: object) -> Posted | Failed:
    given = {"allow_private": True, "timeout_s": 5, **more}
    async with Fetcher(**given) as fetcher:  # type: ignore[arg-type]
        return await fetcher.post_form(url, FORM)


def failed(answer: Posted | Failed) -> Failed:
    assert isinstance(answer, Failed)
    return answer


async def test_a_form_arrives_whole_and_in_utf8(server: FeedServer) -> None:
    seen: list[dict[str, object]] = []

    async def take(request: web.Request) -> web.Response:
        assert request.content_type == "application/x-www-form-urlencoded"
        seen.append(dict(await request.post()))
        return web.Response(status=202)

    url = server.on("/hub", take)
    assert await send(url) == Posted(url, 202)
    assert seen == [FORM]


@pytest.mark.parametrize("status", [307, 308])
async def test_redirects_that_keep_the_request_are_followed(
    server: FeedServer, status: int
) -> None:
    url = server.serve("/hub", status=202)
    assert await send(server.redirect("/old", "/hub", status=status)) == Posted(url, 202)
    assert server.requests[-1].method == "POST"


@pytest.mark.parametrize("status", [301, 302, 303])
async def test_redirects_that_make_it_a_get_are_not(server: FeedServer, status: int) -> None:
    server.serve("/hub", status=202)
    answer = failed(await send(server.redirect("/old", "/hub", status=status)))
    assert answer.status == status
    assert server.asked["/hub"] == 0


async def test_an_endless_chain_ends(server: FeedServer) -> None:
    answer = failed(await send(server.redirect("/a", "/a", status=307)))
    assert answer.kind is FailureKind.REDIRECT_LOOP


async def test_the_guard_holds_for_the_address_and_for_redirects() -> None:
    with FeedServer("127.0.0.2") as inside, FeedServer() as outside:
        inside.serve("/hub", status=202)
        only = {"allow_private": False, "allow_networks": ["127.0.0.1/32"]}
        for url in (
            inside.url("/hub"),
            outside.redirect("/hub", inside.url("/hub"), status=307),
        ):
            answer = failed(await send(url, **only))
            assert answer.kind is FailureKind.FORBIDDEN_ADDRESS
        assert inside.asked["/hub"] == 0
    assert failed(await send("ftp://hub.example/")).kind is FailureKind.BAD_URL


async def test_a_refusal_carries_the_servers_words_and_no_secret(server: FeedServer) -> None:
    url = server.serve("/hub", "Secret \n too big", status=400, content_type="text/plain")
    answer = failed(await send(url))
    assert (answer.kind, answer.status) == (FailureKind.CLIENT_ERROR, 400)
    assert answer.message.endswith(": Secret too big")
    assert "s3cret" not in answer.message
    page = server.serve("/page", "<html>", status=500, content_type="text/html")
    assert "<html>" not in failed(await send(page)).message


async def test_retry_after_is_heard(server: FeedServer) -> None:
    url = server.serve("/hub", status=429, headers={"Retry-After": "7200"})
    assert failed(await send(url)).retry_after_s == 7200


async def test_a_server_that_hangs_costs_the_time_limit(server: FeedServer) -> None:
    async def hang(_request: web.Request) -> web.StreamResponse:
        await asyncio.Event().wait()
        raise AssertionError

    answer = failed(await send(server.on("/hub", hang), timeout_s=0.3))
    assert answer.kind is FailureKind.TIMEOUT


async def test_outside_its_block_it_says_so() -> None:
    with pytest.raises(RuntimeError, match="async with"):
        await Fetcher().post_form("https://hub.example/", FORM)
