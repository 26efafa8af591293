"""What is compared of a document."""

from datetime import date

import pytest

from pipeline.cluster.profile import profile, stem, weight


@pytest.mark.parametrize(
    ("word", "stemmed"),
    [("signing", "sign"), ("deposits", "deposit"), ("ores", "ores"), ("родовища", "родовища")],
)
def test_english_endings_go_where_enough_is_left(word, stemmed):
    assert stem(word) == stemmed


def test_what_all_items_share_tells_little_and_long_words_most():
    assert weight("agreement") < weight("tungsten") <= weight("zavallivsky")


def test_the_outlet_and_the_repeated_title_are_not_read(told):
    bare = profile(told("Kyiv opens bidding for Dobra field"))
    copy = profile(
        told(
            "Kyiv opens bidding for Dobra field - Mining Weekly",
            "Kyiv opens bidding for Dobra field  Mining Weekly",
        )
    )
    assert copy == bare
    assert "dobra" in bare.title


def test_numbers_are_sums_and_counts_not_years_or_single_digits(told):
    read = profile(told("In 2025 fund of $179 million, 22 projects, 5 mines"))
    assert read.numbers == {"179", "22"}


def test_days_and_comment_are_read(told):
    read = profile(told("Can it work?", "Both signed on Tuesday."))
    assert read.comment
    assert read.days == {date(2025, 4, 29)}
    assert not profile(told("Both signed")).comment


def test_too_few_words_have_no_fingerprint(told):
    assert profile(told("Gold price today")).fingerprint == 0
    assert profile(told("")).fingerprint == 0
    assert profile(told("Kyiv opens bidding for Dobra lithium field")).fingerprint
