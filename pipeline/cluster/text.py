"""Reading a headline and a summary as tokens that can be compared across outlets and scripts."""

import html
import re
import unicodedata
from functools import lru_cache

MAX_CHARS = 4000
"""Of a title or summary this much is read; a story is told by how it begins."""

_URL = re.compile(r"(?:https?://|www\.)\S+")
_TAG = re.compile(r"<[^<>]{0,200}>")
_WORD = re.compile(r"\d+(?:[.,]\d+)*|[^\W\d_]+")
_APOSTROPHES = dict.fromkeys(map(ord, "'’‘ʼʻ`´"))
_DASHED_SUFFIX = re.compile(r"\s+[-–—|•·]\s+([^-–—|•·]{2,60})$")
_GROUPED = re.compile(r"\d{1,3}(?:[.,]\d{3})+$")

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
    """``text`` with entities, tags, addresses, control characters and odd spaces gone; case is kept."""
    text = html.unescape(text[:MAX_CHARS])
    text = _URL.sub(" ", _TAG.sub(" ", text))
    text = unicodedata.normalize("NFKC", text).translate(_APOSTROPHES)
    text = "".join(c if unicodedata.category(c)[0] != "C" else " " for c in text)
    return " ".join(text.split())


def without_outlet(title: str) -> str:
    """``title`` without the name of the outlet that an aggregator hung on it.

    ``Title - Outlet`` and ``Title | Outlet`` lose their tail where it is short (six words at most)
    and what is left is longer than it. It is compared, never shown, so a headline that ends in a
    dash of its own loses little.
    """
    found = _DASHED_SUFFIX.search(title)
    if found is None:
        return title
    head, tail = title[: found.start()], found.group(1)
    return head if len(tail.split()) <= 6 and len(head.split()) > len(tail.split()) else title  # noqa: PLR2004


def own_summary(title: str, summary: str) -> str:
    """What ``summary`` says beyond ``title``: empty where it repeats the title (and the outlet)."""
    head = without_outlet(title)
    rest = summary.strip()
    if rest.casefold().startswith(head.casefold()):
        rest = rest[len(head) :].strip(" -–—|•·.:")
        tail = title[len(head) :].strip(" -–—|•·")
        if not rest or rest.casefold() == tail.casefold() or len(rest.split()) <= 4:  # noqa: PLR2004
            return ""
    return rest


def words(text: str) -> list[str]:
    """Case-folded words and numbers of `plain` text, in order."""
    return [_number(w) if w[0].isdigit() else w.casefold() for w in _WORD.findall(text)]


def cased_words(text: str) -> list[str]:
    """Words and numbers of `plain` text as they are written, in order."""
    return _WORD.findall(text)


def _number(digits: str) -> str:
    """One spelling for a number: ``4,000`` is ``4000``; ``49,979`` and ``49.979`` are the same."""
    if _GROUPED.match(digits):
        return re.sub(r"[.,]", "", digits)
    return digits.replace(",", ".").rstrip(".")


@lru_cache(maxsize=65536)
def romanised(word: str) -> str:
    """A case-folded word in plain Latin letters: ``Қазақстан`` is ``kazakstan``."""
    latin = word.casefold().translate(_CYRILLIC)
    return "".join(c for c in unicodedata.normalize("NFKD", latin) if c.isascii())


@lru_cache(maxsize=65536)
def skeleton(word: str) -> str:
    """The consonants that a word sounds with, so that spellings of one name fall together.

    ``Свириденко``, ``Svyrydenko`` and ``Sviridenko`` are ``svrdnk``; ``Насритдинходжаев`` and
    ``Nasritdinkhodjaev`` are ``nsrtdnhjv``. Two words of one skeleton need not be one word: it is
    an aid to comparison, strong only where it is long.
    """
    sound = romanised(word)
    for spelt, heard in _SOUNDS:
        sound = sound.replace(spelt, heard)
    first = "a" if sound[:1] and sound[0] in "aeiouy" else ""
    return first + _REPEAT.sub(r"\1", _VOWELS.sub("", sound))
