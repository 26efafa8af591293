"""The whole of training: labelled items in, a model with its scores out.

    items ─ rules' reading ─ features ─┬─ gate   → is it worth reading? (all items)
                                       ├─ text   → likely; with its sense: relevance    (all items)
                                       ├─ labels → themes, stage, significance   (relevant items)
                                       └─ party  → is this state a party?   (states named in them)

Each head is fitted five times with a fold left out; calibration, thresholds and scores come from
those predictions, the weights shipped from all items. Nothing is random: equal items give equal
weights.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from pipeline.assess.evaluate import Report, evaluate
from pipeline.assess.judge import witnessed
from pipeline.assess.learned import Floats, Head, Model, Space, level_of
from pipeline.assess.training.fit import Fitted, Plan, fit_head, folds_of
from pipeline.assess.training.items import Item
from pipeline.assess.training.matrix import Factor, Sparse, one_hot, rows_of, space_of
from pipeline.assess.training.read import Progress, Seen, read_items
from pipeline.assess.training.solve import Doubles
from schemas.assessment import Assessment, Stage, ThemeLabel
from schemas.rules import Rules

_COMMON = 2
"""Items that must have a feature for it to be kept."""
_COMMON_GATE = 3
_COMMON_LABELS = 3
_COMMON_STATES = 4
_SURE = 0.76
"""Measured on news of other events: docs/quality.md has the trade of recall for false alarms."""
_UNLIKELY = 0.025
"""Share of the relevant items that their words alone make so unlikely that no more is asked."""
_CERTAIN = 0.96
"""Probability by the words alone from which no more is asked: of some 2,000 relevant items above
it, the sense of the whole would have judged about fifteen otherwise."""
_DROPPED = 0.02
"""Share of the relevant items that the rules let pass and the words do not."""
_PASSING = 0.945
"""Share of the relevant items that the gate lets through in all; more would cost reading time."""
_PENALTY = {
    "gate": 1.0,
    "likely": 0.2,
    "relevance": 0.2,
    "themes": 0.3,
    "stage": 0.3,
    "significance": 0.5,
    "party": 2.0,
}


@dataclass(frozen=True, slots=True)
class Trained:
    """The model, and the scores of its readings of items that it was not trained on."""

    model: Model
    report: Report
    by_file: Mapping[str, Report]
    """The same for the items of each file that stands in the folder itself (gold, say)."""


def train(items: Sequence[Item], rules: Rules, progress: Progress) -> Trained:
    """Train on ``items`` (at least a few of every label) under ``rules``."""
    seen = read_items(items, rules, progress)
    themes = tuple(sorted(theme.id for theme in rules.themes))
    progress("weights for relevance", 0, 3)
    spaces: dict[str, Space] = {}
    fitted: dict[str, Fitted] = {}
    spaces["gate"], fitted["gate"] = _gate(seen)
    spaces["text"], fitted["likely"], fitted["relevance"] = _relevance(seen)
    progress("weights for themes, stage, significance", 1, 3)
    relevant = [one for one in seen if one.item.row["relevant"]]
    spaces["labels"], labels = _labels(relevant, themes)
    fitted.update(labels)
    progress("weights for parties", 2, 3)
    spaces["party"], fitted["party"] = _parties(relevant)
    progress("scores", 3, 3)
    model = Model(spaces, {name: fit.head for name, fit in fitted.items()}, {})
    given = _out_of_fold(seen, relevant, fitted)
    files: dict[str, list[tuple[Mapping[str, Any], Assessment]]] = defaultdict(list)
    for one, read in zip(seen, given, strict=True):
        files[one.item.file].append((one.item.row, read))
    return Trained(
        model,
        report=evaluate([one.item.row for one in seen], given, worst=0),
        by_file={
            name: evaluate([row for row, _ in pairs], [read for _, read in pairs], worst=0)
            for name, pairs in files.items()
            if name and "/" not in name
        },
    )


def _gate(seen: Sequence[Seen]) -> tuple[Space, Fitted]:
    """The head over words alone, with two thresholds: too little, and enough without the rules."""
    words = [one.words for one in seen]
    space = space_of(words, _COMMON_GATE)
    fitted = _binary(seen, Sparse.of(rows_of(space, words)), "gate")
    found = fitted.out_of_fold[:, 0]
    relevant = np.array([bool(one.item.row["relevant"]) for one in seen])
    passed = np.array([one.passed for one in seen])
    floor = float(np.quantile(found[relevant & passed], _DROPPED))
    kept = int((relevant & passed & (found >= floor)).sum())
    others = np.sort(found[relevant & ~passed])[::-1]
    wanted = int(np.ceil(_PASSING * relevant.sum())) - kept
    enough = float(others[min(wanted, len(others)) - 1]) if wanted > 0 and len(others) else 1.0
    limits = np.clip([floor, max(enough, floor)], 1e-6, 1 - 1e-6).astype(np.float32)
    return space, Fitted(replace(fitted.head, thresholds=limits), fitted.out_of_fold)


def _relevance(seen: Sequence[Seen]) -> tuple[Space, Fitted, Fitted]:
    """The head over words alone, then the one that sees the whole text's sense as well.

    The second is asked between the thresholds of the first. That of the
    second is what ordinary news asks for: of the items every second one is relevant, of ordinary
    news one in fifty, so a false alarm weighs more there than the best F1 over the items can know.
    """
    texts = [one.text for one in seen]
    space = space_of(texts, _COMMON)
    rows = rows_of(space, texts)
    likely = _binary(seen, Sparse.of(rows), "likely")
    dense = np.stack([one.sense for one in seen])
    whole = _binary(seen, Sparse.of(rows, dense), "relevance")
    told = [bool(one.item.row["relevant"]) for one in seen]
    least = float(np.quantile(likely.out_of_fold[told, 0], _UNLIKELY))
    named = whole.head.weights[: len(space.names)]
    head = replace(whole.head, weights=named, dense=whole.head.weights[len(space.names) :])
    return space, _at(likely, likely.head, least, _CERTAIN), _at(whole, head, _SURE)


def _at(fitted: Fitted, head: Head, *limits: float) -> Fitted:
    return Fitted(replace(head, thresholds=np.array(limits, dtype=np.float32)), fitted.out_of_fold)


def _binary(seen: Sequence[Seen], items: Sparse, name: str) -> Fitted:
    """A head that tells the relevant items from the others."""
    plan = Plan(name, ("relevant",), choice=False, penalty=_PENALTY[name])
    truth = one_hot(plan.labels, (["relevant"] * bool(one.item.row["relevant"]) for one in seen))
    folds = folds_of([one.item.fold for one in seen])
    return fit_head(plan, items, truth, folds, _as_floats)


def _as_floats(weights: Doubles) -> Floats:
    return weights.astype(np.float32)


def _labels(relevant: Sequence[Seen], themes: tuple[str, ...]) -> tuple[Space, dict[str, Fitted]]:
    features = [(*one.text, *one.rules) for one in relevant]
    space = space_of(features, _COMMON_LABELS)
    factor = Factor.of(rows_of(space, features))
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
            factor.weights,
        )
    return space, fitted


def _parties(relevant: Sequence[Seen]) -> tuple[Space, Fitted]:
    features = [found for one in relevant for found in one.states.values()]
    space = space_of(features, _COMMON_STATES)
    named = Sparse.of(rows_of(space, features))
    plan = Plan("party", ("party",), choice=False, penalty=_PENALTY["party"])
    truth = one_hot(
        plan.labels,
        (["party"] * (code in one.item.row["parties"]) for one in relevant for code in one.states),
    )
    folds = folds_of([one.item.fold for one in relevant for _ in one.states])
    return space, fit_head(plan, named, truth, folds, _as_floats)


def _out_of_fold(
    seen: Sequence[Seen], relevant: Sequence[Seen], fitted: dict[str, Fitted]
) -> list[Assessment]:
    """Every item as weights that never saw it read it."""
    heads = {name: fit.head for name, fit in fitted.items()}
    limit = heads["relevance"].thresholds[0]
    labelled = _labelled(relevant, fitted)
    given = []
    names = ("gate", "likely", "relevance")
    rows = zip(*(fitted[name].out_of_fold[:, 0] for name in names), strict=True)
    for one, (words, likely, probability) in zip(seen, rows, strict=True):
        floor, enough = heads["gate"].thresholds
        passed = (one.passed and words >= floor) or words >= enough
        least, certain = heads["likely"].thresholds
        found = passed and (likely >= certain or (likely >= least and probability >= limit))
        full = labelled.get(one.item.document.id, one.assessment)
        given.append(
            replace(
                full if found else one.assessment,
                relevant=bool(found),
                relevance=float(probability) if passed else 0.0,
            )
        )
    return given


def _labelled(relevant: Sequence[Seen], fitted: dict[str, Fitted]) -> dict[str, Assessment]:
    themes, stage = fitted["themes"], fitted["stage"]
    levels, party = fitted["significance"], fitted["party"]
    states = iter(party.out_of_fold[:, 0] >= party.head.thresholds[0])
    labelled = {}
    for place, one in enumerate(relevant):
        row = themes.out_of_fold[place]
        stages = witnessed(
            stage.out_of_fold[place], stage.head.labels, one.unwitnessed, one.rules_stage
        )
        labelled[one.item.document.id] = replace(
            one.assessment,
            themes=tuple(
                ThemeLabel(label, float(row[n]))
                for n, label in enumerate(themes.head.labels)
                if row[n] >= themes.head.thresholds[n]
            ),
            stage=Stage(stage.head.labels[int(np.argmax(stages))]),
            significance=level_of(levels.out_of_fold[place], levels.head.labels),
            parties=tuple(sorted(code for code in one.states if next(states))),
        )
    return labelled
