"""What polls teach of a feed's rhythm, and how soon it is asked by it."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from pipeline.collect.rhythm import (
    MAX_INTERVAL_S,
    MIN_INTERVAL_S,
    TIER_1_MAX_S,
    interval_s,
    learnt,
    loss_limit_s,
    may_have_lost,
)
from schemas.feed import FeedState, Heard, PollOutcome

NOW = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
STATE = FeedState(feed_id=1, url="https://example.com", name="x")


def read(new: int, dates: list[datetime] | None = None, shown: int | None = None) -> Heard:
    given = tuple(dates or ())
    return Heard(
        outcome=PollOutcome.FETCHED, new=new, shown=shown or len(given) or new, dates=given
    )


def every(gap: timedelta, count: int, until: datetime = NOW) -> list[datetime]:
    return [until - gap * n for n in range(count)]


# ---- the usual gap ------------------------------------------------------------------------------


def test_first_poll_takes_the_gap_from_the_dates() -> None:
    assert learnt(STATE, read(10, every(HOUR, 10)), NOW).gap_s == 3600


def test_only_new_items_move_the_gap() -> None:
    known = replace(STATE, gap_s=3600)
    dates = [NOW, NOW - 10 * HOUR, *every(HOUR, 8, NOW - 11 * HOUR)]
    assert learnt(known, read(1, dates), NOW).gap_s == pytest.approx(3600 * 10**0.2, abs=2)
    assert learnt(known, read(0, dates), NOW).gap_s == 3600


def test_night_among_bursts_hardly_moves_the_gap() -> None:
    six = timedelta(minutes=6)
    dates = [*every(six, 6), *every(six, 6, NOW - timedelta(hours=12))]
    gap = learnt(STATE, read(12, dates), NOW).gap_s
    assert gap is not None
    assert 360 < gap < 720


def test_items_published_together_are_one_arrival() -> None:
    dates = [*([NOW] * 5), *([NOW - timedelta(days=1)] * 5)]
    after = learnt(STATE, read(10, dates), NOW)
    assert after.gap_s == 86_400


@pytest.mark.parametrize("dates", [[], [NOW], [NOW] * 4])
def test_without_telling_dates_the_polls_tell_the_gap(dates: list[datetime]) -> None:
    known = replace(STATE, last_new_at=NOW - 4 * HOUR)
    assert learnt(known, read(4, dates, shown=4), NOW).gap_s == 3600


def test_few_dates_do_not_speak_for_the_others() -> None:
    known = replace(STATE, last_new_at=NOW - 4 * HOUR)
    assert learnt(known, read(4, every(HOUR * 100, 3), shown=10), NOW).gap_s == 3600


def test_poll_that_reads_nothing_teaches_nothing() -> None:
    known = replace(STATE, gap_s=3600, shown=10)
    for outcome in (PollOutcome.NOT_MODIFIED, PollOutcome.UNCHANGED):
        assert learnt(known, Heard(outcome=outcome), NOW) == known


# ---- the window ---------------------------------------------------------------------------------


def test_window_is_twice_the_quickest_half() -> None:
    quick = [NOW - timedelta(minutes=10) * n for n in range(6)]
    dates = [*quick, *every(timedelta(days=1), 4, NOW - timedelta(days=1))]
    after = learnt(STATE, read(10, dates), NOW)
    assert after.window_s == 2 * 50 * 60
    assert loss_limit_s(after) == 50 * 60


def test_window_of_many_items_at_once_is_the_time_to_the_next_ones() -> None:
    dates = [*([NOW] * 10), *([NOW - timedelta(days=1)] * 10)]
    assert learnt(STATE, read(20, dates), NOW).window_s == 2 * 86_400


def test_quickest_window_is_remembered_and_ages() -> None:
    known = replace(STATE, window_s=6000.0, last_success_at=NOW - timedelta(days=7))
    after = learnt(known, read(1, every(timedelta(days=1), 10)), NOW)
    assert after.window_s == pytest.approx(12_000)
    steps = replace(known, last_success_at=NOW)
    for n in range(1, 7 * 288 + 1):
        at = NOW + timedelta(minutes=5) * n
        steps = replace(
            learnt(steps, Heard(outcome=PollOutcome.NOT_MODIFIED), at), last_success_at=at
        )
    assert steps.window_s == pytest.approx(12_000)


def test_feed_without_dates_that_is_all_new_is_asked_sooner() -> None:
    known = replace(STATE, last_success_at=NOW - 3 * HOUR, last_new_at=NOW - 3 * HOUR)
    assert may_have_lost(known, read(5))
    assert learnt(known, read(5), NOW).window_s == 3 * 3600
    assert learnt(known, read(4, shown=5), NOW).window_s is None


def test_feed_that_publishes_all_at_once_is_not_hurried() -> None:
    known = replace(STATE, last_success_at=NOW - HOUR, last_new_at=NOW - timedelta(days=1))
    assert learnt(known, read(10, [NOW] * 10), NOW).window_s is None


def test_first_poll_and_feed_of_one_item_lose_nothing_by_being_all_new() -> None:
    assert not may_have_lost(STATE, read(5))
    assert not may_have_lost(replace(STATE, last_success_at=NOW), read(1))


# ---- the interval -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("quiet_hours", "interval"), [(0.1, 300), (2, 600), (12, 3600), (24, 7200), (500, 21_600)]
)
def test_interval_is_a_twelfth_of_the_silence(quiet_hours: float, interval: int) -> None:
    quiet = replace(STATE, interval_s=MAX_INTERVAL_S, last_new_at=NOW - quiet_hours * HOUR)
    assert interval_s(quiet, NOW) == interval


def test_interval_grows_by_half_at_the_most() -> None:
    quiet = replace(STATE, interval_s=600, last_new_at=NOW - timedelta(days=9))
    assert interval_s(quiet, NOW) == 900
    assert interval_s(replace(STATE, interval_s=600), NOW) == 900


def test_slow_feed_is_not_asked_all_the_time_after_an_item() -> None:
    slow = replace(STATE, gap_s=86_400, interval_s=5000, last_new_at=NOW - HOUR)
    assert interval_s(slow, NOW) == 7200


def test_quick_feed_stays_awake_over_the_night() -> None:
    quick = replace(STATE, gap_s=600, interval_s=600, last_new_at=NOW - 12 * HOUR)
    assert interval_s(quick, NOW) == 600
    assert interval_s(replace(quick, last_new_at=NOW - 60 * HOUR), NOW) == 900


def test_short_feed_is_asked_before_half_of_it_goes_by() -> None:
    slow = replace(STATE, interval_s=MAX_INTERVAL_S, last_new_at=NOW - timedelta(days=3))
    assert interval_s(replace(slow, window_s=3600.0), NOW) == 1800
    assert interval_s(replace(slow, gap_s=1200, shown=4), NOW) == 2400
    assert interval_s(replace(slow, window_s=10.0), NOW) == MIN_INTERVAL_S


def test_tier_1_stays_near_the_shortest() -> None:
    slow = replace(STATE, interval_s=MAX_INTERVAL_S, last_new_at=NOW - timedelta(days=30))
    assert interval_s(replace(slow, tier=1), NOW) == TIER_1_MAX_S
    assert interval_s(replace(slow, tier=3), NOW) == MAX_INTERVAL_S
