"""Windows of following days meet: no hour is told twice, none is left out."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.notify.digest_due import digest_window, due_day, edition_time

zones = st.sampled_from(
    ["Europe/Kyiv", "America/New_York", "Asia/Almaty", "Australia/Lord_Howe", "Africa/Cairo", "UTC"]
)
all_zones = st.sampled_from(sorted(available_timezones()))
days = st.dates(date(2015, 1, 1), date(2040, 12, 31))


@given(days, zones, st.integers(0, 23))
def test_windows_meet_and_are_about_a_day_long(day, zone, hour):
    since, until = digest_window(day, zone, hour)
    assert digest_window(day + timedelta(days=1), zone, hour)[0] == until
    assert timedelta(hours=22) < until - since < timedelta(hours=26)


@given(days, zones, st.integers(0, 23))
def test_a_window_ends_at_the_readers_hour_on_the_readers_day(day, zone, hour):
    until = digest_window(day, zone, hour)[1].astimezone(ZoneInfo(zone))
    assert until.date() == day
    assert until.hour in {hour, hour + 1}


@given(days, all_zones, st.integers(0, 23), st.integers(0, 95))
def test_every_day_has_one_edition_whenever_the_clock_ticks(day, zone, hour, first):
    """In three days of quarter hours each day's edition is due, in order, none left out."""
    start = datetime.combine(day, time(), tzinfo=UTC) + timedelta(minutes=15 * first)
    made: list[date] = []
    for tick in range(3 * 96):
        found = due_day(start + timedelta(minutes=15 * tick), zone, hour)
        if found is not None and found not in made:
            made.append(found)
    assert made == sorted(made)
    missing = {made[0] + timedelta(days=n) for n in range((made[-1] - made[0]).days)} - set(made)
    assert not {one for one in missing if _exists(one, zone)}
    assert len(made) >= 2


@given(days, all_zones, st.integers(0, 23))
def test_an_edition_is_due_from_its_hour_to_the_end_of_its_day(day, zone, hour):
    begins = edition_time(day, zone, hour)
    assert due_day(begins - timedelta(seconds=1), zone, hour) != day
    assert due_day(begins, zone, hour) == day or not _exists(day, zone)
    midnight = edition_time(day + timedelta(days=1), zone, 0)
    late = max(midnight, begins + timedelta(hours=1))
    assert due_day(late, zone, hour) != day


@given(days, all_zones, st.integers(0, 23))
def test_a_new_list_begins_at_its_hour_and_catches_nothing_up(day, zone, hour):
    begins = edition_time(day, zone, hour)
    assert due_day(begins, zone, hour, new=True) == day or not _exists(day, zone)
    assert due_day(begins + timedelta(hours=1), zone, hour, new=True) != day


@given(days, all_zones, st.integers(0, 23), st.integers(0, 26 * 60))
def test_what_is_due_is_of_the_readers_day(day, zone, hour, minutes):
    now = datetime.combine(day, time(), tzinfo=UTC) + timedelta(minutes=minutes)
    found = due_day(now, zone, hour)
    local = now.astimezone(ZoneInfo(zone))
    if found is None:
        assert now < edition_time(local.date(), zone, hour)
    elif found != local.date():
        # The clocks left out the hour, and the day's last: there is an hour all the same.
        assert now < edition_time(found, zone, hour) + timedelta(hours=1)


def _exists(day, zone):
    """Samoa had no 30 December 2011; its like may come again."""
    noon = datetime.combine(day, time(12), tzinfo=ZoneInfo(zone))
    return noon.astimezone(UTC).astimezone(ZoneInfo(zone)).date() == day


@pytest.mark.parametrize(
    ("zone", "day", "hour"),
    [
        ("America/Nuuk", date(2025, 3, 29), 23),  # 23:00 to midnight is left out
        ("Africa/Cairo", date(2025, 4, 25), 0),  # 00:00 to 01:00 is left out
        ("Pacific/Apia", date(2011, 12, 31), 7),  # the day before is left out
        ("Australia/Lord_Howe", date(2025, 4, 6), 1),  # comes one and a half times
        ("Asia/Kathmandu", date(2025, 1, 1), 7),
    ],
)
def test_the_hardest_days_have_an_edition(zone, day, hour):
    start = datetime.combine(day, time(), tzinfo=UTC) - timedelta(hours=15)
    ticks = (start + timedelta(minutes=15 * n) for n in range(44 * 4))
    assert day in {due_day(at, zone, hour) for at in ticks}
