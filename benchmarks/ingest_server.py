"""The feeds that benchmarks/ingest.py polls: a server on loopback, in a process of its own.

    ingest_server.py            prints its port; ends when its stdin does

``GET /feed/7`` is a feed of 30 items, some 20 kB. ``GET /phase/NAME`` says how feeds are answered
from now on: ``first`` (all, with an ETag), ``not-modified`` (304 to who has the ETag),
``unchanged`` (200, the same bytes, no validator), ``one-new`` (200, one item more on top, the
oldest gone; asked again, once more). Written on asyncio's protocols, so that it takes little of the
two cores from those it serves.
"""

import asyncio
import sys
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

ENTRIES = 30
_NEWEST = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
_SUBJECTS = ("copper", "lithium", "the budget", "a bridge", "the harvest", "rail", "uranium")
_HEAD = (
    '<?xml version="1.0" encoding="UTF-8"?>\n<rss version="2.0" '
    'xmlns:atom="http://www.w3.org/2005/Atom" xmlns:dc="http://purl.org/dc/elements/1.1/">\n'
    "<channel><title>Paper {feed}</title><link>https://paper{feed}.example/</link>\n"
    "<description>News</description><language>en</language>\n"
)
_ITEM = """<item>
<title>{feed}.{number}: ministers speak of {subject} &amp; of what comes after it</title>
<link>https://paper{feed}.example/2026/11/{number}-ministers-speak-of-what-comes-after</link>
<guid isPermaLink="false">paper{feed}-{number}</guid>
<dc:creator>A. Writer</dc:creator>
<pubDate>{date}</pubDate>
<category>Politics</category>
<description>&lt;p&gt;Two ministers met on {date} to speak of {subject}, number {number}.
&lt;b&gt;Nothing was signed&lt;/b&gt;, but both said that the talks &lt;a href="https://paper{feed}.example/t"&gt;would
go on&lt;/a&gt; in spring, when the committee of experts has handed in its report of some hundred
pages. Opposition and trade unions asked for it to be published at once.&lt;/p&gt;</description>
</item>
"""


def body(feed: int, version: int) -> bytes:
    """The feed's document after ``version`` more items; the newest first."""
    items = []
    for number in range(version + ENTRIES - 1, version - 1, -1):
        date = format_datetime(_NEWEST + timedelta(hours=number - ENTRIES))
        subject = _SUBJECTS[(feed + number) % len(_SUBJECTS)]
        items.append(_ITEM.format(feed=feed, number=number, date=date, subject=subject))
    return (_HEAD.format(feed=feed) + "".join(items) + "</channel></rss>\n").encode()


class Feeds:
    """What is answered now."""

    def __init__(self) -> None:
        self.phase = "first"
        self.version = 0

    def answer(self, path: str, request: bytes) -> bytes:
        """A whole response."""
        if path.startswith("/phase/"):
            self.phase = path.removeprefix("/phase/")
            self.version += self.phase == "one-new"
            return response(b"", "text/plain")
        feed = int(path.removeprefix("/feed/"))
        etag = f'"{feed}-{self.version}"'
        if self.phase == "not-modified" and etag.encode() in request:
            return f"HTTP/1.1 304 Not Modified\r\nETag: {etag}\r\n\r\n".encode()
        head = f"ETag: {etag}\r\n" if self.phase in {"first", "not-modified"} else ""
        return response(body(feed, self.version), "application/rss+xml", head)


def response(content: bytes, kind: str, head: str = "") -> bytes:
    """200 with a body."""
    told = f"HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\n{head}"
    return f"{told}Content-Length: {len(content)}\r\n\r\n".encode() + content


class Connection(asyncio.Protocol):
    """One connection, kept alive as its client wishes; requests come one after the other."""

    def __init__(self, feeds: Feeds) -> None:
        self._feeds = feeds
        self._read = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the way back."""
        assert isinstance(transport, asyncio.Transport)  # noqa: S101 - asyncio gives no other
        self._way = transport

    def data_received(self, data: bytes) -> None:
        """Answer each whole request."""
        self._read += data
        while (end := self._read.find(b"\r\n\r\n")) >= 0:
            request, self._read = self._read[:end], self._read[end + 4 :]
            path = request.split(b" ", 2)[1].decode("ascii")
            self._way.write(self._feeds.answer(path, request))
            if b"connection: close" in request.lower():
                self._way.close()


async def main() -> None:
    """Serve until stdin ends."""
    feeds = Feeds()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Connection(feeds), "127.0.0.1", 0, backlog=1024)
    print(server.sockets[0].getsockname()[1], flush=True)
    await loop.run_in_executor(None, sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(main())
