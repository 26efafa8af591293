"""Telling what learned weights made of a reading: each label's sum, part by part."""

from collections.abc import Iterator

import numpy as np

from pipeline.assess.features import in_words
from pipeline.assess.judge import UNWITNESSED, stage_probabilities
from pipeline.assess.learned import SPACE_OF, Head, Model, Vector
from pipeline.assess.party_features import party_features
from pipeline.assess.reading import Reading
from schemas.assessment import Stage
from schemas.explanation import Contribution, LabelExplanation, LabelKind, PartyExplanation

_SHOWN = 12
"""Contributions told of one label, the weightiest; the rest add little each."""
_LEAST = 0.02


def explain_learned(reading: Reading, model: Model) -> dict[tuple[str, str], LabelExplanation]:
    """(kind, id) → explanation, for every label that the model has a head for."""
    chosen = {"stage": reading.stage.value, "significance": str(reading.significance)}
    given = {label.id for label in reading.themes}
    found: dict[tuple[str, str], LabelExplanation] = {}
    for name, head, kind, vector in _heads(reading, model):
        probabilities = (
            stage_probabilities(reading, head, vector)
            if kind == "stage"
            else head.probabilities(vector, reading.sense)
        )
        for place, label in enumerate(head.labels):
            holds = (
                label == chosen[kind]
                if head.choice
                else (reading.relevant if kind == "relevance" else label in given)
            )
            # Of a choice the likeliest label is given: that is what the others had to reach.
            limit = probabilities.max() if head.choice else head.thresholds[place]
            found[kind, label] = LabelExplanation(
                kind=kind,
                id=label,
                given=holds,
                score=round(float(probabilities[place]), 4),
                threshold=round(float(limit), 4),
                contributions=tuple(_contributions(reading, model, name, vector, place)),
            )
    return found


def explain_learned_parties(reading: Reading, model: Model) -> tuple[PartyExplanation, ...]:
    """Every state that is named, as the party head weighs it."""
    head, space = model.heads["party"], model.spaces["party"]
    told = []
    for code, features in party_features(reading).items():
        vector = space.vector(features)
        told.append(
            PartyExplanation(
                code=code,
                given=code in reading.parties,
                score=round(float(head.probabilities(vector)[0]), 4),
                threshold=round(float(head.thresholds[0]), 4),
                contributions=tuple(_contributions(reading, model, "party", vector, 0)),
            )
        )
    return tuple(told)


def _heads(reading: Reading, model: Model) -> Iterator[tuple[str, Head, LabelKind, Vector]]:
    """The heads that judged the reading: of relevance, the one that had the last word."""
    kinds: tuple[tuple[str, LabelKind], ...] = (
        ("likely" if reading.sense is None else "relevance", "relevance"),
        ("themes", "theme"),
        ("stage", "stage"),
        ("significance", "significance"),
    )
    for name, kind in kinds:
        vector = reading.vectors[SPACE_OF[name]]
        yield name, model.heads[name], kind, vector


def _contributions(
    reading: Reading, model: Model, name: str, vector: Vector, place: int
) -> Iterator[Contribution]:
    head = model.heads[name]
    names = model.space_of(name).names
    if head.dense is not None and reading.sense is not None:
        weight = float(reading.sense @ head.dense[:, place] * head.slope[place])
        yield Contribution("what the text is about as a whole", round(weight, 4), None)
    if name == "stage" and Stage(head.labels[place]) in reading.unwitnessed:
        yield Contribution("no word of this step beside the headline's", UNWITNESSED, None)
    weights = head.contributions(vector, place)
    for index in np.argsort(-np.abs(weights), kind="stable")[:_SHOWN]:
        weight = round(float(weights[index]), 4)
        if abs(weight) < _LEAST:
            break
        span = vector.spans[index]
        evidence = reading.span_evidence(span, f"learned-{name}") if span else None
        yield Contribution(in_words(names[vector.columns[index]]), weight, evidence)
