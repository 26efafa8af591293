"""The notation of patterns, and finding them among the cues of a text.

A pattern is written in words and operators, separated by blanks:

``sign``            the word in any inflection; consecutive words are one expression
``sign|ink deal``   alternatives of one word: "sign deal", "ink deal"
``=Polish``         exactly these letters (case counts where a capital is written)
``@agreement``      any expression of that class (words.yaml; also ``@state``, ``@state:KZ``,
                    ``@mineral``, ``@mineral:uranium``, ``@body``, ``@body:DFC``, ``@money`` …)
``@a|@b``           either class; ``@a|word`` the class or the word
``take part / join`` either expression (blanks around the stroke)
``a .. b``          b after a, with at most six words between (``..3``: three), in one sentence
``a & b``           both in one sentence, in any order
``a && b``          both in the text

Sides of ``&`` and ``&&`` may themselves be sequences; ``&&`` binds less than ``&``.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice, product
from typing import TypeAlias

DEFAULT_GAP = 6
_GAP = re.compile(r"^\.\.(\d{0,2})$")
_MAX_ALTERNATIVES = 400
_MAX_MATCHES = 50

Span: TypeAlias = tuple[int, int]
Cues: TypeAlias = Mapping[str, Sequence[Span]]


class PatternError(ValueError):
    """A pattern that cannot be read; the message says why."""


@dataclass(frozen=True, slots=True)
class Step:
    """One place in a sequence: any of ``keys``, at most ``gap`` words after the step before."""

    keys: tuple[str, ...]
    gap: int = 0


@dataclass(frozen=True, slots=True)
class Pattern:
    """``groups`` are joined by ``&&``, the sequences within a group by ``&``."""

    source: str
    groups: tuple[tuple[tuple[Step, ...], ...], ...]
    needs: tuple[frozenset[str], ...]
    """The keys of each step: where a text has none of them for one step, nothing can match."""

    def possible(self, keys: frozenset[str]) -> bool:
        """Whether a text with the cues ``keys`` can match at all; most cannot, and it is cheap."""
        for need in self.needs:  # noqa: SIM110 - a loop is half the cost of all() here
            if need.isdisjoint(keys):
                return False
        return True


@dataclass(frozen=True, slots=True)
class Match:
    """Where a pattern was found, as token positions: the whole and the places of its steps."""

    start: int
    end: int
    steps: tuple[Span, ...]


def parse(source: str) -> Pattern:
    """Read a pattern.

    Raises:
        PatternError: an operator without something on both sides, or too many alternatives.
    """
    groups = []
    for group in re.split(r"(?:^|\s)&&(?=\s|$)", source):
        sequences = [_sequence(part, source) for part in re.split(r"(?:^|\s)&(?=\s|$)", group)]
        groups.append(tuple(sequences))
    steps = (step for group in groups for sequence in group for step in sequence)
    return Pattern(source, tuple(groups), tuple(frozenset(step.keys) for step in steps))


def literals(pattern: Pattern) -> Iterator[str]:
    """The expressions that a pattern spells out, as their keys (``~text``)."""
    for group in pattern.groups:
        for sequence in group:
            for step in sequence:
                yield from (key for key in step.keys if key.startswith("~"))


def classes(pattern: Pattern) -> Iterator[str]:
    """The classes that a pattern names."""
    for group in pattern.groups:
        for sequence in group:
            for step in sequence:
                yield from (key for key in step.keys if not key.startswith("~"))


def _sequence(text: str, source: str) -> tuple[Step, ...]:
    steps: list[Step] = []
    gap = 0
    pieces = re.split(r"(?:^|\s)(\.\.\d{0,2})(?=\s|$)", text)
    for place, piece in enumerate(pieces):
        operator = _GAP.match(piece.strip())
        if place % 2 and operator:
            gap = int(operator[1] or DEFAULT_GAP)
            continue
        if not piece.strip():
            raise PatternError(f"{source!r}: something is missing beside an operator")
        made = _segment(piece, gap, source)
        steps += made
        gap = 0
    return tuple(steps)


def _segment(text: str, gap: int, source: str) -> list[Step]:
    """The steps of what stands between two gaps; only the first may be ``gap`` words away."""
    options = re.split(r"\s/\s", text.strip())
    if len(options) > 1:
        return [Step(tuple(key for option in options for key in _keys(option, source)), gap)]
    steps: list[Step] = []
    words: list[str] = []
    for item in [*text.split(), ""]:
        if item and not item.startswith("@"):
            words.append(item)
            continue
        for run in (" ".join(words), item):
            if run:
                steps.append(Step(_keys(run, source), 0 if steps else gap))
        words = []
    return steps


def _keys(text: str, source: str) -> tuple[str, ...]:
    """The keys of one expression with its alternatives."""
    if text.startswith("@"):
        if " " in text:
            raise PatternError(f"{source!r}: a class stands alone beside a stroke")
        parts = text.split("|")
        return tuple(p[1:] if p.startswith("@") else f"~{p}" for p in parts)
    options = alternatives(text)
    if len(options) > _MAX_ALTERNATIVES:
        raise PatternError(f"{source!r}: more than {_MAX_ALTERNATIVES} alternatives")
    return tuple(f"~{option}" for option in options)


def alternatives(text: str) -> list[str]:
    """Write out ``sign|ink deal`` as "sign deal" and "ink deal"."""
    return [" ".join(option) for option in product(*(word.split("|") for word in text.split()))]


def find(pattern: Pattern, cues: Cues, sentence: Sequence[int]) -> list[Match]:
    """All places where ``pattern`` matches; ``sentence[i]`` is the number of token i's sentence."""
    found: list[list[Match]] = []
    for group in pattern.groups:
        matches = _group(group, cues, sentence)
        if not matches:
            return []
        found.append(matches)
    if len(found) == 1:
        return found[0]
    return [match for matches in found for match in matches][:_MAX_MATCHES]


def _group(group: tuple[tuple[Step, ...], ...], cues: Cues, sentence: Sequence[int]) -> list[Match]:
    first = _ordered(group[0], cues, sentence)
    for sequence in group[1:]:
        if not first:
            return []
        second = _ordered(sequence, cues, sentence)
        both = (
            Match(min(a.start, b.start), max(a.end, b.end), a.steps + b.steps)
            for a in first
            for b in second
            if sentence[a.start] == sentence[b.start] and (a.end <= b.start or b.end <= a.start)
        )
        first = list(islice(both, _MAX_MATCHES))
    return first


def _ordered(sequence: tuple[Step, ...], cues: Cues, sentence: Sequence[int]) -> list[Match]:
    found = [Match(*span, (span,)) for span in _spans(sequence[0], cues)]
    for step in sequence[1:]:
        if not found:
            return []
        spans = _spans(step, cues)
        longer = (
            Match(match.start, end, (*match.steps, (start, end)))
            for match in found
            for start, end in spans
            if match.end <= start <= match.end + step.gap
            and sentence[start] == sentence[match.start]
        )
        found = list(islice(longer, _MAX_MATCHES))
    return found


def _spans(step: Step, cues: Cues) -> Sequence[Span]:
    if len(step.keys) == 1:
        return cues.get(step.keys[0], ())
    return [span for key in step.keys for span in cues.get(key, ())]
