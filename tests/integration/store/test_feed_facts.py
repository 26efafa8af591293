"""What verdicts are made from: the times of items, shares, reach; pauses keep a feed from polls."""

from datetime import datetime, timedelta

from pipeline.feed_health import SAMPLE
from pipeline.store import articles, feed_facts, feeds, kept_feeds
from pipeline.store.engine import Database
from schemas.article import NewArticle
from schemas.config import FeedConfig
from schemas.feed import FailureKind, PollOutcome, PollRecord
from schemas.kept_feed import FeedOrigin

HOUR = timedelta(hours=1)


def _article(n: int, published: datetime) -> NewArticle:
    url = f"https://a.example/{n}"
    return NewArticle(url, url, f"t{n}", "", "en", "a", published, True, f"{n}")


def _sync(database: Database, now: datetime, *names: str, keep_others: bool = False) -> list[int]:
    configs = [FeedConfig(name=n, url=f"https://{n}.example/feed") for n in names]
    with database.write() as session:
        feeds.sync_feeds(configs, keep_others=keep_others, now=now, session=session)
        return [kept.id or 0 for kept in kept_feeds.list_kept(session=session)]


def test_the_newest_items_of_each_feed_give_its_moments(database: Database, now: datetime) -> None:
    one, two = _sync(database, now, "a", "b")
    with database.write() as session:
        for n in range(SAMPLE + 30):
            articles.store_articles(
                [_article(n, now + n * HOUR)], feed_id=one, now=now + n * HOUR, session=session
            )
        # Dated after it was seen: what was seen counts.
        late = _article(999, now + 900 * HOUR)
        articles.store_articles([late], feed_id=two, now=now, session=session)
    with database.read() as session:
        found = feed_facts.newest_moments([one, two], since=now, session=session)
    assert sorted(found[one]) == [now + n * HOUR for n in range(30, SAMPLE + 30)]
    assert found[two] == (now,)


def test_shares_and_reach(database: Database, now: datetime) -> None:
    one, two = _sync(database, now, "a", "b")

    def poll(feed: int, hours: float, kind: FailureKind | None = None) -> PollRecord:
        outcome = PollOutcome.FAILED if kind else PollOutcome.NOT_MODIFIED
        return PollRecord(feed, now - hours * HOUR, outcome, failure=kind)

    polls = [
        *(poll(one, hours) for hours in (1, 2, 3)),
        poll(one, 4, FailureKind.SERVER_ERROR),
        poll(one, 24 * 8, FailureKind.SERVER_ERROR),
        poll(two, 1, FailureKind.DNS),
    ]
    with database.write() as session:
        feeds.add_polls(polls, session=session)
    with database.read() as session:
        health = {h.name: h for h in feed_facts.feed_health(now=now, session=session)}
        reach = feed_facts.recent_reach(since=now - 2 * HOUR, session=session)
        wider = feed_facts.recent_reach(since=now - 5 * HOUR, session=session)
    assert (health["a"].polls, health["a"].success_share) == (4, 0.75)
    assert (health["b"].polls, health["b"].success_share) == (1, 0.0)
    assert (reach.answered, reach.unreachable) == (wider.answered, wider.unreachable) == (1, 1)


def test_a_feed_kept_by_command_outlives_every_file(database: Database, now: datetime) -> None:
    _sync(database, now, "a")
    kept = FeedConfig(name="Mine", url="https://mine.example/feed", site="https://mine.example/")
    with database.write() as session:
        kept_feeds.keep_feed(kept, now=now, session=session)
        assert feeds.sync_feeds([], keep_others=False, now=now, session=session) == 1
    # The file names it: its settings hold, and stay when it leaves the file.
    filed = kept.model_copy(update={"name": "Filed", "tier": 1})
    with database.write() as session:
        assert feeds.sync_feeds([filed], keep_others=False, now=now, session=session) == 1
        assert feeds.sync_feeds([], keep_others=False, now=now, session=session) == 1
        assert feeds.sync_feeds([kept], keep_others=True, now=now, session=session) == 1
        [found] = [one for one in kept_feeds.list_kept(session=session) if one.config.enabled]
    assert (found.origin, found.config) == (FeedOrigin.COMMAND, filed)


def test_a_pause_keeps_a_feed_from_polls_until_it_ends(database: Database, now: datetime) -> None:
    one, _ = _sync(database, now, "a", "b")
    with database.write() as session:
        kept_feeds.pause_feeds([one], now=now, until=now + HOUR, reason=None, session=session)

    def due(at: datetime, **more: object) -> list[str]:
        with database.read() as session:
            found = feeds.due_feeds(now=at, session=session, **more)  # type: ignore[arg-type]
            if not more.get("urls"):
                counted = sum(
                    feeds.count_due(now=at, slow=slow, session=session) for slow in (False, True)
                )
                assert counted == len(found)
        return [state.name for state in found]

    assert due(now) == ["b"]
    assert due(now, everything=True) == ["b"]
    assert due(now, urls=["https://a.example/feed"]) == ["a"]
    assert due(now + HOUR) == ["a", "b"]


def test_switched_on_again_a_feed_is_watched_from_then_on(
    database: Database, now: datetime
) -> None:
    _sync(database, now, "a")
    _sync(database, now, "b")
    later = now + 1000 * HOUR
    _sync(database, later, "a", "b")
    with database.read() as session:
        facts = {one.name: one for one in feed_facts.feed_facts(now=later, session=session)}
    assert (facts["a"].watched_since, facts["b"].watched_since) == (later, None)
