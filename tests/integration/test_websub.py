"""WebSub from discovery to the stored article, with a hub and the receiver over real HTTP."""

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from urllib.parse import urlencode

import pytest
from aiohttp import web

from pipeline.app import open_app
from pipeline.errors import ConfigError, NotFoundError
from pipeline.settings import Settings
from pipeline.stages.websub import choose
from pipeline.store import feeds
from schemas.subscription import Intent, SubscriptionState
from tests.websub_world import World, ask, world

HOUR = timedelta(hours=1)


# ---- the whole way -----------------------------------------------------------------------------


def test_from_discovery_to_an_article_that_the_hub_sent(watch: World) -> None:
    watch.show("a")
    watch.poll()
    (found,) = watch.subscriptions()
    assert (found.hub, found.topic, found.state) == (
        watch.hub.url,
        watch.feed,
        SubscriptionState.NEW,
    )
    report = watch.websub()
    assert (report.counts["subscribed"], report.counts["failed"]) == (1, 0)
    (form,) = watch.hub.requests
    assert form["hub.callback"].startswith(watch.receiver.url + "/websub/")
    assert (form["hub.mode"], form["hub.lease_seconds"]) == ("subscribe", "864000")
    assert len(form["hub.secret"]) < 200
    (live,) = watch.subscriptions()
    assert live.is_live(watch.clock.at)
    assert live.expires_at == watch.clock.at + timedelta(days=10)

    watch.clock.go(minutes=2)
    watch.publish(watch.document("b", "a"))
    assert watch.hub.answers == [200]
    assert watch.titles() == ["a", "b"]
    assert watch.polls() == [("fetched", 1), ("fetched", 1)]
    assert watch.woken == [1]
    (live,) = watch.subscriptions()
    assert (live.deliveries, live.refused, live.delivered_at) == (1, 0, watch.clock.at)
    assert watch.wait() == 6 * HOUR, "the poll is a safety net now"
    assert watch.state().failures == 0


def test_what_a_hub_sends_twice_is_stored_once(lite: World) -> None:
    lite.subscribed("a")
    for _ in range(2):
        lite.publish(lite.document("b"))
    assert lite.titles() == ["a", "b"]
    assert lite.polls()[1:] == [("fetched", 1), ("fetched", 0)]
    assert lite.woken == [1]


def test_a_poll_after_a_delivery_asks_for_the_whole_document(lite: World) -> None:
    etag = '"1"'
    lite.server.serve("/feed", lite.document("a"), headers={"ETag": etag})
    lite.poll()
    lite.websub()
    lite.publish(lite.document("b"))  # a part of the feed: hubs may leave out what they sent before
    assert lite.state().etag == etag
    lite.server.serve("/feed", lite.document("c", "b", "a"), headers={"ETag": '"2"'})
    lite.clock.go(hours=7)
    lite.poll()
    assert lite.titles() == ["a", "b", "c"]


# ---- discovery ---------------------------------------------------------------------------------


def test_link_headers_come_before_the_document(lite: World) -> None:
    links = f'<{lite.hub.url}>; rel="hub", </topic>; rel=self'
    lite.server.serve("/feed", lite.document("a", hub="http://other/"), headers={"Link": links})
    lite.poll()
    (found,) = lite.subscriptions()
    assert (found.hub, found.topic) == (lite.hub.url, lite.server.url("/topic"))


def test_another_hub_ends_the_subscription_at_the_old_one(lite: World) -> None:
    old = lite.subscribed("a")
    other = lite.server.on("/hub2", lite.hub.request)
    lite.show("a", "b", hub=other)
    lite.clock.go(hours=1)
    lite.poll(everything=True)
    report = lite.websub()
    assert (report.counts["subscribed"], report.counts["unsubscribed"]) == (1, 1)
    ended, live = lite.subscriptions()
    assert (ended.id, ended.state, ended.advertised) == (old.id, SubscriptionState.ENDED, False)
    assert (live.hub, live.is_live(lite.clock.at)) == (other, True)
    assert [callback for _, callback in lite.hub.held] == [live.callback]
    lite.clock.go(days=40)
    lite.websub()
    assert [one.id for one in lite.subscriptions()] == [live.id], "ended rows are forgotten"


def test_a_feed_that_names_no_hub_any_more_is_unsubscribed(lite: World) -> None:
    lite.subscribed("a")
    lite.show("a", "b", hub=None)
    lite.poll(everything=True)
    lite.websub()
    assert lite.hub.held == {}


# ---- leases ------------------------------------------------------------------------------------


def test_a_lease_is_renewed_before_it_ends_with_the_same_callback(watch: World) -> None:
    watch.hub.max_lease_s = 86_400
    first = watch.subscribed("a")
    assert first.lease_s == 86_400, "the hub decides"
    watch.clock.go(hours=11)
    assert watch.websub().counts["renewed"] == 0
    watch.clock.go(hours=2)
    assert watch.websub().counts["renewed"] == 1
    (again,) = watch.subscriptions()
    assert (again.callback, again.secret) == (first.callback, first.secret)
    assert again.expires_at == watch.clock.at + timedelta(days=1)
    assert list(watch.hub.held) == [(watch.feed, first.callback)]


def test_a_lapsed_lease_is_polled_normally_and_asked_for_again(lite: World) -> None:
    lite.hub.max_lease_s = 3600
    lite.subscribed("a")
    lite.clock.go(minutes=5)
    lite.publish(lite.document("b"))
    assert lite.wait() == timedelta(minutes=55), "not beyond the end of the lease"
    lite.hub.silent = True
    lite.clock.go(minutes=55)
    lite.poll()
    assert lite.wait() < timedelta(minutes=10)
    lite.hub.silent = False
    assert lite.websub().counts["subscribed"] == 1
    assert lite.subscriptions()[0].is_live(lite.clock.at)


def test_a_feed_that_leaves_the_configuration_is_unsubscribed(lite: World) -> None:
    held = lite.subscribed("a")
    with lite.app.database.write() as session:
        feeds.sync_feeds([], keep_others=False, now=lite.clock.at, session=session)
    assert lite.websub().counts["unsubscribed"] == 1
    assert lite.hub.held == {}
    (ended,) = lite.subscriptions()
    assert (ended.state, ended.pending) == (SubscriptionState.ENDED, None)
    assert held.callback is not None
    assert ask(held.callback, b"<rss/>") == 410


def test_a_moved_receiver_is_told_to_the_hub_at_once(
    lite: World, make_settings: Callable[..., Settings], tmp_path: Path
) -> None:
    lite.subscribed("a")
    settings = lite.app.settings.model_copy(
        update={"websub_callback_url": lite.receiver.url + "/elsewhere"}
    )
    with open_app(settings) as app:
        assert app.run("websub", now=lite.clock.at).counts["renewed"] == 1
    lite.hub.settle()
    assert lite.subscriptions()[0].callback.startswith(lite.receiver.url + "/elsewhere/")  # type: ignore[union-attr]


# ---- hubs that refuse --------------------------------------------------------------------------


def test_a_denied_subscription_is_left_alone_until_a_person_asks(lite: World) -> None:
    lite.hub.deny[lite.feed] = "members  only"
    lite.show("a")
    lite.poll()
    lite.websub()
    (denied,) = lite.subscriptions()
    assert (denied.state, denied.last_error) == (
        SubscriptionState.DENIED,
        "the hub denies it: members only",
    )
    lite.clock.go(days=30)
    report = lite.websub()
    assert (report.counts["subscribed"], report.counts["denied"]) == (0, 1)
    assert "websub subscribe" in report.problems[0].mend
    lite.hub.deny.clear()
    choose(lite.app.context(lite.clock.at), lite.feed, subscribe=True)
    lite.hub.settle()
    assert lite.subscriptions()[0].is_live(lite.clock.at)


def test_a_live_subscription_can_be_denied_and_is_polled_again(lite: World) -> None:
    live = lite.subscribed("a")
    said = urlencode({"hub.mode": "denied", "hub.topic": lite.feed, "hub.reason": "closed"})
    assert ask(f"{live.callback}?{said}") == 200
    (denied,) = lite.subscriptions()
    assert (denied.state, denied.is_live(lite.clock.at)) == (SubscriptionState.DENIED, False)
    assert ask(str(live.callback), b"<rss/>") == 410


def test_a_hub_that_refuses_is_asked_again_later_and_later(watch: World) -> None:
    watch.hub.refuse = (503, "under maintenance")
    watch.show("a")
    watch.poll()
    report = watch.websub()
    assert report.counts["failed"] == 1
    assert "under maintenance" in report.problems[0].what
    (waiting,) = watch.subscriptions()
    assert "HTTP 503" in str(waiting.last_error)
    assert waiting.next_attempt_at == watch.clock.at + timedelta(minutes=10)
    assert watch.websub().counts["subscribed"] == 0, "not before its time"
    watch.clock.go(minutes=10)
    watch.websub()
    assert watch.subscriptions()[0].next_attempt_at == watch.clock.at + timedelta(minutes=20)
    watch.hub.refuse = None
    watch.clock.go(minutes=20)
    watch.websub()
    (live,) = watch.subscriptions()
    assert (live.is_live(watch.clock.at), live.attempts, live.last_error) == (True, 0, None)


def test_a_hub_that_never_verifies_is_asked_again(lite: World) -> None:
    lite.hub.silent = True
    lite.show("a")
    lite.poll()
    lite.websub()
    (waiting,) = lite.subscriptions()
    assert (waiting.pending, waiting.state) == (Intent.SUBSCRIBE, SubscriptionState.NEW)
    lite.clock.go(minutes=10)
    assert lite.websub().counts["subscribed"] == 1


def test_a_hub_may_verify_before_it_answers_and_answer_badly(watch: World) -> None:
    watch.hub.hasty = True
    live = watch.subscribed("a")
    assert live.attempts == 0
    watch.clock.go(days=6)

    async def verifies_then_fails(request: web.Request) -> web.Response:
        await watch.hub.request(request)
        return web.Response(status=500)

    watch.server.on("/hub", verifies_then_fails)
    assert watch.websub().counts["failed"] == 0, "what it verified stands"
    (renewed,) = watch.subscriptions()
    assert renewed.expires_at == watch.clock.at + timedelta(days=10)
    assert renewed.last_error is None


def test_a_hub_may_send_us_to_another_hub(lite: World) -> None:
    lite.server.redirect("/moved", "/hub", status=307)
    lite.show("a", hub=lite.server.url("/moved"))
    lite.poll()
    lite.websub()
    assert lite.subscriptions()[0].is_live(lite.clock.at)


@pytest.mark.parametrize("status", [301, 302, 303])
def test_other_redirects_are_refusals(lite: World, status: int) -> None:
    lite.server.redirect("/moved", "/hub", status=status)
    lite.show("a", hub=lite.server.url("/moved"))
    lite.poll()
    assert lite.websub().counts["failed"] == 1
    assert lite.hub.requests == []


# ---- polling beside it -------------------------------------------------------------------------


def test_a_hub_that_does_not_send_is_not_relied_on(watch: World) -> None:
    watch.subscribed("a")
    watch.clock.go(hours=1)
    watch.poll(everything=True)
    assert watch.wait() == 6 * HOUR
    watch.clock.go(hours=6)
    watch.show("b", "a")
    watch.poll()
    assert watch.titles() == ["a", "b"]
    assert watch.wait() < HOUR, "it said nothing of b"
    assert watch.subscriptions()[0].missed == 1
    watch.publish(watch.document("c"))
    assert watch.wait() == 6 * HOUR, "it delivers after all"
    assert watch.subscriptions()[0].missed == 0


def test_without_a_callback_no_hub_is_asked_and_no_poll_put_off(
    lite: World, tmp_path: Path
) -> None:
    lite.subscribed("a")
    asked = len(lite.hub.requests)
    settings = lite.app.settings.model_copy(update={"websub_callback_url": None})
    with open_app(settings) as app:
        report = app.run("websub", now=lite.clock.go(days=6))
        assert "no callback is set" in report.problems[0].what
        app.run("poll", now=lite.clock.at, everything=True)
        with pytest.raises(ConfigError, match="MINERALWATCH_WEBSUB_CALLBACK_URL"):
            choose(app.context(lite.clock.at), lite.feed, subscribe=True)
    assert len(lite.hub.requests) == asked
    assert lite.wait() < HOUR


def test_unsubscribed_by_hand_it_stays_so(lite: World) -> None:
    lite.subscribed("a")
    context = lite.app.context(lite.clock.at)
    choose(context, lite.feed, subscribe=False)
    lite.hub.settle()
    assert lite.hub.held == {}
    lite.clock.go(days=2)
    assert lite.websub().counts["subscribed"] == 0
    with pytest.raises(NotFoundError, match="no hub is known"):
        choose(context, "https://other.example/", subscribe=True)
    choose(context, lite.feed, subscribe=True)
    lite.hub.settle()
    assert lite.subscriptions()[0].is_live(lite.clock.at)


def test_a_private_hub_is_not_asked(
    make_settings: Callable[..., Settings], tmp_path: Path, now: datetime
) -> None:
    with world(make_settings, tmp_path, now) as made:
        made.show("a")
        made.poll()
        settings = made.app.settings.model_copy(update={"allow_private_networks": False})
        with open_app(settings) as app:
            report = app.run("websub", now=made.clock.at)
        assert "loopback" in report.problems[0].what
        assert made.hub.requests == []
