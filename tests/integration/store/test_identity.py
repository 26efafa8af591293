"""A feed's item under another address is the same item; two items are two; on both databases."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from pipeline.collect.articles import to_articles
from pipeline.store import articles, feeds
from pipeline.store.articles import Stored
from pipeline.store.engine import Database
from schemas.config import FeedConfig
from schemas.feed import FeedEntry, ParsedFeed
from schemas.tables import ArticleRow, SightingRow

LONG = "Kazakhstan and Japan sign an agreement on uranium"
SITE = "https://daily.example/"
URL = "https://one.example/feed"


@pytest.fixture
def feed(database: Database, now: datetime) -> int:
    return add_feed(database, now, URL)


def add_feed(database: Database, now: datetime, url: str) -> int:
    with database.write() as session:
        config = FeedConfig(name=url, url=url)
        feeds.sync_feeds([config], keep_others=True, now=now, session=session)
    with database.read() as session:
        return feeds.due_feeds(now=now, urls=[url], session=session)[0].feed_id


def store(
    database: Database, feed_id: int | None, now: datetime, *entries: FeedEntry, url: str = URL
) -> Stored:
    found = to_articles(
        ParsedFeed("F", entries), feed_url=url, feed_name="F", feed_language="en", now=now
    )
    with database.write() as session:
        return articles.store_articles(found, feed_id=feed_id, now=now, session=session)


def rows(database: Database) -> list[ArticleRow]:
    with database.read() as session:
        return list(session.scalars(select(ArticleRow).order_by(ArticleRow.id)))


def entry(name: str = "a", title: str = LONG, guid: str | None = "g-10001") -> FeedEntry:
    return FeedEntry(title, "", link=SITE + name, guid=guid)


def test_same_guid_and_another_link_is_an_edit(
    database: Database, feed: int, now: datetime
) -> None:
    assert store(database, feed, now, entry("uranium-deal")).new == 1
    edited = entry("uranium-agreement", title="Kazakhstan and Japan sign on uranium: details")
    assert store(database, feed, now, edited) == Stored(edited=1)
    [row] = rows(database)
    assert (row.canonical_url, row.url) == (SITE + "uranium-deal", SITE + "uranium-agreement")
    assert row.title == edited.title
    assert store(database, feed, now, edited) == Stored(known=1)


def test_same_link_and_a_guid_of_each_poll_is_known(
    database: Database, feed: int, now: datetime
) -> None:
    told = [store(database, feed, now, entry(guid=f"g-{n}0000")).new for n in range(4)]
    assert told == [1, 0, 0, 0]


def test_link_and_guid_of_each_poll_are_known_by_text_and_date(
    database: Database, feed: int, now: datetime
) -> None:
    def shown(n: int, **changed: object) -> FeedEntry:
        at = now - timedelta(hours=1)
        return replace(entry(f"a?n={n}", guid=f"g-{n}0000"), published=at, **changed)

    assert store(database, feed, now, shown(1)).new == 1
    assert store(database, feed, now, shown(2)).new == 0
    assert store(database, feed, now, shown(3, title=LONG + " today")).new == 1
    assert store(database, feed, now, replace(shown(4), published=now)).new == 1


def test_items_of_one_text_in_one_document_are_two(
    database: Database, feed: int, now: datetime
) -> None:
    at = now - timedelta(hours=1)
    one, two = (replace(entry(n, guid=f"g-{n}0000"), published=at) for n in "ab")
    assert store(database, feed, now, one).new == 1
    assert store(database, feed, now, one, two).new == 1
    assert store(database, feed, now, two, one).new == 0


def test_guid_counted_anew_with_each_document_joins_nothing(
    database: Database, feed: int, now: datetime
) -> None:
    """Software that numbers the items of a document from the top."""
    names = ["first", "second", "third", "fourth"]
    for newest in range(2, 5):
        shown = [
            entry(name, title=f"The {name} title", guid=str(place))
            for place, name in enumerate(reversed(names[:newest]))
        ]
        store(database, feed, now, *shown)
    assert [row.title for row in rows(database)] == [
        *("The second title", "The first title", "The third title", "The fourth title"),
    ]


def test_known_item_beside_one_with_its_guid_is_not_overwritten(
    database: Database, feed: int, now: datetime
) -> None:
    """The old address stands in the document too: then the guid was given twice."""
    store(database, feed, now, entry("a", title="one"))
    told = store(database, feed, now, entry("b", title="two"), entry("a", "one", guid=None))
    assert told == Stored(new=1, known=1)


def test_items_that_share_an_address_stay_apart_when_they_come_alone(
    database: Database, feed: int, now: datetime
) -> None:
    one, two, three = (entry("news", f"Item {n}", guid=f"g-{n}0000") for n in "123")
    assert store(database, feed, now, one).new == 1
    assert store(database, feed, now, two, one).new == 1
    assert store(database, feed, now, two) == Stored(known=1)
    assert store(database, feed, now, three, two).new == 1
    assert store(database, feed, now, one, three) == Stored(known=2)
    assert {row.title for row in rows(database)} == {"Item 1", "Item 2", "Item 3"}


def test_same_guid_in_another_feed_means_nothing(
    database: Database, feed: int, now: datetime
) -> None:
    other = add_feed(database, now, "https://two.example/feed")
    store(database, feed, now, entry("a"))
    assert (
        store(database, other, now, entry("b", title="Other"), url="https://two.example/").new == 1
    )


def test_one_article_in_several_feeds_has_a_sighting_of_each(
    database: Database, feed: int, now: datetime
) -> None:
    other = add_feed(database, now, "https://two.example/feed")
    assert store(database, feed, now, entry("a")).new == 1
    variant = replace(entry("a/?utm_source=x#top", guid="other-77001"), title="Worded otherwise")
    assert store(database, other, now, variant) == Stored(known=1, elsewhere=1)
    moved = replace(variant, link=SITE + "a-new-slug")
    assert store(database, other, now, moved) == Stored(known=1)
    [row] = rows(database)
    assert (row.title, row.url) == (LONG, SITE + "a")
    with database.read() as session:
        assert len(session.scalars(select(SightingRow)).all()) == 2


def test_archive_has_no_feed_to_be_known_by(database: Database, now: datetime) -> None:
    assert store(database, None, now, entry("a")).new == 1
    assert store(database, None, now, entry("b")).new == 1


def test_sightings_of_before_get_their_keys(database: Database, feed: int, now: datetime) -> None:
    plain = entry("a", guid=None)
    store(database, feed, now, plain)
    store(database, feed, now, replace(plain, guid="g-10001"))
    assert store(database, feed, now, entry("b")) == Stored(known=1)
