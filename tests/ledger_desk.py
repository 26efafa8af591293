"""A desk that reads articles given in a line and keeps a ledger of them."""

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import select

from pipeline.app import App
from pipeline.stages import agreement_desk
from pipeline.stages.agreement_desk import Account
from pipeline.store import articles, feeds
from schemas.article import NewArticle
from schemas.config import FeedConfig
from schemas.tables import ArticleRow, FeedRow, StageTransitionRow

MONDAY = datetime(2026, 5, 4, 8, tzinfo=UTC)
NOW = datetime(2026, 6, 10, 12, tzinfo=UTC)


@dataclass(frozen=True)
class Told:
    """An article in short; ``tier`` 1 is an official source."""

    title: str
    summary: str = ""
    hours: float = 0
    """After a Monday morning in May."""
    outlet: str = "Daily"
    tier: int = 2
    language: str = "en"

    @property
    def article(self) -> NewArticle:
        at = MONDAY + timedelta(hours=self.hours)
        name = hashlib.sha256(f"{self.title}{self.outlet}{at}".encode()).hexdigest()[:16]
        url = f"https://{self.outlet.lower()}.example.org/{name}"
        return NewArticle(
            canonical_url=url,
            url=url,
            title=self.title,
            summary=self.summary,
            language=self.language,
            outlet=self.outlet,
            published_at=at,
            dated=True,
            content_hash=hashlib.sha256(f"{self.title}{self.summary}".encode()).hexdigest(),
        )


def tell(app: App, *told: Told, now: datetime = NOW) -> None:
    """Store the articles, each by a feed of its outlet's tier, and run the stages over them."""
    for tier in sorted({one.tier for one in told}):
        feed = FeedConfig(name=f"Tier {tier}", url=f"https://tier{tier}.example/feed", tier=tier)
        with app.database.write() as session:
            feeds.sync_feeds([feed], keep_others=True, now=now, session=session)
            feed_id = session.scalars(select(FeedRow.id).where(FeedRow.url == feed.url)).one()
            articles.store_articles(
                [one.article for one in told if one.tier == tier],
                feed_id=feed_id,
                now=now,
                session=session,
            )
    app.run("assess", now=now)
    app.run("link", now=now)


def account(app: App, agreement_id: str) -> Account:
    with app.database.read() as session:
        return agreement_desk.account(app.context(NOW), agreement_id, session)


def rows(app: App) -> list[tuple[object, ...]]:
    """The timelines as others read them."""
    query = select(StageTransitionRow).order_by(StageTransitionRow.id)
    with app.database.read() as session:
        return [
            (s.id, s.agreement_id, s.previous, s.stage, s.story_id, s.at, s.recorded_at, s.quote)
            for s in session.scalars(query)
        ]


def article_id(app: App, told: Told) -> int:
    query = select(ArticleRow.id).where(ArticleRow.title == told.title)
    with app.database.read() as session:
        return session.scalars(query.where(ArticleRow.outlet == told.outlet)).one()
