"""When an edition is due, in the reader's own time. Pure."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

MONDAY: Final = 0
_HOUR: Final = timedelta(hours=1)


def digest_window(day: date, zone: str, hour: int) -> tuple[datetime, datetime]:
    """Return what the edition of ``day`` tells of: from ``hour`` the day before to ``hour``, UTC.

    Hours are the reader's, so a window is 23 or 25 hours long where the clocks change; windows of
    following days always meet. An hour that the clocks leave out is taken as the instant at which
    it would have been; of one that comes twice, the first is meant.
    """
    return edition_time(day - timedelta(days=1), zone, hour), edition_time(day, zone, hour)


def edition_time(day: date, zone: str, hour: int) -> datetime:
    """Return the instant (UTC) at which it is ``hour`` on ``day`` in ``zone``."""
    return datetime.combine(day, time(hour), tzinfo=ZoneInfo(zone)).astimezone(UTC)


def due_day(now: datetime, zone: str, hour: int, *, new: bool = False) -> date | None:
    """Return the reader's day whose edition may be made at ``now``, or None before its hour.

    What was missed is caught up until the day's end, and never on the day after, whose own edition
    tells of it. Where the clocks leave out the day's last hour, there is an hour all the same.

    Args:
        now: an aware time.
        zone: the reader's.
        hour: of the reader's clock.
        new: the list has had no edition yet. It begins at its hour: what passed before it was
            there is not caught up, so that a first start at noon sends nothing at once.
    """
    today = now.astimezone(ZoneInfo(zone)).date()
    for day in (today, today - timedelta(days=1)):
        begins = edition_time(day, zone, hour)
        ends = begins + _HOUR
        if not new:
            ends = max(ends, edition_time(day + timedelta(days=1), zone, 0))
        if begins <= now < ends:
            return day
    return None


def is_weekly(day: date, *, wanted: bool) -> bool:
    """Whether the edition of ``day`` tells of the week too."""
    return wanted and day.weekday() == MONDAY
