"""When a feed is asked next."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.collect.schedule import (
    MAX_BACKOFF_S,
    MAX_INTERVAL_S,
    MIN_INTERVAL_S,
    after_poll,
)
from schemas.feed import Failed, FailureKind, FeedState, PollOutcome

NOW = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
STATE = FeedState(feed_id=1, url="https://example.com/feed", name="Example")


def success(state: FeedState, *, new: int = 0, now: datetime = NOW, **given: object) -> FeedState:
    defaults: dict[str, object] = {"failure": None, "ttl_s": None, "jitter": 0.5}
    return after_poll(state, PollOutcome.FETCHED, new=new, now=now, **(defaults | given))  # type: ignore[arg-type]


def failure(
    state: FeedState, kind: FailureKind, *, retry_after_s: int | None = None, now: datetime = NOW
) -> FeedState:
    failed = Failed(url=state.url, kind=kind, message="x", retry_after_s=retry_after_s)
    return after_poll(
        state, PollOutcome.FAILED, new=0, failure=failed, now=now, ttl_s=None, jitter=0.5
    )


def wait(state: FeedState, now: datetime = NOW) -> float:
    assert state.next_poll_at is not None
    return (state.next_poll_at - now).total_seconds()


def test_new_items_bring_the_shortest_interval() -> None:
    after = success(replace(STATE, interval_s=MAX_INTERVAL_S), new=3)
    assert after.interval_s == MIN_INTERVAL_S
    assert after.last_new_at == after.last_success_at == NOW
    assert wait(after) == pytest.approx(270)


def test_feed_due_in_five_minutes_is_due_at_the_tick_in_five_minutes() -> None:
    for jitter in (0.0, 1.0):
        assert wait(success(STATE, new=1, jitter=jitter)) < MIN_INTERVAL_S


@pytest.mark.parametrize(
    ("quiet_hours", "interval_s"), [(0.1, 300), (1, 450), (8, 3600), (24, 10_800), (500, 21_600)]
)
def test_interval_is_an_eighth_of_the_silence(quiet_hours: float, interval_s: int) -> None:
    before = replace(
        STATE, interval_s=MAX_INTERVAL_S, last_new_at=NOW - timedelta(hours=quiet_hours)
    )
    assert success(before).interval_s == interval_s


def test_interval_grows_by_half_at_the_most() -> None:
    before = replace(STATE, interval_s=600, last_new_at=NOW - timedelta(days=9))
    assert success(before).interval_s == 900
    assert success(replace(STATE, interval_s=600)).interval_s == 900


def test_daily_feed_is_polled_some_forty_times_a_day() -> None:
    state, now, polls = success(STATE, new=1), NOW, 0
    while now < NOW + timedelta(days=1):
        assert state.next_poll_at is not None
        now, polls = state.next_poll_at, polls + 1
        state = success(state, now=now)
    assert 25 <= polls <= 50


def test_ttl_is_honoured_up_to_an_hour() -> None:
    assert wait(success(STATE, new=1, ttl_s=1800)) == pytest.approx(1620)
    assert wait(success(STATE, new=1, ttl_s=86_400)) == pytest.approx(3240)
    assert wait(success(STATE, new=1, ttl_s=60)) == pytest.approx(270)


def test_success_forgets_failures() -> None:
    failed = failure(failure(STATE, FailureKind.TIMEOUT), FailureKind.TIMEOUT)
    assert failed.failures == 2
    assert success(failed).failures == 0
    assert failed.last_success_at is None


def test_failures_back_off_to_a_day() -> None:
    state, waits = STATE, []
    for _ in range(12):
        state = failure(state, FailureKind.TIMEOUT)
        waits.append(wait(state))
    assert waits[:3] == [pytest.approx(270), pytest.approx(540), pytest.approx(1080)]
    assert waits == sorted(waits)
    assert waits[-1] == pytest.approx(MAX_BACKOFF_S * 0.9)
    assert state.interval_s == STATE.interval_s


def test_what_will_not_mend_itself_waits_longer_at_once() -> None:
    soft, hard, gone = (
        wait(failure(STATE, kind))
        for kind in (FailureKind.SERVER_ERROR, FailureKind.CLIENT_ERROR, FailureKind.GONE)
    )
    assert soft < hard < gone


def test_retry_after_is_honoured_up_to_a_day() -> None:
    assert wait(failure(STATE, FailureKind.RATE_LIMITED, retry_after_s=7200)) == 7200
    assert wait(failure(STATE, FailureKind.SERVER_ERROR, retry_after_s=1)) == pytest.approx(270)
    assert wait(failure(STATE, FailureKind.RATE_LIMITED, retry_after_s=10**6)) == MAX_BACKOFF_S


def test_move_is_remembered_after_a_success_only() -> None:
    new = "https://example.com/new"
    assert success(STATE, moved_to=new).url == new
    assert success(STATE).url == STATE.url


_TIMES = st.none() | st.integers(-400 * 86_400, 86_400).map(lambda s: NOW + timedelta(seconds=s))


@given(
    state=st.builds(
        FeedState,
        feed_id=st.just(1),
        url=st.just("https://example.com"),
        name=st.just("x"),
        interval_s=st.integers(-10, 10**9),
        failures=st.integers(0, 10**6),
        last_success_at=_TIMES,
        last_new_at=_TIMES,
    ),
    outcome=st.sampled_from(PollOutcome),
    new=st.integers(0, 2000),
    kind=st.sampled_from(FailureKind),
    retry_after_s=st.none() | st.integers(0, 10**8),
    ttl_s=st.none() | st.integers(0, 10**8),
    jitter=st.floats(0, 1),
)
def test_next_poll_is_always_later_and_within_a_day(
    state: FeedState,
    outcome: PollOutcome,
    new: int,
    kind: FailureKind,
    retry_after_s: int | None,
    ttl_s: int | None,
    jitter: float,
) -> None:
    failed = Failed(url=state.url, kind=kind, message="x", retry_after_s=retry_after_s)
    after = after_poll(
        state,
        outcome,
        new=new,
        failure=failed if outcome is PollOutcome.FAILED else None,
        now=NOW,
        ttl_s=ttl_s,
        jitter=jitter,
    )
    assert 0.85 * MIN_INTERVAL_S <= wait(after) <= MAX_BACKOFF_S
    if outcome is PollOutcome.FAILED:
        assert after.failures == state.failures + 1
        assert after.last_success_at == state.last_success_at
    else:
        assert MIN_INTERVAL_S <= after.interval_s <= MAX_INTERVAL_S
        assert after.failures == 0
