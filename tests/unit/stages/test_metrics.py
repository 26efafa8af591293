"""A stage's report as metrics."""

import pytest

from pipeline.stages.metrics import MetricKind, metrics_of
from schemas.report import Problem, StageReport

KIND = MetricKind


def values(report: StageReport) -> list[tuple[str, MetricKind, float]]:
    return [
        (one.name.removeprefix("mineralwatch."), one.kind, one.value) for one in metrics_of(report)
    ]


def test_what_was_done_is_counted_and_what_stands_is_a_level() -> None:
    report = StageReport(
        "deliver",
        {"sent": 3, "failed": 0, "waiting": 7},
        problems=(Problem("slack:a", "no"),),
        seconds=1.5,
        measures={"oldest_waiting": (12.0,), "published_to_sent": (60.0, 90.5)},
    )
    assert values(report) == [
        ("deliver.sent", KIND.COUNTER, 3),
        ("deliver.failed", KIND.COUNTER, 0),
        ("deliver.waiting", KIND.GAUGE, 7),
        ("deliver.problems", KIND.COUNTER, 1),
        ("deliver.duration", KIND.TIMING, 1500.0),
        ("deliver.oldest_waiting_s", KIND.GAUGE, 12.0),
        ("deliver.published_to_sent", KIND.TIMING, 60_000.0),
        ("deliver.published_to_sent", KIND.TIMING, 90_500.0),
    ]


@pytest.mark.parametrize("stage", ["poll", "made_up"])
def test_a_stage_without_levels_has_counters_alone(stage: str) -> None:
    report = StageReport(stage, {"new": 2})
    assert values(report)[0] == (f"{stage}.new", KIND.COUNTER, 2)
