"""Which side a story takes, from what its articles say."""

import pytest

from pipeline.ledger.sides import counted, story_side, trend_of
from schemas.assessment import Side
from schemas.scorecard import SideCounts, StorySide, Trend

FOR, AGAINST, NEUTRAL = Side.FOR, Side.AGAINST, Side.NEUTRAL


@pytest.mark.parametrize(
    ("read", "side"),
    [
        ([], StorySide.NEUTRAL),
        ([(NEUTRAL, 1), (NEUTRAL, 2)], StorySide.NEUTRAL),
        ([(FOR, 2), (NEUTRAL, 1), (NEUTRAL, 1)], StorySide.FOR),
        ([(FOR, 2), (AGAINST, 2)], StorySide.MIXED),
        ([(AGAINST, 1), (FOR, 3)], StorySide.AGAINST),
        ([(FOR, 1), (AGAINST, 3), (AGAINST, 3)], StorySide.MIXED),
        ([(FOR, 1), (FOR, 1), (AGAINST, 2)], StorySide.FOR),
    ],
)
def test_articles_are_heard_by_tier_and_a_conflict_is_shown(read, side):
    assert story_side(read) is side
    assert story_side(reversed(read)) is side


@pytest.mark.parametrize(
    ("recent", "earlier", "trend"),
    [
        (SideCounts(), SideCounts(), Trend.SILENT),
        (SideCounts(supports=2), SideCounts(), Trend.NEW),
        (SideCounts(supports=2), SideCounts(supports=1), Trend.BETTER),
        (SideCounts(supports=3, contradicts=3), SideCounts(supports=1), Trend.WORSE),
        (SideCounts(neutral=4), SideCounts(supports=1, contradicts=1), Trend.STEADY),
    ],
)
def test_the_trend_is_that_of_the_balance(recent, earlier, trend):
    assert trend_of(recent, earlier) is trend


def test_every_story_is_counted_on_one_side():
    counts = counted([StorySide.FOR, StorySide.MIXED, StorySide.AGAINST, StorySide.FOR])
    assert counts == SideCounts(supports=2, contradicts=1, mixed=1)
    assert (counts.stories, counts.balance) == (4, 1)
