"""Which feeds an operator is told of."""

from pipeline.stages.watch import sick
from schemas.feed import FeedHealth


def test_dead_failing_and_silent_feeds_are_sick() -> None:
    states = ("dead", "failing", "silent", "never_polled", "healthy", "disabled")
    health = [FeedHealth(state, "u", state, "", None, None, None, 0) for state in states]
    assert [feed.state for feed in sick(health)] == ["dead", "failing", "silent"]
