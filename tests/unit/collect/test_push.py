"""What is done about a subscription, and when."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.collect.hub import request_form
from pipeline.collect.push import (
    LEASE_S,
    MAX_LEASE_S,
    Step,
    Verification,
    asked,
    lease_s,
    next_step,
    retry_s,
    spaced_by_push,
    takes_content,
    verified,
)
from schemas.feed import FeedState
from schemas.subscription import Intent, Subscription, SubscriptionState

NOW = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
BASE = "https://watch.example/websub"
DAY = timedelta(days=1)
NEW = Subscription(
    id=1,
    feed_id=1,
    feed_name="Wire",
    feed_url="https://wire.example/feed",
    hub="https://hub.example/",
    topic="https://wire.example/topic",
    token="token",
    secret="secret",
)
PENDING = asked(NEW, Step.SUBSCRIBE, base=BASE, now=NOW)


def confirm(one: Subscription, lease: str = "864000", now: datetime = NOW) -> Subscription:
    said = Verification("subscribe", one.topic, "challenge", lease)
    after = verified(one, said, now=now)
    assert after is not None
    return after


LIVE = confirm(PENDING)
GONE = replace(LIVE, advertised=False)


@pytest.mark.parametrize(
    ("one", "after", "step"),
    [
        (NEW, timedelta(0), Step.SUBSCRIBE),
        (PENDING, timedelta(minutes=9), Step.NOTHING),
        (PENDING, timedelta(minutes=10), Step.SUBSCRIBE),
        (LIVE, 4 * DAY, Step.NOTHING),
        (LIVE, 5 * DAY, Step.RENEW),
        (LIVE, 11 * DAY, Step.SUBSCRIBE),
        (replace(LIVE, callback="https://old.example/token"), timedelta(0), Step.RENEW),
        (GONE, timedelta(0), Step.UNSUBSCRIBE),
        (replace(LIVE, feed_enabled=False), timedelta(0), Step.UNSUBSCRIBE),
        (replace(LIVE, paused=True), timedelta(0), Step.UNSUBSCRIBE),
        (asked(GONE, Step.UNSUBSCRIBE, base=BASE, now=NOW), timedelta(minutes=1), Step.NOTHING),
        (
            asked(GONE, Step.UNSUBSCRIBE, base=BASE, now=NOW),
            timedelta(minutes=10),
            Step.UNSUBSCRIBE,
        ),
        (GONE, 11 * DAY, Step.DROP),
        (replace(PENDING, paused=True), timedelta(0), Step.DROP),
        (replace(NEW, paused=True), timedelta(0), Step.NOTHING),
        (replace(NEW, state=SubscriptionState.DENIED), 99 * DAY, Step.NOTHING),
        (replace(NEW, state=SubscriptionState.ENDED), timedelta(0), Step.SUBSCRIBE),
        (
            replace(asked(GONE, Step.UNSUBSCRIBE, base=BASE, now=NOW), advertised=True),
            timedelta(minutes=1),
            Step.RENEW,
        ),
    ],
)
def test_steps(one: Subscription, after: timedelta, step: Step) -> None:
    assert next_step(one, base=BASE, now=NOW + after) is step


def test_what_is_asked_is_what_is_remembered() -> None:
    assert request_form(PENDING) == {
        "hub.callback": "https://watch.example/websub/token",
        "hub.mode": "subscribe",
        "hub.topic": NEW.topic,
        "hub.verify": "async",
        "hub.lease_seconds": str(LEASE_S),
        "hub.secret": "secret",
    }
    ending = asked(LIVE, Step.UNSUBSCRIBE, base="https://new.example", now=NOW)
    form = request_form(ending)
    assert form["hub.mode"] == "unsubscribe"
    assert form["hub.callback"] == LIVE.callback, "the hub knows it by the old one"
    assert "hub.secret" not in form


def test_attempts_are_counted_by_intent_and_the_wait_doubles_up_to_a_day() -> None:
    again = asked(PENDING, Step.SUBSCRIBE, base=BASE, now=NOW)
    assert (PENDING.attempts, again.attempts) == (1, 2)
    assert again.next_attempt_at == NOW + timedelta(minutes=20)
    assert asked(again, Step.UNSUBSCRIBE, base=BASE, now=NOW).attempts == 1
    assert [retry_s(n) for n in (1, 2, 3, 8, 9, 10_000)] == [
        600,
        1200,
        2400,
        76_800,
        86_400,
        86_400,
    ]


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("864000", 864_000),
        ("", LEASE_S),
        ("soon", LEASE_S),
        ("-5", LEASE_S),
        ("0", 60),
        ("9" * 50, MAX_LEASE_S),
        ("٣٦٠٠", 3600),
    ],
)
def test_leases(text: str, seconds: int) -> None:
    assert lease_s(text) == seconds


def test_a_confirmation_ends_the_waiting() -> None:
    assert (LIVE.pending, LIVE.attempts, LIVE.state) == (None, 0, SubscriptionState.ACTIVE)
    assert LIVE.expires_at == NOW + 10 * DAY
    assert LIVE.next_attempt_at == NOW + 5 * DAY


@pytest.mark.parametrize(
    ("one", "mode"),
    [
        (NEW, "subscribe"),
        (replace(PENDING, paused=True), "subscribe"),
        (replace(LIVE, paused=True), "subscribe"),
        (asked(LIVE, Step.UNSUBSCRIBE, base=BASE, now=NOW), "subscribe"),
        (PENDING, "unsubscribe"),
        (LIVE, "unsubscribe"),
        (PENDING, "Subscribe"),
    ],
)
def test_what_was_not_asked_is_not_confirmed(one: Subscription, mode: str) -> None:
    assert verified(one, Verification(mode, one.topic, "c", "60"), now=NOW) is None


def test_a_lapsed_subscription_is_not_confirmed_unasked() -> None:
    said = Verification("subscribe", LIVE.topic, "c", "60")
    assert verified(LIVE, said, now=NOW + 11 * DAY) is None


def test_an_end_is_confirmed_and_confirmed_again() -> None:
    ending = asked(GONE, Step.UNSUBSCRIBE, base=BASE, now=NOW)
    said = Verification("unsubscribe", NEW.topic, "c")
    ended = verified(ending, said, now=NOW)
    assert ended is not None
    assert (ended.state, ended.pending) == (SubscriptionState.ENDED, None)
    assert verified(ended, said, now=NOW) == ended


def test_content_is_taken_until_it_is_over() -> None:
    assert takes_content(LIVE)
    assert takes_content(PENDING)
    ended = replace(LIVE, state=SubscriptionState.ENDED)
    assert not takes_content(ended)
    assert takes_content(replace(ended, pending=Intent.SUBSCRIBE))
    assert not takes_content(replace(LIVE, state=SubscriptionState.DENIED))


times = st.integers(-10 * 86_400, 10 * 86_400).map(lambda s: NOW + timedelta(seconds=s))


@given(due=st.none() | times, until=st.none() | times, missed=st.booleans())
def test_polls_are_put_off_while_a_hub_sends_and_never_given_up(
    due: datetime | None, until: datetime | None, missed: bool
) -> None:
    state = FeedState(1, "https://wire.example/feed", "Wire", next_poll_at=due)
    after = spaced_by_push(state, live_until=until, missed=missed, now=NOW)
    assert replace(after, next_poll_at=due) == state, "nothing else is touched"
    if until is None or until <= NOW or missed:
        assert after == state
        return
    assert after.next_poll_at is not None
    assert after.next_poll_at >= min(NOW + timedelta(hours=6), until)
    assert after.next_poll_at <= max(min(NOW + timedelta(hours=6), until), due or NOW)
