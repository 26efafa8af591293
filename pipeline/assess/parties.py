"""Which of the states named are party to it, and which are only spoken of."""

from collections import defaultdict
from dataclasses import dataclass, replace

from pipeline.assess.patterns import Span
from pipeline.assess.reading import Reading
from schemas.rules import PartiesFile

_GROUP = 0.9


@dataclass(frozen=True, slots=True)
class Weighed:
    """A state's best mention, what it weighs and why."""

    code: str
    span: Span
    in_title: bool
    score: float
    threshold: float
    reasons: tuple[tuple[str, float], ...]


def read_parties(reading: Reading) -> None:
    """Weigh each mention by kind, place and context; keep the states that weigh enough."""
    reading.parties = tuple(
        sorted({found.code for found in weigh_parties(reading) if found.score >= found.threshold})
    )


def weigh_parties(reading: Reading) -> list[Weighed]:
    """Every state named, by its best mention in the title and by its best in the summary."""
    config = reading.compiled.rules.lexicon.parties
    contexts = _contexts(reading)
    best: dict[tuple[str, bool], Weighed] = {}
    for mention in reading.mentions:
        inside = mention.span[0] < reading.border
        reasons = [(f"named ({mention.kind})", _kind_weight(config, mention.kind))]
        if inside:
            reasons.append(("in the title", config.title_bonus))
        reasons += contexts.get(mention.span, ())
        score = sum(weight for _, weight in reasons)
        place = (mention.code, inside)
        if place not in best or score > best[place].score:
            best[place] = Weighed(
                mention.code, mention.span, inside, score, config.threshold, tuple(reasons)
            )
    sides = sum(w.in_title and w.score >= w.threshold for w in best.values())
    if sides <= 1:
        return list(best.values())
    # Where the headline names both sides, a state that only the summary names has to stand out.
    needed = config.threshold + config.bystander
    return [w if w.in_title else replace(w, threshold=needed) for w in best.values()]


def _kind_weight(config: PartiesFile, kind: str) -> float:
    return _GROUP if kind == "group" else float(getattr(config, kind))


def _contexts(reading: Reading) -> dict[Span, list[tuple[str, float]]]:
    """The contexts with their weights for each span that names a state."""
    named = {mention.span for mention in reading.mentions}
    total: dict[Span, list[tuple[str, float]]] = defaultdict(list)
    for weighted in reading.compiled.contexts:
        covered = {
            span for match in reading.matches(weighted) for span in match.steps if span in named
        }
        for span in sorted(covered):
            total[span].append((f"context {weighted.id}", weighted.weight))
    return total
