"""Names of states, stages and numbers."""

import pytest

from pipeline.notify.words import (
    STATES,
    counted,
    flag,
    joined,
    significance_word,
    stage_word,
    state_with_flag,
)


def test_states_have_flags_and_names():
    assert state_with_flag("KZ") == "🇰🇿 Kazakhstan"
    assert state_with_flag("EU") == "🇪🇺 European Union"


def test_a_state_without_a_name_here_is_shown_by_its_code():
    assert state_with_flag("QQ") == "🇶🇶 QQ"


def test_codes_are_two_letters_and_names_are_clean():
    assert len(STATES) > 150
    assert all(len(code) == 2 and code.isupper() for code in STATES)
    assert all(name == name.strip() and name for name in STATES.values())


@pytest.mark.parametrize("code", ["", "U", "USA", "1A", "ЄС"])
def test_what_is_no_code_has_no_flag(code):
    assert flag(code) == ""


def test_joined_names_a_list_as_people_do():
    assert joined(()) == ""
    assert joined(("a",)) == "a"
    assert joined(("a", "b", "c")) == "a, b and c"


def test_counted_agrees_with_its_number():
    assert counted(1, "story", "stories") == "1 story"
    assert counted(1912, "article") == "1,912 articles"
    assert counted(0, "feed") == "0 feeds"


def test_significance_beyond_the_scale_is_held_to_it():
    assert [significance_word(n) for n in (-1, 0, 1, 2, 3, 9)] == [
        "none", "none", "routine", "notable", "major", "major",
    ]  # fmt: skip


def test_no_stage_is_not_shown():
    assert stage_word("none") == ""
    assert stage_word("signed") == "signed"
