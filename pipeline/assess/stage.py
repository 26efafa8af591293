"""How far the agreement is, by the words that say so."""

from pipeline.assess.compiled import CompiledStage
from pipeline.assess.patterns import Match, Span
from pipeline.assess.reading import Reading, best
from schemas.assessment import Evidence, Stage


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
    chosen: tuple[int, Stage, tuple[Evidence, ...]] | None = None
    for stage in reading.compiled.stages:
        score, evidence = _score(reading, stage, shields, config.summary_factor)
        if score >= config.threshold and (chosen is None or stage.order > chosen[0]):
            chosen = (stage.order, stage.stage, evidence)
    if chosen is not None:
        reading.stage, reading.stage_evidence = chosen[1], chosen[2]


def _score(
    reading: Reading, stage: CompiledStage, shields: set[Span], summary_factor: float
) -> tuple[float, tuple[Evidence, ...]]:
    doubt, against = 1.0, 0.0
    evidence: list[Evidence] = []
    for weighted in stage.patterns:
        found = [match for match in reading.matches(weighted) if not _shielded(match, shields)]
        if not found:
            continue
        if weighted.weight < 0:
            against -= weighted.weight
            continue
        factor = 1.0 if any(reading.in_title(match) for match in found) else summary_factor
        doubt *= 1 - min(weighted.weight * factor, 0.99)
        evidence += [reading.evidence(match, weighted.id) for match in found[:2]]
    return (1 - doubt) - against, best(evidence)


def _shielded(match: Match, shields: set[Span]) -> bool:
    """True where a step lies strictly inside a shield that the match does not itself contain."""
    return any(
        start <= step[0] and step[1] <= end and not (match.start <= start and end <= match.end)
        for start, end in shields
        for step in match.steps
    )
