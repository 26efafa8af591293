"""How far the agreement is, by the words that say so."""

from pipeline.assess.compiled import CompiledStage
from pipeline.assess.patterns import Match, Span
from pipeline.assess.reading import Reading, Telling, best
from schemas.assessment import Evidence


def read_stage(reading: Reading) -> None:
    """Score every stage; of those that reach the threshold give the one highest in order.

    A shield ("refused to sign", "to be signed") keeps the words that it covers from being taken as
    a fact: a match with a step inside a shield's span, other than the shield's own words, is void.
    """
    config = reading.compiled.rules.lexicon.stages
    shields = {
        (match.start, match.end)
        for weighted in reading.compiled.shields
        for match in reading.matches(weighted)
    }
    reading.tellings = tuple(_telling(reading, stage, shields) for stage in reading.compiled.stages)
    firm = any(
        t.title >= config.threshold and t.stage.order >= config.firm_order for t in reading.tellings
    )
    factor = config.summary_factor_beside_title if firm else config.summary_factor
    reached = [t for t in reading.tellings if t.score(factor) >= config.threshold]
    if reached:
        furthest = max(reached, key=lambda telling: telling.stage.order)
        reading.stage, reading.stage_evidence = furthest.stage.stage, best(furthest.evidence)


def _telling(reading: Reading, stage: CompiledStage, shields: set[Span]) -> Telling:
    title, summary, against = 1.0, 1.0, 0.0
    evidence: list[Evidence] = []
    for weighted in stage.patterns:
        found = [match for match in reading.matches(weighted) if not _shielded(match, shields)]
        if not found:
            continue
        if weighted.weight < 0:
            against -= weighted.weight
            continue
        doubt = 1 - min(weighted.weight, 0.99)
        if any(reading.in_title(match) for match in found):
            title *= doubt
        else:
            summary *= doubt
        evidence += [reading.evidence(match, weighted.id) for match in found[:2]]
    return Telling(stage, 1 - title, 1 - summary, against, tuple(evidence))


def _shielded(match: Match, shields: set[Span]) -> bool:
    """True where a step is a true part of a shield: "sign" in "ready to sign"."""
    return any(
        start <= step[0] and step[1] <= end and step != (start, end)
        for start, end in shields
        for step in match.steps
    )
