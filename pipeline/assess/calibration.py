"""Whether probabilities mean what they say: of all that got 0.8, eight in ten should be right.

The expected calibration error is that of M. P. Naeini, G. Cooper, M. Hauskrecht, "Obtaining Well
Calibrated Probabilities Using Bayesian Binning", AAAI 2015: the mean distance between the two,
weighted by how many fall into each bin.
"""

from collections.abc import Iterable
from dataclasses import dataclass

_BINS = 10


@dataclass(frozen=True, slots=True)
class Bin:
    """The probabilities from ``start`` up to ``end``: how many, their mean, the share right."""

    start: float
    end: float
    count: int
    mean: float
    right: float


@dataclass(frozen=True, slots=True)
class Calibration:
    """The bins that hold anything, and the expected calibration error (0 is perfect)."""

    error: float
    bins: tuple[Bin, ...]


def calibration(given: Iterable[tuple[float, bool]]) -> Calibration:
    """Compare probabilities (0–1) with whether what they speak of was so."""
    filled: list[list[tuple[float, bool]]] = [[] for _ in range(_BINS)]
    for probability, right in given:
        filled[min(int(probability * _BINS), _BINS - 1)].append((probability, right))
    bins = tuple(
        Bin(
            start=place / _BINS,
            end=(place + 1) / _BINS,
            count=len(pairs),
            mean=round(sum(probability for probability, _ in pairs) / len(pairs), 4),
            right=round(sum(right for _, right in pairs) / len(pairs), 4),
        )
        for place, pairs in enumerate(filled)
        if pairs
    )
    total = sum(one.count for one in bins)
    off = sum(one.count * abs(one.mean - one.right) for one in bins)
    return Calibration(round(off / total, 4) if total else 0.0, bins)
