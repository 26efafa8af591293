"""How a sentence speaks of the step that it names: done, planned, doubtful or denied."""

from pipeline.ledger.words import Words
from schemas.ledger import Certainty

_PLANNED_WITHIN = 4
_NEGATED_WITHIN = 3


def certainty_of(sentence: str, step: str, words: Words) -> Certainty:
    """How the sentence speaks of ``step``, the words in it that name the stage.

    A denial counts wherever it stands ("reports that it was signed are untrue"); "not" and "will"
    only close before the step, since they mostly belong to something else further away.
    """
    place = sentence.find(step) if step else -1
    before = sentence[:place].split() if place > 0 else []
    if words.denied.search(sentence) or words.negated.search(_last(before, _NEGATED_WITHIN)):
        return Certainty.DENIED
    if words.planned.search(_last(before, _PLANNED_WITHIN)):
        return Certainty.PLANNED
    if words.doubtful.search(sentence):
        return Certainty.DOUBTFUL
    return Certainty.DONE


def _last(words: list[str], count: int) -> str:
    return " ".join(words[-count:])
