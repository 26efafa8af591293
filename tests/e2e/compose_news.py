"""Hundreds of feeds on loopback that tell who asked, and can let those who ask wait."""

import asyncio
import time
from collections import Counter, defaultdict
from collections.abc import Callable
from concurrent.futures import Future
from datetime import UTC, datetime
from email.utils import format_datetime
from weakref import WeakKeyDictionary

import yaml
from aiohttp import web

from tests.feed_server import FeedServer

FEEDS = 300
OWN = 2
"""Items of each feed's own in an issue."""
SHARED = 20
"""Items that all feeds carry, each in an order of its own, as with a news agency's."""
STORIES = (
    ("Uzbekistan", "the United States", "copper"),
    ("the European Union", "Serbia", "lithium"),
    ("the European Union", "Norway", "graphite"),
    ("Canada", "Germany", "cobalt"),
    ("the United Kingdom", "Kazakhstan", "tungsten"),
    ("France", "Mongolia", "uranium"),
    ("Japan", "Namibia", "rare earths"),
    ("Indonesia", "South Korea", "nickel"),
    ("the United States", "Pakistan", "antimony"),
)
AN_ISSUE = 3
"""Of the stories, those that come out at once; every tenth feed carries each."""

Owner = Callable[[tuple[str, int], float], str | None]
"""Whose the other end of a connection is that stood at that time (of the monotonic clock)."""


class Newsroom:
    """The feeds; an issue is what they have that is new."""

    def __init__(self, server: FeedServer, feeds: int = FEEDS) -> None:
        self.feeds = feeds
        self.issue = 0
        self.asked: defaultdict[int, Counter[int]] = defaultdict(Counter)
        """By issue: how often each feed was asked for."""
        self.askers: defaultdict[int, dict[int, list[str | None]]] = defaultdict(dict)
        """By issue and feed: who asked."""
        self.owner: Owner = lambda _peer, _since: None
        self._known: WeakKeyDictionary[asyncio.BaseTransport, str | None] = WeakKeyDictionary()
        self._server = server
        self._items: list[list[str]] = [[] for _ in range(feeds)]
        self._holding = False
        self._held: dict[int, tuple[str | None, asyncio.Event]] = {}
        for feed in range(feeds):
            server.on(f"/feed/{feed}", self._answer)

    def configuration(self) -> str:
        """feeds.yaml."""
        listed = [
            {"name": f"Feed {feed}", "url": self._server.url(f"/feed/{feed}"), "tier": 1}
            for feed in range(self.feeds)
        ]
        return yaml.safe_dump({"feeds": listed})

    def publish(self) -> None:
        """A new issue in all feeds."""
        self.issue += 1
        for feed in range(self.feeds):
            self._items[feed] = [*self._news(feed), *self._items[feed]]

    def titles(self, issue: int) -> list[str]:
        """Those that are to be alerted."""
        first = (issue - 1) * AN_ISSUE
        return [f"{a} and {b} sign {m} agreement" for a, b, m in STORIES[first : first + AN_ISSUE]]

    def articles(self) -> int:
        """How many there are in all issues."""
        return self.issue * (self.feeds * OWN + SHARED + AN_ISSUE)

    def _news(self, feed: int) -> list[str]:
        issue = self.issue
        own = [
            (f"own-{issue}-{feed}-{n}", f"Concert {feed}.{n} of day {issue}") for n in range(OWN)
        ]
        shared = [
            (f"wire-{issue}-{n}", f"Football: round {n} of week {issue}") for n in range(SHARED)
        ]
        # From every second feed backwards: two tasks meet the same rows from both ends.
        shared = shared[::-1] if feed % 2 else shared
        titles = self.titles(issue)
        told = [(f"story-{issue}-{feed % 10}", titles[feed % 10])] if feed % 10 < AN_ISSUE else []
        return [_item(name, title) for name, title in (*shared, *told, *own)]

    # ---- who asks, and who waits ---------------------------------------------------------------

    def hold(self) -> None:
        """From now on, let those who ask wait."""
        self._holding = True

    def waiting(self) -> Counter[str | None]:
        """How many answers each asker waits for."""
        return Counter(asker for asker, _ in list(self._held.values()))

    def answer_one(self, asker: str | None) -> None:
        """Answer one of the asker's."""
        for event in [event for who, event in list(self._held.values()) if who == asker][:1]:
            self._server.loop.call_soon_threadsafe(event.set)

    def release(self) -> None:
        """Let nobody wait any more; returns when this has been seen to."""
        done: Future[None] = Future()

        def let_go() -> None:
            self._holding = False
            for _, event in self._held.values():
                event.set()
            done.set_result(None)

        self._server.loop.call_soon_threadsafe(let_go)
        done.result(10)

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        feed = int(request.path.rpartition("/")[2])
        issue = self.issue
        self.asked[issue][feed] += 1
        asker = await self._asker(request.transport)
        self.askers[issue].setdefault(feed, []).append(asker)
        if self._holding:
            event = asyncio.Event()
            self._held[feed] = asker, event
            try:
                await event.wait()
            finally:
                self._held.pop(feed, None)
        # Not due again within the test but where all are asked for.
        head = f"<title>Feed {feed}</title><link>https://feed{feed}.example/</link><ttl>720</ttl>"
        body = f"{head}<description>.</description>{''.join(self._items[feed])}"
        text = f'<rss version="2.0"><channel>{body}</channel></rss>'
        return web.Response(text=text, content_type="application/xml")

    async def _asker(self, connection: asyncio.BaseTransport | None) -> str | None:
        """Who is at the other end: it waits for the answer, so that its end is still there."""
        assert connection is not None
        if connection not in self._known:
            peer = connection.get_extra_info("peername")[:2]
            found = await asyncio.to_thread(self.owner, peer, time.monotonic())
            self._known[connection] = found
        return self._known[connection]


def _item(name: str, title: str) -> str:
    link = f"https://news.example/{name}"
    summary = f"{title}, it was announced on Monday."
    return (
        f"<item><title>{title}</title><link>{link}</link><guid>{link}</guid>"
        f"<description>{summary}</description>"
        f"<pubDate>{format_datetime(datetime.now(UTC))}</pubDate></item>"
    )
