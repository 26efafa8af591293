"""Which side a story takes on a claim, by what its articles say. Pure."""

from collections import Counter
from collections.abc import Iterable

from schemas.assessment import Side
from schemas.scorecard import SideCounts, StorySide, Trend

_WEIGHT = {1: 4, 2: 2, 3: 1}
"""Of an article, by its outlet's tier: one wire or official source outweighs three small ones."""
_CONFLICT = 3
"""A story is mixed where the weaker side has at least one part in so many of what takes a side."""


def story_side(read: Iterable[tuple[Side, int]]) -> StorySide:
    """The side of a story, from (side, tier) of each of its articles that speak of the theme.

    Articles that take no side do not lessen what others say: a short note is silent on much.
    """
    weights: Counter[Side] = Counter()
    for side, tier in read:
        weights[side] += _WEIGHT.get(tier, 1)
    supports, contradicts = weights[Side.FOR], weights[Side.AGAINST]
    if not supports and not contradicts:
        return StorySide.NEUTRAL
    if min(supports, contradicts) * _CONFLICT >= supports + contradicts:
        return StorySide.MIXED
    return StorySide.FOR if supports > contradicts else StorySide.AGAINST


def counted(sides: Iterable[StorySide]) -> SideCounts:
    """Count stories by side."""
    found = Counter(sides)
    return SideCounts(
        supports=found[StorySide.FOR],
        contradicts=found[StorySide.AGAINST],
        mixed=found[StorySide.MIXED],
        neutral=found[StorySide.NEUTRAL],
    )


def trend_of(recent: SideCounts, earlier: SideCounts) -> Trend:
    """Whether the balance has moved for the claim or against it."""
    if not recent.stories and not earlier.stories:
        return Trend.SILENT
    if not earlier.stories:
        return Trend.NEW
    moved = recent.balance - earlier.balance
    return Trend.BETTER if moved > 0 else Trend.WORSE if moved < 0 else Trend.STEADY
