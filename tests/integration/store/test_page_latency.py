"""How long news took from published to sent, as the overview tells it."""

from datetime import datetime, timedelta
from typing import Any

from pipeline.store import page_outbox
from pipeline.store.engine import Database
from schemas.tables import AlertRow, ArticleRow, CarriedRow, OutboxRow, StoryRow


def test_latency_is_told_from_dated_new_stories(database: Database, now: datetime) -> None:
    with database.write() as session:
        for n in range(1, 101):
            told(session, n, now=now, took=timedelta(seconds=n))
        told(session, 101, now=now, took=timedelta(hours=20), dated=False)
        told(session, 102, now=now, took=timedelta(hours=20), kind="outlet")
        told(session, 103, now=now - timedelta(hours=30), took=timedelta(hours=20))
    with database.read() as session:
        found = page_outbox.latency("24 h", since=now - timedelta(hours=24), session=session)
    assert (found.messages, found.p50, found.p95) == (
        100,
        timedelta(seconds=50),
        timedelta(seconds=95),
    )


def told(
    session: Any, n: int, *, now: datetime, took: timedelta, dated: bool = True, kind: str = "new"
) -> None:
    """A story's first report was published, and its message arrived so long after."""
    article = ArticleRow(
        canonical_url=f"https://a.example/{n}", title="t", summary="", language="en", outlet="a",
        published_at=now - timedelta(hours=1) - took, dated=dated, seen_at=now, content_hash=str(n),
        tier=1, backfill=False,
    )  # fmt: skip
    story = StoryRow(
        title="t", opened_at=now, last_at=now, stage="signed", significance=1, themes=[],
        parties=[], minerals=[],
    )  # fmt: skip
    session.add_all([article, story])
    session.flush()
    alert = AlertRow(
        key=str(n), kind=kind, route="r", story_id=story.id, article_id=article.id, reason="",
        created_at=now,
    )  # fmt: skip
    message = OutboxRow(
        key=str(n), channel="slack", address="#m", payload={}, state="sent", created_at=now,
        next_attempt_at=now, sent_at=now - timedelta(hours=1),
    )  # fmt: skip
    session.add_all([alert, message])
    session.flush()
    session.add(CarriedRow(outbox_id=message.id, alert_id=alert.id))
