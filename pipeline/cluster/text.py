"""Reading a headline and a summary as tokens that can be compared across outlets and scripts."""

import html
import re
import unicodedata
from functools import lru_cache

MAX_CHARS = 4000
"""Of a title or summary this much is read; a story is told by how it begins."""

_MARKUP = re.compile(r"<[^<>]{0,400}>|(?:https?://|www\.)\S+")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u00ad\u200b-\u200f\u2028-\u202e\u2060\ufeff]+")
_WORD = re.compile(r"\d+(?:[.,]\d+)*|[^\W\d_]+")
_APOSTROPHES = dict.fromkeys(map(ord, "'’‘ʼʻ`´"))
_OUTLET = re.compile(r"\s+[-–—|•·]\s+(?P<name>[^-–—|•·]{2,60})$")
_GROUPED = re.compile(r"\d{1,3}(?:[.,]\d{3})+$")
_EDGE = " -–—|•·.:"
_OUTLET_WORDS = 6

# Sounds rather than letters: one spelling for Kazakh, Russian and Ukrainian, near to what English
# outlets print. After BGN/PCGN, simplified.
_CYRILLIC = str.maketrans(
    dict(zip("абвгґдезийклмнопрстуфіїєыэ", "abvggdeziiklmnoprstufiieie", strict=True))
    | {"ж": "zh", "х": "kh", "ц": "ts", "ч": "ch", "ш": "sh", "щ": "shch", "ю": "yu", "я": "ya"}
    | {"ё": "e", "ь": "", "ъ": "", "ә": "a", "ғ": "g", "қ": "k", "ң": "n", "ө": "o", "ұ": "u"}
    | {"ү": "u", "һ": "kh", "ў": "u", "ҳ": "kh"}
)
_SOUNDS = (
    ("shch", "s"), ("sch", "s"), ("tch", "c"), ("dzh", "j"), ("dj", "j"), ("sh", "s"),
    ("ch", "c"), ("zh", "j"), ("kh", "h"), ("ph", "f"), ("th", "t"), ("ck", "k"),
    ("ts", "c"), ("x", "h"), ("w", "v"), ("q", "k"),
)  # fmt: skip
_VOWELS = re.compile(r"[aeiouy]+")
_REPEAT = re.compile(r"(.)\1+")


def plain(text: str) -> str:
    """``text`` with entities, tags, addresses, control characters and odd spaces gone.

    Case is kept. Of more than `MAX_CHARS` characters the first are read.
    """
    text = _MARKUP.sub(" ", html.unescape(text[:MAX_CHARS]))
    text = unicodedata.normalize("NFKC", _CONTROL.sub(" ", text))
    return " ".join(text.split())


def without_outlet(title: str) -> str:
    """``title`` without the name of the outlet that an aggregator hung on it.

    ``Title - Outlet`` and ``Title | Outlet`` lose their tail where it is short (six words at most)
    and what is left is longer than it. It is compared, never shown, so a headline that ends in a
    dash of its own loses little.
    """
    found = _OUTLET.search(title)
    if found is None:
        return title
    head, tail = title[: found.start()], found["name"]
    small = len(tail.split()) <= _OUTLET_WORDS and len(head.split()) > len(tail.split())
    return head if small else title


def own_summary(title: str, summary: str) -> str:
    """What ``summary`` says beyond ``title``: empty where it repeats the title (and the outlet)."""
    head = without_outlet(title)
    if not head or not summary.casefold().startswith(head.casefold()):
        return summary
    rest = summary[len(head) :].strip(_EDGE)
    return rest if len(rest.split()) > _OUTLET_WORDS else ""


def words(text: str) -> list[str]:
    """Case-folded words and numbers of `plain` text, in order; apostrophes join their word."""
    found = _WORD.findall(text.translate(_APOSTROPHES).casefold())
    return [_number(word) if word[0].isdigit() else word for word in found]


def _number(digits: str) -> str:
    """One spelling for a number: ``4,000`` is ``4000``; ``49,979`` and ``49.979`` are the same."""
    if _GROUPED.match(digits):
        return re.sub(r"[.,]", "", digits)
    return digits.replace(",", ".")


@lru_cache(maxsize=65536)
def romanised(word: str) -> str:
    """A case-folded word in plain Latin letters: ``қазақстан`` is ``kazakstan``."""
    latin = word.translate(_CYRILLIC)
    return "".join(c for c in unicodedata.normalize("NFKD", latin) if c.isascii())


@lru_cache(maxsize=65536)
def skeleton(word: str) -> str:
    """The consonants that a word sounds with, so that spellings of one name fall together.

    ``свириденко``, ``svyrydenko`` and ``sviridenko`` are ``svrdnk``; ``насритдинходжаев`` and
    ``nasritdinkhodjaev`` are ``nsrtdnhjv``. Two words of one skeleton need not be one word: it is
    an aid to comparison, strong only where it is long. A leading vowel is kept as ``a``.
    """
    sound = romanised(word)
    for spelt, heard in _SOUNDS:
        sound = sound.replace(spelt, heard)
    first = "a" if sound[:1] in {"a", "e", "i", "o", "u", "y"} else ""
    return first + _REPEAT.sub(r"\1", _VOWELS.sub("", sound))
