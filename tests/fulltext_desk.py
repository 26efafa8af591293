"""A site with a feed and its pages, and an app that watches it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from html import escape
from pathlib import Path
from typing import Any

from sqlalchemy import select

from pipeline.app import PASS, App
from pipeline.settings import Settings
from pipeline.store import articles
from schemas.article import Article
from schemas.report import StageReport
from schemas.tables import ArticleRow, AssessmentRow
from tests.article_pages import TITLE
from tests.feed_server import FeedServer

START = datetime(2026, 5, 4, 9, 0, tzinfo=UTC)


@dataclass
class Desk:
    """A site with a feed, and an app that watches it."""

    server: FeedServer
    app: App
    at: datetime = START
    items: list[tuple[str, str, str]] = field(default_factory=list)

    def publish(self, path: str, *, title: str = TITLE, summary: str = "") -> str:
        """Put an item into the feed; returns its link."""
        self.items.append((path, title, summary))
        entries = "".join(
            f"<item><title>{escape(t)}</title><description>{escape(s)}</description>"
            f"<link>{link if '://' in link else self.server.url(link)}</link>"
            f"<pubDate>Mon, 04 May 2026 08:00:00 GMT</pubDate></item>"
            for link, t, s in self.items
        )
        self.server.serve(
            "/feed", f"<rss version='2.0'><channel><title>D</title>{entries}</channel></rss>"
        )
        return path

    def run(self, *, later: timedelta = timedelta(0), stages=PASS) -> dict[str, StageReport]:
        self.at += later
        reports = {}
        for stage in stages:
            params = {"everything": True} if stage == "poll" else {}
            reports[stage] = self.app.run(stage, now=self.at, **params)
        return reports

    def article(self, title: str = TITLE) -> Article:
        with self.app.database.read() as session:
            row = session.scalar(select(ArticleRow).where(ArticleRow.title == title))
            assert row is not None
            return articles.article_of(row)

    def outcome(self, title: str = TITLE) -> tuple[str | None, str | None, str | None]:
        """(state, kind, words) of the article's text."""
        with self.app.database.read() as session:
            row = session.scalar(select(ArticleRow).where(ArticleRow.title == title))
            assert row is not None
            return row.text_state, row.text_kind, row.text_reason

    def readings(self) -> list[dict[str, Any]]:
        with self.app.database.read() as session:
            return list(session.scalars(select(AssessmentRow.reading)))

    def alerts(self) -> list[str]:
        folder = self.app.settings.outbox_dir
        return [path.read_text(encoding="utf-8") for path in sorted(folder.glob("*.txt"))]


def settings_of(
    make_settings: Callable[..., Settings], server: FeedServer, tmp_path: Path, **given: object
) -> Settings:
    feeds = tmp_path / "feeds.yaml"
    feeds.write_text(f"feeds:\n  - {{name: Daily, url: '{server.url('/feed')}', fulltext: true}}\n")
    values: dict[str, object] = {"feeds_file": feeds, "fulltext_spacing_s": 0, **given}
    return make_settings(**values)


def html(server: FeedServer, path: str, body: str | bytes, **more: Any) -> str:
    server.serve(path, body, content_type="text/html; charset=utf-8", **more)
    return path
