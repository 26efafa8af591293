"""Days that an item names."""

from datetime import date

import pytest

from pipeline.cluster.dates import days_named
from pipeline.cluster.text import words

WEDNESDAY = date(2025, 4, 30)


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("signed on Wednesday", date(2025, 4, 30)),
        ("signed on Tuesday", date(2025, 4, 29)),
        ("signed on Thursday", date(2025, 4, 24)),
        ("у вівторок підписали", date(2025, 4, 29)),
        ("подписали в среду", date(2025, 4, 30)),
        ("signé mardi", date(2025, 4, 29)),
        ("signed today", date(2025, 4, 30)),
        ("вчора підписали", date(2025, 4, 29)),
        ("signed on April 5", date(2025, 4, 5)),
        ("подписан 22 апреля", date(2025, 4, 22)),
        ("ont scellé le 17 janvier", date(2025, 1, 17)),
        ("in force since 28 December", date(2024, 12, 28)),
        ("on May 8 deputies vote", date(2025, 5, 8)),
    ],
)
def test_a_day_is_found_from_the_day_of_publication(text, day):
    assert days_named(words(text), WEDNESDAY) == {day}


@pytest.mark.parametrize("text", ["it may fail", "in March prices rose", "120 may come", "may 0"])
def test_a_month_alone_names_no_day(text):
    assert days_named(words(text), WEDNESDAY) == frozenset()


def test_a_day_that_the_month_lacks_is_its_last():
    assert days_named(words("31 June"), WEDNESDAY) == {date(2025, 6, 30)}
    assert days_named(words("29 February"), WEDNESDAY) == {date(2025, 2, 28)}


def test_the_ends_of_the_calendar_are_no_trouble():
    assert days_named(words("5 December"), date(1, 1, 1)) == {date(1, 12, 5)}
    assert days_named(words("5 January"), date(9999, 12, 31)) == {date(9999, 1, 5)}
