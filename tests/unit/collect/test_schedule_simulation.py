"""Thirty days of synthetic feeds: nothing is lost, news is seen in time, polls are few."""

import pytest

from tests.schedule_simulation import Source, run, sources

# At most so many polls a day and feed, minutes of median delay, and minutes of the longest.
BOUNDS = {
    "one a minute, shows 30": (288, 3, 10),
    "one an hour, shows 20": (260, 5, 60),
    "one an hour, shows 20, no dates": (260, 5, 60),
    "one in 30 minutes in office hours, shows 20": (200, 5, 120),
    "one a day, shows 10": (30, 90, 360),
    "one a week, shows 10": (10, 200, 370),
    "one a week, shows 10, tier 1": (160, 6, 15),
    "12 within 40 minutes, twice a day, shows 20": (200, 5, 60),
    "the same, no dates": (200, 5, 60),
    "one in 20 minutes, shows 5": (288, 5, 30),
    "one in 20 minutes, shows 5, no dates": (288, 5, 30),
    "one in two hours, shows 5": (200, 10, 90),
    "one in two hours, shows 5, no dates": (200, 10, 90),
    "ten at once each day, shows 10": (90, 120, 180),
    "ten at once each day, shows 10, no dates": (90, 120, 180),
}


@pytest.mark.parametrize("source", sources(), ids=lambda source: source.name)
def test_nothing_is_lost_and_news_is_seen_in_time(source: Source) -> None:
    polls, typical, longest = BOUNDS[source.name]
    course = run(source)
    assert course.lost == 0
    assert course.items > 0
    assert course.polls_a_day <= polls
    assert course.median_min <= typical
    assert course.worst_min <= longest
