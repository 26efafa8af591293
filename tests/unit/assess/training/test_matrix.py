"""Items kept sparsely, and as rows of a factor: the same products, the same weights."""

import numpy as np
import pytest

from pipeline.assess.training.matrix import Factor, Sparse, rows_of, space_of
from pipeline.assess.training.solve import fit_binary

WORDS = ("lithium", "pact", "signed", "talks", "copper", "mine")


@pytest.fixture(scope="module")
def rows():
    random = np.random.default_rng(3)
    features = [
        [(f"w:a:{word}", 1.0, None) for word in WORDS if random.random() < 0.5] for _ in range(40)
    ]
    features[7] = []
    return rows_of(space_of(features, 1), features)


def plain(rows):
    return rows.dense(0, rows.width).astype(np.float64)


def test_products_are_those_of_the_plain_matrix(rows):
    random = np.random.default_rng(4)
    beside = random.normal(size=(40, 3)).astype(np.float32)
    items, table = Sparse.of(rows, beside), np.hstack([plain(rows), beside])
    weights, slopes = random.normal(size=(items.width, 2)), random.normal(size=(40, 2))
    assert items.times(weights) == pytest.approx(table @ weights)
    assert items.gathered(slopes) == pytest.approx(table.T @ slopes)


def test_a_part_has_the_items_chosen(rows):
    chosen = np.arange(40) % 3 == 1
    items, weights = Sparse.of(rows), np.arange(rows.width, dtype=float)[:, None]
    assert items.part(chosen).times(weights) == pytest.approx(plain(rows)[chosen] @ weights)


def test_weights_sought_among_items_are_those_sought_among_features(rows):
    y = (np.random.default_rng(5).random((40, 1)) < 0.4).astype(float)
    by_features, _ = fit_binary(Sparse.of(rows), y, penalty=0.5)
    factor = Factor.of(rows)
    by_items, _ = fit_binary(factor.lower, y, penalty=0.5)
    assert factor.weights(by_items) == pytest.approx(by_features, abs=0.01)
