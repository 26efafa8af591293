"""Verdicts and precision: what few and many readers say, and how sure that is."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.alert import AlertKind
from schemas.feedback import Feedback, Judged, Precision, Verdict

NOW = datetime(2026, 5, 4, 12, tzinfo=UTC)


def judged(right, wrong):
    return Judged(1, AlertKind.NEW, "major", 1, (), "Signed", None, None, NOW, NOW, right, wrong)


@pytest.mark.parametrize(
    ("right", "wrong", "verdict", "unanimous"),
    [
        (1, 0, Verdict.RIGHT, True),
        (0, 2, Verdict.WRONG, True),
        (2, 1, Verdict.RIGHT, False),
        (1, 2, Verdict.WRONG, False),
        (1, 1, Verdict.DISPUTED, False),
    ],
)
def test_most_readers_decide(right, wrong, verdict, unanimous):
    found = judged(right, wrong)
    assert (found.verdict, found.unanimous) == (verdict, unanimous)


# Of E. B. Wilson's interval, as R's binom.confint(method = "wilson") gives it.
@pytest.mark.parametrize(
    ("right", "wrong", "low", "high"),
    [
        (9, 1, 0.5958, 0.9821),
        (41, 3, 0.8177, 0.9765),
        (0, 5, 0.0, 0.4345),
        (5, 0, 0.5655, 1.0),
        (1, 0, 0.2065, 1.0),
        (500, 500, 0.4691, 0.5309),
    ],
)
def test_the_interval_is_wilsons(right, wrong, low, high):
    assert Precision(right, wrong).interval == pytest.approx((low, high), abs=0.0005)


def test_with_no_verdict_there_is_no_precision():
    assert Precision(disputed=3).share is None
    assert Precision(disputed=3).interval is None
    assert Precision(disputed=3).judged == 0


@given(st.integers(0, 10_000), st.integers(0, 10_000))
def test_the_interval_holds_the_share_and_stays_within_0_and_1(right, wrong):
    found = Precision(right, wrong)
    if found.share is not None and found.interval is not None:
        low, high = found.interval
        assert 0 <= low <= found.share + 1e-9
        assert found.share - 1e-9 <= high <= 1


@pytest.mark.parametrize(("hours", "days"), [(1, 1), (24, 1), (47, 2), (336, 14)])
def test_a_span_is_told_in_days(hours, days):
    since = datetime.fromtimestamp(NOW.timestamp() - hours * 3600, UTC)
    assert Feedback(since, NOW, Precision()).days == days
