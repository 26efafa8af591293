"""Regularised logistic regression by L-BFGS, with numpy alone and the same result each time."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol, Self, TypeAlias

import numpy as np
import numpy.typing as npt

Doubles: TypeAlias = npt.NDArray[np.float64]
Objective: TypeAlias = Callable[[Doubles], tuple[float, Doubles]]

_ITERATIONS = 80
_MEMORY = 8
_SHRINK = 0.5
_ARMIJO = 1e-4


class Design(Protocol):
    """Items as rows of numbers, however they are kept."""

    @property
    def width(self) -> int:
        """Numbers an item has."""

    def times(self, weights: Doubles) -> Doubles:
        """``X weights`` (items x labels) for ``weights`` (width x labels)."""

    def gathered(self, slopes: Doubles) -> Doubles:
        """``Xᵀ slopes`` (width x labels) for ``slopes`` (items x labels)."""

    def part(self, chosen: npt.NDArray[np.bool_]) -> Self:
        """The items chosen."""


@dataclass(frozen=True, slots=True)
class Dense:
    """Items whose numbers are nearly all there: a plain matrix."""

    table: Doubles

    @property
    def width(self) -> int:
        """Numbers an item has."""
        return int(self.table.shape[1])

    def times(self, weights: Doubles) -> Doubles:
        """``X weights``."""
        return np.asarray(self.table @ weights, dtype=np.float64)

    def gathered(self, slopes: Doubles) -> Doubles:
        """``Xᵀ slopes``."""
        return np.asarray(self.table.T @ slopes, dtype=np.float64)

    def part(self, chosen: npt.NDArray[np.bool_]) -> "Dense":
        """The items chosen."""
        return Dense(self.table[chosen])


def fit_binary(x: Design, y: Doubles, penalty: float) -> tuple[Doubles, Doubles]:
    """Weights (width x labels) and bias for independent labels ``y`` (items x labels, 0/1).

    The objective is the sum of log losses plus ``penalty / 2`` times the squared weights.
    """

    def loss(logits: Doubles) -> tuple[float, Doubles]:
        p = 1 / (1 + np.exp(-np.clip(logits, -35, 35)))
        return float((np.logaddexp(0, logits) - y * logits).sum()), p - y

    return _fit(x, y.shape[1], penalty, loss)


def fit_choice(x: Design, y: Doubles, penalty: float) -> tuple[Doubles, Doubles]:
    """The same for labels of which exactly one holds (softmax)."""

    def loss(logits: Doubles) -> tuple[float, Doubles]:
        shifted = logits - logits.max(axis=1, keepdims=True)
        powers = np.exp(shifted)
        sums = powers.sum(axis=1, keepdims=True)
        value = float((np.log(sums)[:, 0] - (y * shifted).sum(axis=1)).sum())
        return value, powers / sums - y

    return _fit(x, y.shape[1], penalty, loss)


def _fit(
    x: Design, labels: int, penalty: float, loss: Callable[[Doubles], tuple[float, Doubles]]
) -> tuple[Doubles, Doubles]:
    features = x.width

    def objective(flat: Doubles) -> tuple[float, Doubles]:
        table = flat.reshape(features + 1, labels)
        weights, bias = table[:features], table[features]
        value, slope = loss(x.times(weights) + bias)
        gradient = np.vstack(
            [x.gathered(slope) + penalty * weights, slope.sum(axis=0, keepdims=True)]
        )
        return value + penalty / 2 * float((weights**2).sum()), gradient.ravel()

    table = minimise(objective, np.zeros((features + 1) * labels)).reshape(features + 1, labels)
    return table[:features], table[features]


def minimise(objective: Objective, start: Doubles) -> Doubles:
    """L-BFGS with back-tracking (Nocedal and Wright, Numerical Optimization, algorithm 7.5)."""
    point = start.copy()
    value, gradient = objective(point)
    steps: list[tuple[Doubles, Doubles]] = []
    for _ in range(_ITERATIONS):
        direction = -_two_loops(gradient, steps)
        slope = float(gradient @ direction)
        if slope > -1e-9:  # noqa: PLR2004 - nothing is left to gain
            break
        length = 1.0 if steps else min(1.0, 1 / float(np.abs(gradient).sum()))
        while True:
            nearer = point + length * direction
            new_value, new_gradient = objective(nearer)
            if new_value <= value + _ARMIJO * length * slope or length < 1e-10:  # noqa: PLR2004
                break
            length *= _SHRINK
        step, change = nearer - point, new_gradient - gradient
        if float(step @ change) > 1e-12:  # noqa: PLR2004 - else the curvature is no guide
            steps = [*steps, (step, change)][-_MEMORY:]
        done = abs(value - new_value) < 1e-7 * max(1.0, abs(value))
        point, value, gradient = nearer, new_value, new_gradient
        if done:
            break
    return point


def _two_loops(gradient: Doubles, steps: list[tuple[Doubles, Doubles]]) -> Doubles:
    """The gradient times an estimate of the inverse Hessian."""
    q = gradient.copy()
    seen: list[tuple[float, float]] = []
    for step, change in reversed(steps):
        rho = 1 / float(step @ change)
        alpha = rho * float(step @ q)
        q -= alpha * change
        seen.append((rho, alpha))
    if steps:
        step, change = steps[-1]
        q *= float(step @ change) / float(change @ change)
    for (step, change), (rho, alpha) in zip(steps, reversed(seen), strict=True):
        q += (alpha - rho * float(change @ q)) * step
    return q
