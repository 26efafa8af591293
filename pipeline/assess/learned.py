"""The learned half of judgement: linear heads over named features, with numpy alone.

A *space* turns features into a vector: each group of features is weighted by rarity and brought to
the same length, so that a long text weighs no more than a headline. A *head* is a matrix of
weights over a space; its scores are calibrated (Platt scaling, or one temperature for a choice
among labels) on predictions for items that it was not trained on.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeAlias
from zipfile import BadZipFile

import numpy as np
import numpy.typing as npt
from spacy.strings import get_string_id

from pipeline.assess.features import Found
from pipeline.assess.model_files import DESCRIPTION, PACKAGE_MODEL, WEIGHTS
from pipeline.assess.patterns import Span
from pipeline.errors import ConfigError

Floats: TypeAlias = npt.NDArray[np.float32]

_BETWEEN = "\0"
"""Between names in the file; no text that is read has it."""

_TEXT = {"w": 1.0, "b": 0.7, "s": 0.7, "k": 0.7, "x": 1.0}
_RULES = {"c": 1.0, "p": 1.0, "n": 0.5}
SCALES = {"g": 1.0, **_TEXT, **_RULES}
"""Length that each group of features is brought to; numbers (`n`) are only multiplied."""
_AS_THEY_ARE = frozenset("n")


@dataclass(frozen=True, slots=True)
class Vector:
    """The features of one text that a space knows: columns, values, places."""

    columns: npt.NDArray[np.int64]
    values: Floats
    spans: tuple[Span | None, ...]


@dataclass(frozen=True, slots=True)
class Space:
    """Known features in a fixed order, with their weights of rarity."""

    names: tuple[str, ...]
    columns: Mapping[str, int]
    rarity: Floats
    groups: npt.NDArray[np.int64]

    def vector(self, features: Iterable[Found]) -> Vector:
        """The known ones among ``features``, each once with its greatest value."""
        found: dict[int, tuple[float, Span | None]] = {}
        for name, value, span in features:
            column = self.columns.get(name)
            if column is not None and (column not in found or found[column][0] < value):
                found[column] = (value, span)
        columns = np.fromiter(found, dtype=np.int64, count=len(found))
        values = np.fromiter((value for value, _ in found.values()), np.float32, len(found))
        values *= self.rarity[columns]
        return Vector(columns, self._scaled(columns, values), tuple(s for _, s in found.values()))

    def _scaled(self, columns: npt.NDArray[np.int64], values: Floats) -> Floats:
        """Each group brought to the length of SCALES."""
        groups = self.groups[columns]
        squares = np.bincount(groups, weights=values * values, minlength=len(SCALES))
        factors = np.empty(len(SCALES), dtype=np.float32)
        for place, (group, scale) in enumerate(SCALES.items()):
            length = 1.0 if group in _AS_THEY_ARE else float(np.sqrt(squares[place]))
            factors[place] = scale / length if length else 0.0
        scaled: Floats = (values * factors[groups]).astype(np.float32)
        return scaled


@dataclass(frozen=True, slots=True)
class Head:
    """Weights for some labels. ``choice``: exactly one of the labels holds."""

    labels: tuple[str, ...]
    choice: bool
    weights: Floats
    """Features x labels."""
    bias: Floats
    slope: Floats
    shift: Floats
    """Calibration: probability = logistic(slope * logit + shift), or softmax(slope * logits)."""
    thresholds: Floats
    dense: Floats | None = None
    """Numbers of `pipeline.assess.sense` x labels, where the head sees those too."""

    def probabilities(self, vector: Vector, sense: Floats | None = None) -> Floats:
        """The calibrated probability of each label."""
        logits = vector.values @ self.weights[vector.columns] + self.bias
        if self.dense is not None and sense is not None:
            logits = logits + sense @ self.dense
        return self.calibrated(logits)

    def calibrated(self, logits: Floats) -> Floats:
        """Logits (of one text, or a row each of several) as probabilities."""
        scaled = logits * self.slope + self.shift
        if not self.choice:
            return np.asarray(1 / (1 + np.exp(-np.clip(scaled, -35, 35))), dtype=np.float32)
        powers = np.exp(scaled - scaled.max(axis=-1, keepdims=True))
        return np.asarray(powers / powers.sum(axis=-1, keepdims=True), dtype=np.float32)

    def contributions(self, vector: Vector, label: int) -> Floats:
        """What each feature of ``vector`` adds to the label's calibrated logit."""
        own = self.weights[vector.columns, label]
        if self.choice:
            own = own - self.weights[vector.columns].mean(axis=1)
        return np.asarray(vector.values * own * self.slope[label], dtype=np.float32)


@dataclass(frozen=True, slots=True, eq=False)
class Model:
    """Spaces and heads by name: gate, likely, relevance, themes, stage, significance, party."""

    spaces: Mapping[str, Space]
    heads: Mapping[str, Head]
    description: Mapping[str, Any]

    def space_of(self, head: str) -> Space:
        """The space that a head is over."""
        return self.spaces[SPACE_OF[head]]

    def reads(self, themes: Iterable[str]) -> bool:
        """Whether it was trained for this thesis: it knows one of its themes at least."""
        return not set(themes).isdisjoint(self.heads["themes"].labels)


@lru_cache(maxsize=2)
def gate_weights(model: Model) -> tuple[Mapping[int, complex], float, float]:
    """Word → (what it adds, its squared length); the least weight to pass; the one enough.

    A word is known by spaCy's number for it, which is the same in the vocabulary of every language:
    one table serves all. A text's weight is the sum of what its words add over the root of their
    squared lengths, as `Space.vector` has it; a complex number so that one sum gives both.
    """
    head, space = model.heads["gate"], model.spaces["gate"]
    rarity = space.rarity.astype(np.float64)
    adds = head.weights[:, 0].astype(np.float64) * head.slope[0] * rarity * SCALES["g"]
    start = float(head.bias[0] * head.slope[0] + head.shift[0])
    floor, enough = (np.log(head.thresholds / (1 - head.thresholds)) - start).tolist()
    words = (get_string_id(name.split(":", 2)[2]) for name in space.names)
    return dict(zip(words, (adds + 1j * rarity**2).tolist(), strict=True)), floor, enough


SPACE_OF = {
    "gate": "gate",
    "likely": "text",
    "relevance": "text",
    "themes": "labels",
    "stage": "labels",
    "significance": "labels",
    "party": "party",
}


def level_of(probabilities: Floats, labels: Sequence[str]) -> int:
    """The level with the least expected squared distance from the true one.

    Levels are an order, not a mere choice: to call a comment (1) a major step (3) is worse than two
    errors of one level.
    """
    levels = np.array([int(label) for label in labels])
    cost = (levels[:, None] - levels[None, :]) ** 2 @ probabilities
    return int(levels[int(np.argmin(cost))])


def make_space(names: Iterable[str], rarity: Floats) -> Space:
    """A space of features in the order given."""
    kept = tuple(names)
    order = {group: place for place, group in enumerate(SCALES)}
    groups = np.array([order[name[0]] for name in kept], dtype=np.int64)
    return Space(kept, {name: i for i, name in enumerate(kept)}, rarity, groups)


@lru_cache(maxsize=2)
def load_model(folder: Path = PACKAGE_MODEL) -> Model | None:
    """Read a model; None where the folder has none, so that the rules alone judge.

    Raises:
        ConfigError: the files are there but cannot be used.
    """
    if not (folder / WEIGHTS).is_file():
        return None
    try:
        description = json.loads((folder / DESCRIPTION).read_text(encoding="utf-8"))
        with np.load(folder / WEIGHTS, allow_pickle=False) as arrays:
            return _model(description, arrays)
    except (OSError, ValueError, KeyError, BadZipFile) as error:
        raise ConfigError(
            f"{folder}: the model cannot be read: {error}", mend="run: mineralwatch train"
        ) from error


def _model(description: dict[str, Any], arrays: Any) -> Model:
    spaces = {
        name: make_space(
            arrays[f"{name}.names"].tobytes().decode().split(_BETWEEN),
            arrays[f"{name}.rarity"].astype(np.float32),
        )
        for name in set(SPACE_OF.values())
    }
    heads = {
        name: Head(
            labels=tuple(told["labels"]),
            choice=told["choice"],
            weights=arrays[f"{name}.weights"].astype(np.float32),
            bias=np.array(told["bias"], dtype=np.float32),
            slope=np.array(told["slope"], dtype=np.float32),
            shift=np.array(told["shift"], dtype=np.float32),
            thresholds=np.array(told["thresholds"], dtype=np.float32),
            dense=arrays[f"{name}.dense"].astype(np.float32) if told["dense"] else None,
        )
        for name, told in description["heads"].items()
    }
    return Model(spaces, heads, description)


def save_model(model: Model, folder: Path) -> None:
    """Write ``weights.npz`` and ``model.json``; weights are kept as 16-bit numbers."""
    arrays: dict[str, Any] = {}
    for name, space in model.spaces.items():
        arrays[f"{name}.names"] = np.frombuffer(_BETWEEN.join(space.names).encode(), dtype=np.uint8)
        arrays[f"{name}.rarity"] = space.rarity.astype(np.float16)
    for name, head in model.heads.items():
        arrays[f"{name}.weights"] = head.weights.astype(np.float16)
        if head.dense is not None:
            arrays[f"{name}.dense"] = head.dense.astype(np.float16)
    folder.mkdir(parents=True, exist_ok=True)
    np.savez_compressed(folder / WEIGHTS, **arrays)
    told = {
        **model.description,
        "heads": {name: _described(head) for name, head in model.heads.items()},
    }
    text = json.dumps(told, ensure_ascii=False, indent=1, sort_keys=True)
    (folder / DESCRIPTION).write_text(text + "\n", encoding="utf-8")


def _described(head: Head) -> dict[str, Any]:
    def plain(values: Floats) -> list[float]:
        return [round(float(value), 5) for value in values]

    return {
        "labels": list(head.labels),
        "choice": head.choice,
        "dense": head.dense is not None,
        "bias": plain(head.bias),
        "slope": plain(head.slope),
        "shift": plain(head.shift),
        "thresholds": plain(head.thresholds),
    }
