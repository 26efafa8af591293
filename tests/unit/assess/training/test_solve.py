"""The solver finds optima that can be known otherwise."""

import numpy as np
import pytest

from pipeline.assess.training.fit import best_threshold
from pipeline.assess.training.solve import Dense, fit_binary, fit_choice, minimise


def test_a_quadratic_is_minimised():
    centre = np.array([3.0, -2.0, 0.5])
    scale = np.array([1.0, 10.0, 100.0])

    def objective(x):
        return float((scale * (x - centre) ** 2).sum()), 2 * scale * (x - centre)

    assert minimise(objective, np.zeros(3)) == pytest.approx(centre, abs=1e-3)


def test_without_features_the_bias_is_the_log_odds():
    y = np.array([[1.0], [1.0], [1.0], [0.0]])
    _, bias = fit_binary(Dense(np.zeros((4, 1))), y, penalty=1.0)
    assert bias[0] == pytest.approx(np.log(3), abs=1e-3)


def test_at_the_optimum_the_gradient_is_nought():
    random = np.random.default_rng(1)
    x = random.normal(size=(60, 5))
    y = np.eye(3)[random.integers(0, 3, 60)]
    weights, bias = fit_choice(Dense(x), y, penalty=0.7)
    logits = x @ weights + bias
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    errors = powers / powers.sum(axis=1, keepdims=True) - y
    assert np.abs(x.T @ errors + 0.7 * weights).max() < 0.05


def test_a_threshold_parts_what_can_be_parted():
    truth = np.array([False] * 20 + [True] * 20)
    told = np.where(truth, 0.7, 0.4).astype(np.float32)
    assert 0.4 < best_threshold(told, truth) <= 0.7
