"""Words to their normal forms, whatever letters they are written in."""

import pytest

from pipeline.assess.normalise import build_normaliser


@pytest.mark.parametrize("language", ["uk", "ru"])
@pytest.mark.parametrize("word", ["\U00017000Україна", "Укра\U00017000на", "\U00017000"])
def test_a_letter_without_a_name_is_no_stumbling_block(language: str, word: str) -> None:
    assert build_normaliser(language, set())(word) == word.lower()


def test_words_beside_it_are_still_brought_to_their_lemma() -> None:
    assert build_normaliser("uk", {"угода"})("угоду") == "угода"
