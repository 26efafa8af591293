"""Windows of following days meet: no hour is told twice, none is left out."""

from datetime import date, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from pipeline.notify.digest import digest_window

zones = st.sampled_from(
    ["Europe/Kyiv", "America/New_York", "Asia/Almaty", "Australia/Lord_Howe", "Africa/Cairo", "UTC"]
)
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
