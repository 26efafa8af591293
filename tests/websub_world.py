"""A feed that names a hub, the hub, the receiver, and the app that subscribes."""

import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

from sqlalchemy import select

from pipeline.app import App, open_app
from pipeline.receiver.application import build_receiver
from pipeline.settings import Settings
from pipeline.store import feeds, subscriptions
from schemas.feed import FeedState
from schemas.report import StageReport
from schemas.subscription import Subscription
from schemas.tables import ArticleRow, PollRow
from tests.feed_server import FeedServer
from tests.receiver_thread import ReceiverThread
from tests.websub_hub import Hub

ATOM = "http://www.w3.org/2005/Atom"


@dataclass
class Clock:
    """A clock that goes when told to."""

    at: datetime

    def __call__(self) -> datetime:
        return self.at

    def go(self, **span: float) -> datetime:
        """Let time pass; returns the time then."""
        self.at += timedelta(**span)
        return self.at


@dataclass
class World:
    """All of it, and the clock that they go by."""

    server: FeedServer
    hub: Hub
    receiver: ReceiverThread
    app: App
    clock: Clock
    feed: str
    woken: list[int] = field(default_factory=list)

    def document(self, *titles: str, hub: str | None = "", topic: str | None = None) -> str:
        """The feed with these items; ``hub`` None names none."""
        links = "" if hub is None else f'<a:link rel="hub" href="{hub or self.hub.url}"/>'
        links += f'<a:link rel="self" href="{topic or self.feed}"/>'
        date = format_datetime(self.clock.at)
        items = "".join(
            f"<item><title>{title}</title><link>https://news.example/{title}</link>"
            f"<pubDate>{date}</pubDate></item>"
            for title in titles
        )
        head = f"<title>F</title>{links}"
        return f"<rss version='2.0' xmlns:a='{ATOM}'><channel>{head}{items}</channel></rss>"

    def show(self, *titles: str, **more: str | None) -> str:
        """Put these items into the feed; returns the document."""
        document = self.document(*titles, **more)
        self.server.serve("/feed", document)
        return document

    def poll(self, **params: object) -> StageReport:
        return self.app.run("poll", now=self.clock.at, **params)

    def websub(self) -> StageReport:
        """The stage, and all that the hub does about it."""
        report = self.app.run("websub", now=self.clock.at)
        self.hub.settle()
        return report

    def publish(self, document: str, **more: object) -> None:
        """Let the hub send the document, and wait until it is stored."""
        self.hub.publish(self.feed, document, **more)
        self.receiver.drain()

    def subscribed(self, *titles: str) -> Subscription:
        """Poll the feed, and subscribe it; returns the live subscription."""
        self.show(*titles)
        self.poll(everything=True)
        self.websub()
        (one,) = self.subscriptions()
        assert one.is_live(self.clock.at)
        return one

    def subscriptions(self) -> list[Subscription]:
        with self.app.database.read() as session:
            return subscriptions.list_subscriptions(session=session)

    def state(self) -> FeedState:
        with self.app.database.read() as session:
            (state,) = feeds.due_feeds(now=self.clock.at, everything=True, session=session)
        return state

    def wait(self) -> timedelta:
        """Until the next poll."""
        due = self.state().next_poll_at
        assert due is not None
        return due - self.clock.at

    def titles(self) -> list[str]:
        with self.app.database.read() as session:
            return list(session.scalars(select(ArticleRow.title).order_by(ArticleRow.id)))

    def polls(self) -> list[tuple[str, int]]:
        """(outcome, new) of each poll and delivery."""
        with self.app.database.read() as session:
            rows = session.scalars(select(PollRow).order_by(PollRow.id))
            return [(row.outcome, row.new) for row in rows]


@contextmanager
def world(
    make_settings: Callable[..., Settings],
    folder: Path,
    now: datetime,
    on_new: Callable[[int], None] | None = None,
    **given: object,
) -> Iterator[World]:
    """Start all of it; ``given`` are settings."""
    clock = Clock(now)
    with FeedServer() as server, ReceiverThread() as receiver:
        feed = server.url("/feed")
        file = folder / "feeds.yaml"
        file.write_text(f"feeds:\n  - {{name: Wire, url: '{feed}'}}\n")
        settings = make_settings(
            **{
                "feeds_file": file,
                "websub_callback_url": receiver.url + "/websub",
                "max_feed_bytes": 100_000,
                **given,
            }
        )
        hub = Hub(server, clock=clock)
        with open_app(settings) as app:
            made = World(server, hub, receiver, app, clock, feed)
            receiver.serve(
                build_receiver(
                    lambda: open_app(settings), on_new=on_new or made.woken.append, clock=clock
                )
            )
            yield made


def ask(url: str, body: bytes | None = None, headers: dict[str, str] | None = None) -> int:
    """The status of a GET, or of a POST of ``body``."""
    request = urllib.request.Request(url, data=body, headers=headers or {})  # noqa: S310
    try:
        with urllib.request.urlopen(request, timeout=10) as response:  # noqa: S310
            return int(response.status)
    except urllib.error.HTTPError as error:
        return error.code
