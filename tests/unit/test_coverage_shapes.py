"""The funnel's identities, and the recall at each gate."""

from datetime import date

import pytest

from schemas.coverage import STEPS, Asked, Fate, FeedFunnel, Funnel, Gate, Recall, Traced, total

WHOLE = {
    Gate.PARSED: 10,
    Gate.REFUSED: 1,
    Gate.KNOWN: 2,
    Gate.EDITED: 1,
    Gate.ELSEWHERE: 1,
    Gate.NEW: 5,
    Gate.GATED_CHEAP: 2,
    Gate.GATED_FULL: 1,
    Gate.RELEVANT: 1,
    Gate.RELEVANT_LATER: 1,
    Gate.ROUTED: 2,
    Gate.SENT: 1,
}


def test_a_whole_funnel_has_no_faults() -> None:
    assert Funnel(WHOLE).faults() == ()
    assert (Funnel(WHOLE).read, Funnel(WHOLE).relevant) == (4, 2)
    assert total([Funnel(WHOLE), Funnel(WHOLE)]).counts[Gate.PARSED] == 20


@pytest.mark.parametrize(
    ("gate", "count", "told"),
    [
        (Gate.NEW, 6, "parsed 10, but accounted for 11"),
        (Gate.GATED_FULL, 3, "read 6 is more than new 5"),
        (Gate.ROUTED, 3, "routed 3 is more than relevant 2"),
        (Gate.SENT, 3, "sent 3 is more than routed 2"),
        (Gate.RELEVANT_LATER, 4, "4 relevant later of 3 gated out"),
        (Gate.SENT, -1, "sent is negative"),
    ],
)
def test_a_fault_is_named(gate: Gate, count: int, told: str) -> None:
    assert told in Funnel(WHOLE | {gate: count}).faults()


def test_recall_falls_from_gate_to_gate_and_ends_with_what_was_sent() -> None:
    items = tuple(Traced(Asked(n), fate, "") for n, fate in enumerate(Fate))
    steps = Recall(items).steps
    assert [left for _, left in steps] == [10, 8, 7, 6, 5, 3, 1]
    assert steps[-1] == ("sent", 1)
    assert {fate for _, fates in STEPS for fate in fates} == set(Fate) - {Fate.SENT}


@pytest.mark.parametrize(
    ("watched", "last", "since", "barren"),
    [
        (True, None, date(2026, 4, 1), True),
        (True, None, date(2026, 4, 20), False),
        (True, date(2026, 4, 1), date(2026, 1, 1), True),
        (True, date(2026, 5, 1), date(2026, 1, 1), False),
        (False, None, date(2026, 1, 1), False),
        (True, None, None, False),
    ],
)
def test_a_feed_is_barren_when_it_was_counted_long_enough(
    watched: bool, last: date | None, since: date | None, barren: bool
) -> None:
    feed = FeedFunnel(1, "x", "", watched, Funnel(), last, since)
    assert feed.barren(30, date(2026, 5, 4)) is barren
