"""Texts of others on a page: what steers a browser is taken out, and evidence is marked in them."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from schemas.assessment import Assessment, Evidence, Field
from schemas.search import Marked

_STEERS: Final = dict.fromkeys(
    [
        *range(0x20),
        *range(0x7F, 0xA0),
        *(0x061C, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A)),
        *(0xFEFF, 0x2028, 0x2029, *range(0xD800, 0xE000), *range(0xFFF9, 0xFFFC)),
    ],
    "\ufffd",
) | {0x09: " ", 0x0A: " ", 0x0D: " "}
"""Characters that turn the direction of what follows, or that no page may have: � is put there."""
TITLE: Final = 300
SUMMARY: Final = 2_000
"""Characters that are shown; there are feeds with titles of ten thousand."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A run of text; ``labels`` are what was read from it, empty where nothing was."""

    text: str
    labels: tuple[str, ...] = ()


def plain(text: str | None, most: int = TITLE) -> str:
    """The text, letter for letter but for what steers a browser, cut with an ellipsis."""
    told = (text or "")[: most + 1].translate(_STEERS)
    return told if len(told) <= most else f"{told[: most - 1].rstrip()}…"


def pieces(text: str, spans: Iterable[tuple[int, int, str]], most: int = SUMMARY) -> list[Piece]:
    """Cut a text where a span (start, end, label) begins or ends.

    It is shown up to ``most`` characters; an ellipsis says that it goes on.
    """
    end = min(len(text), most)
    held = [(max(0, a), min(b, end), label) for a, b, label in spans if a < min(b, end)]
    cuts = sorted({0, end, *(at for a, b, _ in held for at in (a, b))})
    told = []
    for left, right in pairwise(cuts):
        labels = dict.fromkeys(label for a, b, label in held if a <= left and right <= b)
        told.append(Piece(text[left:right].translate(_STEERS), tuple(labels)))
    if end < len(text):
        told.append(Piece("…"))
    return told


def marked(found: Marked, most: int = TITLE) -> list[Piece]:
    """A text that was found, with the words that were searched for marked."""
    return pieces(found.text, ((a, b, "found") for a, b in found.hits), most)


def evidence(
    reading: Assessment, titles: dict[str, str], where: Field
) -> list[tuple[int, int, str]]:
    """The spans of one field from which themes, stage and sums were read, each with what it says.

    What made it relevant is left out: it is half of the words, as a rule.
    """
    return [
        (piece.start, piece.end, label)
        for label, piece in _told(reading, titles)
        if piece.field == where
    ]


def _told(reading: Assessment, titles: dict[str, str]) -> Iterator[tuple[str, Evidence]]:
    for theme in reading.themes:
        for piece in theme.evidence:
            yield titles.get(theme.id, theme.id), piece
        if theme.polarity is not None:
            for piece in theme.polarity.evidence:
                yield f"{theme.polarity.side.value}: {titles.get(theme.id, theme.id)}", piece
    for piece in reading.stage_evidence:
        yield f"stage: {reading.stage.value}", piece
    for sum_ in reading.money:
        yield f"money: {sum_.status.value}", sum_.evidence
