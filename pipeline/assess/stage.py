"""How far the agreement is, by the words that say so."""

from collections.abc import Sequence

from pipeline.assess.compiled import CompiledStage
from pipeline.assess.patterns import Match, Span
from pipeline.assess.reading import Reading, Telling, best
from schemas.assessment import Evidence, Stage

_OPEN = frozenset({Stage.PROPOSED, Stage.NEGOTIATING})
_DONE = frozenset({Stage.SIGNED, Stage.RATIFIED, Stage.IMPLEMENTING})


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
    planned = any(start < reading.border for start, _ in shields)
    reading.unwitnessed = unwitnessed(reading.tellings, config.threshold, planned=planned)
    firm = any(
        t.title >= config.threshold and t.stage.order >= config.firm_order for t in reading.tellings
    )
    factor = config.summary_factor_beside_title if firm else config.summary_factor
    reached = [t for t in reading.tellings if t.score(factor) >= config.threshold]
    if reached:
        furthest = max(reached, key=lambda telling: telling.stage.order)
        reading.stage = reading.rules_stage = furthest.stage.stage
        reading.stage_evidence = best(furthest.evidence)


def unwitnessed(
    tellings: Sequence[Telling], threshold: float, *, planned: bool
) -> frozenset[Stage]:
    """The steps that a headline of talks, a proposal or a plan leaves without a witness.

    "Kenya and Italy negotiate memorandum" names two states and an instrument, as news of signings
    do; weights that go by wording may take it for one. Where no word of the rules tells of a
    signature, none is read into such a headline; nor an accord, unless a plan to sign implies it.
    Of 6,271 training items, read by weights that had not seen them, this changes 23, and as many
    to the better as to the worse: it is for plain headlines, which are short of other signs.
    """
    open_steps = [t for t in tellings if t.stage.stage in _OPEN]
    talked = any(t.title >= threshold for t in open_steps)
    # What stands below the first step in order tells where no step is told: no witness.
    least = min((t.stage.order for t in open_steps), default=0)
    told = {
        t.stage.stage for t in tellings if t.stage.order >= least and (t.title > 0 or t.summary > 0)
    }
    if not (talked or planned) or told & _DONE:
        return frozenset()
    agreed = planned or Stage.AGREED in told
    return frozenset({Stage.SIGNED} if agreed else {Stage.SIGNED, Stage.AGREED})


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
