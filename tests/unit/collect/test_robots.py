"""robots.txt as RFC 9309 has it, asked of a real server."""

import pytest

from pipeline.collect.fetch import Fetcher
from pipeline.collect.robots import MAX_AGE_S, MAX_BYTES, Robots, Verdict, judge, product_token
from schemas.feed import Failed, FailureKind
from tests.feed_server import FeedServer


class Clock:
    def __init__(self):
        self.at = 0.0

    def __call__(self):
        return self.at


async def told(server, path="/news/1", clock=None, times=1, agent="mineralwatch"):
    async def judged(rules, url, token):
        return judge(rules, url, token)

    clock = clock or Clock()
    async with Fetcher(timeout_s=5, allow_private=True) as fetcher:
        robots = Robots(fetcher, judge=judged, token=agent, clock=clock)
        found = [await robots.verdict(server.url(path)) for _ in range(times)]
        clock.at += MAX_AGE_S
        if times > 1:
            found.append(await robots.verdict(server.url(path)))
    return found[-1]


@pytest.mark.parametrize(
    ("rules", "path", "allowed"),
    [
        ("User-agent: *\nDisallow: /news/", "/news/1", False),
        ("User-agent: *\nDisallow: /news/", "/about", True),
        ("User-agent: *\nDisallow: /\n\nUser-agent: MineralWatch\nDisallow: /x", "/news/1", True),
        ("User-agent: mineralwatch\nDisallow: /", "/news/1", False),
        ("User-agent: *\nDisallow: /news\nAllow: /news/1", "/news/1", True),
        ("User-agent: *\nDisallow: /*?print=", "/news/1?print=1", False),
        ("User-agent: *\nDisallow:", "/news/1", True),
        ("<html>no rules at all</html>", "/news/1", True),
        ("", "/news/1", True),
    ],
)
async def test_the_rules_decide(server: FeedServer, rules, path, allowed):
    server.serve("/robots.txt", rules, content_type="text/plain")
    verdict = await told(server, path)
    assert isinstance(verdict, Verdict)
    assert verdict.allowed is allowed


async def test_crawl_delay_is_told(server: FeedServer):
    server.serve("/robots.txt", "User-agent: *\nCrawl-delay: 7.5", content_type="text/plain")
    assert await told(server) == Verdict(allowed=True, delay_s=7.5)


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410])
async def test_without_a_file_all_is_allowed(server: FeedServer, status):
    server.serve("/robots.txt", "User-agent: *\nDisallow: /", status=status)
    assert await told(server) == Verdict(allowed=True)


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (500, FailureKind.SERVER_ERROR),
        (503, FailureKind.SERVER_ERROR),
        (429, FailureKind.RATE_LIMITED),
    ],
)
async def test_where_the_server_fails_nothing_is_allowed_for_now(server: FeedServer, status, kind):
    server.serve("/robots.txt", status=status, headers={"Retry-After": "60"})
    verdict = await told(server)
    assert isinstance(verdict, Failed)
    assert (verdict.kind, verdict.retry_after_s) == (kind, 60)
    assert verdict.message.startswith("robots.txt cannot be had: HTTP")


async def test_redirects_are_followed(server: FeedServer):
    server.redirect("/robots.txt", "/moved.txt")
    server.serve("/moved.txt", "User-agent: *\nDisallow: /", content_type="text/plain")
    verdict = await told(server)
    assert isinstance(verdict, Verdict)
    assert not verdict.allowed


async def test_it_is_asked_for_once_and_again_after_a_day(server: FeedServer):
    server.serve("/robots.txt", "User-agent: *\nDisallow:", content_type="text/plain")
    await told(server, times=5)
    assert server.asked["/robots.txt"] == 2


async def test_the_first_part_of_a_long_file_is_read(server: FeedServer):
    start = "User-agent: *\nDisallow: /news/\n"
    filler = "# " + "x" * 97 + "\n"
    body = start + filler * (MAX_BYTES // len(filler)) + "Disallow: /late/\n"
    server.serve("/robots.txt", body, content_type="text/plain")
    near, late = await told(server), await told(server, "/late/1")
    assert isinstance(near, Verdict)
    assert isinstance(late, Verdict)
    assert (near.allowed, late.allowed) == (False, True)


def test_bytes_that_are_no_text_are_harmless():
    assert judge(b"\xef\xbb\xbfUser-agent: *\nDisallow: /\xff\xfe\n", "http://a/b", "x").allowed
    assert not judge(b"\xef\xbb\xbfUser-agent: *\nDisallow: /", "http://a/b", "x").allowed


def test_our_name_is_the_first_word_of_the_user_agent():
    assert product_token("mineralwatch/0.1 (news monitor)") == "mineralwatch"
    assert product_token("News-Desk_Bot 2") == "News-Desk_Bot"
    assert product_token("007") == "*"
