"""Telling what a reading weighed: every label's score with what spoke for and against it."""

from collections import defaultdict
from collections.abc import Iterable

from pipeline.assess.compiled import Weighted
from pipeline.assess.explain_learned import explain_learned, explain_learned_parties
from pipeline.assess.gate import groups_met
from pipeline.assess.learned import Model
from pipeline.assess.parties import weigh_parties
from pipeline.assess.reading import Reading
from schemas.assessment import Evidence, Stage
from schemas.explanation import (
    Contribution,
    GateExplanation,
    LabelExplanation,
    PartyExplanation,
)

_PIECES = 3
"""Places shown of one pattern."""


def explain_gate(reading: Reading) -> GateExplanation:
    """Which of the gate's groups of classes were met, and by which words."""
    groups = groups_met(reading)
    missing = [names for names, spans in groups if not spans]
    if missing and reading.passed:
        return GateExplanation(passed=True, reason="its words are those of such news, as learned")
    if missing:
        told = " nor ".join(", ".join(names) for names in missing)
        return GateExplanation(passed=False, reason=f"nothing of {told} is in it")
    evidence = tuple(reading.span_evidence(spans[0], "gate") for _, spans in groups if spans)
    words = ", ".join(dict.fromkeys(f'"{piece.text}"' for piece in evidence))
    if not reading.passed:
        told = f"it has {words}, but its words as a whole are far from such news, as learned"
        return GateExplanation(passed=False, reason=told, evidence=evidence)
    return GateExplanation(passed=True, reason=f"it has {words}", evidence=evidence)


def explain_labels(reading: Reading, model: Model | None) -> tuple[LabelExplanation, ...]:
    """Relevance, then every theme, stage and level of significance; as learned where it was."""
    by_rules = (_relevance(reading), *_themes(reading), *_stages(reading))
    if model is None:
        return (*by_rules, _significance(reading))
    learned = explain_learned(reading, model)
    told = [learned.get((label.kind, label.id), label) for label in by_rules]
    levels = [label for (kind, _), label in learned.items() if kind == "significance"]
    return (*told, *levels)


def explain_parties(reading: Reading, model: Model | None) -> tuple[PartyExplanation, ...]:
    """Every state that is named: what was weighed of it."""
    if model is not None:
        return explain_learned_parties(reading, model)
    return tuple(
        PartyExplanation(
            code=weighed.code,
            given=weighed.code in reading.parties,
            score=round(weighed.score, 4),
            threshold=weighed.threshold,
            contributions=tuple(
                Contribution(feature, weight, reading.span_evidence(weighed.span, "party"))
                for feature, weight in weighed.reasons
            ),
        )
        for weighed in weigh_parties(reading)
    )


def _relevance(reading: Reading) -> LabelExplanation:
    config = reading.compiled.rules.lexicon.relevance
    found = list(_patterns(reading, reading.compiled.relevance))
    found += [
        Contribution(f"lacking: {lacking.id}", lacking.weight)
        for lacking in config.lacking
        if reading.cues.keys().isdisjoint(lacking.classes)
    ]
    return LabelExplanation(
        kind="relevance",
        id="relevant",
        given=reading.relevant,
        score=reading.relevance,
        threshold=config.threshold,
        contributions=_weightiest(found),
    )


def _themes(reading: Reading) -> Iterable[LabelExplanation]:
    given = {label.id: label for label in reading.themes}
    for theme in reading.compiled.themes:
        found = list(_patterns(reading, theme.patterns))
        doubt = 1.0
        for piece in found:
            doubt *= 1 - min(max(piece.weight, 0.0), 0.99)
        label = given.get(theme.id)
        yield LabelExplanation(
            kind="theme",
            id=theme.id,
            given=label is not None,
            score=label.score if label else round(1 - doubt, 4),
            threshold=theme.threshold,
            contributions=_weightiest(found),
        )


def _stages(reading: Reading) -> Iterable[LabelExplanation]:
    config = reading.compiled.rules.lexicon.stages
    found: dict[Stage, list[Contribution]] = defaultdict(list)
    for stage in reading.compiled.stages:
        found[stage.stage] += _patterns(reading, stage.patterns)
    for stage_id in Stage:
        pieces = found[stage_id]
        best = max((piece.weight for piece in pieces), default=0.0)
        yield LabelExplanation(
            kind="stage",
            id=stage_id.value,
            given=stage_id is reading.stage,
            score=round(min(max(best, 0.0), 1.0), 4),
            threshold=config.threshold,
            contributions=_weightiest(pieces),
        )


def _significance(reading: Reading) -> LabelExplanation:
    return LabelExplanation(
        kind="significance",
        id=str(reading.significance),
        given=True,
        score=1.0,
        threshold=0.5,
        contributions=tuple(Contribution(reason, 1.0) for reason in reading.reasons),
    )


def _patterns(reading: Reading, patterns: Iterable[Weighted]) -> Iterable[Contribution]:
    for weighted in patterns:
        found = reading.matches(weighted)
        if found:
            piece: Evidence = reading.evidence(found[0], weighted.id)
            yield Contribution(f"pattern {weighted.id}", weighted.weight, piece)


def _weightiest(found: Iterable[Contribution]) -> tuple[Contribution, ...]:
    return tuple(sorted(found, key=lambda piece: -abs(piece.weight)))
