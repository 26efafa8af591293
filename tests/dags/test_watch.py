"""A task that fails for good is told once, and once when it works again: dag.test(), real Slack."""

import json
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.engine import make_url

from pipeline.demo.slack_server import DEMO_TOKEN, SlackServer, SlackServerThread
from tests.dags.airflow_process import DAGS, ROOT, AirflowProcess

TRIAL = Path(__file__).with_name("trial")


@pytest.fixture
def slack() -> Iterator[SlackServer]:
    with SlackServerThread(channels=["minerals", "ops"]) as server:
        yield server


@pytest.fixture
def common(tmp_path: Path, sqlite_url: str, slack: SlackServer) -> dict[str, str]:
    """Our settings of the test's own; operators have a channel of theirs."""
    config = tmp_path / "config"
    config.mkdir()
    (config / "routes.yaml").write_text("routes: []\noperators: [{address: ops}]\n")
    (config / "feeds.yaml").write_text("feeds: []\n")
    return {
        "MINERALWATCH_DATABASE_URL": sqlite_url,
        "MINERALWATCH_VAR_DIR": str(tmp_path / "var"),
        "MINERALWATCH_CONFIG_DIR": str(config),
        "MINERALWATCH_SLACK_TOKEN": DEMO_TOKEN,
        "MINERALWATCH_SLACK_BASE_URL": slack.base_url,
        "MINERALWATCH_SLACK_CHANNEL": "#minerals",
    }


def told(slack: SlackServer) -> list[str]:
    assert {message.channel.name for message in slack.messages} <= {"ops"}
    return [message.text for message in slack.messages]


def test_a_task_that_fails_is_told_once_and_so_is_its_recovery(
    airflow: AirflowProcess, common: dict[str, str], slack: SlackServer, tmp_path: Path
) -> None:
    archive = tmp_path / "archive.jsonl"
    bad = json.dumps({"path": str(archive), "format": "jsonl"})
    ran = airflow.work(
        "run",
        *("import_archive", bad),
        *("watch", "{}"),
        *("import_archive", bad),
        *("watch", "{}"),
        **common,
    )
    assert [one["tasks"] for one in ran[::2]] == [{"bring_in": "failed"}] * 2
    assert [one["returned"]["look"]["told"] for one in ran[1::2]] == [1, 0]
    [message] = told(slack)
    assert message.startswith("Task failed: import_archive.bring_in. ")
    assert str(archive) in json.dumps(slack.messages[0].to_json())

    archive.write_text('{"title": "t", "url": "https://news.example/a"}\n')
    good = airflow.work(
        "run",
        *("import_archive", bad),
        *("watch", "{}"),
        *("import_archive", bad),
        *("watch", "{}"),
        **common,
    )
    assert [one["returned"]["look"]["told"] for one in good[1::2]] == [1, 0]
    assert told(slack)[1].startswith("Task works again: import_archive.bring_in. ")
    assert len(slack.messages) == 2


def trial(airflow: AirflowProcess, common: dict[str, str], *confs: dict[str, Any]) -> Any:
    return logged_trial(airflow, common, *confs)[0]


def logged_trial(
    airflow: AirflowProcess, common: dict[str, str], *confs: dict[str, Any]
) -> tuple[Any, str]:
    pairs = [word for conf in confs for word in ("trial", json.dumps(conf))]
    folders = {"AIRFLOW__CORE__DAGS_FOLDER": str(TRIAL), "PYTHONPATH": f"{ROOT}:{DAGS}"}
    return airflow.logged("run", *pairs, **common, **folders)


def episodes(common: dict[str, str]) -> list[tuple[str, str, bool]]:
    """(subject, reason, whether it is over)."""
    database = make_url(common["MINERALWATCH_DATABASE_URL"]).database
    with sqlite3.connect(database or "") as connection:
        rows = connection.execute("SELECT subject, reason, ended_at FROM watch_episode ORDER BY id")
        return [(subject, reason, ended is not None) for subject, reason, ended in rows]


def test_a_mapped_task_works_again_when_all_of_its_pieces_do(
    airflow: AirflowProcess, common: dict[str, str]
) -> None:
    first, second = trial(airflow, common, {"fails": [0]}, {"fails": [2]})
    assert first["tasks"]["piece[0]"] == second["tasks"]["piece[2]"] == "failed"
    assert first["tasks"]["piece[1]"] == "success"
    reason = "RuntimeError: piece 0 broke at postgresql://me:***@db.example/x"
    assert episodes(common) == [("trial.piece", reason, False)]
    trial(airflow, common, {"fails": []})
    assert episodes(common) == [("trial.piece", reason, True)]


def test_a_task_that_takes_too_long_is_noted(
    airflow: AirflowProcess, common: dict[str, str]
) -> None:
    [ran] = trial(airflow, common, {"hangs": True})
    assert ran["tasks"]["hang"] == "failed"
    [(subject, reason, over)] = episodes(common)
    assert (subject, over) == ("trial.hang", False)
    assert "AirflowTaskTimeout" in reason


def test_what_cannot_be_noted_changes_nothing_for_the_task(
    airflow: AirflowProcess, common: dict[str, str], tmp_path: Path
) -> None:
    nowhere = {**common, "MINERALWATCH_DATABASE_URL": f"sqlite:///{tmp_path}/empty.sqlite3"}
    [ran], log = logged_trial(airflow, nowhere, {"fails": [1]})
    assert ran["tasks"] == {
        "piece[0]": "success",
        "piece[1]": "failed",
        "piece[2]": "success",
        "hang": "success",
    }
    assert "trial.piece failed for good, which could not be noted" in log
    assert "trial.hang succeeded, which could not be noted" in log
    assert "the database has no tables of ours yet" in log


def test_a_broken_configuration_is_told_though_no_other_stage_can_run(
    airflow: AirflowProcess, common: dict[str, str], slack: SlackServer
) -> None:
    feeds = Path(common["MINERALWATCH_CONFIG_DIR"]) / "feeds.yaml"
    feeds.write_text("feeds: [{name: X}]\n")
    poll, look = airflow.work("run", *("poll_feeds", "{}"), *("watch", "{}"), **common)
    assert poll["tasks"]["plan"] == "failed"
    assert look["returned"]["look"]["begun"] == 1
    [message] = told(slack)
    assert message.startswith("Watch: The configuration cannot be read; Task failed (2). ")
    assert "feeds.yaml:1" in json.dumps(slack.messages[0].to_json())
