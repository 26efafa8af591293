"""Measuring polarity against labelled items: pure functions, no files.

A line is one JSON object as tests/data/polarity/README.md describes it: ``id``, ``title``,
``summary``, ``lang``, ``theme``, ``label`` (for, against, neutral), and where two passes were made
``first`` and ``second``.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, TypeAlias

from pipeline.assess.evaluate import Score, score
from schemas.assessment import Polarity, Side

Line: TypeAlias = Mapping[str, Any]
Pair: TypeAlias = tuple[Line, Polarity]


@dataclass(frozen=True, slots=True)
class SideGroup:
    """The figures of one group of lines: all, a theme, a language."""

    lines: int
    right: int
    accuracy: float
    macro_f1: float
    """Mean F1 of the sides that occur in it."""
    opposite: int
    """Lines read as ``for`` that are ``against``, or the reverse: the errors that mislead."""


@dataclass(frozen=True, slots=True)
class SidesReport:
    """What ``mineralwatch evaluate-polarity`` prints."""

    all: SideGroup
    by_side: Mapping[str, Score]
    by_theme: Mapping[str, SideGroup]
    by_language: Mapping[str, SideGroup]
    confusion: Mapping[tuple[str, str], int]
    """(labelled, read) to count."""
    passes: "Agreement | None"
    errors: tuple[Mapping[str, Any], ...]

    def to_json(self) -> dict[str, Any]:
        """Return a JSON-safe dict."""
        return {
            "all": asdict(self.all),
            "by_side": {name: asdict(one) for name, one in self.by_side.items()},
            "by_theme": {name: asdict(one) for name, one in self.by_theme.items()},
            "by_language": {name: asdict(one) for name, one in self.by_language.items()},
            "confusion": [
                {"label": label, "read": read, "count": count}
                for (label, read), count in sorted(self.confusion.items())
            ],
            "passes": asdict(self.passes) if self.passes else None,
            "errors": [dict(error) for error in self.errors],
        }


@dataclass(frozen=True, slots=True)
class Agreement:
    """How far two passes of labelling agree: the share, and Cohen's kappa."""

    lines: int
    share: float
    kappa: float


def evaluate_sides(lines: Sequence[Line], read: Sequence[Polarity]) -> SidesReport:
    """Compare labelled lines with the polarity read of each, in the same order."""
    pairs = list(zip(lines, read, strict=True))
    return SidesReport(
        all=_group(pairs),
        by_side=_by_side(pairs),
        by_theme=_groups(pairs, lambda line: str(line["theme"])),
        by_language=_groups(pairs, lambda line: str(line.get("lang", ""))),
        confusion=Counter((str(line["label"]), one.side.value) for line, one in pairs),
        passes=agreement(lines),
        errors=tuple(
            {
                "id": line["id"],
                "theme": line["theme"],
                "label": line["label"],
                "read": one.side.value,
                "title": line["title"],
                "reason": one.reason,
            }
            for line, one in pairs
            if line["label"] != one.side.value
        ),
    )


def agreement(lines: Iterable[Line]) -> Agreement | None:
    """Agreement of the columns ``first`` and ``second``; None where no line has both."""
    both = [(str(x["first"]), str(x["second"])) for x in lines if "first" in x and "second" in x]
    if not both:
        return None
    share = sum(one == other for one, other in both) / len(both)
    first, second = Counter(one for one, _ in both), Counter(other for _, other in both)
    chance = sum(first[side] * second[side] for side in first) / len(both) ** 2
    kappa = (share - chance) / (1 - chance) if chance < 1 else 1.0
    return Agreement(len(both), round(share, 4), round(kappa, 4))


def _groups(pairs: Sequence[Pair], key: Callable[[Line], str]) -> dict[str, SideGroup]:
    names = sorted({key(line) for line, _ in pairs})
    return {name: _group([pair for pair in pairs if key(pair[0]) == name]) for name in names}


def _group(pairs: Sequence[Pair]) -> SideGroup:
    right = sum(line["label"] == one.side.value for line, one in pairs)
    scores = [one.f1 for one in _by_side(pairs).values()]
    apart = {(Side.FOR.value, Side.AGAINST.value), (Side.AGAINST.value, Side.FOR.value)}
    return SideGroup(
        lines=len(pairs),
        right=right,
        accuracy=round(right / len(pairs), 4) if pairs else 0.0,
        macro_f1=round(sum(scores) / len(scores), 4) if scores else 0.0,
        opposite=sum((line["label"], one.side.value) in apart for line, one in pairs),
    )


def _by_side(pairs: Sequence[Pair]) -> dict[str, Score]:
    counted = {}
    for side in Side:
        wanted = [line["label"] == side.value for line, _ in pairs]
        given = [one.side is side for _, one in pairs]
        both = sum(want and give for want, give in zip(wanted, given, strict=True))
        if any(wanted):
            counted[side.value] = score(both, sum(given) - both, sum(wanted) - both)
    return counted
