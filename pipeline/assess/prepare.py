"""From a document to the text that is read: bounded, cleaned, no outlet's name, offsets kept."""

import html
import re
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.assess.page_text import first_part, lead_of
from schemas.assessment import Document, Evidence, Field

MAX_TITLE = 1_000
MAX_SUMMARY = 12_000
"""Characters read; a longer summary is a whole article, whose first part tells the news."""

_HYPHEN = re.compile(r"(?<=\w)[-‐‑‒–](?=\w)")
_OUTLET = re.compile(r"\s+[-–—|]\s+(?P<name>[^-–—|]{2,60})$")
_MARKUP = re.compile(
    r"<!--.*?-->|<(script|style)\b.*?</\1\s*>|</?[a-zA-Z][^<>]{0,2000}>", re.DOTALL
)
_ENTITY = re.compile(r"&(?:#\d{1,7}|#x[0-9a-fA-F]{1,6}|[a-zA-Z]{2,10});")
_AWKWARD = re.compile(
    r"[\x00-\x1f\x7f-\x9f\u00ad\u200b-\u200f\u2028-\u202e\u2060\ufeff\ud800-\udfff<&]|\s\s"
)
_DROP = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u200b-\u200f\u2028-\u202e\u2060\ufeff\ud800-\udfff]"
)
_PLAIN = str.maketrans(
    {
        "’": "'",
        "‘": "'",
        "ʼ": "'",
        "ʻ": "'",
        "`": "'",
        "“": '"',
        "”": '"',
        "\u00a0": " ",
        "\u202f": " ",
        "\u2009": " ",
    }
)
_LONGEST_WORD = 200
"""Of a longer run without a blank, the rest is blanked out: cutting it up takes a time that grows
with the square of its length."""
_TOO_LONG = re.compile(rf"(\S{{{_LONGEST_WORD}}})(\S+)")
_OUTLET_WORDS_MAX = 6
_TITLE_WORDS_MIN = 3


@dataclass(frozen=True, slots=True)
class Part:
    """One field's text as read; ``offsets[i]`` is where character i was (None: at i)."""

    text: str
    offsets: tuple[int, ...] | None

    def source(self, position: int) -> int:
        """Where a position of the text read is in the field."""
        return position if self.offsets is None else self.offsets[position]


_NOTHING = Part("", None)


@dataclass(frozen=True, slots=True)
class Prepared:
    """A document ready to be read: ``title``, then ``summary`` and ``page`` on lines of their own.

    ``page`` is what is read of the document's text; its paragraphs are lines.
    """

    document: Document
    title: Part
    summary: Part
    problems: tuple[str, ...]
    page: Part = _NOTHING

    @property
    def text(self) -> str:
        """What the tokenizer gets."""
        if not self.page.text:
            return (
                f"{self.title.text}\n{self.summary.text}" if self.summary.text else self.title.text
            )
        return "\n".join(part.text for _, part, _ in self._placed())

    def _placed(self) -> list[tuple[Field, Part, int]]:
        """(field, part, where it begins in ``text``) of what is there; the title always is."""
        placed: list[tuple[Field, Part, int]] = [("title", self.title, 0)]
        shift = self.border
        following: tuple[tuple[Field, Part], ...] = (("summary", self.summary), ("text", self.page))
        for name, part in following:
            if part.text:
                placed.append((name, part, shift))
                shift += len(part.text) + 1
        return placed

    @property
    def border(self) -> int:
        """The first character position in ``text`` that is not the title's."""
        return len(self.title.text) + 1

    def evidence(self, start: int, end: int, pattern: str) -> Evidence:
        """Point from positions in ``text`` back into the document's own field."""
        # What begins on the line break between two parts is shown by its part in the second.
        placed = self._placed()
        name, part, shift = next(
            (one for one in placed if start < one[2] + len(one[1].text)), placed[-1]
        )
        source: str = getattr(self.document, name)
        first = part.source(max(start - shift, 0))
        last = part.source(max(min(end - shift, len(part.text)), 1) - 1) + 1
        return Evidence(field=name, start=first, end=last, text=source[first:last], pattern=pattern)


def prepare(document: Document, *, whole: bool = False) -> Prepared:
    """Bound, clean and trim ``document``; what could not be read is among ``problems``.

    Of the document's text the lead is read, or (``whole``) the first part: see `page_text`.
    """
    problems: list[str] = []
    title, summary = document.title, document.summary
    for name, value, limit in (("title", title, MAX_TITLE), ("summary", summary, MAX_SUMMARY)):
        if len(value) > limit:
            problems.append(f"{name} of {len(value)} characters: the first {limit} were read")
    title, summary = title[:MAX_TITLE], summary[:MAX_SUMMARY]
    told = (first_part if whole else lead_of)(document)
    if not title.strip() and not summary.strip() and not told:
        problems.append("no text")
    title, summary = _without_outlet(title, summary)
    return Prepared(document, _part(title), _part(summary), tuple(problems), _page(document, told))


def _without_outlet(title: str, summary: str) -> tuple[str, str]:
    """Cut "Title - Outlet", and a summary that only repeats it, as aggregators write them."""
    found = _OUTLET.search(title)
    bare = title[: found.start()] if found and len(title) < MAX_TITLE else title
    repeats = bool(bare.strip()) and summary.strip().startswith(bare.strip())
    if found and (repeats or _looks_like_outlet(bare, found["name"])):
        title = bare
    if repeats and len(summary.strip()) <= len(bare.strip()) + 70:
        summary = ""
    return title, summary


def _looks_like_outlet(bare: str, name: str) -> bool:
    words = name.split()
    if len(bare.split()) < _TITLE_WORDS_MIN or len(words) > _OUTLET_WORDS_MAX:
        return False
    if name.rstrip()[-1:] in "?!:;,":
        return False
    return "." in name.strip(".") or all(
        word[:1].isupper() or not word[:1].isalpha() or word.lower() in _SMALL for word in words
    )


_SMALL = frozenset({"of", "the", "and", "for", "de", "la", "le", "el", "des", "du", "in", "новини"})


def _part(text: str) -> Part:
    if not _AWKWARD.search(text):
        return Part(_plain(text), None)
    pieces: list[str] = []
    offsets: list[int] = []
    skip_from, skip_to = _markup_spans(text)
    at = 0
    while at < len(text):
        index = bisect_right(skip_from, at) - 1
        if index >= 0 and at < skip_to[index]:
            _space(pieces, offsets, at)
            at = skip_to[index]
            continue
        entity = _ENTITY.match(text, at) if text[at] == "&" else None
        if entity:
            value = html.unescape(entity.group())[:1]
            pieces.append(value if value.isprintable() else " ")
            offsets.append(at)
            at = entity.end()
            continue
        if text[at].isspace():
            _space(pieces, offsets, at)
        elif not _DROP.match(text[at]):
            pieces.append(text[at])
            offsets.append(at)
        at += 1
    while pieces and pieces[-1] == " ":
        pieces.pop()
        offsets.pop()
    return Part(_plain("".join(pieces)), tuple(offsets))


def _page(document: Document, spans: Sequence[tuple[int, int]]) -> Part:
    """Some paragraphs of the document's text as one part, a line each."""
    pieces: list[str] = []
    offsets: list[int] = []
    for start, end in spans:
        part = _part(document.text[start:end])
        if not part.text:
            continue
        if pieces:
            offsets.append(max(start - 1, 0))
        pieces.append(part.text)
        offsets += [start + part.source(place) for place in range(len(part.text))]
    return Part("\n".join(pieces), tuple(offsets)) if pieces else _NOTHING


def _markup_spans(text: str) -> tuple[list[int], list[int]]:
    found = list(_MARKUP.finditer(text)) if "<" in text else []
    return [match.start() for match in found], [match.end() for match in found]


def _space(pieces: list[str], offsets: list[int], at: int) -> None:
    if pieces and pieces[-1] != " ":
        pieces.append(" ")
        offsets.append(at)


def _plain(text: str) -> str:
    """Letter for letter: plain quotes and spaces, "rare-earth" as two words."""
    if not text.isascii() or "`" in text:
        text = text.translate(_PLAIN)
    text = _HYPHEN.sub(" ", text)
    if len(text) > _LONGEST_WORD and max(map(len, text.split()), default=0) > _LONGEST_WORD:
        text = _TOO_LONG.sub(lambda found: found[1] + " " * len(found[2]), text)
    return text
