"""When messages go: quiet hours on the reader's clock, waits, windows, ceilings."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from pipeline.notify.timing import (
    at_once,
    batch_due,
    ceiling_due,
    first_due,
    quiet_until,
    reply_due,
)
from schemas.routes import QuietHours, RouteConfig
from schemas.routing import Due

NOW = datetime(2026, 5, 4, 12, tzinfo=UTC)
KYIV = ZoneInfo("Europe/Kyiv")
NIGHT = {"from": "22:00", "to": "07:00", "time_zone": "Europe/Kyiv"}


def rule(**given):
    return RouteConfig.model_validate({"name": "all", **given})


def due(of, *, now=NOW, seen_at=NOW, significance=2, outlets=1):
    return first_due(of, now=now, seen_at=seen_at, significance=significance, outlets=outlets)


def kyiv(*given):
    return datetime(*given, tzinfo=KYIV).astimezone(UTC)


def test_with_nothing_asked_it_goes_at_once():
    assert due(rule()) == Due(NOW, "")


@pytest.mark.parametrize(
    ("at", "until"),
    [
        (kyiv(2026, 5, 4, 22, 0), kyiv(2026, 5, 5, 7, 0)),
        (kyiv(2026, 5, 5, 6, 59), kyiv(2026, 5, 5, 7, 0)),
        (kyiv(2026, 5, 5, 7, 0), None),
        (kyiv(2026, 5, 4, 21, 59), None),
        # Clocks go forward at three on 29 March and back at four on 25 October.
        (kyiv(2026, 3, 28, 23, 0), kyiv(2026, 3, 29, 7, 0)),
        (kyiv(2026, 10, 24, 23, 0), kyiv(2026, 10, 25, 7, 0)),
    ],
)
def test_quiet_hours_over_midnight(at, until):
    assert quiet_until(QuietHours.model_validate(NIGHT), at) == until


def test_quiet_hours_within_a_day_and_on_some_days():
    noon = QuietHours.model_validate({**NIGHT, "from": "12:00", "to": "14:00", "days": [1]})
    assert quiet_until(noon, kyiv(2026, 5, 4, 13, 0)) == kyiv(2026, 5, 4, 14, 0)
    assert quiet_until(noon, kyiv(2026, 5, 5, 13, 0)) is None, "a Tuesday"
    friday = QuietHours.model_validate({**NIGHT, "days": [5]})
    assert quiet_until(friday, kyiv(2026, 5, 9, 3, 0)) == kyiv(2026, 5, 9, 7, 0), "Friday's night"
    assert quiet_until(friday, kyiv(2026, 5, 9, 23, 0)) is None


def test_quiet_hours_in_a_gap_of_the_clock_end_when_it_has_passed():
    gap = QuietHours.model_validate({**NIGHT, "from": "02:30", "to": "03:30"})
    assert quiet_until(gap, kyiv(2026, 3, 29, 2, 45)) == datetime(2026, 3, 29, 1, 30, tzinfo=UTC)


@given(
    at=st.datetimes(min_value=datetime(2026, 1, 1), max_value=datetime(2026, 12, 30)),
    start=st.times(),
    end=st.times(),
    zone=st.sampled_from(["Europe/Kyiv", "America/New_York", "Asia/Almaty", "Asia/Kathmandu"]),
)
def test_what_is_held_goes_within_a_day_and_outside_of_quiet_hours(at, start, end, zone):
    if (start.hour, start.minute) == (end.hour, end.minute):
        return
    quiet = QuietHours.model_validate(
        {"from": f"{start:%H:%M}", "to": f"{end:%H:%M}", "time_zone": zone}
    )
    now = at.replace(tzinfo=UTC)
    found = at_once(rule(quiet=quiet), now=now, significance=2)
    assert now <= found.at <= now + timedelta(hours=25)
    assert quiet_until(quiet, found.at) is None


def test_a_significant_story_goes_through():
    night = rule(quiet={**NIGHT, "through": 3})
    late = kyiv(2026, 5, 4, 23, 0)
    assert due(night, now=late, significance=3).at == late
    held = due(night, now=late, significance=2)
    assert held == Due(kyiv(2026, 5, 5, 7, 0), "the end of quiet hours, 07:00 Europe/Kyiv")


def test_a_wait_ends_with_outlets_or_time():
    waits = rule(wait={"outlets": 2, "minutes": 60})
    assert due(waits) == Due(NOW + timedelta(hours=1), "2 outlets")
    assert due(waits, outlets=2).at == NOW
    later = NOW + timedelta(minutes=50)
    assert due(waits, now=later).at == NOW + timedelta(hours=1)
    assert due(waits, now=NOW + timedelta(hours=2)).at == NOW + timedelta(hours=2)


def test_windows_begin_with_the_first_story_and_end_outside_of_quiet_hours():
    assert batch_due(rule(batch_minutes=30), now=NOW, significance=2).at == NOW + timedelta(
        minutes=30
    )
    night = rule(batch_minutes=30, quiet=NIGHT)
    assert batch_due(night, now=kyiv(2026, 5, 4, 21, 45), significance=2).at == kyiv(
        2026, 5, 5, 7, 0
    )


def test_a_reply_waits_for_further_outlets():
    asked = {"now": NOW, "significance": 2, "minutes": 10}
    assert reply_due(None, **asked).at == NOW + timedelta(minutes=10)
    assert reply_due(rule(batch_minutes=30), **asked).at == NOW + timedelta(minutes=30)


def test_a_place_has_room_again_an_hour_after_the_first_of_the_last():
    asked = rule(max_per_hour=2)
    told = [NOW - timedelta(minutes=m) for m in (50, 20, 70)]
    room = ceiling_due(asked, Due(NOW), told, significance=2)
    assert room == Due(NOW + timedelta(minutes=10), "the ceiling of 2 an hour")
    assert ceiling_due(asked, Due(NOW), told[1:], significance=2) is None
    assert ceiling_due(rule(), Due(NOW), told, significance=2) is None


@given(
    told=st.lists(st.integers(-200, 200), max_size=12),
    most=st.integers(1, 5),
)
def test_no_hour_has_more_than_the_ceiling(told, most):
    asked = rule(max_per_hour=most)
    times = [NOW + timedelta(minutes=m) for m in told if m <= 0]
    room = ceiling_due(asked, Due(NOW), times, significance=2)
    at = room.at if room else NOW
    near = [one for one in times if at - timedelta(hours=1) < one <= at]
    assert len(near) < most or (room is None and len(near) < most)


@pytest.mark.parametrize(
    "wrong",
    [
        {**NIGHT, "to": "22:00"},
        {**NIGHT, "from": "24:00"},
        {**NIGHT, "time_zone": "Kyiv"},
        {**NIGHT, "days": [0]},
        {**NIGHT, "through": 4},
    ],
)
def test_quiet_hours_that_make_no_sense_are_refused(wrong):
    with pytest.raises(ValidationError):
        QuietHours.model_validate(wrong)
