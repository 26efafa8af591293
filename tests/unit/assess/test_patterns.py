"""The notation of patterns."""

import pytest

from pipeline.assess.patterns import PatternError, classes, find, literals, parse

ONE_SENTENCE = [0] * 20


def spans(pattern, cues, sentence=ONE_SENTENCE):
    return [(m.start, m.end) for m in find(parse(pattern), cues, sentence)]


def test_words_in_a_row_are_one_expression():
    assert list(literals(parse("joint venture .. @mineral"))) == ["~joint venture"]
    assert list(classes(parse("joint venture .. @mineral"))) == ["mineral"]


def test_stroke_gives_alternatives_of_a_word():
    assert set(literals(parse("sign|ink deal"))) == {"~sign deal", "~ink deal"}


def test_stroke_between_blanks_gives_alternatives_of_the_expression():
    assert set(literals(parse("take part / join"))) == {"~take part", "~join"}


def test_class_and_word_may_be_alternatives():
    step = parse("@agreement|draft").groups[0][0][0]
    assert step.keys == ("agreement", "~draft")


def test_gap_lets_so_many_words_between_and_no_more():
    cues = {"a": [(0, 1)], "b": [(4, 5)]}
    assert spans("@a ..3 @b", cues) == [(0, 5)]
    assert spans("@a ..2 @b", cues) == []
    assert spans("@a @b", cues) == []


def test_order_matters_for_a_gap_and_not_for_and():
    cues = {"a": [(4, 5)], "b": [(0, 1)]}
    assert spans("@a .. @b", cues) == []
    assert spans("@a & @b", cues) == [(0, 5)]


def test_gap_and_and_stay_within_a_sentence():
    cues = {"a": [(0, 1)], "b": [(2, 3)]}
    two = [0, 0, 1, 1]
    assert spans("@a .. @b", cues, two) == []
    assert spans("@a & @b", cues, two) == []
    assert spans("@a && @b", cues, two) == [(0, 1), (2, 3)]


@pytest.mark.parametrize("source", ["", "..", "@a ..", ".. @b", "@a & ", "@a .. .. @b"])
def test_operator_without_both_sides_is_refused(source):
    with pytest.raises(PatternError, match="something"):
        parse(source)


def test_too_many_alternatives_are_refused():
    word = "|".join("abcdefghij")
    with pytest.raises(PatternError, match="more than"):
        parse(f"{word} {word} {word}")
