"""What is compared of a document: its words, names, numbers and fingerprint."""

import re
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from pipeline.cluster.dates import days_named
from pipeline.cluster.fingerprint import simhash_of
from pipeline.cluster.text import own_summary, plain, skeleton, without_outlet, words
from pipeline.cluster.words import COMMON, FUNCTION, is_comment
from schemas.story import ClusterDocument

_YEAR = re.compile(r"(?:19|20)\d\d")
_SUFFIXES = ("ing", "ies", "ed", "es", "s")
_MIN_SOUNDS = 4
"""A skeleton shorter than this is shared by too many words to tell anything."""


_MIN_TELLING = 4
"""Items of fewer words than this have no fingerprint: "Gold price today" is no text to copy."""


@dataclass(frozen=True, slots=True)
class Profile:
    """A document as sets of what it says.

    ``title`` and ``text`` (title and summary) are stems with weights, ``sounds`` skeletons of the
    telling words of both (those of the title first), ``numbers`` sums and counts (years and single
    digits are not among them), ``days`` the days on which it says that things happened.
    """

    title: dict[str, float]
    text: dict[str, float]
    sounds: dict[str, float]
    numbers: frozenset[str]
    days: frozenset[date]
    comment: bool
    fingerprint: int


@lru_cache(maxsize=65536)
def stem(word: str) -> str:
    """A word without an English ending where enough of it is left; others as they are."""
    if word.isascii():
        for suffix in _SUFFIXES:
            if len(word) > len(suffix) + 3 and word.endswith(suffix):
                return word[: -len(suffix)]
    return word


@lru_cache(maxsize=65536)
def weight(token: str) -> float:
    """How much a shared stem tells, 0.3–1.5: long words are rarer, `COMMON` ones tell little.

    Counts of how often words occur in news did no better on labelled stories than length does.
    """
    if token in COMMON:
        return 0.3
    return 1.0 if token[0].isdigit() else min(1.5, 0.4 + 0.13 * len(token))


@lru_cache(maxsize=16384)
def profile(document: ClusterDocument) -> Profile:
    """The profile of a document; kept for the last few thousand documents."""
    title, summary = plain(document.title), plain(document.summary)
    rest = words(own_summary(title, summary))
    head = words(without_outlet(title))
    telling = [w for w in head + rest if w not in FUNCTION]
    return Profile(
        title=_weighted([w for w in head if w not in FUNCTION]),
        text=_weighted(telling),
        sounds=_sounds(telling),
        numbers=frozenset(w for w in telling if _is_number(w)),
        days=days_named(head + rest, document.published_at.date()),
        comment=is_comment(title),
        fingerprint=simhash_of(head + rest) if len(telling) >= _MIN_TELLING else 0,
    )


def _weighted(tokens: list[str]) -> dict[str, float]:
    return {token: weight(token) for token in map(_common_or_stem, tokens)}


def _common_or_stem(word: str) -> str:
    return word if word in COMMON else stem(word)


def _sounds(tokens: list[str]) -> dict[str, float]:
    """Skeletons of the words that are not numbers or common, weighted by length (0.8–1.5)."""
    heard = (
        skeleton(word)
        for word in tokens
        if not word[0].isdigit() and word not in COMMON and stem(word) not in COMMON
    )
    return {sound: min(1.5, len(sound) / 5) for sound in heard if len(sound) >= _MIN_SOUNDS}


def _is_number(token: str) -> bool:
    return token[0].isdigit() and len(token) > 1 and not _YEAR.fullmatch(token)
