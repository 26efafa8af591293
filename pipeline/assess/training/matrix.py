"""Features of many items as a sparse matrix, and the spaces in which weights are sought.

One label's weights are sought among the features as they are (`Sparse`): a pass over the numbers
that are there is quick. For many labels at once it is not. With far more features than items, the
best weights are a combination of the items' own vectors, so they are sought among these
combinations (`Factor`): the kernel matrix ``K = X Xᵀ`` is factored once
(Cholesky, ``K = L Lᵀ``), and a regression on the rows of ``L`` has the same optimum as one on ``X``
(the representer theorem), at a fraction of the work.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from pipeline.assess.features import Found
from pipeline.assess.learned import Floats, Space, Vector, make_space
from pipeline.assess.training.solve import Dense, Doubles

_BLOCK = 4000
_JITTER = 1e-3
"""Added to the diagonal of K (about 6) so that equal items do not make it singular."""


def space_of(rows: Iterable[Sequence[Found]], at_least: int) -> Space:
    """The features that ``at_least`` so many items have, with their rarity log(1 + N/n)."""
    counts: Counter[str] = Counter()
    items = 0
    for row in rows:
        counts.update({name for name, _, _ in row})
        items += 1
    kept = sorted(name for name, count in counts.items() if count >= at_least)
    rarity = [_rarity(name, counts[name], items) for name in kept]
    return make_space(kept, np.array(rarity, dtype=np.float32))


def _rarity(name: str, count: int, items: int) -> float:
    """Of words and shapes; classes, patterns and numbers count as they are."""
    return 1.0 if name[0] in "cpn" else float(np.log(1 + items / count))


@dataclass(frozen=True, slots=True)
class Rows:
    """Vectors of items over a space of ``width`` features."""

    vectors: tuple[Vector, ...]
    width: int

    def dense(self, start: int, end: int) -> Floats:
        """The columns ``start`` to ``end`` as a plain matrix."""
        block = np.zeros((len(self.vectors), end - start), dtype=np.float32)
        for row, vector in enumerate(self.vectors):
            inside = (vector.columns >= start) & (vector.columns < end)
            block[row, vector.columns[inside] - start] = vector.values[inside]
        return block

    def kernel(self) -> Doubles:
        """``X Xᵀ``."""
        total: Doubles = np.zeros((len(self.vectors), len(self.vectors)))
        for start in range(0, self.width, _BLOCK):
            block = self.dense(start, min(start + _BLOCK, self.width))
            total += block @ block.T
        return total

    def combined(self, shares: Doubles) -> Floats:
        """``Xᵀ shares``: weights of features from the items' shares in them."""
        parts = [
            self.dense(start, min(start + _BLOCK, self.width)).T @ shares
            for start in range(0, self.width, _BLOCK)
        ]
        return np.concatenate(parts).astype(np.float32)


@dataclass(frozen=True, slots=True, eq=False)
class Sparse:
    """The numbers that are not nought, in the order of the items; then dense columns, if any."""

    values: Doubles
    columns: npt.NDArray[np.int64]
    counts: npt.NDArray[np.int64]
    """How many of the numbers each item has."""
    named: int
    """Columns of named features; those of ``dense`` follow."""
    dense: Doubles

    @classmethod
    def of(cls, rows: Rows, dense: Floats | None = None) -> "Sparse":
        """The vectors of ``rows``; ``dense`` are columns (items x numbers) beside them."""
        items = len(rows.vectors)
        beside = np.empty((items, 0)) if dense is None else dense
        return cls(
            values=np.concatenate([v.values for v in rows.vectors]).astype(np.float64),
            columns=np.concatenate([v.columns for v in rows.vectors]),
            counts=np.array([len(v.columns) for v in rows.vectors]),
            named=rows.width,
            dense=beside.astype(np.float64),
        )

    @property
    def width(self) -> int:
        """Numbers an item has, noughts and all."""
        return self.named + int(self.dense.shape[1])

    @property
    def _items(self) -> npt.NDArray[np.int64]:
        return np.repeat(np.arange(len(self.counts)), self.counts)

    def times(self, weights: Doubles) -> Doubles:
        """``X weights``."""
        told = [
            np.bincount(self._items, self.values * own[self.columns], len(self.counts))
            for own in np.ascontiguousarray(weights.T)
        ]
        return np.stack(told, axis=1) + self.dense @ weights[self.named :]

    def gathered(self, slopes: Doubles) -> Doubles:
        """``Xᵀ slopes``."""
        told = [
            np.bincount(self.columns, self.values * np.repeat(own, self.counts), self.named)
            for own in np.ascontiguousarray(slopes.T)
        ]
        return np.concatenate([np.stack(told, axis=1), self.dense.T @ slopes])

    def part(self, chosen: npt.NDArray[np.bool_]) -> "Sparse":
        """The items chosen."""
        kept = np.repeat(chosen, self.counts)
        return Sparse(
            self.values[kept],
            self.columns[kept],
            self.counts[chosen],
            self.named,
            self.dense[chosen],
        )


@dataclass(frozen=True, slots=True, eq=False)
class Factor:
    """The Cholesky factor of the items' kernel matrix; its rows stand for the items."""

    rows: Rows
    lower: Dense

    @classmethod
    def of(cls, rows: Rows) -> "Factor":
        """Factor ``X Xᵀ``."""
        kernel = rows.kernel()
        kernel[np.diag_indices_from(kernel)] += _JITTER
        return cls(rows, Dense(np.asarray(np.linalg.cholesky(kernel), dtype=np.float64)))

    def weights(self, found: Doubles) -> Floats:
        """Weights of features from weights of the factor's columns."""
        return self.rows.combined(
            np.asarray(np.linalg.solve(self.lower.table.T, found), dtype=np.float64)
        )


def rows_of(space: Space, features: Iterable[Sequence[Found]]) -> Rows:
    """Each item's vector."""
    return Rows(tuple(space.vector(row) for row in features), len(space.names))


def one_hot(labels: Sequence[str], given: Iterable[Iterable[str]]) -> Doubles:
    """Items x labels, 1 where the item has the label."""
    sets = [set(names) for names in given]
    table: npt.NDArray[np.float64] = np.array(
        [[float(label in names) for label in labels] for names in sets]
    ).reshape(len(sets), len(labels))
    return table
