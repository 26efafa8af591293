"""Verdicts on feeds: rhythm, silence, death, pauses; all pure."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from pipeline.feed_health import (
    CEILING,
    DEAD_AFTER,
    FLOOR,
    UNKNOWN,
    judge,
    quiet_for,
    rhythm,
    span_words,
)
from schemas.feed import FailureKind
from schemas.feed_watch import FeedFacts

NOW = datetime(2026, 5, 4, 12, 0, tzinfo=UTC)
DAY = timedelta(days=1)


def every(gap: timedelta, count: int, *, last: datetime = NOW) -> tuple[datetime, ...]:
    return tuple(last - gap * n for n in range(count))


def facts(**given: object) -> FeedFacts:
    base = FeedFacts(
        feed_id=1,
        name="Daily",
        url="https://daily.example/feed",
        enabled=True,
        created_at=NOW - 400 * DAY,
        last_success_at=NOW,
        last_new_at=NOW,
    )
    return replace(base, **given)  # type: ignore[arg-type]


def quiet(days: float, gap: timedelta, **given: object) -> FeedFacts:
    """It answered just now; its last item came ``days`` ago, after many with ``gap`` between."""
    last = NOW - days * DAY
    return facts(last_new_at=last, moments=every(gap, 40, last=last), **given)


# ---- rhythm ------------------------------------------------------------------------------------


def test_a_wire_is_missed_after_the_floor_and_a_weekly_after_three_weeks() -> None:
    assert rhythm(every(timedelta(minutes=10), 100)).patience == FLOOR
    weekly = rhythm(every(7 * DAY, 20))
    assert weekly.usual == 7 * DAY
    assert weekly.patience == 21 * DAY


def test_few_items_tell_no_rhythm() -> None:
    for moments in ((), every(DAY, 3)):
        told = rhythm(moments)
        assert told.usual is None
        assert told.patience == UNKNOWN


def test_items_that_come_together_are_one_arrival() -> None:
    bulletin = [at + timedelta(minutes=n) for at in every(7 * DAY, 10) for n in range(5)]
    assert rhythm(bulletin).usual == 7 * DAY
    assert rhythm(bulletin).patience == 21 * DAY
    assert rhythm([NOW + timedelta(minutes=n) for n in range(50)]).usual is None


def test_weekends_stretch_the_patience_and_one_summer_break_does_not() -> None:
    office = [
        NOW - n * DAY + timedelta(hours=h)
        for n in range(28)
        if (NOW - n * DAY).weekday() < 5
        for h in (0, 2, 4)
    ]
    told = rhythm(office)
    assert timedelta(hours=62) < told.patience < 6 * DAY
    broken = [at if at > NOW - 20 * DAY else at - 60 * DAY for at in office]
    assert rhythm(broken).patience == told.patience


def test_patience_has_an_end() -> None:
    assert rhythm(every(100 * DAY, 6)).patience == CEILING


# ---- silence -----------------------------------------------------------------------------------


def test_the_same_quiet_week_is_silence_in_a_wire_and_none_in_a_weekly() -> None:
    assert judge(quiet(8, timedelta(hours=1)), now=NOW).state == "silent"
    assert judge(quiet(8, 7 * DAY), now=NOW).state == "healthy"
    told = judge(quiet(22, 7 * DAY), now=NOW)
    assert told.state == "silent"
    assert told.reason == (
        "answers, but nothing new since 2026-04-12; usually news comes every 7 days"
    )
    assert "moved or is broken" in told.mend
    assert told.usual_gap_s == 7 * 86400
    assert told.silent_after_s == 21 * 86400


def test_a_weekly_feed_is_not_silent_after_two_days_whatever_is_known_of_it() -> None:
    for moments in ((), every(timedelta(minutes=5), 50, last=NOW - 2 * DAY)):
        assert judge(facts(last_new_at=NOW - 2 * DAY, moments=moments), now=NOW).state == "healthy"


def test_silence_counts_up_to_the_last_answer_only() -> None:
    asleep = quiet(0, timedelta(hours=1), last_success_at=NOW)
    assert judge(asleep, now=NOW + 30 * DAY).state == "healthy"


def test_silence_counts_from_where_the_feed_was_watched_again() -> None:
    for given in (
        {"watched_since": NOW - DAY},
        {"paused_at": NOW - 20 * DAY, "paused_until": NOW - DAY},
    ):
        back = quiet(20, timedelta(hours=1), **given)
        assert quiet_for(back) == DAY
        assert judge(back, now=NOW).state == "healthy"


# ---- failing and dead --------------------------------------------------------------------------


def failing(times: int, kind: FailureKind, *, days: float) -> FeedFacts:
    return facts(
        failures=times,
        failure=kind,
        failure_message="HTTP 404: there is nothing at this address",
        last_success_at=NOW - days * DAY,
    )


def test_a_feed_that_fails_for_days_is_dead() -> None:
    assert judge(failing(9, FailureKind.CLIENT_ERROR, days=2.9), now=NOW).state == "failing"
    told = judge(failing(9, FailureKind.CLIENT_ERROR, days=3), now=NOW)
    assert told.state == "dead"
    assert told.reason.endswith("(9 times in a row); last answered 2026-05-01")
    assert "feeds add" in told.mend
    assert judge(failing(2, FailureKind.CLIENT_ERROR, days=30), now=NOW).state == "failing"


def test_gone_is_believed_when_it_is_said_again_half_a_day_later() -> None:
    assert judge(failing(1, FailureKind.GONE, days=1), now=NOW).state == "failing"
    assert judge(failing(2, FailureKind.GONE, days=0.1), now=NOW).state == "failing"
    assert judge(failing(2, FailureKind.GONE, days=1), now=NOW).state == "dead"


def test_a_feed_that_never_answered_dies_too() -> None:
    never = facts(
        failures=5,
        failure=FailureKind.DNS,
        last_success_at=None,
        created_at=NOW - DEAD_AFTER,
    )
    told = judge(never, now=NOW)
    assert told.state == "dead"
    assert "never answered" in told.reason


def test_what_failed_while_nothing_could_be_reached_does_not_count() -> None:
    cut_off = failing(9, FailureKind.TIMEOUT, days=5)
    assert judge(cut_off, now=NOW).state == "dead"
    assert judge(cut_off, now=NOW, reachable_since=NOW - DAY).state == "failing"


@pytest.mark.parametrize("kind", list(FailureKind))
def test_every_failure_has_a_mend(kind: FailureKind) -> None:
    assert judge(failing(1, kind, days=0), now=NOW).mend


# ---- the rest ----------------------------------------------------------------------------------


def test_a_pause_is_told_and_ends_by_itself() -> None:
    paused = facts(
        paused_at=NOW - DAY, paused_until=NOW + DAY, paused_reason="being rebuilt", failures=4
    )
    told = judge(paused, now=NOW)
    assert (told.state, told.reason) == ("paused", "until 2026-05-05 12:00 UTC: being rebuilt")
    assert judge(paused, now=NOW + DAY).state == "failing"
    for_good = replace(paused, paused_until=None, paused_reason="")
    assert judge(for_good, now=NOW + 900 * DAY).reason == "for now"


def test_off_and_never_polled() -> None:
    assert judge(facts(enabled=False, failures=9), now=NOW).state == "disabled"
    assert judge(facts(last_success_at=None, last_new_at=None), now=NOW).state == "never_polled"


@pytest.mark.parametrize(
    ("span", "words"),
    [
        (timedelta(seconds=5), "1 minute"),
        (timedelta(minutes=40), "40 minutes"),
        (timedelta(hours=5), "5 hours"),
        (9 * DAY, "9 days"),
    ],
)
def test_spans_in_words(span: timedelta, words: str) -> None:
    assert span_words(span) == words
