"""Texts of articles: who is asked, how often, and when reading waits; on both databases."""

from datetime import datetime, timedelta

from pipeline.store import articles, assessments, feeds, texts
from pipeline.store.engine import Database
from schemas.article import NewArticle
from schemas.assessment import Assessment
from schemas.config import FeedConfig
from schemas.page import TextRecord, TextState

LEASE = timedelta(minutes=15)


def bring(
    database: Database,
    now: datetime,
    *urls: str | None,
    fulltext: bool = True,
    backfill: bool = False,
) -> list[int]:
    """Store an article for each address; the ids, in order."""
    config = FeedConfig(name="Daily", url="https://daily.example/feed", fulltext=fulltext)
    made = [
        NewArticle(
            canonical_url=url or f"guid:{n}",
            url=url,
            title=f"Deal {n}",
            summary="",
            language="en",
            outlet="daily.example",
            published_at=now - timedelta(minutes=n),
            dated=True,
            content_hash=f"{n}",
        )
        for n, url in enumerate(urls)
    ]
    with database.write() as session:
        feeds.sync_feeds([config], keep_others=False, now=now, session=session)
        [state] = feeds.due_feeds(now=now, everything=True, session=session)
        articles.store_articles(
            made, feed_id=state.feed_id, now=now, session=session, backfill=backfill
        )
        found = articles.articles_after(0, since=now - LEASE, limit=1000, session=session)
    by_url = {article.canonical_url: article.id for article in found}
    return [by_url[article.canonical_url] for article in made]


def claim(database: Database, now: datetime, *, limit: int = 100, per_host: int = 100) -> list[int]:
    with database.write() as session:
        tasks = texts.claim_pages(
            now=now, lease=LEASE, limit=limit, per_host=per_host, session=session
        )
    return [task.article_id for task in tasks]


def save(database: Database, *records: TextRecord) -> None:
    with database.write() as session:
        texts.save_texts(records, session=session)


def pending(
    database: Database, now: datetime, wait: timedelta = timedelta(minutes=30)
) -> list[int]:
    with database.read() as session:
        found = articles.pending_articles(
            ruleset="r1",
            since=now - timedelta(days=1),
            limit=100,
            text_since=now - wait,
            session=session,
        )
    return [article.id for article in found]


def assess(database: Database, now: datetime, article_id: int) -> None:
    reading = Assessment(str(article_id), "r1", relevant=False, relevance=0.0, language="en")
    with database.write() as session:
        assessments.save_assessments([(article_id, reading)], now=now, session=session)


def test_pages_are_asked_for_where_the_feed_says_so_and_the_article_has_one(
    database: Database, now: datetime
) -> None:
    one, _, _ = bring(database, now, "https://daily.example/1", None, "mailto:a@daily.example")
    assert claim(database, now) == [one]


def test_no_page_is_asked_for_otherwise(database: Database, now: datetime) -> None:
    bring(database, now, "https://daily.example/1", fulltext=False)
    bring(database, now, "https://daily.example/2", backfill=True)
    assert claim(database, now) == []
    # A feed that asks for texts from today on has its old articles left alone.
    bring(database, now, "https://daily.example/1", fulltext=True)
    assert claim(database, now) == []


def test_what_is_claimed_is_not_handed_out_again_before_the_lease_is_over(
    database: Database, now: datetime
) -> None:
    ids = bring(database, now, "https://daily.example/1", "https://daily.example/2")
    assert claim(database, now) == ids
    assert claim(database, now + LEASE / 2) == []
    assert claim(database, now + LEASE) == ids


def test_what_was_not_reached_is_given_back(database: Database, now: datetime) -> None:
    [one] = bring(database, now, "https://daily.example/1")
    claim(database, now)
    with database.write() as session:
        texts.give_back([one], now=now, session=session)
    assert claim(database, now) == [one]


def test_a_host_that_rests_is_not_asked_by_the_next_run_either(
    database: Database, now: datetime
) -> None:
    one, other = bring(database, now, "https://www.daily.example/1", "https://wire.example/1")
    later = now + timedelta(seconds=20)
    with database.write() as session:
        texts.let_rest({"daily.example": later}, session=session)
    assert claim(database, now) == [other]
    assert claim(database, later) == [one]


def test_the_newest_come_first_and_no_host_takes_all_places(
    database: Database, now: datetime
) -> None:
    urls = [f"https://daily.example/{n}" for n in range(5)] + ["https://www.wire.example/1"]
    ids = bring(database, now, *urls)
    assert claim(database, now, limit=4, per_host=2) == [ids[0], ids[1], ids[5]]
    assert claim(database, now, limit=2) == [ids[2], ids[3]]


def test_an_article_waits_for_its_text_and_is_read_once_with_it(
    database: Database, now: datetime
) -> None:
    one, plain = (
        bring(database, now, "https://daily.example/1")[0],
        bring(database, now, "https://daily.example/2", fulltext=False)[0],
    )
    assert pending(database, now) == [plain]
    save(database, TextRecord(one, TextState.READ, "daily.example", 1, text="The text."))
    assert pending(database, now) == [one, plain]
    with database.read() as session:
        article = articles.get_article(one, session=session)
    assert article is not None
    assert article.text == "The text."
    assert claim(database, now + timedelta(days=1)) == [], "never fetched again"


def test_reading_does_not_wait_for_ever(database: Database, now: datetime) -> None:
    [one] = bring(database, now, "https://daily.example/1")
    late = now + timedelta(minutes=31)
    record = TextRecord(one, TextState.WAITING, "daily.example", 1, kind="timeout", reason="slow")
    save(database, record)
    assert pending(database, now + timedelta(minutes=29)) == []
    assert pending(database, late) == [one]
    assert pending(database, now, wait=timedelta(0)) == [one]
    given_up = TextRecord(one, TextState.FAILED, "daily.example", 4, kind="timeout", reason="slow")
    save(database, given_up)
    assert pending(database, now) == [one]
    with database.read() as session:
        article = articles.get_article(one, session=session)
    assert article is not None
    assert article.text_problem == "slow"


def test_a_late_text_drops_the_reading_made_without_it(database: Database, now: datetime) -> None:
    [one] = bring(database, now, "https://daily.example/1")
    assess(database, now, one)
    save(database, TextRecord(one, TextState.WAITING, "daily.example", 1, kind="dns", reason="x"))
    assert pending(database, now + timedelta(hours=1)) == [], "a failure leaves the reading"
    save(database, TextRecord(one, TextState.READ, "daily.example", 2, text="The text."))
    assert pending(database, now + timedelta(hours=1)) == [one]


def test_a_text_that_proves_to_be_boilerplate_is_taken_back(
    database: Database, now: datetime
) -> None:
    [one] = bring(database, now, "https://daily.example/1")
    save(database, TextRecord(one, TextState.READ, "daily.example", 1, text="The text."))
    assess(database, now, one)
    with database.write() as session:
        texts.take_back([one], reason="on other pages too", session=session)
    assert pending(database, now) == [one]
    with database.read() as session:
        article = articles.get_article(one, session=session)
        assert texts.known_texts("daily.example", session=session) == []
    assert article is not None
    assert (article.text, article.text_problem) == ("", "on other pages too")


def test_what_waited_for_days_is_given_up(database: Database, now: datetime) -> None:
    [one] = bring(database, now, "https://daily.example/1")
    with database.write() as session:
        assert texts.give_up(before=now, reason="too long", session=session) == 0
        later = now + timedelta(days=3)
        assert texts.give_up(before=later, reason="too long", session=session) == 1
    assert claim(database, now + timedelta(days=3)) == []
    with database.read() as session:
        [line] = texts.count_texts(since=now - LEASE, session=session)
        assert texts.count_waiting(session=session) == 0
    assert (line.host, line.state, line.count, line.reason) == (
        *("daily.example", "failed", 1, "too long"),
    )
    assert one


def test_known_texts_are_the_newest_of_the_host(database: Database, now: datetime) -> None:
    ids = bring(database, now, *(f"https://daily.example/{n}" for n in range(texts.KNOWN + 5)))
    save(
        database,
        *(TextRecord(i, TextState.READ, "daily.example", 1, text=f"text {i}") for i in ids),
    )
    with database.read() as session:
        known = texts.known_texts("daily.example", session=session)
        assert texts.known_texts("other.example", session=session) == []
    assert len(known) == texts.KNOWN
    assert max(k.article_id for k in known) == max(ids)
