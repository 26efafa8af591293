"""What the learned weights see of a state that is named: how, where and beside what.

Names are written as in ``features``; a state's features are those of all its mentions.
"""

from collections import defaultdict
from collections.abc import Iterator

from pipeline.assess.features import Found
from pipeline.assess.parties import Weighed, weigh_parties
from pipeline.assess.reading import Mention, Reading

_NEAR = 3
_MANY = 4


def party_features(reading: Reading) -> dict[str, list[Found]]:
    """Code of each state named → its features."""
    mentions: dict[str, list[Mention]] = defaultdict(list)
    for mention in reading.mentions:
        mentions[mention.code].append(mention)
    weighed: dict[str, list[Weighed]] = defaultdict(list)
    for found in weigh_parties(reading):
        weighed[found.code].append(found)
    classes = _classes_of_sentences(reading)
    order = list(mentions)
    return {
        code: [
            *_of_state(reading, code, order, mentions[code], weighed[code]),
            *(feature for m in mentions[code] for feature in _of_mention(reading, m, classes)),
        ]
        for code in order
    }


def _of_state(
    reading: Reading, code: str, order: list[str], mentions: list[Mention], weighed: list[Weighed]
) -> Iterator[Found]:
    yield f"c:a:state {code}", 1.0, mentions[0].span
    yield f"n:a:place {min(order.index(code), _MANY)}", 1.0, None
    yield f"n:a:states {min(len(order), _MANY)}", 1.0, None
    yield f"n:a:place {min(order.index(code), 2)} of {min(len(order), _MANY)}", 1.0, None
    yield f"n:a:mentions {min(len(mentions), _MANY)}", 1.0, None
    title = [m for m in mentions if m.span[0] < reading.border]
    yield ("n:a:in the title" if title else "n:a:in the summary only"), 1.0, None
    others = {m.code for m in reading.mentions if m.span[0] < reading.border} - {code}
    yield f"n:a:others in the title {min(len(others), _MANY)}, {bool(title)}", 1.0, None
    kinds = "+".join(sorted({m.kind for m in mentions}))
    yield f"n:a:kinds {kinds}", 1.0, None
    for found in weighed:
        where = "t" if found.in_title else "a"
        yield f"n:{where}:rules' weight", found.score, None
        yield f"n:{where}:rules {found.score >= found.threshold}", 1.0, None
    yield f"n:a:rules' stage {reading.stage.value} {bool(title)}", 1.0, None


def _of_mention(
    reading: Reading, mention: Mention, classes: dict[int, set[str]]
) -> Iterator[Found]:
    doc, sentence = reading.doc, reading.sentence
    start, end = mention.span
    where = "t" if start < reading.border else "a"
    yield f"n:{where}:{mention.kind}", 1.0, mention.span
    here = sentence[start]
    for step in range(1, _NEAR + 1):
        for place, side in ((start - step, f"{step} before"), (end + step - 1, f"{step} after")):
            if 0 <= place < len(doc) and sentence[place] == here:
                for word in _seen_as(reading, place):
                    yield f"w:a:{word} {side}", 1.0, (place, place + 1)
                    yield f"b:a:{mention.kind} {word} {side}", 1.0, (place, place + 1)
            elif step == 1:
                yield f"w:{where}:edge {side}", 1.0, None
    for name in sorted(classes.get(here, ())):  # a set has another order in each process
        yield f"k:a:beside {name}", 1.0, mention.span
    for weighted in reading.compiled.contexts:
        if any(mention.span in match.steps for match in reading.matches(weighted)):
            yield f"p:a:{weighted.id}", 1.0, mention.span


def _seen_as(reading: Reading, place: int) -> Iterator[str]:
    """A neighbour: its lemma, and STATE, MINERAL … where it is one."""
    yield reading.doc[place].norm_
    for key in ("state", "mineral", "minerals_general", "agreement", "sign", "body", "money"):
        if any(start <= place < end for start, end in reading.cues.get(key, ())):
            yield key.upper()


def _classes_of_sentences(reading: Reading) -> dict[int, set[str]]:
    """Number of a sentence → the classes of words.yaml that occur in it."""
    classes = reading.compiled.rules.lexicon.words.words
    found: dict[int, set[str]] = defaultdict(set)
    for key in classes:
        for start, _ in reading.cues.get(key, ()):
            found[reading.sentence[start]].add(key)
    return found
