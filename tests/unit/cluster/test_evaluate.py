"""Figures for stories, beside ones worked out by hand."""

import pytest

from pipeline.cluster.evaluate import Scores, b_cubed, events_of, pairwise

GOLD = {"a": 1, "b": 1, "c": 1, "d": 2, "e": 2}


def test_a_perfect_answer_under_other_names():
    answer = {"a": "x", "b": "x", "c": "x", "d": "y", "e": "y"}
    assert pairwise(answer, GOLD) == Scores(1.0, 1.0)
    assert b_cubed(answer, GOLD) == Scores(1.0, 1.0)


def test_one_item_in_the_wrong_story():
    answer = {"a": 1, "b": 1, "c": 2, "d": 2, "e": 2}
    # Together in the answer: ab, cd, ce, de; labelled: ab, ac, bc, de; both: ab, de.
    assert pairwise(answer, GOLD) == Scores(2 / 4, 2 / 4)
    # Of a and b all is right, of c a third, of d and e two thirds.
    scores = b_cubed(answer, GOLD)
    assert scores.precision == pytest.approx((1 + 1 + 1 / 3 + 2 / 3 + 2 / 3) / 5)
    assert scores.recall == pytest.approx((2 / 3 + 2 / 3 + 1 / 3 + 1 + 1) / 5)
    assert scores.f1 == pytest.approx(11 / 15)


def test_all_apart_is_precise_and_finds_no_pair():
    answer = {item: item for item in GOLD}
    assert pairwise(answer, GOLD) == Scores(1.0, 0.0)
    assert pairwise(answer, GOLD).f1 == 0.0
    assert b_cubed(answer, GOLD).precision == 1.0


def test_no_items():
    assert b_cubed({}, {}).f1 == 1.0
    assert pairwise({}, {}).f1 == 1.0


def test_an_item_without_an_event_is_its_own():
    events = events_of({"a": "signing", "b": "signing", "c": None, "d": None, "None": None})
    assert events["a"] == events["b"]
    assert len(set(events.values())) == 4


def test_other_items_on_the_two_sides_are_named():
    with pytest.raises(ValueError, match="same items: e, z"):
        b_cubed({"a": 1, "z": 1}, {"a": 1, "e": 1})
