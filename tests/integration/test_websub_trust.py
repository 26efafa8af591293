"""Who may say what to the receiver: intents, signatures, sizes, forms."""

import gzip
import hashlib
import hmac
from datetime import timedelta
from urllib.parse import urlencode

import pytest

from tests.websub_world import World, ask


def test_only_what_was_asked_is_confirmed(lite: World) -> None:
    lite.hub.silent = True
    lite.show("a")
    lite.poll()
    lite.websub()
    (one,) = lite.subscriptions()
    right = {"hub.mode": "subscribe", "hub.topic": lite.feed, "hub.challenge": "x"}
    wrong = [
        right | {"hub.topic": "https://other.example/"},
        right | {"hub.mode": "unsubscribe"},
        right | {"hub.mode": "publish"},
        right | {"hub.challenge": ""},
        right | {"hub.challenge": "x" * 5000},
        {"hub.mode": "denied", "hub.topic": "https://other.example/"},
        {},
    ]
    for said in wrong:
        assert ask(f"{one.callback}?{urlencode(said)}") == 404, said
    assert ask(f"{one.callback}x?{urlencode(right)}") == 404, "a guessed callback"
    assert lite.subscriptions() == [one]
    assert ask(f"{one.callback}?{urlencode(right)}") == 200
    assert ask(f"{one.callback}?{urlencode(right)}") == 200, "our answer may have been lost"
    assert lite.subscriptions()[0].is_live(lite.clock.at)


def test_a_body_with_a_wrong_signature_is_acknowledged_and_ignored(watch: World) -> None:
    live = watch.subscribed("a")
    body = watch.document("forged")
    sha1 = hmac.new(live.secret.encode(), body.encode(), hashlib.sha1).hexdigest()
    for signature in (
        "sha256=" + "0" * 64,
        "sha256=" + sha1,
        "md5=" + hmac.new(live.secret.encode(), body.encode(), hashlib.md5).hexdigest(),
        "é",
        None,
    ):
        watch.publish(body, signature=signature)
    assert watch.hub.answers == [200] * 5
    assert watch.titles() == ["a"]
    (one,) = watch.subscriptions()
    assert (one.deliveries, one.refused) == (0, 5)
    assert "not signed" in str(one.last_error)


@pytest.mark.parametrize("method", ["sha1", "sha256", "sha384", "sha512"])
def test_every_method_of_the_recommendation_is_known(lite: World, method: str) -> None:
    lite.subscribed("a")
    lite.hub.method = method
    lite.publish(lite.document("b"))
    assert lite.titles() == ["a", "b"]


def test_a_callback_that_never_was_takes_nothing(lite: World) -> None:
    assert ask(lite.receiver.url + "/websub/guess", b"<rss/>") == 404
    assert ask(lite.receiver.url + "/", b"<rss/>") == 404


def test_a_body_that_is_too_large_is_refused_while_it_comes_and_the_feed_is_polled(
    lite: World,
) -> None:
    live = lite.subscribed("a")
    lite.hub.retries = 1
    lite.publish(lite.document("b") + " " * 100_000)
    assert lite.hub.answers == [413]
    (one,) = lite.subscriptions()
    assert (one.missed, one.deliveries) == (1, 0)
    assert "more than 100,000 bytes" in str(one.last_error)
    assert lite.wait() == timedelta(0)
    assert live.callback is not None


def test_a_body_that_cannot_be_read_makes_the_feed_due(lite: World) -> None:
    lite.subscribed("a")
    lite.publish("<html><body>sorry</body></html>")
    assert lite.hub.answers == [200]
    (one,) = lite.subscriptions()
    assert "cannot be read" in str(one.last_error)
    assert lite.wait() == timedelta(0)
    lite.show("b", "a")
    lite.poll()
    assert lite.titles() == ["a", "b"], "nothing is lost"


def test_compressed_bodies_are_signed_as_sent(lite: World) -> None:
    lite.subscribed("a")
    packed = gzip.compress(lite.document("b").encode())
    lite.publish(packed, headers={"Content-Encoding": "gzip"})
    # Some hubs pass on the publisher's header with a body that they have unpacked.
    lite.publish(lite.document("c"), headers={"Content-Encoding": "gzip"})
    bomb = gzip.compress(b" " * 1_000_000)
    lite.publish(bomb, headers={"Content-Encoding": "gzip"})
    assert lite.titles() == ["a", "b", "c"]
    assert "after decompression" in str(lite.subscriptions()[0].last_error)
