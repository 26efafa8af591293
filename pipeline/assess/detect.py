"""Which language a text is in: the feed's hint where the letters bear it out, else detection."""

import re
from functools import lru_cache
from typing import Any

from pipeline.assess.normalise import LANGUAGES

_CYRILLIC = frozenset({"uk", "ru", "kk"})
_UK = re.compile("[іїєґІЇЄҐ]")
_KK = re.compile("[әғқңөұүһӘҒҚҢӨҰҮҺ]")
_RU = re.compile("[ыэёъЫЭЁЪ]")
_LATIN = frozenset({"en", "uz", "es", "fr", "de"})
"""Of a text without a Cyrillic letter such a hint is taken at its word."""
_CYRILLIC_LETTER = re.compile("[\u0400-\u04ff]")
_SAMPLE = 600
_SMALL_WORDS = frozenset(
    [
        "el",
        "los",
        "las",
        "que",
        "y",
        "un",
        "una",
        "con",
        "por",
        "del",
        "sobre",
        "le",
        "les",
        "des",
        "et",
        "une",
        "du",
        "sur",
        "dans",
        "avec",
        "pour",
        "est",
        "der",
        "die",
        "das",
        "und",
        "mit",
        "für",
        "über",
        "von",
        "den",
        "im",
        "zum",
        "zur",
        "nicht",
        "eine",
        "einen",
    ]
)
_ENGLISH_WORDS = frozenset(["the", "of", "and", "to", "for", "on", "with", "its"])
_SURELY_ENGLISH = (" the ", " of ", " to ", " and ", " for ")
"""Looked for before the words are counted: most texts tagged English have one of them."""
_SEVERAL = 2
_LONG_ENOUGH = 12


def detect(text: str, hint: str | None) -> tuple[str, tuple[str, ...]]:
    """Return (language to read in, problems)."""
    sample = text[:_SAMPLE]
    if hint in _LATIN and not _CYRILLIC_LETTER.search(sample) and not _foreign(sample, hint):
        return hint, ()
    letters = sum(map(str.isalpha, sample))
    wanted = (hint or "").lower().split("-")[0] or None
    in_cyrillic = len(_CYRILLIC_LETTER.findall(sample)) * 2 > letters
    if not letters:
        return (wanted if wanted in LANGUAGES else "en"), ()
    if wanted in LANGUAGES and _fits(wanted, in_cyrillic, letters, sample):
        return wanted, ()
    found = _by_letters(sample, letters) if in_cyrillic else _by_model(sample, wanted)
    if wanted and wanted != found:
        told = f"tagged {wanted!r}, read as {found!r}"
        return found, (told,)
    return found, ()


def _fits(language: str, in_cyrillic: bool, letters: int, sample: str) -> bool:
    if in_cyrillic != (language in _CYRILLIC):
        # Uzbek is written in both scripts; its Cyrillic form is read by Russian rules.
        return False
    if not in_cyrillic:
        return not _foreign(sample, language)
    return _by_letters(sample, letters) == language or not _telling(sample)


def _foreign(sample: str, language: str) -> bool:
    """True where a text tagged English has several small words of French, Spanish or German."""
    if language != "en":
        return False
    if any(word in sample for word in _SURELY_ENGLISH):
        return False
    words = set(sample.lower().split())
    return len(words & _SMALL_WORDS) >= _SEVERAL and not words & _ENGLISH_WORDS


def _telling(sample: str) -> bool:
    return any(own.search(sample) for own in (_UK, _KK, _RU))


def _by_letters(sample: str, letters: int) -> str:
    """Tell the Cyrillic languages by the letters that only one of them has."""
    kk, uk, ru = (len(own.findall(sample)) for own in (_KK, _UK, _RU))
    if kk >= 2 and kk * 50 > letters:  # noqa: PLR2004 - a lone letter may be in a name
        return "kk"
    return "uk" if uk > ru else "ru"


def _by_model(sample: str, wanted: str | None) -> str:
    if len(sample) < _LONG_ENOUGH:
        return "en"
    found = _detector().detect_language_of(sample)
    code = found.iso_code_639_1.name.lower() if found is not None else "en"
    if wanted == "uz" and code == "en":
        return "uz"
    return code if code in LANGUAGES else "en"


@lru_cache(maxsize=1)
def _detector() -> Any:
    from lingua import Language, LanguageDetectorBuilder  # noqa: PLC0415 - 50 MB, seldom needed

    languages = (
        Language.ENGLISH,
        Language.SPANISH,
        Language.FRENCH,
        Language.GERMAN,
        Language.TURKISH,
        Language.POLISH,
    )
    builder = LanguageDetectorBuilder.from_languages(*languages)
    return builder.with_low_accuracy_mode().build()
