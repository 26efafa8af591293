"""When a feed is asked next."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from pipeline.collect.schedule import (
    MAX_INTERVAL_S,
    MAX_WAIT_S,
    MIN_INTERVAL_S,
    after_poll,
    on_the_clock,
    turns,
)
from schemas.feed import Failed, FailureKind, FeedState, Heard, PollOutcome

NOW = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
STATE = FeedState(
    feed_id=1,
    url="https://example.com/feed",
    name="Example",
    configured_url="https://example.com/feed",
)


def success(
    state: FeedState,
    *,
    new: int = 0,
    now: datetime = NOW,
    jitter: float = 0.5,
    fresh_s: int = 0,
    moved_to: str | None = None,
) -> FeedState:
    heard = Heard(
        outcome=PollOutcome.FETCHED if new else PollOutcome.NOT_MODIFIED,
        new=new,
        shown=100 if new else 0,
        fresh_s=fresh_s,
        moved_to=moved_to,
    )
    return after_poll(state, heard, now=now, jitter=jitter)


def failure(
    state: FeedState,
    kind: FailureKind,
    *,
    status: int | None = None,
    retry_after_s: int | None = None,
    now: datetime = NOW,
    jitter: float = 0.5,
) -> FeedState:
    failed = Failed(
        url=state.url, kind=kind, message="x", status=status, retry_after_s=retry_after_s
    )
    heard = Heard(outcome=PollOutcome.FAILED, failure=failed)
    return after_poll(state, heard, now=now, jitter=jitter)


def wait(state: FeedState, now: datetime = NOW) -> float:
    assert state.next_poll_at is not None
    return (state.next_poll_at - now).total_seconds()


def fail_until(state: FeedState, kind: FailureKind, until: datetime) -> tuple[FeedState, datetime]:
    """Fail at each poll that falls due, from `NOW` on; returns the state and the last poll."""
    now, polled = NOW, NOW
    while now <= until:
        state, polled = failure(state, kind, now=now), now
        assert state.next_poll_at is not None
        now = state.next_poll_at
    return state, polled


# ---- rhythm -------------------------------------------------------------------------------------


def test_new_items_bring_the_shortest_interval() -> None:
    after = success(replace(STATE, interval_s=MAX_INTERVAL_S), new=3)
    assert after.interval_s == MIN_INTERVAL_S
    assert after.last_new_at == after.last_success_at == NOW
    assert wait(after) == pytest.approx(270)


def test_feed_due_in_five_minutes_is_due_at_the_tick_in_five_minutes() -> None:
    for jitter in (0.0, 1.0):
        assert wait(success(STATE, new=1, jitter=jitter)) < MIN_INTERVAL_S


def test_feeds_asked_together_drift_apart() -> None:
    waits = [wait(success(replace(STATE, interval_s=3600), jitter=n / 10)) for n in range(11)]
    assert waits == sorted(set(waits))
    assert waits[-1] - waits[0] == pytest.approx(540)


# ---- the publisher's word -----------------------------------------------------------------------


def test_ttl_is_honoured_up_to_an_hour() -> None:
    assert 1800 <= wait(success(replace(STATE, ttl_s=1800))) <= 1800 * 1.05
    assert 3600 <= wait(success(replace(STATE, ttl_s=86_400))) <= 3600 * 1.05
    assert wait(success(replace(STATE, ttl_s=60), new=1)) == pytest.approx(270)


def test_freshness_is_honoured_up_to_an_hour_and_the_longest_wish_counts() -> None:
    assert 900 <= wait(success(STATE, fresh_s=900)) <= 900 * 1.05
    assert 3600 <= wait(success(STATE, fresh_s=31_536_000)) <= 3600 * 1.05
    assert 1800 <= wait(success(replace(STATE, ttl_s=1800), fresh_s=600)) <= 1800 * 1.05


def test_wish_does_not_shorten_a_wait() -> None:
    slow = replace(STATE, interval_s=MAX_INTERVAL_S, last_new_at=NOW - timedelta(days=30))
    assert wait(success(slow, fresh_s=900)) == pytest.approx(MAX_INTERVAL_S * 0.9)


# ---- failures -----------------------------------------------------------------------------------


def test_success_forgets_failures() -> None:
    failed = failure(failure(STATE, FailureKind.TIMEOUT), FailureKind.TIMEOUT)
    assert failed.failures == 2
    assert failed.failing_since == NOW
    assert failed.last_success_at is None
    mended = success(failed)
    assert (mended.failures, mended.failing_since, mended.dead_since) == (0, None, None)


def test_failures_back_off_to_a_ceiling() -> None:
    state, waits = STATE, []
    for _ in range(12):
        state = failure(state, FailureKind.TIMEOUT)
        waits.append(wait(state))
    assert waits[:3] == [pytest.approx(270), pytest.approx(540), pytest.approx(1080)]
    assert waits == sorted(waits)
    assert waits[-1] == pytest.approx(6 * 3600 * 0.9)
    assert state.interval_s == STATE.interval_s


def test_retry_after_is_never_undercut_and_followed_up_to_a_week() -> None:
    assert 7200 <= wait(failure(STATE, FailureKind.RATE_LIMITED, retry_after_s=7200)) <= 7500
    busy = failure(STATE, FailureKind.SERVER_ERROR, retry_after_s=3 * 86_400)
    assert 3 * 86_400 <= wait(busy) <= 3 * 86_400 + 300
    assert wait(failure(STATE, FailureKind.RATE_LIMITED, retry_after_s=1)) == pytest.approx(810)
    absurd = failure(STATE, FailureKind.RATE_LIMITED, retry_after_s=10**9)
    assert wait(absurd) == MAX_WAIT_S


def test_gone_is_marked_looked_at_after_a_day_and_then_each_week() -> None:
    gone = failure(STATE, FailureKind.GONE, status=410)
    assert gone.dead_since == NOW
    assert wait(gone) == pytest.approx(86_400 * 0.9)
    later = NOW + timedelta(days=1)
    again = failure(gone, FailureKind.GONE, status=410, now=later)
    assert again.dead_since == NOW
    assert wait(again, later) == pytest.approx(MAX_WAIT_S * 0.9)


@pytest.mark.parametrize(
    ("kind", "days"),
    [
        (FailureKind.CLIENT_ERROR, 14),
        (FailureKind.HTML, 14),
        (FailureKind.SERVER_ERROR, 28),
        (FailureKind.DNS, 28),
    ],
)
def test_feed_that_fails_for_weeks_is_marked_and_asked_each_week(
    kind: FailureKind, days: int
) -> None:
    state, _ = fail_until(STATE, kind, NOW + timedelta(days=days, hours=-1))
    assert state.dead_since is None
    state, polled = fail_until(STATE, kind, NOW + timedelta(days=days + 10))
    assert state.dead_since is not None
    assert timedelta(days=days) <= state.dead_since - NOW <= timedelta(days=days + 1)
    assert wait(state, polled) == pytest.approx(MAX_WAIT_S * 0.9)
    assert success(state, now=polled).dead_since is None


def test_machine_that_was_off_for_a_month_finds_no_feed_dead() -> None:
    once = failure(STATE, FailureKind.CLIENT_ERROR)
    assert failure(once, FailureKind.CLIENT_ERROR, now=NOW + timedelta(days=40)).dead_since is None


# ---- moves --------------------------------------------------------------------------------------

NEW = "https://example.com/new"


def moved() -> FeedState:
    state = STATE
    for days in (0, 1, 2):
        state = success(state, now=NOW + timedelta(days=days), moved_to=NEW)
    assert state.url == NEW
    return state


@pytest.mark.parametrize(
    ("kind", "status"), [(FailureKind.CLIENT_ERROR, 404), (FailureKind.GONE, 410)]
)
def test_feed_that_is_lost_where_it_moved_to_is_asked_soon_at_its_configured_address(
    kind: FailureKind, status: int
) -> None:
    before = replace(moved(), etag='"1"', last_modified="x")
    back = failure(before, kind, status=status)
    assert (back.url, back.moved_at, back.dead_since) == (STATE.url, None, None)
    assert (back.etag, back.last_modified, back.failures) == (None, None, 1)
    assert wait(back) == pytest.approx(270)
    assert [event for event, _ in turns(before, back)] == ["feed_back_at_its_configured_address"]


@pytest.mark.parametrize(
    ("kind", "status"),
    [
        (FailureKind.CLIENT_ERROR, 403),
        (FailureKind.SERVER_ERROR, 500),
        (FailureKind.DNS, None),
    ],
)
def test_other_failures_do_not_undo_a_move(kind: FailureKind, status: int | None) -> None:
    assert failure(moved(), kind, status=status).url == NEW


def test_the_configured_address_is_asked_before_a_moved_feed_is_given_up() -> None:
    state, _ = fail_until(moved(), FailureKind.DNS, NOW + timedelta(days=40))
    assert state.url == STATE.url
    assert state.dead_since is not None


def test_a_lost_feed_does_not_go_to_and_fro() -> None:
    back = failure(moved(), FailureKind.GONE, status=410)
    gone = failure(back, FailureKind.GONE, status=410, now=NOW + timedelta(minutes=5))
    assert (gone.url, gone.dead_since) == (STATE.url, NOW + timedelta(minutes=5))


def test_retry_after_is_kept_at_a_fall_back_too() -> None:
    back = failure(moved(), FailureKind.CLIENT_ERROR, status=404, retry_after_s=3600)
    assert wait(back) >= 3600


# ---- turns --------------------------------------------------------------------------------------


def test_turns_are_told_once() -> None:
    dead = failure(STATE, FailureKind.GONE, status=410)
    assert [event for event, _ in turns(STATE, dead)] == ["feed_dead"]
    assert turns(dead, failure(dead, FailureKind.GONE, status=410)) == []
    assert [event for event, _ in turns(dead, success(dead))] == ["feed_revived"]
    assert turns(STATE, success(STATE)) == []
    told = turns(STATE, replace(STATE, url=NEW))
    assert told == [("feed_moved", {"was": STATE.url, "now": NEW})]


# ---- on the clock --------------------------------------------------------------------------------

TICK = timedelta(seconds=MIN_INTERVAL_S)


def due_in(state: FeedState, since: datetime) -> float:
    assert state.next_poll_at is not None
    return (state.next_poll_at - since).total_seconds()


@pytest.mark.parametrize("late_s", [1, 45, 140])
def test_a_feed_of_each_tick_keeps_its_ticks_however_late_its_batch_begins(late_s: int) -> None:
    polled_at = NOW + timedelta(seconds=late_s)
    after = success(replace(STATE, last_new_at=NOW), new=1, now=polled_at, jitter=1.0)
    kept = on_the_clock(after, polled_at=polled_at, planned_at=NOW)
    assert due_in(after, NOW) > MIN_INTERVAL_S - 15
    assert due_in(kept, NOW) <= MIN_INTERVAL_S
    assert due_in(kept, polled_at) >= MIN_INTERVAL_S / 2


def test_a_batch_that_begins_very_late_does_not_press_a_feed() -> None:
    polled_at = NOW + timedelta(seconds=290)
    after = success(replace(STATE, last_new_at=NOW), new=1, now=polled_at)
    kept = on_the_clock(after, polled_at=polled_at, planned_at=NOW)
    assert due_in(kept, polled_at) == MIN_INTERVAL_S / 2


def test_longer_waits_failures_and_whole_missed_ticks_are_left_alone() -> None:
    late = NOW + timedelta(seconds=60)
    asked = success(STATE, now=late, fresh_s=600)
    slow = success(replace(STATE, interval_s=3600), now=late)
    failing = failure(STATE, FailureKind.CONNECT, now=late)
    for after in (asked, slow, failing):
        assert on_the_clock(after, polled_at=late, planned_at=NOW) == after
    soon = success(replace(STATE, last_new_at=NOW), new=1, now=late)
    assert on_the_clock(soon, polled_at=late, planned_at=late) == soon
    assert on_the_clock(soon, polled_at=late, planned_at=late - 2 * TICK) == soon
