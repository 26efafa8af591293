"""Fitting one head: out-of-fold predictions, calibration on them, then weights from all items."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from pipeline.assess.learned import Floats, Head
from pipeline.assess.training.items import FOLDS
from pipeline.assess.training.solve import Dense, Design, Doubles, fit_binary, fit_choice

_GRID = np.round(np.arange(0.2, 0.801, 0.01), 2)
_SMOOTH = 9
"""Width over which F1 is averaged when a threshold is chosen: the peak itself is partly chance."""


@dataclass(frozen=True, slots=True)
class Plan:
    """How a head is to be fitted."""

    name: str
    labels: tuple[str, ...]
    choice: bool
    penalty: float


@dataclass(frozen=True, slots=True)
class Fitted:
    """A head with its calibrated out-of-fold probabilities (items x labels)."""

    head: Head
    out_of_fold: Floats


def fit_head(
    plan: Plan,
    x: Design,
    y: Doubles,
    folds: npt.NDArray[np.int64],
    weights_of: Callable[[Doubles], Floats],
) -> Fitted:
    """Fit ``plan`` to the items ``x`` with labels ``y``; ``weights_of`` maps back to features."""
    fit = fit_choice if plan.choice else fit_binary
    logits = np.zeros_like(y)
    for fold in range(FOLDS):
        test = folds == fold
        if not test.any():
            continue
        found, bias = fit(x.part(~test), y[~test], plan.penalty)
        logits[test] = x.part(test).times(found) + bias
    found, bias = fit(x, y, plan.penalty)
    slope, shift = (_temperature if plan.choice else _platt)(logits, y)
    head = Head(
        labels=plan.labels,
        choice=plan.choice,
        weights=weights_of(found),
        bias=bias.astype(np.float32),
        slope=slope,
        shift=shift,
        thresholds=np.full(len(plan.labels), 0.5, dtype=np.float32),
    )
    probabilities = head.calibrated(logits.astype(np.float32))
    if not plan.choice:
        head = _with_thresholds(head, probabilities, y)
    return Fitted(head, probabilities)


def _platt(logits: Doubles, y: Doubles) -> tuple[Floats, Floats]:
    """Slope and shift for each label (Platt 1999), by a regression on one feature."""
    slopes, shifts = [], []
    for label in range(y.shape[1]):
        slope, shift = fit_binary(Dense(logits[:, [label]]), y[:, [label]], penalty=1e-3)
        slopes.append(max(float(slope[0, 0]), 0.05))
        shifts.append(float(shift[0]))
    return np.array(slopes, dtype=np.float32), np.array(shifts, dtype=np.float32)


def _temperature(logits: Doubles, y: Doubles) -> tuple[Floats, Floats]:
    """One slope for all labels: the one with the least log loss."""

    def loss(slope: float) -> float:
        scaled = logits * slope
        scaled -= scaled.max(axis=1, keepdims=True)
        told = (scaled * y).sum(axis=1) - np.log(np.exp(scaled).sum(axis=1))
        return -float(told.mean())

    best = min(np.round(np.arange(0.2, 2.01, 0.02), 2), key=loss)
    labels = y.shape[1]
    return np.full(labels, best, dtype=np.float32), np.zeros(labels, dtype=np.float32)


def _with_thresholds(head: Head, probabilities: Floats, y: Doubles) -> Head:
    chosen = [best_threshold(probabilities[:, n], y[:, n] > 0) for n in range(y.shape[1])]
    return Head(
        labels=head.labels,
        choice=head.choice,
        weights=head.weights,
        bias=head.bias,
        slope=head.slope,
        shift=head.shift,
        thresholds=np.array(chosen, dtype=np.float32),
    )


def best_threshold(probabilities: Floats, truth: npt.NDArray[np.bool_]) -> float:
    """The threshold with the best F1, smoothed over its neighbours."""
    scores = np.array([_f1(probabilities >= limit, truth) for limit in _GRID])
    padded = np.pad(scores, _SMOOTH // 2, mode="edge")
    smooth = np.convolve(padded, np.ones(_SMOOTH) / _SMOOTH, mode="valid")
    return float(_GRID[int(np.argmax(smooth))])


def _f1(given: npt.NDArray[np.bool_], truth: npt.NDArray[np.bool_]) -> float:
    both = float((given & truth).sum())
    return 2 * both / max(1.0, float(given.sum() + truth.sum()))


def folds_of(folds: Sequence[int]) -> npt.NDArray[np.int64]:
    """Fold numbers as an array."""
    return np.array(folds, dtype=np.int64)
