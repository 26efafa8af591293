"""What a failure weighs."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from pipeline.collect.failures import CEILING_S, Weight, back_off_s, weight_of
from schemas.feed import Failed, FailureKind, FeedState

NOW = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
STATE = FeedState(feed_id=1, url="https://example.com", name="x", failures=1)


def of(kind: FailureKind) -> Failed:
    return Failed(url="u", kind=kind, message="x")


@pytest.mark.parametrize("kind", FailureKind)
def test_every_kind_has_a_weight(kind: FailureKind) -> None:
    assert weight_of(of(kind)) in Weight


@pytest.mark.parametrize(
    ("kind", "weight"),
    [
        (FailureKind.DNS, Weight.TEMPORARY),
        (FailureKind.CONNECT, Weight.TEMPORARY),
        (FailureKind.TIMEOUT, Weight.TEMPORARY),
        (FailureKind.RESET, Weight.TEMPORARY),
        (FailureKind.SERVER_ERROR, Weight.SOFT),
        (FailureKind.RATE_LIMITED, Weight.SOFT),
        (FailureKind.INVALID_XML, Weight.SOFT),
        (FailureKind.CLIENT_ERROR, Weight.HARD),
        (FailureKind.GONE, Weight.HARD),
        (FailureKind.HTML, Weight.HARD),
        (FailureKind.BAD_URL, Weight.HARD),
        (FailureKind.FORBIDDEN_ADDRESS, Weight.HARD),
    ],
)
def test_weights(kind: FailureKind, weight: Weight) -> None:
    assert weight_of(of(kind)) is weight


def test_the_graver_the_longer() -> None:
    kinds = (FailureKind.TIMEOUT, FailureKind.SERVER_ERROR, FailureKind.CLIENT_ERROR)
    assert [back_off_s(STATE, of(kind), NOW) for kind in kinds] == [300, 900, 3600]
    often = replace(STATE, failures=10**6)
    assert [back_off_s(often, of(kind), NOW) for kind in kinds] == list(CEILING_S.values())


def test_complaint_never_makes_a_slow_feed_be_asked_more_often() -> None:
    slow = replace(STATE, interval_s=20_000)
    assert back_off_s(slow, of(FailureKind.RATE_LIMITED), NOW) == 20_000
    assert back_off_s(slow, of(FailureKind.TIMEOUT), NOW) == 300


def test_failure_without_a_name_is_temporary() -> None:
    assert weight_of(None) is Weight.TEMPORARY
