"""What tasks count and time arrives at a collector, by Airflow's own metrics."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import pytest

from pipeline.demo.slack_server import DEMO_TOKEN, SlackServer, SlackServerThread
from tests.dags.airflow_process import AirflowProcess
from tests.feed_server import FeedServer
from tests.otlp_receiver import OtlpReceiver
from tests.statsd_receiver import StatsdReceiver

HOUR_MS = 3_600_000


@pytest.fixture
def slack() -> Iterator[SlackServer]:
    with SlackServerThread(channels=["minerals"]) as server:
        yield server


@pytest.fixture
def receiver() -> Iterator[OtlpReceiver]:
    with OtlpReceiver() as opened:
        yield opened


@pytest.fixture
def env(tmp_path: Path, sqlite_url: str, slack: SlackServer) -> Iterator[dict[str, str]]:
    """One feed with news of an hour ago, and one that is gone."""
    date = format_datetime(datetime.now(UTC) - timedelta(hours=1))
    item = (
        "<item><title>Kazakhstan and the United States sign an agreement on critical minerals"
        "</title><link>https://news.example/1</link><description>They signed it in Astana."
        f"</description><pubDate>{date}</pubDate></item>"
    )
    with FeedServer() as server:
        good = server.serve(
            "/feed.xml", f"<rss version='2.0'><channel><title>F</title>{item}</channel></rss>"
        )
        bad = server.serve("/bad.xml", "gone", status=410)
        file = tmp_path / "feeds.yaml"
        file.write_text(f"feeds: [{{name: Good, url: '{good}'}}, {{name: Bad, url: '{bad}'}}]\n")
        yield {
            "MINERALWATCH_DATABASE_URL": sqlite_url,
            "MINERALWATCH_VAR_DIR": str(tmp_path / "var"),
            "MINERALWATCH_ALLOW_PRIVATE_NETWORKS": "1",
            "MINERALWATCH_PARSE_PROCESSES": "0",
            "MINERALWATCH_FEEDS_FILE": str(file),
            "MINERALWATCH_SLACK_TOKEN": DEMO_TOKEN,
            "MINERALWATCH_SLACK_BASE_URL": slack.base_url,
            "MINERALWATCH_SLACK_CHANNEL": "#minerals",
        }


PASS = [word for dag in ("poll_feeds", "assess_articles", "send_alerts") for word in (dag, "{}")]


def test_counts_levels_and_durations_arrive_at_a_collector(
    airflow: AirflowProcess, env: dict[str, str], receiver: OtlpReceiver
) -> None:
    airflow.work("run", *PASS, **env, **receiver.environment)
    got = {
        name.removeprefix("airflow.mineralwatch."): one
        for name, one in receiver.metrics.items()
        if name.startswith("airflow.mineralwatch.")
    }
    sums = {name: sum(one.values) for name, one in got.items() if one.kind == "sum"}
    assert {
        "poll.feeds": 2,
        "poll.failed": 1,
        "poll.new": 1,
        "assess.assessed": 1,
        "assess.relevant": 1,
        "link.alerts": 1,
        "deliver.sent": 1,
        "deliver.parked": 0,
        "poll.problems": 1,
    }.items() <= sums.items()
    gauges = {name: one.values[-1] for name, one in got.items() if one.kind == "gauge"}
    assert gauges["plan.due"] == 2
    assert gauges["deliver.waiting"] == 0
    assert gauges["deliver.parked_in_all"] == 0
    assert gauges["deliver.oldest_waiting_s"] == 0
    timings = {name: one for name, one in got.items() if one.kind == "exponential_histogram"}
    assert {f"{stage}.duration" for stage in ("poll", "assess", "link", "deliver")} <= set(timings)
    latency = timings["deliver.published_to_sent"]
    assert latency.count == 1
    assert HOUR_MS <= latency.values[0] < 1.2 * HOUR_MS
    assert 0 <= timings["deliver.seen_to_sent"].values[0] < HOUR_MS


def test_by_statsd_ours_arrive_and_those_of_airflow(
    airflow: AirflowProcess, env: dict[str, str]
) -> None:
    with StatsdReceiver() as receiver:
        airflow.work("run", "poll_feeds", "{}", **env, **receiver.environment)
        # A real scheduler, which ends after one round.
        airflow.airflow("scheduler", "--num-runs", "1", **env, **receiver.environment)
    got = receiver.metrics
    ours = "airflow.mineralwatch"
    counters = {name: sum(one.values) for name, one in got.items() if one.kind == "c"}
    assert {
        f"{ours}.poll.feeds": 2,
        f"{ours}.poll.failed": 1,
        f"{ours}.poll.new": 1,
        f"{ours}.poll.problems": 1,
    }.items() <= counters.items()
    assert (got[f"{ours}.plan.due"].kind, got[f"{ours}.plan.due"].values) == ("g", [2])
    duration = got[f"{ours}.poll.duration"]
    assert duration.kind == "ms"
    assert 1 < duration.values[0] < HOUR_MS
    assert got["airflow.scheduler.scheduler_loop_duration"].kind == "ms"


@pytest.mark.parametrize(
    "nobody",
    [
        {
            "AIRFLOW__METRICS__OTEL_ON": "True",
            "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT": "http://127.0.0.1:9/v1/metrics",
            "OTEL_EXPORTER_OTLP_METRICS_TIMEOUT": "1",
        },
        {
            "AIRFLOW__METRICS__STATSD_ON": "True",
            "AIRFLOW__METRICS__STATSD_HOST": "127.0.0.1",
            "AIRFLOW__METRICS__STATSD_PORT": "9",
        },
    ],
    ids=["OpenTelemetry", "StatsD"],
)
def test_a_collector_that_is_down_fails_no_task(
    airflow: AirflowProcess, env: dict[str, str], nobody: dict[str, str]
) -> None:
    (ran,) = airflow.work(
        "run",
        *("poll_feeds", json.dumps({"everything": True})),
        **env,
        **nobody,
    )
    assert ran["state"] == "success"
