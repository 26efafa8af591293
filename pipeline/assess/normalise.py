"""A word's normal form, by language: rules and text are both reduced to it and then compared.

English, French, Spanish and German use simplemma's dictionaries, Ukrainian and Russian pymorphy3.
Kazakh and Uzbek have no packaged lemmatiser; both add endings to an unchanged stem, so a word is
reduced to the longest stem that the rules know. The result is kept per word by spaCy's vocabulary
(as the lexeme's NORM), so each form of a word is analysed once.
"""

import unicodedata
from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import Any, TypeAlias

Normaliser: TypeAlias = Callable[[str], str]

LANGUAGES = ("en", "uk", "ru", "kk", "uz", "es", "fr", "de")
"""The languages that are read; others are read as English and the reading says so."""
_STEM_MIN = 4
_ENDING_MAX = 10


def build_normaliser(language: str, known: Iterable[str]) -> Normaliser:
    """Return the function that reduces a word; ``known`` are the words of the rules."""
    words = frozenset(fold(word) for word in known)
    if language in {"uk", "ru"}:
        return _by_morphology(language, words)
    if language in {"kk", "uz"}:
        return _by_stem(words)
    if language in {"en", "fr", "es", "de"}:
        return _by_dictionary(language)
    return fold


def fold(word: str) -> str:
    """Lower case, with Russian ё as е and the marks of an apostrophe as one."""
    return (
        word.lower()
        .replace("ё", "е")
        .replace("’", "'")
        .replace("ʼ", "'")
        .replace("‘", "'")
        .replace("ʻ", "'")
    )


def _by_dictionary(language: str) -> Normaliser:
    lemmatize = _lemmatizer().lemmatize

    def normalise(word: str) -> str:
        if not word[:1].isalpha():
            return fold(word)
        return str(lemmatize(fold(word), lang=language)).lower()

    return normalise


@lru_cache(maxsize=1)
def _lemmatizer() -> Any:
    """Reads its dictionaries where they lie packed: 30 MB for four languages in place of 310.

    A look-up takes longer, but each form is looked up once.
    """
    from simplemma import Lemmatizer  # noqa: PLC0415 - loads only where the language is met
    from simplemma.strategies import DefaultStrategy  # noqa: PLC0415
    from simplemma.strategies.dictionaries.stream_dictionary_factory import (  # noqa: PLC0415
        StreamDictionaryFactory,
    )

    strategy = DefaultStrategy(dictionary_factory=StreamDictionaryFactory())
    return Lemmatizer(lemmatization_strategy=strategy)


@lru_cache(maxsize=2)
def _analyser(language: str) -> Any:
    import pymorphy3  # noqa: PLC0415 - loads only where the language is met

    make: Any = pymorphy3.analyzer.MorphAnalyzer
    return make(lang=language)


def _by_morphology(language: str, known: frozenset[str]) -> Normaliser:
    """Of a form's several lemmas take one that the rules use, so that both sides agree."""
    analyser = _analyser(language)
    wanted: set[str] = set()
    for word in known:
        lemmas = [fold(lemma) for lemma in analyser.normal_forms(word)] or [word]
        wanted.add(word if word in lemmas else lemmas[0])

    def normalise(word: str) -> str:
        # pymorphy3 asks for each letter's name; Python does not know that of every one.
        named = all(unicodedata.name(letter, "") for letter in word)
        if not word[:1].isalpha() or word[:1].isascii() or not named:
            return fold(word)
        lemmas = [fold(lemma) for lemma in analyser.normal_forms(fold(word))]
        return next((lemma for lemma in lemmas if lemma in wanted), lemmas[0] if lemmas else word)

    return normalise


def _by_stem(known: frozenset[str]) -> Normaliser:
    stems = frozenset(word for word in known if len(word) >= _STEM_MIN)

    def normalise(word: str) -> str:
        folded = fold(word)
        if folded in known:
            return folded
        for end in range(len(folded) - 1, _STEM_MIN - 1, -1):
            if len(folded) - end > _ENDING_MAX:
                break
            if folded[:end] in stems:
                return folded[:end]
        return folded

    return normalise
