"""Feeds that go wrong in every way we know, and feeds that are odd and go right all the same."""

import asyncio
import gzip
from contextlib import suppress
from typing import TypeAlias

from aiohttp import web

from schemas.feed import FailureKind
from tests.feed_server import FeedServer

MAX_BYTES = 1_000_000
TITLE = "Угода про корисні копалини"
RSS = (
    '<?xml version="1.0" encoding="utf-8"?><rss version="2.0"><channel><title>F</title>'
    f"<item><title>{TITLE}</title><link>/deal</link></item></channel></rss>"
)
LAUGHS = (
    '<!DOCTYPE r [<!ENTITY a "haha"><!ENTITY b "&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;">]>'
    "<rss version='2.0'><channel><item a='&c;'><title x='&c;&c;'>t</title></item></channel></rss>"
)
INCLUDES = (
    '<!DOCTYPE r [<!ENTITY % a SYSTEM "http://127.0.0.2/x.dtd"> %a;]>'
    "<rss version='2.0'><channel><item><title>t</title></item></channel></rss>"
)
BOMB = (
    '<?xml version="1.0"?><!DOCTYPE r [<!ENTITY a "haha"><!ENTITY b "&a;&a;&a;&a;">]>'
    "<rss version='2.0'><channel><item><title>&b;</title></item></channel></rss>"
)
ATTRIBUTES = "".join(f' a{n}="{n}"' for n in range(50_000))
Faults: TypeAlias = dict[str, tuple[str, FailureKind, str]]


async def hang(_request: web.Request) -> web.StreamResponse:
    await asyncio.Event().wait()
    raise AssertionError


async def drip(request: web.Request) -> web.StreamResponse:
    """One byte at a time, for ever: always alive, never done."""
    response = web.StreamResponse()
    await response.prepare(request)
    while True:
        await response.write(b" ")
        await asyncio.sleep(0.02)


async def endless(request: web.Request) -> web.StreamResponse:
    response = web.StreamResponse()
    await response.prepare(request)
    with suppress(ConnectionError):
        while True:
            await response.write(b"<item>" * 10_000)
    return response


async def reset(request: web.Request) -> web.StreamResponse:
    assert request.transport is not None
    request.transport.abort()
    return web.Response()


async def truncated(request: web.Request) -> web.StreamResponse:
    response = web.StreamResponse(headers={"Content-Length": "5000"})
    await response.prepare(request)
    await response.write(RSS.encode()[:100])
    assert request.transport is not None
    request.transport.close()
    return response


async def truncated_chunk(request: web.Request) -> web.StreamResponse:
    response = web.StreamResponse()
    response.enable_chunked_encoding()
    await response.prepare(request)
    await response.write(RSS.encode()[:100])
    assert request.transport is not None
    request.transport.close()
    return response


async def no_http(request: web.Request) -> web.StreamResponse:
    assert request.transport is not None
    request.transport.write(b"220 mail.example.com ESMTP ready\r\n")
    request.transport.close()
    return web.Response()


async def many_headers(_request: web.Request) -> web.StreamResponse:
    return web.Response(headers={"X-Long": "x" * 20_000})


async def countless_headers(_request: web.Request) -> web.StreamResponse:
    return web.Response(headers={f"X-{n}": "x" for n in range(2000)})


def faults(server: FeedServer, inside: FeedServer) -> Faults:
    """URL, kind, and what the message says, for each fault."""
    packed = {"Content-Encoding": "gzip"}
    server.redirect("/loop-b", "/loop-a")
    for n in range(8):
        server.redirect(f"/chain-{n}", f"/chain-{n + 1}")
    kind = FailureKind
    return {
        "404": (server.url("/404"), kind.CLIENT_ERROR, "nothing at this address"),
        "403": (server.serve("/403", status=403), kind.CLIENT_ERROR, "refuses"),
        "410": (server.serve("/410", status=410), kind.GONE, "gone for good"),
        "429": (
            server.serve("/429", status=429, headers={"Retry-After": "7200"}),
            kind.RATE_LIMITED,
            "fewer requests",
        ),
        "500": (server.serve("/500", status=500), kind.SERVER_ERROR, "HTTP 500"),
        "chain": (server.url("/chain-0"), kind.REDIRECT_LOOP, "more than 5 redirects"),
        "loop": (server.redirect("/loop-a", "/loop-b"), kind.REDIRECT_LOOP, "lead back"),
        "private": (
            server.redirect("/private", inside.url("/feed")),
            kind.FORBIDDEN_ADDRESS,
            "127.0.0.2 is a loopback address",
        ),
        "metadata": (
            server.redirect("/metadata", "http://169.254.169.254/latest/meta-data/", status=302),
            kind.FORBIDDEN_ADDRESS,
            "link-local",
        ),
        "mapped": (
            server.redirect("/mapped", f"http://[::ffff:127.0.0.2]:{inside.port}/feed"),
            kind.FORBIDDEN_ADDRESS,
            "loopback",
        ),
        "decimal": (
            server.redirect("/decimal", f"http://2130706434:{inside.port}/feed"),
            kind.FORBIDDEN_ADDRESS,
            "loopback",
        ),
        "file": (server.redirect("/file", "file:///etc/passwd"), kind.BAD_URL, "'file'"),
        "hang": (server.on("/hang", hang), kind.TIMEOUT, "fell silent"),
        "drip": (server.on("/drip", drip), kind.TIMEOUT, "no whole answer within"),
        "endless": (server.on("/endless", endless), kind.TOO_LARGE, "1,000,000 bytes"),
        "announced": (
            server.serve("/announced", b"x" * (MAX_BYTES + 1)),
            kind.TOO_LARGE,
            "1,000,001 bytes announced",
        ),
        "gzip bomb": (
            server.serve("/bomb.gz", gzip.compress(b"\0" * 200_000_000), headers=packed),
            kind.TOO_LARGE,
            "after decompression",
        ),
        "cut gzip": (
            server.serve("/cut.gz", gzip.compress(RSS.encode())[:-12], headers=packed),
            kind.RESET,
            "cut off",
        ),
        "brotli": (
            server.serve("/br", b"\x0b\x02", headers={"Content-Encoding": "br"}),
            kind.BAD_ENCODING,
            "'br'",
        ),
        "reset": (server.on("/reset", reset), kind.RESET, "hung up"),
        "truncated": (server.on("/truncated", truncated), kind.RESET, "cut off"),
        "truncated chunk": (server.on("/chunk", truncated_chunk), kind.RESET, "cut off"),
        "no http": (server.on("/smtp", no_http), kind.PROTOCOL, "not proper HTTP"),
        "headers": (server.on("/headers", many_headers), kind.PROTOCOL, "not proper HTTP"),
        "header count": (
            server.on("/header-count", countless_headers),
            kind.PROTOCOL,
            "not proper HTTP",
        ),
        "empty": (server.serve("/empty", b""), kind.EMPTY, "empty"),
        "204": (server.serve("/204", status=204), kind.EMPTY, "empty"),
        "html": (server.serve("/html", "<!DOCTYPE html><p>Log in"), kind.HTML, "web page"),
        "entity bomb": (server.serve("/xml-bomb", BOMB), kind.XML_BOMB, "entity"),
        "utf-16 bomb": (
            server.serve("/xml-bomb-16", BOMB.encode("utf-16")),
            kind.XML_BOMB,
            "entity",
        ),
        "laughs in attributes": (server.serve("/laughs", LAUGHS), kind.XML_BOMB, "entity"),
        "parameter entity": (server.serve("/includes", INCLUDES), kind.XML_BOMB, "entity"),
        "nested": (
            server.serve("/nested", RSS.replace("<title>F", "<a>" * 100_000 + "<title>F")),
            kind.TOO_LARGE,
            "marks",
        ),
        "attributes": (
            server.serve("/attributes", RSS.replace("<item", "<item" + ATTRIBUTES)),
            kind.TOO_LARGE,
            "attributes",
        ),
        "sitemap": (server.serve("/sitemap", "<urlset/>"), kind.NOT_A_FEED, "<urlset>"),
        "binary": (server.serve("/png", b"\x89PNG\r\n\x1a\n"), kind.NOT_A_FEED, "begins with"),
        "json": (server.serve("/json", '{"a": 1}'), kind.NOT_A_FEED, "not JSON Feed"),
        "damaged": (server.serve("/damaged", "<rss><chan"), kind.INVALID_XML, "damaged"),
    }


def survivors(server: FeedServer) -> list[str]:
    """URLs that are odd, and whose one item arrives all the same."""
    server.redirect("/moved-1", "/moved-2", status=308)
    server.redirect("/moved-2", "/plain", status=301)
    latin = "text/xml; charset=iso-8859-1"
    json_feed = f'{{"version":"https://jsonfeed.org/version/1.1","items":[{{"title":"{TITLE}"}}]}}'
    return [
        server.serve("/plain", RSS),
        server.redirect("/moved", "/moved-1"),
        server.serve("/bom", RSS.encode("utf-8-sig")),
        server.serve("/utf-16", RSS.replace("utf-8", "utf-16").encode("utf-16")),
        server.serve("/utf-16-undeclared", RSS.encode("utf-16-le")),
        server.serve("/labelled-latin", RSS, content_type=latin),
        server.serve("/labelled-utf-8", RSS.encode("cp1251"), content_type="application/xml"),
        server.serve("/declared", RSS.replace("utf-8", "windows-1251").encode("cp1251")),
        server.serve("/html-type", RSS, content_type="text/html"),
        server.serve("/warning", "<br />\n<b>Warning</b>: x in /a.php<br />\n" + RSS),
        server.serve("/unclosed", RSS.replace("</channel></rss>", "")),
        server.serve("/ampersand", RSS.replace("<title>F", "<title>A & B")),
        server.serve("/html-names", RSS.replace("<title>F", "<title>&nbsp;&mdash;")),
        server.serve("/nul", RSS.replace("<title>F", "<title>\x00\x08F")),
        server.serve("/gz", gzip.compress(RSS.encode())),
        server.serve("/no-gzip", RSS, headers={"X-Odd": "1", "Content-Encoding": "gzip"}),
        server.serve("/feed.json", json_feed, content_type="application/json"),
    ]
