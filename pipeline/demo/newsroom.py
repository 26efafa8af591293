"""A newsroom on loopback: real feeds over HTTP that replay the sample news.

    /                    an index of the outlets
    /<outlet>/feed.xml   the feed: ETag, Last-Modified, 304, gzip
    /<outlet>/<item>     the page that an item links to
    /feeds.opml          all feeds, for ``--feeds``

Items of past days are out from the start, dated back from now. Those held for later come out one
by one once the live clock is started, or when they are published by hand.
"""

import asyncio
import hashlib
import html
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from datetime import time as clock_time
from email.utils import format_datetime, parsedate_to_datetime
from pathlib import Path
from urllib.parse import urlsplit
from xml.sax.saxutils import quoteattr
from zoneinfo import ZoneInfo

import yaml
from aiohttp import web

from pipeline.demo.feed_xml import CONTENT_TYPES, Published, render_feed
from pipeline.demo.samples import Fault, Outlet, SampleItem, load_items, load_outlets
from pipeline.demo.server_thread import ServerThread

READER_ZONE = ZoneInfo("Europe/Kyiv")
"""Days begin where the digest's reader lives (config/digest.yaml), so that yesterday agrees."""
SLOW_S = 60.0
"""How long the slow feed keeps its reader waiting: longer than any sensible time-out."""
Clock = Callable[[], datetime]


def utc_now() -> datetime:
    """The time of day."""
    return datetime.now(UTC)


class Newsroom:
    """Outlets and what they have published; times are UTC, taken from ``clock``."""

    def __init__(
        self,
        items: Sequence[SampleItem] | None = None,
        outlets: Sequence[Outlet] | None = None,
        *,
        clock: Clock = utc_now,
        zone: ZoneInfo = READER_ZONE,
        slow_s: float = SLOW_S,
    ) -> None:
        self._items = tuple(load_items() if items is None else items)
        self.outlets = {o.slug: o for o in (load_outlets() if outlets is None else outlets)}
        self._clock = clock
        self._zone = zone
        self._slow_s = slow_s
        self._opened = clock()
        self._live_since: datetime | None = None
        self._by_hand: tuple[tuple[SampleItem, datetime], ...] = ()
        self.url = "http://127.0.0.1"
        """Where it is reached; the server that carries it sets its own."""

    def start_live(self, *, ago: timedelta = timedelta()) -> None:
        """Start the live clock: held items come out ``live`` seconds from now.

        With ``ago`` it counts as started so long ago, and what has come due since is out at once.
        """
        if self._live_since is None:
            self._live_since = self._clock() - ago

    def held(self) -> bool:
        """Whether an item has yet to come out."""
        return any(self.published_at(item) is None for item in self._items)

    def live_feeds(self) -> tuple[str, ...]:
        """The addresses of the feeds that get items while the newsroom runs."""
        slugs = {item.feed for item in self._items if item.live is not None}
        return tuple(self.feed_url(slug) for slug in self.outlets if slug in slugs)

    def publish(self, item: SampleItem) -> None:
        """Put an item into its feed at once, whatever its day."""
        self._by_hand = (*self._by_hand, (item, self._clock()))

    def published_at(self, item: SampleItem) -> datetime | None:
        """When an item came out; None while it is held.

        A past day keeps its hour. Today's items share the part of today that has passed, so that
        none lies in the future.
        """
        by_hand = next((at for known, at in self._by_hand if known == item), None)
        if by_hand is not None:
            return by_hand
        if item.live is not None:
            return self._live_at(item.live)
        local = self._opened.astimezone(self._zone)
        midnight = datetime.combine(local.date(), clock_time(), self._zone)
        if item.day < 0:
            day = midnight.date() + timedelta(days=item.day)
            return datetime.combine(day, item.time, self._zone).astimezone(UTC)
        passed = (item.time.hour * 60 + item.time.minute) / (24 * 60)
        return (midnight + (local - midnight) * passed).astimezone(UTC).replace(microsecond=0)

    def _live_at(self, seconds: int) -> datetime | None:
        if self._live_since is None:
            return None
        at = self._live_since + timedelta(seconds=seconds)
        return at if at <= self._clock() else None

    def stories(self, slug: str) -> list[Published]:
        """What an outlet has out, newest first."""
        by_name = {outlet.name: outlet.slug for outlet in self.outlets.values()}
        out = []
        for item in (*self._items, *(item for item, _ in self._by_hand)):
            at = self.published_at(item) if item.feed == slug else None
            if at is not None:
                source = self.site(by_name.get(item.outlet, slug))
                out.append(Published(item, at, f"{self.site(slug)}{slug}/{item.id}", source))
        return sorted(out, key=lambda story: (story.at, story.item.id), reverse=True)

    def site(self, slug: str) -> str:
        """An outlet's front page. Each has a host name of its own, by which outlets are told apart.

        Names under ``localhost`` are loopback (RFC 6761, section 6.3); browsers need no resolver.
        """
        port = urlsplit(self.url).port
        return f"http://{slug}.localhost{f':{port}' if port else ''}/"

    def feed_url(self, slug: str) -> str:
        """Where an outlet's feed is polled."""
        return f"{self.url}/{slug}/feed.xml"

    def feeds_yaml(self, path: Path) -> Path:
        """Write a feeds file for ``--feeds`` with every outlet, the sick ones too."""
        feeds = [
            {
                "name": outlet.name,
                "url": self.feed_url(outlet.slug),
                "language": outlet.language,
                "region": outlet.region,
                "kind": outlet.kind.value,
                "tier": outlet.tier,
            }
            for outlet in self.outlets.values()
        ]
        text = yaml.safe_dump({"feeds": feeds}, allow_unicode=True, sort_keys=False)
        path.write_text(f"# The demo's newsroom on loopback.\n{text}", encoding="utf-8")
        return path

    def application(self) -> web.Application:
        """The web application."""
        app = web.Application()
        app.router.add_get("/", self._index)
        app.router.add_get("/feeds.opml", self._opml)
        app.router.add_get("/{outlet}/feed.xml", self._feed)
        app.router.add_get("/{outlet}/{item}", self._article)
        return app

    async def _feed(self, request: web.Request) -> web.StreamResponse:
        outlet = self._outlet(request)
        if outlet.fault is Fault.MISSING:
            raise web.HTTPNotFound(text="This feed was closed.")
        if outlet.fault is Fault.HTML:
            return _page(outlet.name, "<p>Please accept our terms to read on.</p>")
        if outlet.fault is Fault.SLOW:
            await asyncio.sleep(self._slow_s)
        stories = self.stories(outlet.slug)
        updated = max((s.at for s in stories), default=self._opened).replace(microsecond=0)
        body = render_feed(outlet, stories, site=self.site(outlet.slug), updated=updated)
        return _conditional(request, body, updated, CONTENT_TYPES[outlet.format])

    async def _article(self, request: web.Request) -> web.Response:
        outlet = self._outlet(request)
        wanted = request.match_info["item"]
        story = next((s for s in self.stories(outlet.slug) if s.item.id == wanted), None)
        if story is None:
            raise web.HTTPNotFound(text="There is no such article, or it is not out yet.")
        told = html.escape(f"{story.item.outlet}, {story.at:%d %B %Y %H:%M} UTC")
        return _page(
            story.item.title,
            f"<p><em>{told}</em></p><p>{html.escape(story.item.summary)}</p><p><small>{_NOTE}</small></p>",
            language=story.item.language,
        )

    async def _index(self, _request: web.Request) -> web.Response:
        rows = "".join(
            f'<li><a href="/{o.slug}/feed.xml">{html.escape(o.name)}</a> ({o.language}, '
            f"{o.format.value}): {len(self.stories(o.slug))} items</li>"
            for o in self.outlets.values()
        )
        opml = '<p><a href="/feeds.opml">feeds.opml</a></p>'
        return _page("The demo's newsroom", f"<ul>{rows}</ul>{opml}<p><small>{_NOTE}</small></p>")

    async def _opml(self, _request: web.Request) -> web.Response:
        outlines = "".join(
            f'<outline type="rss" text={quoteattr(o.name)} language="{o.language}"'
            f" xmlUrl={quoteattr(self.feed_url(o.slug))}/>\n"
            for o in self.outlets.values()
        )
        text = (
            '<?xml version="1.0" encoding="utf-8"?>\n<opml version="2.0"><head>'
            f"<title>Sample feeds</title></head><body>\n{outlines}</body></opml>\n"
        )
        return web.Response(text=text, content_type="text/x-opml", charset="utf-8")

    def _outlet(self, request: web.Request) -> Outlet:
        outlet = self.outlets.get(request.match_info["outlet"])
        if outlet is None:
            raise web.HTTPNotFound(text="There is no such outlet here.")
        return outlet


class NewsroomThread(ServerThread):
    """A newsroom served on 127.0.0.1 from a thread of its own, while the ``with`` block runs."""

    def __init__(self, newsroom: Newsroom | None = None, *, port: int = 0) -> None:
        self.newsroom = newsroom or Newsroom()
        super().__init__(self.newsroom.application(), port=port)

    def started(self) -> None:
        """Tell the newsroom where it is reached."""
        self.newsroom.url = self.url


_NOTE = (
    "Sample news of the demo: outlets are made up, events are told in outline from real ones, and "
    "their dates are moved to now."
)


def _page(title: str, body: str, *, language: str = "en") -> web.Response:
    text = (
        f'<!doctype html><html lang="{language}"><head><meta charset="utf-8">'
        f"<title>{html.escape(title)}</title>"
        "<style>body{font:1rem/1.5 sans-serif;max-width:42rem;margin:2rem auto}</style>"
        f"</head><body><h1>{html.escape(title)}</h1>{body}</body></html>\n"
    )
    return web.Response(text=text, content_type="text/html", charset="utf-8")


def _conditional(
    request: web.Request, body: bytes, updated: datetime, content_type: str
) -> web.Response:
    """Answer 304 where the reader's validators hold; If-None-Match wins (RFC 9110, 13.2.2)."""
    tag = f'W/"{hashlib.sha256(body).hexdigest()[:20]}"'
    headers = {
        "ETag": tag,
        "Last-Modified": format_datetime(updated, usegmt=True),
        "Vary": "Accept-Encoding",
    }
    if _holds(request, tag, updated):
        return web.Response(status=304, headers=headers)
    response = web.Response(body=body, content_type=content_type, charset="utf-8", headers=headers)
    if "gzip" in request.headers.get("Accept-Encoding", ""):
        response.enable_compression(web.ContentCoding.gzip)
    return response


def _holds(request: web.Request, tag: str, updated: datetime) -> bool:
    tags = request.headers.get("If-None-Match")
    if tags is not None:
        return tag in [part.strip() for part in tags.split(",")]
    since = request.headers.get("If-Modified-Since")
    if since is None:
        return False
    try:
        return updated <= parsedate_to_datetime(since)
    except (TypeError, ValueError):  # an unreadable date is as good as none (RFC 9110, 13.1.3)
        return False
