"""Hands a stage's metrics to Airflow, which sends them where ``[metrics]`` of its settings says."""

import logging
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from schemas.report import StageReport

_log = logging.getLogger(__name__)


def emit(report: "StageReport") -> None:
    """Count and time what the report tells; without ``statsd_on`` or ``otel_on`` nothing happens.

    What goes wrong here is logged, and changes nothing for the task.
    """
    try:
        from airflow.sdk.observability import stats

        from pipeline.stages.metrics import MetricKind, metrics_of

        for metric in metrics_of(report):
            match metric.kind:
                case MetricKind.COUNTER:
                    stats.incr(metric.name, int(metric.value))
                case MetricKind.GAUGE:
                    stats.gauge(metric.name, metric.value)
                case MetricKind.TIMING:
                    stats.timing(metric.name, metric.value)
    except Exception:  # noqa: BLE001 - a metric that is lost must not fail the task
        _log.warning("the metrics of %s could not be sent", report.stage, exc_info=True)
