"""A real Airflow: a feed gains an item, Slack gets the alert, the mail server gets the digest."""

import json
import signal
import socket
import subprocess
from pathlib import Path

import psutil
import pytest

from pipeline.demo.mail_catcher import MailCatcher
from pipeline.demo.slack_server import SlackServer
from pipeline.up.airflow_home import AirflowHome
from tests.e2e.news_feed import Feed
from tests.e2e.running import COMMAND, PATIENCE_S, Running, rows, until
from tests.e2e.secret_words import SECRETS
from tests.otlp_receiver import OtlpReceiver

pytestmark = pytest.mark.slow

PARTS = {"metadatabase", "scheduler", "triggerer", "dag_processor"}


def test_from_a_feed_to_slack_and_the_digest(
    running: Running,
    feed: Feed,
    slack: SlackServer,
    mail: MailCatcher,
    env: dict[str, str],
    tmp_path: Path,
    collector: OtlpReceiver,
) -> None:
    ours = tmp_path / "var" / "mineralwatch.sqlite3"
    until(
        lambda: bool(rows(ours, "SELECT 1 FROM feed WHERE next_poll_at IS NOT NULL")),
        timeout_s=PATIENCE_S,
        what="the first poll, which nobody has to ask for",
    )
    api = running.api()

    feed.gain(
        "Kazakhstan and the United States sign an agreement on critical minerals",
        "The two governments signed the agreement on rare earths and tungsten in Astana.",
    )
    api.trigger("poll_feeds", {"everything": True})
    (message,) = slack.wait_for(1, PATIENCE_S)
    assert "Kazakhstan" in json.dumps(message.to_json())

    api.trigger("daily_digest")
    (letter,) = mail.wait_for(1, PATIENCE_S)
    assert letter.recipients == ("reader@example.org",)
    assert "Kazakhstan" in letter.path.read_text(encoding="utf-8")

    wait_run(running, "poll_feeds", api.trigger("poll_feeds", {"everything": True}))
    assert len(slack.messages) == 1, "what is known is not told again"

    nobody_is_let_in_without_the_password(running)
    every_part_is_healthy_and_on_loopback(running)
    a_second_start_is_refused(running, env, tmp_path)

    assert running.stop() == 0, running.output
    assert running.left() == []
    assert not any((tmp_path / "home").iterdir()), "nothing is written to the user's home"
    assert not any((tmp_path / "tmp").iterdir()), "nor left in the temporary folder"
    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", running.port)) != 0
    failed = "SELECT dag_id, task_id FROM task_instance WHERE state NOT IN ('success', 'skipped')"
    assert rows(AirflowHome(tmp_path / "var" / "airflow").database, failed) == []
    a_story_is_found_in_the_logs_and_no_secret_is(running, tmp_path / "var", message.ts)
    sent = collector.metrics["airflow.mineralwatch.deliver.sent"]
    assert sum(sent.values) == 2, "one message to Slack, one mail: each task's process counts"


def a_story_is_found_in_the_logs_and_no_secret_is(running: Running, var: Path, ts: str) -> None:
    """All that was written: the logs of tasks and processes, the output, previews, databases."""
    files = [path for path in var.rglob("*") if path.is_file() and "bytecode" not in path.parts]
    texts = {path: path.read_bytes() for path in files}
    texts[Path("output")] = running.output.encode()
    logs = {path: text for path, text in texts.items() if "logs" in path.parts}
    tasks = b"".join(text for path, text in logs.items() if "task_id=" in str(path))
    assert ts.encode() in tasks, "the check looks where it thinks"
    assert b'"story":1' in tasks.replace(b" ", b"")
    told = {
        (str(path), secret)
        for path, text in texts.items()
        for secret in SECRETS
        if secret.encode() in text
    }
    assert told == set()


def wait_run(running: Running, dag: str, run_id: str) -> None:
    token = running.token()

    def over() -> bool:
        _, told = running.ask("GET", f"/api/v2/dags/{dag}/dagRuns/{run_id}", token=token)
        assert told["state"] != "failed"
        return bool(told["state"] == "success")

    until(over, timeout_s=PATIENCE_S, what=f"{dag} {run_id}")


def nobody_is_let_in_without_the_password(running: Running) -> None:
    user, _ = running.login()
    assert running.ask("GET", "/api/v2/dags")[0] == 401
    assert running.ask("GET", "/api/v2/dags", token="made-up")[0] in {401, 403}
    for wrong in ("admin", "", user):
        status, _ = running.ask("POST", "/auth/token", body={"username": user, "password": wrong})
        assert status in {400, 401, 422}


def every_part_is_healthy_and_on_loopback(running: Running) -> None:
    status, told = running.ask("GET", "/api/v2/monitor/health")
    assert status == 200
    assert {part: told[part]["status"] for part in PARTS} == dict.fromkeys(PARTS, "healthy")
    running.remember()
    listening = {
        connection.laddr.ip
        for process in running.family
        if process.is_running()
        for connection in process.net_connections("tcp")
        if connection.status == psutil.CONN_LISTEN
    }
    assert listening == {"127.0.0.1"}


def a_second_start_is_refused(running: Running, env: dict[str, str], folder: Path) -> None:
    for arguments, told in (
        (["--home", "var"], running.url),
        (["--home", "other", "--port", str(running.port)], f"port {running.port}"),
    ):
        refused = subprocess.run(
            [str(COMMAND), "up", *arguments],
            env=env,
            cwd=folder,
            capture_output=True,
            text=True,
            check=False,
            timeout=PATIENCE_S,
        )
        assert refused.returncode == 2
        assert told in refused.stderr.replace("\n", " ")


def test_a_process_that_dies_is_named_and_takes_the_others_with_it(running: Running) -> None:
    running.part("scheduler").send_signal(signal.SIGKILL)
    assert running.process.wait(PATIENCE_S) == 1
    assert "scheduler ended with code -9" in running.output
    assert "scheduler.log" in running.output
    until(lambda: running.left() == [], timeout_s=PATIENCE_S, what="no process is left")
