"""When a message may go: quiet hours, waits for other outlets, ceilings. Pure."""

from collections.abc import Sequence
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from schemas.routes import QuietHours, RouteConfig
from schemas.routing import Due

HOUR = timedelta(hours=1)


def first_due(
    rule: RouteConfig, *, now: datetime, seen_at: datetime, significance: int, outlets: int
) -> Due:
    """Return when the first message of a story may go.

    Args:
        rule: the route that takes it.
        now: the time of the decision.
        seen_at: when the rule first took the story; a wait for outlets counts from there.
        significance: of the story; high enough, it goes through quiet hours.
        outlets: independent outlets that tell the story.
    """
    due, waits = now, ""
    if rule.wait is not None and outlets < rule.wait.outlets:
        until = seen_at + timedelta(minutes=rule.wait.minutes)
        if until > now:
            due, waits = until, f"{rule.wait.outlets} outlets"
    return _after_quiet(rule, Due(due, waits), significance)


def batch_due(rule: RouteConfig, *, now: datetime, significance: int) -> Due:
    """Return when a message goes that gathers the stories of the route's window from ``now`` on."""
    due = Due(now + timedelta(minutes=rule.batch_minutes), "the batching window")
    return _after_quiet(rule, due, significance)


def reply_due(rule: RouteConfig | None, *, now: datetime, significance: int, minutes: int) -> Due:
    """Return when a reply goes that gathers the outlets that follow one another.

    It waits for ``minutes``, or as long as its route gathers stories.
    """
    window = timedelta(minutes=rule.batch_minutes if rule and rule.batch_minutes else minutes)
    due = Due(now + window, "further outlets")
    return _after_quiet(rule, due, significance) if rule else due


def at_once(rule: RouteConfig | None, *, now: datetime, significance: int) -> Due:
    """Return when a message goes that waits for nothing but the end of quiet hours."""
    return _after_quiet(rule, Due(now), significance) if rule else Due(now)


def ceiling_due(
    rule: RouteConfig, due: Due, told: Sequence[datetime], *, significance: int
) -> Due | None:
    """Return when the place has room again, or None where it has room at ``due``.

    Args:
        rule: the route.
        due: when the message would go.
        told: when the route's messages to that place go or went, in any order.
        significance: of the story.
    """
    if rule.max_per_hour is None:
        return None
    near = sorted(at for at in told if due.at - HOUR < at <= due.at)
    if len(near) < rule.max_per_hour:
        return None
    room = Due(near[-rule.max_per_hour] + HOUR, f"the ceiling of {rule.max_per_hour} an hour")
    return _after_quiet(rule, room, significance)


def quiet_until(quiet: QuietHours, at: datetime) -> datetime | None:
    """Return when the quiet hours that hold at ``at`` end, or None outside of them.

    They are hours of the reader's clock: in a night of 23 or 25 hours they begin and end when the
    clock says so.
    """
    zone = ZoneInfo(quiet.time_zone)
    local = at.astimezone(zone)
    start, end = time.fromisoformat(quiet.start), time.fromisoformat(quiet.end)
    over_midnight = end <= start
    # Spans that may hold now begin today or, over midnight, yesterday.
    for days_ago in (0, 1) if over_midnight else (0,):
        day = local.date() - timedelta(days=days_ago)
        if quiet.days and day.isoweekday() not in quiet.days:
            continue
        begins = datetime.combine(day, start, zone)
        ends = datetime.combine(day + timedelta(days=int(over_midnight)), end, zone)
        # Compared as instants: wall clocks of one zone would be compared without their offsets.
        if begins.timestamp() <= at.timestamp() < ends.timestamp():
            return ends.astimezone(at.tzinfo)
    return None


def _after_quiet(rule: RouteConfig, due: Due, significance: int) -> Due:
    quiet = rule.quiet
    if quiet is None or (quiet.through is not None and significance >= quiet.through):
        return due
    at, waits = due.at, due.waits_for
    # Two spans may touch: 22–06 on one day and 06–08 cannot be given, but one of days may.
    while (ends := quiet_until(quiet, at)) is not None:
        at, waits = ends, f"the end of quiet hours, {quiet.end} {quiet.time_zone}"
    return Due(at, waits)
