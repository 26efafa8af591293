"""Which side an item takes on the claim of a theme, by the words that say so. Pure.

What is found on one side are independent witnesses, as with stages; the agreement's stage is one
more. Words of negation, plan and relief near a match turn it round or take most of its weight:
"no refinery was opened" speaks against, "could open a refinery" hardly at all, "lifts export ban"
for.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from pipeline.assess.compiled import Weighted
from pipeline.assess.patterns import Match, Pattern, Span
from pipeline.assess.polarity_rules import CompiledPolarity, CompiledSides
from pipeline.assess.reading import Reading, best
from schemas.assessment import Evidence, Polarity, Side, Stage
from schemas.rules import PolarityFile

NO_RULES = "no rules say what counts for or against this claim"
_NO_SINGLE_SURE = 0.95
_NEGATED = 0.8
"""What a negated word is worth for the other side."""
_QUOTED = 2
"""Pieces of evidence that a reason quotes on each side."""


@dataclass(frozen=True, slots=True)
class _Witness:
    side: Side
    weight: float
    evidence: Evidence
    note: str = ""


@dataclass(frozen=True, slots=True)
class _Around:
    """Where the words stand that change what a match means."""

    negations: Sequence[Span]
    plans: Sequence[Span]
    reliefs: Sequence[Span]
    voids: Sequence[Span]
    shields: Sequence[Span]


def read_polarity(reading: Reading, compiled: CompiledPolarity) -> None:
    """Give each theme of the reading its polarity; where all labels are asked for, every theme."""
    given = {label.id for label in reading.themes}
    wanted = {t.id for t in reading.compiled.themes} if reading.forced else given
    around: _Around | None = None
    general: tuple[_Witness, ...] = ()
    if wanted & compiled.themes.keys():
        around = _around(reading, compiled)
        general = tuple(_witnesses(reading, compiled.general, around))
    for theme in wanted:
        sides = compiled.themes.get(theme)
        if sides is None or around is None:
            reading.polarities[theme] = Polarity(Side.NEUTRAL, 0.0, (), NO_RULES)
            continue
        own = tuple(_witnesses(reading, sides, around))
        reading.polarities[theme] = _judged(reading, sides, own, general)
    reading.themes = tuple(
        replace(label, polarity=reading.polarities[label.id]) for label in reading.themes
    )


def _judged(
    reading: Reading,
    sides: CompiledSides,
    own: Sequence[_Witness],
    general: Sequence[_Witness],
) -> Polarity:
    config = reading.compiled.rules.lexicon.polarity
    # What the claim's own rules say of a place is more to the point than what it says in general.
    beside = [w for w in general if not any(_share(w.evidence, piece.evidence) for piece in own)]
    heard = [*own, *(replace(w, weight=w.weight * sides.general) for w in beside)]
    prior = config.stages.get(reading.stage, 0.0) * sides.stage
    weights = {side: _together(w.weight for w in heard if w.side is side) for side in Side}
    if weights[Side.AGAINST if prior > 0 else Side.FOR]:
        # "Signed" is also what is said of agreements that fail: words are heard before the stage.
        prior *= config.stage_beside_words
    for side, weight in ((Side.FOR, prior), (Side.AGAINST, -prior)):
        weights[side] = _together((weights[side], max(weight, 0.0)))
    score = round(weights[Side.FOR] - weights[Side.AGAINST], 4)
    side = Side.NEUTRAL
    if abs(score) >= config.threshold:
        side = Side.FOR if score > 0 else Side.AGAINST
    shown = [w for w in heard if w.weight > 0 and side in (w.side, Side.NEUTRAL)]
    shown.sort(key=lambda w: -w.weight)
    evidence = best(w.evidence for w in shown[:4])
    if not evidence and side is not Side.NEUTRAL:
        evidence = reading.stage_evidence
    return Polarity(side, score, evidence, _reason(heard, reading.stage, prior))


def _together(weights: Iterable[float]) -> float:
    doubt = 1.0
    for weight in weights:
        doubt *= 1 - min(weight, _NO_SINGLE_SURE)
    return 1 - doubt


def _witnesses(reading: Reading, sides: CompiledSides, around: _Around) -> Iterator[_Witness]:
    for side, patterns in ((Side.FOR, sides.supports), (Side.AGAINST, sides.contradicts)):
        for weighted in patterns:
            heard = [
                witness
                for match in reading.matches(weighted)
                if (witness := _heard(reading, side, weighted, match, around)) is not None
            ]
            # One pattern is one witness for a side, however often its words are repeated.
            for taken in (Side.FOR, Side.AGAINST):
                mine = [witness for witness in heard if witness.side is taken]
                if mine:
                    yield max(mine, key=lambda witness: witness.weight)


def _heard(
    reading: Reading, side: Side, weighted: Weighted, match: Match, around: _Around
) -> _Witness | None:
    """What a match is worth once the words around it are heard; None where it is void."""
    config = reading.compiled.rules.lexicon.polarity
    if any(_covers(span, match) for span in around.voids):
        return None
    weight = weighted.weight * (1.0 if reading.in_title(match) else config.summary_factor)
    note = ""

    def near(spans: Sequence[Span]) -> bool:
        return _near(reading, match, spans, config)

    if near(around.negations):
        if side is Side.AGAINST:
            return None
        side, weight, note = Side.AGAINST, weight * _NEGATED, "negated"
    elif side is Side.AGAINST and near(around.reliefs):
        side, note = Side.FOR, "lifted"
    elif near(around.plans) or (
        side is Side.FOR and any(_within(step, s) for s in around.shields for step in match.steps)
    ):
        weight, note = weight * config.plan_factor, "only planned or feared"
    return _Witness(side, weight, reading.evidence(match, weighted.id), note)


def _around(reading: Reading, compiled: CompiledPolarity) -> _Around:
    def spans(patterns: Sequence[Pattern]) -> list[Span]:
        return [(m.start, m.end) for pattern in patterns for m in reading.find(pattern)]

    def whole(patterns: Sequence[Weighted]) -> list[Span]:
        return [(m.start, m.end) for weighted in patterns for m in reading.matches(weighted)]

    return _Around(
        negations=spans(compiled.negations),
        plans=spans(compiled.plans),
        reliefs=spans(compiled.reliefs),
        voids=whole(compiled.voids),
        shields=whole(reading.compiled.shields),
    )


def _near(reading: Reading, match: Match, spans: Sequence[Span], config: PolarityFile) -> bool:
    """Whether one of the spans stands shortly before the match or inside, but is no part of it."""
    return any(
        match.start - config.reach <= span[0]
        and span[1] <= match.end
        and reading.sentence[span[0]] == reading.sentence[match.start]
        and not any(_overlaps(span, step) for step in match.steps)
        for span in spans
    )


def _share(one: Evidence, other: Evidence) -> bool:
    return one.field == other.field and one.start < other.end and other.start < one.end


def _covers(span: Span, match: Match) -> bool:
    return span[0] <= match.start and match.end <= span[1]


def _within(step: Span, span: Span) -> bool:
    return span[0] <= step[0] and step[1] <= span[1] and step != span


def _overlaps(one: Span, other: Span) -> bool:
    return one[0] < other[1] and other[0] < one[1]


def _reason(heard: Sequence[_Witness], stage: Stage, prior: float) -> str:
    """What speaks for each side, in words."""
    parts = []
    for side in (Side.FOR, Side.AGAINST):
        mine = sorted(
            (w for w in heard if w.side is side and w.weight > 0), key=lambda w: -w.weight
        )
        told = [
            f"“{w.evidence.text}” ({w.evidence.pattern}{', ' + w.note if w.note else ''})"
            for w in mine[:_QUOTED]
        ]
        if prior and (prior > 0) is (side is Side.FOR):
            told.append(f"the agreement's stage ({stage.value})")
        if told:
            parts.append(f"{side.value}: {', '.join(told)}")
    return "; ".join(parts) or "nothing in it speaks for or against the claim"
