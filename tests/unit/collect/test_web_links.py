"""Link headers by RFC 8288, and what feeds advertise by them or in the document."""

import json
import time

import pytest
from aiohttp import web
from multidict import CIMultiDict

from pipeline.collect.fetch import Fetcher
from pipeline.collect.parse import parse_feed
from pipeline.collect.web_links import feed_advert, header_advert, web_links
from schemas.feed import Fetched, ParsedFeed
from schemas.subscription import Advert
from tests.feed_server import FeedServer

URL = "https://news.example/feed.xml"
HUB = "https://hub.example/"
ATOM = "http://www.w3.org/2005/Atom"


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ('<https://h/>; rel="hub"', [("https://h/", {"hub"})]),
        ("<https://h/>;rel=hub", [("https://h/", {"hub"})]),
        ('<a>; rel="hub", <b>; rel="self"', [("a", {"hub"}), ("b", {"self"})]),
        ('<a,b>; title="x, <y>; rel=no"; rel=HUB', [("a,b", {"hub"})]),
        ('<a>; rel="self  Hub"', [("a", {"self", "hub"})]),
        ("<a>; rel=hub; rel=self", [("a", {"hub"})]),
        ("<a>; title*=UTF-8''x; rel=\"h\\ub\"", [("a", {"hub"})]),
        ('<a>; rel=hub; anchor="/other", <b>; rel=self', [("b", {"self"})]),
        (' , <a> ; rel = "hub" ,, <b>', [("a", {"hub"}), ("b", set())]),
        ('<a>; rel="hub', [("a", set())]),
        ("a; rel=hub", []),
        ("", []),
    ],
)
def test_link_headers(header: str, expected: list[tuple[str, set[str]]]) -> None:
    assert [(link.target, set(link.relations)) for link in web_links(header)] == expected


def test_an_endless_header_costs_little() -> None:
    began = time.process_time()
    for header in ('<a>; rel="' + "\\" * 200_000, "<a>;" * 100_000, ", " * 100_000, "<" * 100_000):
        web_links(header)
    assert time.process_time() - began < 1


def test_relative_links_and_a_missing_topic() -> None:
    assert header_advert({"link": "</hub>; rel=hub"}, URL) == Advert(
        ("https://news.example/hub",), URL
    )
    assert header_advert({"link": "<mailto:a@b>; rel=hub"}, URL) is None
    assert header_advert({"link": f"<{URL}>; rel=self"}, URL) is None
    assert header_advert({}, URL) is None


def advert(body: str, headers: dict[str, str] | None = None) -> Advert:
    parsed = parse_feed(body.encode(), url=URL, content_type=None)
    assert isinstance(parsed, ParsedFeed)
    return feed_advert(headers or {}, parsed, URL)


@pytest.mark.parametrize(
    "body",
    [
        (
            f"<feed xmlns='{ATOM}'><title>t</title><link rel='hub' href='{HUB}'/>"
            "<link rel='self' href='/topic'/>"
            "<entry><title>x</title><link rel='hub' href='http://no.example/'/></entry></feed>"
        ),
        (
            f"<rss version='2.0' xmlns:a='{ATOM}'><channel><title>t</title>"
            f"<a:link rel='HUB' href='{HUB}'/><a:link rel='self' href='/topic'/>"
            "<item><title>x</title><a:link rel='hub' href='http://no.example/'/></item></channel></rss>"
        ),
        json.dumps(
            {
                "version": "https://jsonfeed.org/version/1.1",
                "feed_url": "https://news.example/topic",
                "hubs": [
                    {"type": "rssCloud", "url": "http://no.example/"},
                    {"type": "WebSub", "url": HUB},
                    "x",
                ],
                "items": [],
            }
        ),
    ],
    ids=["atom", "rss", "json"],
)
def test_documents_of_each_format(body: str) -> None:
    assert advert(body) == Advert((HUB,), "https://news.example/topic")
    told = advert(body, {"link": "<https://first.example/>; rel=hub"})
    assert told == Advert(("https://first.example/",), URL), "headers come first"


def test_a_document_without_a_hub() -> None:
    assert advert("<rss version='2.0'><channel><item><title>x</title></item></channel></rss>") == (
        Advert()
    )


def test_of_a_thousand_hubs_few_are_kept() -> None:
    links = "".join(f"<link rel='hub' href='https://h{n}.example/'/>" for n in range(1000))
    body = f"<feed xmlns='{ATOM}'><title>t</title>{links}<entry><title>x</title></entry></feed>"
    assert len(advert(body).hubs) == 5


async def test_hub_and_topic_in_link_headers_of_their_own(server: FeedServer) -> None:
    async def answer(_request: web.Request) -> web.Response:
        links = [("Link", f"<{HUB}>; rel=hub"), ("Link", f"<{URL}>; rel=self"), ("Link", "<x>")]
        return web.Response(headers=CIMultiDict(links), body=b"<rss/>")

    async with Fetcher(allow_private=True) as fetcher:
        fetched = await fetcher.fetch(server.on("/feed", answer))
    assert isinstance(fetched, Fetched)
    assert header_advert(fetched.headers, fetched.url) == Advert((HUB,), URL)
