"""Which of the states named are party to it, and which are only spoken of."""

from collections import defaultdict

from pipeline.assess.patterns import Span
from pipeline.assess.reading import Reading

_GROUP = 0.9


def read_parties(reading: Reading) -> None:
    """Weigh each mention by kind, place and context; keep the states that weigh enough."""
    config = reading.compiled.rules.lexicon.parties
    weights = {
        "name": config.name,
        "adjective": config.adjective,
        "capital": config.capital,
        "leader": config.leader,
        "body": config.body,
        "group": _GROUP,
    }
    contexts = _contexts(reading)
    title: dict[str, float] = {}
    summary: dict[str, float] = {}
    for mention in reading.mentions:
        score = weights[mention.kind] + contexts.get(mention.span, 0.0)
        inside = mention.span[0] < reading.border
        scores = title if inside else summary
        score += config.title_bonus if inside else 0.0
        scores[mention.code] = max(scores.get(mention.code, score), score)
    found = {code for code, score in title.items() if score >= config.threshold}
    # Where the headline names both sides, a state that only the summary names has to stand out.
    needed = config.threshold + (config.bystander if len(found) > 1 else 0.0)
    found |= {code for code, score in summary.items() if score >= needed}
    reading.parties = tuple(sorted(found))


def _contexts(reading: Reading) -> dict[Span, float]:
    """The sum of the contexts' weights for each span that names a state."""
    named = {mention.span for mention in reading.mentions}
    total: dict[Span, float] = defaultdict(float)
    for weighted in reading.compiled.contexts:
        covered = {
            span for match in reading.matches(weighted) for span in match.steps if span in named
        }
        for span in covered:
            total[span] += weighted.weight
    return total
