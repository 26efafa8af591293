"""What publishers ask, and how far it is followed."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest

from pipeline.collect.wishes import (
    MAX_TTL_S,
    Skips,
    after_skips,
    asked_wait_s,
    fresh_seconds,
    http_date,
    read_period,
    read_skips,
    read_ttl,
)
from schemas.feed import FeedState

NOW = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)  # a Monday
STATE = FeedState(feed_id=1, url="https://example.com", name="x")
DATE = "Mon, 23 Nov 2026 10:00:00 GMT"


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, 0),
        ({"cache-control": "max-age=600"}, 600),
        ({"cache-control": 'public, Max-Age="600"'}, 600),
        ({"cache-control": "max-age=31536000, immutable"}, 31_536_000),
        ({"cache-control": "max-age=99999999999999999999"}, 2**31),
        ({"cache-control": "max-age=600, max-age=9"}, 600),
        ({"cache-control": "max-age=600", "age": "500"}, 100),
        ({"cache-control": "max-age=600", "age": "900"}, 0),
        ({"cache-control": "max-age=600", "age": "soon"}, 600),
        ({"cache-control": "no-store, max-age=600"}, 0),
        ({"cache-control": "no-cache, max-age=600"}, 0),
        ({"cache-control": "no-store", "expires": "Mon, 23 Nov 2026 11:00:00 GMT"}, 0),
        ({"cache-control": "max-age=soon"}, 0),
        ({"cache-control": "max-age=-1"}, 0),
        ({"cache-control": "s-maxage=600"}, 0),
        ({"cache-control": "max-age=0", "expires": "Mon, 23 Nov 2026 11:00:00 GMT"}, 0),
        ({"cache-control": "private", "expires": "Mon, 23 Nov 2026 11:00:00 GMT"}, 3600),
        ({"expires": "Mon, 23 Nov 2026 11:00:00 GMT", "date": DATE}, 3600),
        # A server whose clock is a day behind still means an hour.
        (
            {
                "expires": "Sun, 22 Nov 2026 11:00:00 GMT",
                "date": "Sun, 22 Nov 2026 10:00:00 GMT",
            },
            3600,
        ),
        ({"expires": "Mon, 23 Nov 2026 11:00:00 GMT", "date": DATE, "age": "600"}, 3000),
        ({"expires": "Mon, 23 Nov 2026 09:00:00 GMT"}, 0),
        ({"expires": "0"}, 0),
        ({"expires": "-1"}, 0),
    ],
)
def test_freshness(headers: dict[str, str], seconds: int) -> None:
    assert fresh_seconds(headers, NOW) == seconds


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("", None), ("60", 3600), (" 5 ", 300), ("0", None), ("x", None), ("999999999", MAX_TTL_S)],
)
def test_ttl(text: str, seconds: int | None) -> None:
    assert read_ttl(text) == seconds


@pytest.mark.parametrize(
    ("period", "frequency", "seconds"),
    [
        ("", "", None),
        ("hourly", "", 3600),
        (" Hourly\n", " 2 ", 1800),
        ("daily", "24", 3600),
        ("", "2", 43_200),
        ("weekly", "1", 7 * 86_400),
        ("monthly", "1", 30 * 86_400),
        ("yearly", "1", 365 * 86_400),
        ("hourly", "0", None),
        ("hourly", "often", None),
        ("sometimes", "1", None),
        ("hourly", "999999999", 1),
    ],
)
def test_period(period: str, frequency: str, seconds: int | None) -> None:
    assert read_period(period, frequency) == seconds


def test_skips_are_read_whole_and_what_is_wrong_is_left_out() -> None:
    head = (
        "<skipHours><hour>1</hour><hour> 2 </hour><hour>24</hour><hour>25</hour>"
        "<hour>x</hour></skipHours><skipDays><day>Sunday</day><DAY>monday</DAY>"
        "<day>Someday</day></skipDays><hour>9</hour>"
    )
    assert read_skips(head) == Skips(hours=(0, 1, 2), days=(0, 6))
    assert read_skips("<skipHours>") == Skips()


def test_whole_day_or_week_of_skips_means_none() -> None:
    hours = "".join(f"<hour>{hour}</hour>" for hour in range(24))
    assert read_skips(f"<skipHours>{hours}</skipHours>") == Skips()


def test_stated_period_is_believed_up_to_half_an_hour_unless_the_feed_is_quicker() -> None:
    hourly = replace(STATE, period_s=3600)
    assert asked_wait_s(hourly, 0, 0.0) == 1800
    assert asked_wait_s(replace(hourly, gap_s=7200), 0, 0.0) == 1800
    assert asked_wait_s(replace(hourly, gap_s=1200), 0, 0.0) == 0
    assert asked_wait_s(replace(STATE, period_s=900), 0, 0.0) == 900


def test_what_would_lose_an_item_is_not_followed() -> None:
    assert asked_wait_s(replace(STATE, ttl_s=3600, window_s=2400.0), 0, 0.0) == 1200
    assert asked_wait_s(replace(STATE, ttl_s=3600, window_s=60.0), 0, 0.0) == 0


def test_tier_1_follows_for_a_quarter_of_an_hour() -> None:
    assert asked_wait_s(replace(STATE, ttl_s=3600, tier=1), 31_536_000, 0.0) == 900


def test_wish_up_to_the_shortest_wait_asks_for_nothing() -> None:
    assert asked_wait_s(replace(STATE, ttl_s=300), 300, 1.0) == 0


@pytest.mark.parametrize(
    ("hours", "days", "until"),
    [
        ((), (), NOW),
        ((9, 11), (1,), NOW),
        ((10,), (), NOW.replace(hour=11)),
        ((10, 11, 12), (), NOW.replace(hour=13)),
        (tuple(range(10, 24)), (), NOW.replace(day=24, hour=0)),
        ((), (0,), NOW.replace(day=24, hour=0)),
        ((0, 1), (0,), NOW.replace(day=24, hour=2)),
    ],
)
def test_skipped_hours_and_days(
    hours: tuple[int, ...], days: tuple[int, ...], until: datetime
) -> None:
    at = NOW + timedelta(minutes=20)
    expected = at if until == NOW else until
    assert (
        after_skips(replace(STATE, skip_hours=hours, skip_days=days), at, now=NOW, jitter=0.0)
        == expected
    )


def test_several_days_are_skipped_with_one_look_a_day() -> None:
    asleep = replace(STATE, skip_days=(0, 1, 2))
    assert after_skips(asleep, NOW, now=NOW, jitter=0.0) == NOW + timedelta(days=1)


def test_end_of_a_skip_is_spread_and_hours_are_utc() -> None:
    asleep = replace(STATE, skip_hours=(10,))
    assert after_skips(asleep, NOW, now=NOW, jitter=1.0) == NOW + timedelta(minutes=65)
    almaty = NOW.astimezone(timezone(timedelta(hours=5)))
    assert after_skips(asleep, almaty, now=NOW, jitter=0.0) == NOW + timedelta(hours=1)


def test_skip_that_would_lose_an_item_is_broken() -> None:
    busy = replace(STATE, skip_days=(0,), window_s=7200.0)
    assert after_skips(busy, NOW, now=NOW, jitter=0.0) == NOW + timedelta(hours=1)


@pytest.mark.parametrize("text", ["", "0", "soon", "Mon, 99 Nov 2026 10:00:00 GMT"])
def test_what_is_no_date(text: str) -> None:
    assert http_date(text) is None


def test_dates_are_utc() -> None:
    assert http_date("Mon, 23 Nov 2026 12:00:00 +0200") == NOW
    assert http_date("Mon, 23 Nov 2026 10:00:00 -0000") == NOW
