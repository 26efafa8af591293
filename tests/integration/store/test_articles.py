"""Articles: identity, edits, sightings, what waits to be read; on both databases."""

from datetime import datetime, timedelta

from sqlalchemy import func, select

from pipeline.store import articles, assessments, feeds
from pipeline.store.engine import Database
from schemas.article import NewArticle
from schemas.assessment import Assessment, Stage
from schemas.config import FeedConfig
from schemas.tables import SightingRow


def _article(
    now: datetime, name: str = "a", title: str = "Kazakhstan and Japan sign"
) -> NewArticle:
    return NewArticle(
        canonical_url=f"https://daily.example/{name}",
        url=f"https://daily.example/{name}?utm_source=x",
        title=title,
        summary="",
        language="en",
        outlet="daily.example",
        published_at=now - timedelta(hours=1),
        dated=True,
        content_hash=f"{hash(title):x}",
    )


def _feeds(database: Database, now: datetime, *names: str) -> list[int]:
    configs = [FeedConfig(name=n, url=f"https://{n}.example/feed", tier=1) for n in names]
    with database.write() as session:
        feeds.sync_feeds(configs, keep_others=False, now=now, session=session)
    with database.read() as session:
        return [state.feed_id for state in feeds.due_feeds(now=now, session=session)]


def test_an_article_is_new_once_and_every_feed_that_carries_it_is_noted(
    database: Database, now: datetime
) -> None:
    first, second = _feeds(database, now, "one", "two")
    with database.write() as session:
        told = articles.store_articles([_article(now)], feed_id=first, now=now, session=session)
    with database.write() as session:
        again = articles.store_articles([_article(now)], feed_id=second, now=now, session=session)
    assert (told.new, again.new, again.known) == (1, 0, 1)
    with database.read() as session:
        assert session.scalar(select(func.count()).select_from(SightingRow)) == 2
        [waiting] = articles.pending_articles(
            ruleset="r1", since=now - timedelta(days=1), limit=10, session=session
        )
    assert waiting.feed_id == first
    assert waiting.tier == 1


def test_an_edit_by_the_first_feed_is_read_anew_and_by_another_is_not(
    database: Database, now: datetime
) -> None:
    first, second = _feeds(database, now, "one", "two")
    reading = Assessment("1", "r1", relevant=False, relevance=0.1, language="en")
    with database.write() as session:
        articles.store_articles([_article(now)], feed_id=first, now=now, session=session)
        [row] = articles.pending_articles(
            ruleset="r1", since=now - timedelta(days=1), limit=10, session=session
        )
        assessments.save_assessments([(row.id, reading)], now=now, session=session)
    edited = _article(now, title="Kazakhstan and Japan sign uranium accord")
    with database.write() as session:
        other = articles.store_articles([edited], feed_id=second, now=now, session=session)
        assert other.edited == 0
        own = articles.store_articles([edited], feed_id=first, now=now, session=session)
        assert own.edited == 1
    with database.read() as session:
        [waiting] = articles.pending_articles(
            ruleset="r1", since=now - timedelta(days=1), limit=10, session=session
        )
    assert waiting.id == row.id
    assert waiting.title == "Kazakhstan and Japan sign uranium accord"


def test_a_reading_comes_back_as_it_was_stored(database: Database, now: datetime) -> None:
    reading = Assessment(
        "1",
        "r1",
        relevant=True,
        relevance=0.9,
        language="en",
        stage=Stage.SIGNED,
        parties=("JP", "KZ"),
        significance=3,
        reasons=("a signature between states",),
    )
    with database.write() as session:
        articles.store_articles([_article(now)], feed_id=None, now=now, session=session)
        [row] = articles.pending_articles(
            ruleset="r1", since=now - timedelta(days=1), limit=10, session=session
        )
        assert assessments.save_assessments([(row.id, reading)], now=now, session=session) == 1
        assert assessments.save_assessments([(row.id, reading)], now=now, session=session) == 0
    with database.read() as session:
        [read] = assessments.unlinked(ruleset="r1", limit=10, session=session)
        assert read.assessment == reading
        assert assessments.unlinked(ruleset="r2", limit=10, session=session) == []


def test_many_articles_at_once_keep_their_order(database: Database, now: datetime) -> None:
    many = [_article(now, name=f"n{i}") for i in range(1201)]
    with database.write() as session:
        stored = articles.store_articles(many, feed_id=None, now=now, session=session)
    assert stored.new == 1201
    with database.read() as session:
        waiting = articles.pending_articles(
            ruleset="r1", since=now - timedelta(days=1), limit=2000, session=session
        )
    assert [a.canonical_url for a in waiting] == [a.canonical_url for a in many]
