"""What a document may cost a parser, counted before one sees it, in time linear in its length.

feedparser takes some 50 µs for an element and more than a second for an element of ten thousand
attributes, so a few megabytes made for the purpose would hold it for minutes.
"""

import re
from collections.abc import Iterable

MAX_MARKS = 100_000
"""Marks (``<``) outside CDATA: 2,000 items of 25 elements each."""
_MAX_REFERENCES = 1_000_000
_MAX_DECLARED_REFERENCES = 50_000
"""Where the document declares entities of its own: each stands for up to 32 characters."""
_MAX_ATTRIBUTES = 200
_CROWDED = re.compile(
    r"<[^\s<>/!?]++(?:\s++[^\s=<>]++\s*+=\s*+(?:\"[^\"]*+\"|'[^']*+'))"
    rf"{{{_MAX_ATTRIBUTES + 1}}}"
)
_CDATA, _CDATA_END = "<![CDATA[", "]]>"


def marks(text: str, start: int = 0, end: int | None = None) -> int:
    """Return how many ``<`` stand in ``text[start:end]`` outside CDATA sections."""
    end = len(text) if end is None else end
    found = text.count("<", start, end)
    at = text.find(_CDATA, start, end)
    while at >= 0:
        close = text.find(_CDATA_END, at, end)
        close = end if close < 0 else close
        found -= text.count("<", at + 1, close)
        at = text.find(_CDATA, close, end)
    return found


def affordable(text: str, starts: Iterable[int], most: int) -> tuple[int, int | None]:
    """Return how many items of ``text`` may be read, and the place to cut it (None: nowhere).

    Args:
        text: the document.
        starts: where its items start.
        most: how many items are wanted; fewer where they have more than `MAX_MARKS` together, but
            always the first.
    """
    spent = at = number = 0
    for number, start in enumerate(starts):
        spent += marks(text, at, start)
        if number > 1 and spent > MAX_MARKS:
            return number - 1, at
        if number == most:
            return number, start
        at = start
    if number and spent + marks(text, at) > MAX_MARKS:
        return number, at
    return number + 1, None


def too_costly(text: str, *, declares: bool = False) -> str | None:
    """Return in words what in ``text`` would cost a parser too much, or None.

    ``declares`` says that it declares entities of its own.
    """
    if marks(text) > MAX_MARKS:
        return f"more than {MAX_MARKS:,} marks in it"
    references = _MAX_DECLARED_REFERENCES if declares else _MAX_REFERENCES
    if text.count("&") > references:
        return f"more than {references:,} ampersands in it"
    if text.count("=") > _MAX_ATTRIBUTES and _CROWDED.search(text):
        return f"an element with more than {_MAX_ATTRIBUTES} attributes in it"
    return None
