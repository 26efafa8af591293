"""Subscriptions as rows: adverts, leases, conditional writes; on both databases."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from pipeline.collect.push import Step, asked
from pipeline.store import feeds, subscriptions
from pipeline.store.engine import Database
from schemas.config import FeedConfig
from schemas.subscription import Advert, Subscription, SubscriptionState

BASE = "https://watch.example/websub"
HUB = Advert(("https://hub.example/", "https://second.example/"), "https://a.example/topic")


@pytest.fixture
def feed_id(database: Database, now: datetime) -> int:
    config = [FeedConfig(name="a", url="https://a.example/feed")]
    with database.write() as session:
        feeds.sync_feeds(config, keep_others=False, now=now, session=session)
    with database.read() as session:
        return feeds.due_feeds(now=now, session=session)[0].feed_id


def note(database: Database, now: datetime, feed_id: int, advert: Advert) -> None:
    with database.write() as session:
        subscriptions.note_adverts({feed_id: advert}, now=now, session=session)


def rows(database: Database, feed: str | None = None) -> list[Subscription]:
    with database.read() as session:
        return subscriptions.list_subscriptions(feed=feed, session=session)


def save(database: Database, one: Subscription) -> None:
    with database.write() as session:
        subscriptions.save(one, session=session)


def test_an_advert_is_a_row_with_keys_of_its_own(
    database: Database, now: datetime, feed_id: int
) -> None:
    note(database, now, feed_id, HUB)
    (one,) = rows(database)
    assert (one.hub, one.topic) == ("https://hub.example/", "https://a.example/topic")
    assert (one.state, one.wanted, one.pending) == (SubscriptionState.NEW, True, None)
    assert len(one.token) >= 40
    assert 40 <= len(one.secret.encode()) < 200
    note(database, now, feed_id, HUB)
    assert rows(database) == [one]
    for address in (one.feed_url, one.topic):
        assert rows(database, address) == [one]
    assert rows(database, "https://other.example/") == []


def test_a_changed_advert_leaves_the_old_row_unadvertised(
    database: Database, now: datetime, feed_id: int
) -> None:
    note(database, now, feed_id, HUB)
    note(database, now, feed_id, replace(HUB, topic="https://a.example/new"))
    assert [one.advertised for one in rows(database)] == [False, True]
    note(database, now, feed_id, Advert())
    assert [one.advertised for one in rows(database)] == [False, False]
    note(database, now, feed_id, HUB)
    first, second = rows(database)
    assert (first.advertised, second.advertised) == (True, False)
    assert first.token != second.token


def test_long_addresses_fit(database: Database, now: datetime, feed_id: int) -> None:
    note(
        database,
        now,
        feed_id,
        Advert(("https://hub.example/" + "é" * 3900,), "https://a/" + "x" * 3900),
    )
    assert len(rows(database)) == 1


def test_a_refusal_does_not_undo_what_the_hub_confirmed_meanwhile(
    database: Database, now: datetime, feed_id: int
) -> None:
    note(database, now, feed_id, HUB)
    pending = asked(rows(database)[0], Step.SUBSCRIBE, base=BASE, now=now)
    save(database, pending)

    def refuse() -> bool:
        with database.write() as session:
            return subscriptions.record_refusal(
                pending, error="503", next_attempt_at=now, session=session
            )

    assert refuse()
    assert rows(database)[0].last_error == "503"
    save(database, replace(pending, state=SubscriptionState.ACTIVE, pending=None))
    assert not refuse()
    assert rows(database)[0].last_error is None


def test_live_leases_are_those_that_run_and_are_wanted(
    database: Database, now: datetime, feed_id: int
) -> None:
    def leases(at: datetime = now) -> dict[int, subscriptions.Lease]:
        with database.read() as session:
            return subscriptions.live_leases([feed_id], now=at, session=session)

    note(database, now, feed_id, HUB)
    assert leases() == {}
    (one,) = rows(database)
    until = now + timedelta(days=1)
    live = replace(one, state=SubscriptionState.ACTIVE, expires_at=until)
    save(database, live)
    assert leases() == {feed_id: subscriptions.Lease(until, missed=False)}
    assert leases(until) == {}
    with database.write() as session:
        subscriptions.note_missed([feed_id], session=session)
    assert leases()[feed_id].missed
    with database.write() as session:
        subscriptions.note_reliable([feed_id], session=session)
    assert not leases()[feed_id].missed
    save(database, asked(live, Step.UNSUBSCRIBE, base=BASE, now=now))
    assert leases() == {}


def test_what_is_over_is_forgotten(database: Database, now: datetime, feed_id: int) -> None:
    note(database, now, feed_id, HUB)
    note(database, now, feed_id, Advert())

    def forget(before: datetime) -> int:
        with database.write() as session:
            return subscriptions.forget_ended(before=before, session=session)

    assert forget(now) == 0
    (one,) = rows(database)
    save(database, replace(one, state=SubscriptionState.ACTIVE))
    assert forget(now + timedelta(days=1)) == 0, "a hub holds it"
    save(database, replace(one, state=SubscriptionState.ENDED))
    assert forget(now + timedelta(days=1)) == 1


def test_what_a_person_unsubscribed_stays_so_under_another_hub(
    database: Database, now: datetime, feed_id: int
) -> None:
    note(database, now, feed_id, HUB)
    with database.write() as session:
        subscriptions.set_paused(rows(database)[0].id, paused=True, session=session)
    note(database, now, feed_id, replace(HUB, hubs=("https://other.example/",)))
    assert [one.paused for one in rows(database)] == [True, True]
    with database.write() as session:
        subscriptions.forget_ended(before=now + timedelta(days=1), session=session)
    assert len(rows(database)) == 2
