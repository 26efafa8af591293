"""The whole of training: labelled items in, a model with its scores out.

    items ─ rules' reading ─ features ─┬─ gate   → is it worth reading? (all items)
                                       ├─ text   → relevance            (all items)
                                       ├─ labels → themes, stage, significance   (relevant items)
                                       └─ party  → is this state a party?   (states named in them)

Each head is fitted five times with a fold left out; calibration, thresholds and scores come from
those predictions, the weights shipped from all items. Nothing is random: equal items give equal
weights.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from pipeline.assess.assessor import Assessor
from pipeline.assess.evaluate import Report, evaluate
from pipeline.assess.features import Found, gate_features, rule_features, text_features
from pipeline.assess.learned import Head, Model, Space
from pipeline.assess.party_features import party_features
from pipeline.assess.reading import Reading
from pipeline.assess.training.fit import Fitted, Plan, fit_head, folds_of
from pipeline.assess.training.items import Item
from pipeline.assess.training.matrix import Factor, one_hot, rows_of, space_of
from pipeline.assess.training.solve import Doubles
from schemas.assessment import Assessment, Stage, ThemeLabel
from schemas.rules import Rules

Progress = Callable[[str, int, int], None]
"""What is being done, steps done, steps in all."""

_COMMON = 2
"""Items that must have a feature for it to be kept."""
_COMMON_GATE = 3
_COMMON_STATES = 4
_SURE = 0.8
"""Measured on news of other events: from 0.5 to 0.8 F1 stays at 0.97, and false alarms on ordinary
news fall to less than a half."""
_PASSING = 0.985
"""Share of the relevant items that the gate lets through; more would cost reading time."""
_PENALTY = {
    "gate": 1.0,
    "relevance": 0.5,
    "themes": 0.5,
    "stage": 0.5,
    "significance": 1.0,
    "party": 2.0,
}


@dataclass(frozen=True, slots=True)
class Trained:
    """The model, and the scores of its readings of items that it was not trained on."""

    model: Model
    report: Report


@dataclass(frozen=True, slots=True)
class _Seen:
    """What training keeps of an item's reading."""

    item: Item
    passed: bool
    """The rules' gate lets it through."""
    assessment: Assessment
    words: tuple[Found, ...]
    text: tuple[Found, ...]
    rules: tuple[Found, ...]
    states: dict[str, tuple[Found, ...]]


def train(items: Sequence[Item], rules: Rules, progress: Progress) -> Trained:
    """Train on ``items`` (at least a few of every label) under ``rules``."""
    seen = list(_read(items, rules, progress))
    themes = tuple(sorted(theme.id for theme in rules.themes))
    progress("weights for relevance", 0, 3)
    spaces: dict[str, Space] = {}
    fitted: dict[str, Fitted] = {}
    spaces["gate"], fitted["gate"] = _gate(seen)
    spaces["text"], relevance = _binary(seen, [one.text for one in seen], "relevance", _COMMON)
    fitted["relevance"] = replace(relevance, head=_sure(relevance.head))
    progress("weights for themes, stage, significance", 1, 3)
    relevant = [one for one in seen if one.item.row["relevant"]]
    spaces["labels"], labels = _labels(relevant, themes)
    fitted.update(labels)
    progress("weights for parties", 2, 3)
    spaces["party"], fitted["party"] = _parties(relevant)
    progress("scores", 3, 3)
    model = Model(spaces, {name: fit.head for name, fit in fitted.items()}, {})
    given = _out_of_fold(seen, relevant, fitted)
    report = evaluate([one.item.row for one in seen], given, worst=0)
    return Trained(model, report)


def _read(items: Sequence[Item], rules: Rules, progress: Progress) -> "list[_Seen]":
    assessor = Assessor(rules, model_folder=None)
    seen = []
    for number, item in enumerate(items):
        progress("reading", number, len(items))
        reading = assessor.read_fully(item.document)
        seen.append(_seen(item, reading, assessor.ruleset))
    return seen


def _seen(item: Item, reading: Reading, ruleset: str) -> _Seen:
    return _Seen(
        item=item,
        passed=reading.passed,
        assessment=Assessment(
            document_id=item.document.id,
            ruleset=ruleset,
            relevant=False,
            relevance=0.0,
            language=reading.compiled.language,
            minerals=reading.minerals,
        ),
        words=tuple(gate_features(reading)),
        text=tuple(text_features(reading)),
        rules=tuple(rule_features(reading)),
        states={code: tuple(found) for code, found in party_features(reading).items()},
    )


def _gate(seen: Sequence[_Seen]) -> tuple[Space, Fitted]:
    """The gate's threshold is the highest that lets _PASSING of the relevant items through."""
    space, fitted = _binary(seen, [one.words for one in seen], "gate", _COMMON_GATE)
    relevant = [bool(one.item.row["relevant"]) for one in seen]
    missed = sum(relevant) - sum(one.passed for one in seen if one.item.row["relevant"])
    may_miss = round(sum(relevant) * (1 - _PASSING))
    asked = sorted(
        float(row[0])
        for one, row in zip(seen, fitted.out_of_fold, strict=True)
        if one.item.row["relevant"] and not one.passed
    )
    limit = asked[may_miss] if missed > may_miss else 1 - 1e-4
    head = replace(fitted.head, thresholds=np.array([limit], dtype=np.float32))
    return space, Fitted(head, fitted.out_of_fold)


def _sure(head: Head) -> Head:
    """The relevance head, with the threshold that ordinary news asks for.

    Two of three items are relevant; of ordinary news it is one in fifty, so a false alarm weighs
    more there than the best F1 over the items can know.
    """
    return replace(head, thresholds=np.array([_SURE], dtype=np.float32))


def _binary(
    seen: Sequence[_Seen], features: Sequence[Sequence[Found]], name: str, at_least: int
) -> tuple[Space, Fitted]:
    """A head that tells the relevant items from the others."""
    space = space_of(features, at_least)
    rows = rows_of(space, features)
    factor = Factor.of(rows)
    plan = Plan(name, ("relevant",), choice=False, penalty=_PENALTY[name])
    truth = one_hot(plan.labels, (["relevant"] * bool(one.item.row["relevant"]) for one in seen))
    folds = folds_of([one.item.fold for one in seen])
    return space, fit_head(plan, factor.lower, truth, folds, lambda w: factor.weights(rows, w))


def _labels(relevant: Sequence[_Seen], themes: tuple[str, ...]) -> tuple[Space, dict[str, Fitted]]:
    features = [(*one.text, *one.rules) for one in relevant]
    space = space_of(features, _COMMON)
    rows = rows_of(space, features)
    factor = Factor.of(rows)
    folds = folds_of([one.item.fold for one in relevant])
    given: dict[str, tuple[tuple[str, ...], list[list[str]]]] = {
        "themes": (themes, [list(one.item.row["themes"]) for one in relevant]),
        "stage": (
            tuple(stage.value for stage in Stage),
            [[one.item.row["stage"]] for one in relevant],
        ),
        "significance": (
            ("1", "2", "3"),
            [[str(one.item.row["significance"])] for one in relevant],
        ),
    }
    fitted = {}
    for name, (labels, rows_given) in given.items():
        plan = Plan(name, labels, choice=name != "themes", penalty=_PENALTY[name])
        fitted[name] = fit_head(
            plan,
            factor.lower,
            one_hot(labels, rows_given),
            folds,
            lambda w: factor.weights(rows, w),
        )
    return space, fitted


def _parties(relevant: Sequence[_Seen]) -> tuple[Space, Fitted]:
    features = [found for one in relevant for found in one.states.values()]
    space = space_of(features, _COMMON_STATES)
    x: Doubles = rows_of(space, features).dense(0, len(space.names)).astype(np.float64)
    plan = Plan("party", ("party",), choice=False, penalty=_PENALTY["party"])
    truth = one_hot(
        plan.labels,
        (["party"] * (code in one.item.row["parties"]) for one in relevant for code in one.states),
    )
    folds = folds_of([one.item.fold for one in relevant for _ in one.states])
    return space, fit_head(plan, x, truth, folds, lambda w: w.astype(np.float32))


def _out_of_fold(
    seen: Sequence[_Seen], relevant: Sequence[_Seen], fitted: dict[str, Fitted]
) -> list[Assessment]:
    """Every item as weights that never saw it read it."""
    heads = {name: fit.head for name, fit in fitted.items()}
    limit = heads["relevance"].thresholds[0]
    labelled = _labelled(relevant, fitted)
    given = []
    rows = zip(fitted["gate"].out_of_fold, fitted["relevance"].out_of_fold, strict=True)
    for one, ((words,), (probability,)) in zip(seen, rows, strict=True):
        passed = one.passed or words >= heads["gate"].thresholds[0]
        found = passed and probability >= limit
        full = labelled.get(one.item.document.id, one.assessment)
        given.append(
            replace(
                full if found else one.assessment,
                relevant=bool(found),
                relevance=float(probability) if passed else 0.0,
            )
        )
    return given


def _labelled(relevant: Sequence[_Seen], fitted: dict[str, Fitted]) -> dict[str, Assessment]:
    themes, stage = fitted["themes"], fitted["stage"]
    levels, party = fitted["significance"], fitted["party"]
    states = iter(party.out_of_fold[:, 0] >= party.head.thresholds[0])
    labelled = {}
    for place, one in enumerate(relevant):
        row = themes.out_of_fold[place]
        labelled[one.item.document.id] = replace(
            one.assessment,
            themes=tuple(
                ThemeLabel(label, float(row[n]))
                for n, label in enumerate(themes.head.labels)
                if row[n] >= themes.head.thresholds[n]
            ),
            stage=Stage(stage.head.labels[int(np.argmax(stage.out_of_fold[place]))]),
            significance=int(levels.head.labels[int(np.argmax(levels.out_of_fold[place]))]),
            parties=tuple(sorted(code for code in one.states if next(states))),
        )
    return labelled
