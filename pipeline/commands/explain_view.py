"""How marked text is laid out, for the terminal and for HTML alike; pure.

Marks overlap as they like: a text is cut where any mark begins or ends, and the marks of a line are
put into lanes under it, in the manner of displaCy's spans.
"""

import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from pipeline.stages.agreement_words import SEVERITY
from schemas.explained import Explained, Mark
from schemas.explanation import Contribution, LabelExplanation, PartyExplanation

_UNSHOWN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
"""Unicode categories that steer a terminal or a browser, or cannot be shown: � stands for them."""

_SHOWN = 4_000
_BEYOND = 200
"""Characters shown of a long text, and shown beyond its last mark."""


@dataclass(frozen=True, slots=True)
class Placed:
    """A mark in the lane that it is drawn in; lane 0 is next to the text."""

    mark: Mark
    lane: int


@dataclass(frozen=True, slots=True)
class Piece:
    """A run of text with the marks that cover all of it."""

    text: str
    start: int
    marks: tuple[Placed, ...]


def shown(text: str) -> str:
    """``text`` letter for letter, with a stand-in for each character that must not be printed."""
    return "".join(_shown(character) for character in text)


def _shown(character: str) -> str:
    if character in "\n\r\t":
        return " "
    return "\ufffd" if unicodedata.category(character) in _UNSHOWN else character


def label(mark: Mark) -> str:
    """What stands under a mark."""
    return {"for": f"+ {mark.id}", "against": f"\N{MINUS SIGN} {mark.id}"}.get(mark.kind, mark.id)


def excerpt(explained: Explained, field: str, text: str) -> tuple[str, int]:
    """As much of a text as is shown, and how many characters are left out."""
    last = max((mark.evidence.end for mark in marks_in(explained, field)), default=0)
    end = min(len(text), max(_SHOWN, last + _BEYOND))
    return text[:end], len(text) - end


def marks_in(explained: Explained, field: str) -> list[Mark]:
    """The marks of one field, in order."""
    return [mark for mark in explained.marks if mark.evidence.field == field]


def place(marks: Iterable[Mark], *, room: float = 1.0) -> list[Placed]:
    """Put each mark into the first lane where neither it nor its label meets another.

    ``room`` is the width of a label's letter beside one of the text.
    """
    ends: list[float] = []
    placed = []
    for mark in sorted(marks, key=lambda m: (m.evidence.start, -m.evidence.end, m.kind, m.id)):
        start = mark.evidence.start
        end = max(mark.evidence.end, start + len(label(mark)) * room) + 1
        lane = next((n for n, taken in enumerate(ends) if taken <= start), len(ends))
        if lane == len(ends):
            ends.append(end)
        else:
            ends[lane] = end
        placed.append(Placed(mark, lane))
    return placed


def pieces(text: str, placed: Sequence[Placed], start: int = 0, end: int = -1) -> list[Piece]:
    """Cut ``text[start:end]`` where a mark begins or ends, and behind each run of blanks."""
    end = len(text) if end < 0 else end
    cuts = {start, end}
    for one in placed:
        cuts |= {one.mark.evidence.start, one.mark.evidence.end}
    cuts |= {
        at + 1 for at in range(start, end - 1) if text[at].isspace() and not text[at + 1].isspace()
    }
    ordered = sorted(cut for cut in cuts if start <= cut <= end)
    return [
        Piece(
            text[left:right],
            left,
            tuple(
                one
                for one in placed
                if one.mark.evidence.start <= left and right <= one.mark.evidence.end
            ),
        )
        for left, right in pairwise(ordered)
    ]


def signed(weight: float) -> str:
    """A weight with its sign, a true minus."""
    return f"{weight:+.2f}".replace("-", "\N{MINUS SIGN}")


def outcome(one: LabelExplanation | PartyExplanation, explained: Explained) -> str:
    """Whether a label was given, its score and what it had to reach, in words."""
    reading = explained.explanation.assessment
    met = one.score >= one.threshold
    told = f"{one.score:.2f} {'≥' if met else '<'} {one.threshold:.2f}"
    told = told.replace("-", "\N{MINUS SIGN}")
    if isinstance(one, LabelExplanation) and one.kind == "relevance":
        return f"{'given' if one.given else 'not given'}: {told}"
    if not reading.relevant:
        return f"{'would be given' if one.given else 'would not be given'}: {told}"
    if met and not one.given and isinstance(one, LabelExplanation) and one.kind == "stage":
        return f"not given: {told}, but {reading.stage.value} prevails"
    return f"{'given' if one.given else 'not given'}: {told}"


def telling(labels: Iterable[LabelExplanation]) -> list[LabelExplanation]:
    """Those that something spoke for, the surest first."""
    weighed = [one for one in labels if any(c.weight > 0 for c in one.contributions)]
    return sorted(weighed, key=lambda one: (not one.given, -one.score))


def quote(contribution: Contribution) -> str:
    """The words that a contribution stands on, in quotes, or nothing."""
    piece = contribution.evidence
    return f"“{shown(piece.text)}”" if piece is not None else ""


def verdict(explained: Explained) -> str:
    """The reading in one line."""
    reading = explained.explanation.assessment
    if not reading.relevant:
        return f"not relevant ({reading.relevance:.2f})"
    told = [f"relevant ({reading.relevance:.2f})", f"stage: {reading.stage.value}"]
    told.append(f"{SEVERITY[reading.significance]} ({reading.significance} of 3)")
    told += [" ".join(reading.parties)] if reading.parties else []
    return " · ".join(told)


def notes(explained: Explained) -> list[str]:
    """What a reader must know to trust it: problems, and other rules than the stored reading's."""
    reading = explained.explanation.assessment
    told = [shown(problem) for problem in reading.problems]
    article = explained.article
    if article is not None and article.text_problem:
        told.append(f"its page gave no text: {shown(article.text_problem)}")
    stored = explained.stored_ruleset
    if stored is not None and stored != reading.ruleset:
        told.append(f"the stored reading is by rules {stored}; this one by {reading.ruleset}")
    return told
