"""Text to the words that are searched, and the query language.

    text ──> words: letters and digits, case and accents folded, Chinese and Japanese by character
    query ──> clauses: words, "phrases", -not, prefix*

Both databases are handed words that are folded and parted here, so that a query finds the same in
both, and nothing of a query ever reaches them but letters and digits.
"""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

MAX_WORD = 64
"""Characters of a word that count; what is longer is an address or a blob."""
MAX_CLAUSES = 32
"""Of a query: FTS5 refuses trees deeper than 256, PostgreSQL long ones."""
MAX_PHRASE = 32
MIN_PREFIX = 2
"""Letters before ``*``: one letter would be half of all words."""

_ASCII = re.compile(r"[a-z0-9]+")
_WORD = re.compile(r"(?:[^\W_\u02bc]|[\u0300-\u036f])+")
_SINGLE = re.compile(
    "[\u3005\u3007\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]"
)
_MARKS = re.compile("[\u0300-\u036f]+")
_QUOTES = '"\u201c\u201d\u201e'
_CLAUSE = re.compile(rf"([-\u2212\u2013]?)(?:[{_QUOTES}]([^{_QUOTES}]*)[{_QUOTES}]|(\S+))")


@dataclass(frozen=True, slots=True)
class Word:
    """A folded word and where it stands: ``text[start:end]``."""

    text: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Clause:
    """Words that follow each other; ``prefix``: the last is the beginning of a word."""

    words: tuple[str, ...]
    prefix: bool = False


@dataclass(frozen=True, slots=True)
class Query:
    """All of ``wanted`` and none of ``unwanted``."""

    wanted: tuple[Clause, ...] = ()
    unwanted: tuple[Clause, ...] = ()
    cut: bool = False
    """It was longer than is searched for."""


@lru_cache(maxsize=65536)
def _folded(run: str) -> tuple[str, ...]:
    """A run of letters as words: most are one; ``½`` is two, each Chinese character is one."""
    plain = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", run).casefold())
    plain = _MARKS.sub("", plain)
    found: list[str] = []
    for part in _WORD.findall(plain):
        spaced = _SINGLE.sub(lambda match: f" {match[0]} ", part) if not part.isascii() else part
        found += spaced.split()
    return tuple(word[:MAX_WORD] for word in found)


def words_of(text: str, limit: int) -> list[str]:
    """The first ``limit`` folded words."""
    if text.isascii():
        return [word[:MAX_WORD] for word in _ASCII.findall(text.lower())[:limit]]
    found: list[str] = []
    for match in _WORD.finditer(text):
        found += _folded(match[0])
        if len(found) >= limit:
            return found[:limit]
    return found


def placed_words(text: str) -> Iterator[Word]:
    """All folded words with their places, for marking what was found."""
    for match in _WORD.finditer(text):
        words, start = _folded(match[0]), match.start()
        if len(words) > 1 and len(words) == len(match[0]):
            for place, word in enumerate(words, start):
                yield Word(word, place, place + 1)
        else:
            for word in words:
                yield Word(word, start, match.end())


def parse_query(text: str) -> Query:
    """Read a query; whatever is given, something can be searched with what comes back.

    ``lithium deal`` both words, in any order; ``"rare earths"`` one after the other; ``-football``
    without that word; ``kazakh*`` and ``"rare ear*"`` by a beginning of at least two letters.
    """
    wanted: dict[Clause, None] = {}
    unwanted: dict[Clause, None] = {}
    cut = False
    for match in _CLAUSE.finditer(text):
        given = match[2] if match[3] is None else match[3]
        clause = _clause(given)
        if clause is None:
            continue
        if len(wanted) + len(unwanted) >= MAX_CLAUSES:
            cut = True
            break
        (unwanted if match[1] else wanted)[clause] = None
    return Query(tuple(wanted), tuple(unwanted), cut)


def _clause(given: str) -> Clause | None:
    stripped = given.rstrip("\"'\u201d\u00bb)].,;:!?")
    words = tuple(words_of(given, MAX_PHRASE))
    if not words:
        return None
    prefix = stripped.endswith("*") and (len(words[-1]) >= MIN_PREFIX or not words[-1].isascii())
    return Clause(words, prefix)
