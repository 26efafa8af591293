"""How marked text is laid out."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.commands.explain_view import (
    excerpt,
    label,
    marks_in,
    notes,
    outcome,
    pieces,
    place,
    shown,
    signed,
    telling,
    verdict,
)
from schemas.assessment import Evidence
from schemas.explained import Mark

TEXT = "Kenya and Italy sign"
spans = st.tuples(st.integers(0, 60), st.integers(1, 30))


def mark(start, end, name="x", kind="theme"):
    return Mark(kind, name, Evidence("title", start, end, TEXT[start:end], ""))


@pytest.mark.parametrize(
    ("character", "seen"),
    [
        ("a", "a"),
        ("ї", "ї"),
        ("🙂", "🙂"),
        ("\n", " "),
        ("\t", " "),
        ("\x1b", "\ufffd"),
        ("\u202e", "\ufffd"),
        ("\u200b", "\ufffd"),
        ("\ud800", "\ufffd"),
        ("\u2028", "\ufffd"),
    ],
)
def test_what_steers_a_terminal_is_shown_as_a_stand_in(character, seen):
    assert shown(f"a{character}b") == f"a{seen}b"


@given(st.text(alphabet=st.characters(exclude_categories=())))
def test_what_is_shown_has_the_same_length_and_can_be_written(text):
    assert len(shown(text)) == len(text)
    assert all(c.isprintable() or c.isspace() for c in shown(text).encode().decode())
    assert not set(shown(text)) & set("\n\r\x1b\x07\x9b")


@given(st.lists(spans, max_size=12))
def test_marks_in_one_lane_never_meet(found):
    placed = place([mark(start, start + length, f"n{start}") for start, length in found])
    assert len(placed) == len(found)
    for lane in {one.lane for one in placed}:
        inside = sorted(
            (one.mark.evidence.start, one.mark.evidence.end, len(label(one.mark)))
            for one in placed
            if one.lane == lane
        )
        for (start, end, name), (later, *_) in itertools.pairwise(inside):
            assert max(end, start + name) < later


@given(st.text(max_size=60), st.lists(spans, max_size=8))
def test_the_pieces_of_a_text_are_the_text(text, found):
    inside = [mark(s, min(s + n, len(text))) for s, n in found if s < len(text)]
    made = pieces(text, place(inside))
    assert "".join(piece.text for piece in made) == text
    for one in inside:
        covered = "".join(p.text for p in made if one in [m.mark for m in p.marks])
        assert covered == text[one.evidence.start : one.evidence.end]


def test_a_part_of_a_text_can_be_cut():
    placed = place([mark(6, 15)])
    assert [p.text for p in pieces(TEXT, placed, 0, 8)] == ["Kenya ", "an"]
    assert [p.text for p in pieces(TEXT, placed, 8, 20)] == ["d ", "Italy", " ", "sign"]


def test_labels_tell_for_from_against():
    assert label(mark(0, 5, "signed", "for")) == "+ signed"
    assert label(mark(0, 5, "market", "against")) == "\N{MINUS SIGN} market"
    assert signed(-0.5) == "\N{MINUS SIGN}0.50"
    assert signed(1.25) == "+1.25"


def test_a_long_text_is_shown_as_far_as_its_marks_go(explain):
    summary = "x" * 9_000 + " refinery " + "y" * 9_000
    marked = explain(summary=summary, marks=[("theme", "localization", "summary", "refinery")])
    part, left = excerpt(marked, "summary", summary)
    assert "refinery" in part
    assert len(part) + left == len(summary)
    assert left > 8_000
    unmarked, _ = excerpt(explain(summary=summary), "summary", summary)
    assert len(unmarked) == 4_000


def test_marks_belong_to_their_field(explain):
    told = explain(
        marks=[("party", "KE", "title", "Kenya"), ("theme", "localization", "summary", "refinery")]
    )
    assert [m.id for m in marks_in(told, "title")] == ["KE"]
    assert [m.id for m in marks_in(told, "summary")] == ["localization"]


def test_outcomes_are_in_words(explain):
    told = explain()
    labels = {one.id: outcome(one, told) for one in told.explanation.labels}
    assert labels["relevant"] == "given: 0.98 ≥ 0.50"
    assert labels["supply_chains"] == "not given: 0.30 < 0.50"
    assert labels["agreed"] == "not given: 0.60 ≥ 0.50, but signed prevails"
    assert outcome(told.explanation.parties[1], told) == "not given: −0.20 < 0.50"
    irrelevant = explain(relevant=False)
    labels = {one.id: outcome(one, irrelevant) for one in irrelevant.explanation.labels}
    assert labels["relevant"] == "not given: 0.20 < 0.50"
    assert labels["localization"].startswith("would be given")
    assert labels["supply_chains"].startswith("would not be given")


def test_the_given_come_first_and_those_without_a_word_for_them_not_at_all(explain):
    labels = [one for one in explain().explanation.labels if one.kind == "stage"]
    assert [one.id for one in telling(labels)] == ["signed", "agreed"]


def test_the_verdict_is_one_line(explain):
    assert verdict(explain()) == "relevant (0.98) · stage: signed · major (3 of 3) · IT KE"
    assert verdict(explain(relevant=False)) == "not relevant (0.20)"


def test_a_stored_reading_by_other_rules_is_told(explain):
    assert notes(explain(stored_ruleset="r1-abc")) == []
    [note] = notes(explain(stored_ruleset="r1-old"))
    assert "r1-old" in note
    assert "r1-abc" in note
