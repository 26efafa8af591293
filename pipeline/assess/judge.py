"""Judging a reading by learned weights, over what the rules found; the rules give the evidence."""

from collections.abc import Sequence

import numpy as np

from pipeline.assess.compiled import CompiledTheme
from pipeline.assess.features import label_features, text_features
from pipeline.assess.learned import Floats, Head, Model, Vector, level_of
from pipeline.assess.party_features import party_features
from pipeline.assess.patterns import Span
from pipeline.assess.reading import Reading, best
from pipeline.assess.sense import sense
from schemas.assessment import Evidence, Stage, ThemeLabel

_PIECES = 3
"""Places pointed at where no rule has any."""
UNWITNESSED = -10.0
"""Added to the logit of a step that the headline leaves without a witness."""
_SPEAKING = frozenset("wbskxcp")
"""Groups of features that are words in the text."""


def judge_relevance(readings: Sequence[Reading], model: Model) -> None:
    """Fill ``relevance`` and ``relevant``: by the words; where these leave a doubt, by the whole.

    A text whose words make it unlikely keeps what the words say, below the threshold in any case;
    one whose words make it certain does so above it.
    """
    head, likely = model.heads["relevance"], model.heads["likely"]
    limit = float(head.thresholds[0])
    least, certain = likely.thresholds.tolist()
    asked: list[Reading] = []
    for reading in readings:
        reading.found = list(text_features(reading))
        vector = reading.vectors["text"] = model.spaces["text"].vector(reading.found)
        probability = float(likely.probabilities(vector)[0])
        if least <= probability < certain:
            asked.append(reading)
            continue
        reading.relevant = probability >= certain
        bounded = max(probability, limit) if reading.relevant else min(probability, limit / 2)
        reading.relevance = round(bounded, 4)
    senses = sense([reading.prepared for reading in asked])
    for reading, whole in zip(asked, senses, strict=True):
        vector, reading.sense = reading.vectors["text"], whole
        probability = float(head.probabilities(vector, whole)[0])
        reading.relevance = round(probability, 4)
        reading.relevant = probability >= limit


def show_relevance(reading: Reading, model: Model | None) -> None:
    """Fill ``relevance_evidence`` with what the rules found, else with the weightiest words."""
    shown = best(reading.evidence(match, rule) for match, rule in reading.speaking)
    if not shown and model is not None:
        head = model.heads["likely" if reading.sense is None else "relevance"]
        shown = speaking(reading, model, "text", head, reading.vectors["text"], 0)
    reading.relevance_evidence = shown


def judge_parties(reading: Reading, model: Model) -> None:
    """Fill ``parties`` by the party head, asked of every state named."""
    head, space = model.heads["party"], model.spaces["party"]
    limit = float(head.thresholds[0])
    given = [
        code
        for code, found in party_features(reading).items()
        if float(head.probabilities(space.vector(found))[0]) >= limit
    ]
    reading.parties = tuple(sorted(given))


def judge_labels(reading: Reading, model: Model, vector: Vector) -> None:
    """Fill themes, stage and significance; a theme that the model does not know stays as it is.

    ``vector`` is ``labels_vector``'s, taken while the labels were still those of the rules.
    """
    _themes(reading, model, vector)
    _stage(reading, model, vector)
    head = model.heads["significance"]
    level = level_of(head.probabilities(vector), head.labels)
    if level != reading.significance:
        reading.significance = level
        reading.reasons = (_reason(reading),)


def labels_vector(reading: Reading, model: Model) -> Vector:
    """The features for themes, stage and significance."""
    found = [*reading.found, *label_features(reading)]
    vector = reading.vectors["labels"] = model.spaces["labels"].vector(found)
    return vector


def _themes(reading: Reading, model: Model, vector: Vector) -> None:
    head = model.heads["themes"]
    probabilities = head.probabilities(vector)
    places = {label: place for place, label in enumerate(head.labels)}
    by_rules = {label.id: label for label in reading.themes}
    given: list[ThemeLabel] = []
    for theme in reading.compiled.themes:
        place = places.get(theme.id)
        if place is None:
            if theme.id in by_rules:
                given.append(by_rules[theme.id])
        elif probabilities[place] >= head.thresholds[place]:
            evidence = by_rules[theme.id].evidence if theme.id in by_rules else ()
            evidence = evidence or _matched(reading, theme)
            evidence = evidence or speaking(reading, model, "labels", head, vector, place)
            given.append(ThemeLabel(theme.id, round(float(probabilities[place]), 4), evidence))
    reading.themes = tuple(given)


def _matched(reading: Reading, theme: CompiledTheme) -> tuple[Evidence, ...]:
    return best(
        reading.evidence(match, weighted.id)
        for weighted in theme.patterns
        if weighted.weight > 0
        for match in reading.matches(weighted)[:2]
    )


def _stage(reading: Reading, model: Model, vector: Vector) -> None:
    head = model.heads["stage"]
    place = int(np.argmax(stage_probabilities(reading, head, vector)))
    reading.stage = Stage(head.labels[place])
    told = best(
        piece
        for telling in reading.tellings
        if telling.stage.stage is reading.stage
        for piece in telling.evidence
    )
    if reading.stage is not Stage.NONE:
        told = told or speaking(reading, model, "labels", head, vector, place)
    reading.stage_evidence = told


def stage_probabilities(reading: Reading, head: Head, vector: Vector) -> Floats:
    """The probability of each stage, as `witnessed` leaves it."""
    found = head.probabilities(vector)
    return witnessed(found, head.labels, reading.unwitnessed, reading.rules_stage)


def witnessed(
    found: Floats, labels: Sequence[str], unwitnessed: frozenset[Stage], rules_stage: Stage
) -> Floats:
    """Probabilities of stages; where the likeliest has no witness, hardly any for such.

    The headline is plain then, and the weights have gone by its nouns: the rules' stage is given
    what those had.
    """
    barred = np.array([Stage(label) in unwitnessed for label in labels])
    if not barred[int(np.argmax(found))]:
        return found
    weighed = np.where(barred, found * np.exp(UNWITNESSED), found)
    weighed[labels.index(rules_stage.value)] += found[barred].sum()
    return np.asarray(weighed / weighed.sum(), dtype=np.float32)


def speaking(
    reading: Reading, model: Model, space: str, head: Head, vector: Vector, place: int
) -> tuple[Evidence, ...]:
    """The words with the greatest weight for a label."""
    weights = head.contributions(vector, place)
    names = model.spaces[space].names
    pieces: list[Evidence] = []
    taken: list[Span] = []
    for index in np.argsort(-weights, kind="stable"):
        span = vector.spans[index]
        if weights[index] <= 0 or len(pieces) == _PIECES:
            break
        if span is None or names[vector.columns[index]][0] not in _SPEAKING:
            continue
        if not any(span[0] < end and start < span[1] for start, end in taken):
            taken.append(span)
            pieces.append(reading.span_evidence(span, f"learned-{space}"))
    return best(pieces)


def _reason(reading: Reading) -> str:
    said = {1: "a minor step or a comment", 2: "a step of note", 3: "a major step"}
    told = f"{said[reading.significance]}, by the weights learned (stage: {reading.stage.value}"
    if reading.parties:
        told += f"; parties: {', '.join(reading.parties)}"
    if reading.money:
        told += f"; {max(reading.money, key=lambda money: money.amount).evidence.text}"
    return told + ")"
