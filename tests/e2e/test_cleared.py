"""Each task of each DAG is cleared and runs again: nothing is doubled, nothing is lost."""

import json
import sqlite3
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from pipeline.demo.mail_catcher import MailCatcher
from pipeline.demo.slack_server import SlackServer
from pipeline.up.airflow_home import AirflowHome
from pipeline.up.run import DAGS
from schemas.tables import Base
from tests.e2e.news_feed import Feed
from tests.e2e.running import PATIENCE_S, Running, rows, until

pytestmark = pytest.mark.slow

OF_POLLING = {"poll", "feed"}
"""A row a poll, and when the next is due: these are to change when a poll runs again."""
WHEN = {
    # Read anew, a reading is another row that says the same.
    "assessment": {"id", "at", "linked_at"},
    "outbox": {"reactions_at"},
    # What is read once more: an unchanged feed, a file whose rows are known.
    "gate_count": {"answered", "not_modified", "parsed", "known"},
}
XCOM_BYTES = 600


def snapshot(ours: Path, slack: SlackServer, mail: MailCatcher) -> dict[str, Any]:
    """All that is known, and all that was received."""
    found: dict[str, Any] = {
        "Slack": [json.dumps(one.to_json(), sort_keys=True) for one in slack.messages],
        "mail": [one.path.read_text(encoding="utf-8") for one in mail.messages],
    }
    there = {name for (name,) in rows(ours, "SELECT name FROM sqlite_master")}
    for name, table in Base.metadata.tables.items():
        if name in there and name not in OF_POLLING:
            kept = [c.name for c in table.columns if c.name not in WHEN.get(name, set())]
            listed = ", ".join(f'"{column}"' for column in kept)
            told = rows(ours, f"SELECT {listed} FROM {name}")  # noqa: S608 - our own names
            found[name] = sorted(told, key=repr)
    return found


class Airflow:
    """The running one, asked by its API and its database."""

    def __init__(self, running: Running, home: Path) -> None:
        self._running = running
        self._token = running.token()
        self.api = running.api()
        self.database = AirflowHome(home / "airflow").database

    def run(self, dag: str, params: Mapping[str, Any]) -> str:
        """The id of a run that has ended well, with all that it woke."""
        run = self.api.trigger(dag, params)
        self.idle()
        assert self.state(dag, run) == "success", (dag, self.tasks(dag, run))
        return run

    def idle(self) -> None:
        """Wait until nothing runs and nobody is to be woken."""

        def over() -> bool:
            try:
                active = rows(
                    self.database,
                    "SELECT dag_id FROM dag_run WHERE state IN ('queued', 'running') "
                    "UNION ALL SELECT target_dag_id FROM asset_dag_run_queue",
                )
            except sqlite3.OperationalError:  # it is locked just now
                return False
            return not active

        until(over, timeout_s=PATIENCE_S, what="all runs are over")

    def state(self, dag: str, run: str) -> str:
        [(state,)] = rows(
            self.database,
            f"SELECT state FROM dag_run WHERE dag_id = '{dag}' AND run_id = '{run}'",  # noqa: S608
        )
        return str(state)

    def tasks(self, dag: str, run: str) -> dict[str, tuple[str, int]]:
        """Task → (state, number of tries); of a mapped one, those of its last piece."""
        told = rows(
            self.database,
            "SELECT task_id, state, try_number FROM task_instance "  # noqa: S608
            f"WHERE dag_id = '{dag}' AND run_id = '{run}' ORDER BY map_index",
        )
        return {str(task): (str(state), int(str(tries))) for task, state, tries in told}

    def clear(self, dag: str, run: str, task: str) -> None:
        """Clear one task alone, as an operator does, and wait until it has run again."""
        status, told = self._running.ask(
            "POST",
            f"/api/v2/dags/{quote(dag)}/clearTaskInstances",
            token=self._token,
            body={
                "dry_run": False,
                "dag_run_id": run,
                "task_ids": [task],
                "only_failed": False,
                "reset_dag_runs": True,
            },
        )
        assert (status, bool(told["task_instances"])) == (200, True)
        self.idle()


def forms(folder: Path) -> dict[str, dict[str, Any]]:
    """What is filled in for each DAG, in the order in which they run."""
    archive = folder / "archive.jsonl"
    archive.write_text(
        '{"title": "Japan and Uzbekistan sign a memorandum on uranium", '
        '"url": "https://news.example/past", "published": "2026-01-05"}\n'
    )
    yesterday = f"{datetime.now(UTC) - timedelta(days=1):%Y-%m-%d}"
    return {
        "poll_feeds": {"everything": True},
        "assess_articles": {},
        "send_alerts": {},
        "import_archive": {"path": str(archive), "format": "jsonl"},
        "daily_digest": {},
        "reassess": {"since": yesterday, "dry_run": False},
        "test_alert": {},
        "read_feedback": {},
        "upkeep": {},
        "watch": {},
    }


def test_any_task_may_be_cleared_at_any_time(
    running: Running, feed: Feed, slack: SlackServer, mail: MailCatcher, tmp_path: Path
) -> None:
    airflow = Airflow(running, tmp_path / "var")
    ours = tmp_path / "var" / "mineralwatch.sqlite3"
    airflow.idle()
    feed.gain(
        "Kazakhstan and the United States sign an agreement on critical minerals",
        "The two governments signed the agreement on rare earths and tungsten in Astana.",
    )
    feed.gain("Cobalt beats Titanium in cup final", "A late goal decided it.")
    wanted = forms(tmp_path)
    assert set(wanted) == DAGS
    runs = {dag: airflow.run(dag, params) for dag, params in wanted.items()}
    assert slack.react(slack.messages[0].ts, "white_check_mark", "U1")
    airflow.run("read_feedback", {})
    before = snapshot(ours, slack, mail)
    assert [len(before[name]) for name in ("article", "alert", "edition", "reaction")] == [
        *(3, 1, 1, 1)
    ]
    assert (len(before["Slack"]), len(before["mail"])) == (2, 1), "an alert, a test; a digest"

    for dag, run in runs.items():
        for task in airflow.tasks(dag, run):
            airflow.clear(dag, run, task)
            assert airflow.tasks(dag, run)[task] == ("success", 2), (dag, task)
            after = snapshot(ours, slack, mail)
            changed = {
                name: (before[name], after[name]) for name in before if after[name] != before[name]
            }
            assert not changed, (dag, task)

    xcoms = rows(airflow.database, "SELECT dag_id, task_id, key, length(value) FROM xcom")
    assert xcoms
    assert [one for one in xcoms if int(str(one[3])) > XCOM_BYTES] == []
