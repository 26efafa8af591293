"""What a stage's report says as metrics: names, kinds and values. Who sends them is not known here.

Names are ``mineralwatch.STAGE.COUNT``. What a stage did is a counter, what stands afterwards is a
gauge, and how long things took is a histogram.
"""

from dataclasses import dataclass
from enum import StrEnum

from schemas.report import StageReport

PREFIX = "mineralwatch"

LEVELS = {
    "assess": {"waiting"},
    "deliver": {"waiting", "parked_in_all"},
    "feedback": {"messages", "left"},
    "fulltext": {"waiting"},
    "plan": {"feeds", "due", "batches"},
    "upkeep": {"feeds", "healthy"},
    "watch": {"failing"},
    "websub": {"live", "denied", "advertised"},
}
"""Counts of each stage that say how things stand; the others say what was done."""

AGES = {"oldest_waiting"}
"""Durations that say how things stand: one value, in seconds."""


class MetricKind(StrEnum):
    """How a value is to be read."""

    COUNTER = "counter"
    GAUGE = "gauge"
    TIMING = "timing"
    """A duration in milliseconds; many of them make a histogram."""


@dataclass(frozen=True, slots=True)
class Metric:
    """One value under its name."""

    name: str
    kind: MetricKind
    value: float


def metrics_of(report: StageReport) -> list[Metric]:
    """The metrics of one run of a stage, counts of zero too: a series that stops is a fault.

    Durations are in milliseconds, as StatsD and Airflow's histograms have them; ages are gauges in
    seconds, and their names end with ``_s``.
    """
    base = f"{PREFIX}.{report.stage}"
    levels = LEVELS.get(report.stage, set())
    found = [
        Metric(
            f"{base}.{name}",
            MetricKind.GAUGE if name in levels else MetricKind.COUNTER,
            count,
        )
        for name, count in report.counts.items()
    ]
    found.append(Metric(f"{base}.problems", MetricKind.COUNTER, len(report.problems)))
    found.append(Metric(f"{base}.duration", MetricKind.TIMING, report.seconds * 1000))
    for name, measured in report.measures.items():
        if name in AGES:
            found.append(Metric(f"{base}.{name}_s", MetricKind.GAUGE, max(measured)))
        else:
            found += [
                Metric(f"{base}.{name}", MetricKind.TIMING, seconds * 1000) for seconds in measured
            ]
    return found
