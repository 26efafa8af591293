"""The command as a test calls it, and a Slack with every scope that it needs."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from pipeline.assess.assessor import Assessor
from pipeline.cli import app
from pipeline.demo.slack_server import SlackServer, SlackServerThread
from tests.doctoring import ALL_NEEDED, Doctor, Found


@pytest.fixture
def slack() -> Iterator[SlackServer]:
    with SlackServerThread(channels=["minerals", "operations"], scopes=ALL_NEEDED) as server:
        yield server


@pytest.fixture
def doctor(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, sqlite_url: str, assessor: Assessor
) -> Doctor:
    """The command's exit code and its checks by name."""
    monkeypatch.setattr("pipeline.assess.assessor.build_assessor", lambda _rules: assessor)
    (tmp_path / "feeds.yaml").write_text("feeds: [{name: A, url: 'https://a.example/feed'}]\n")

    def look(*args: str, **extra: str) -> tuple[int, Found]:
        env = {
            "MINERALWATCH_DATABASE_URL": sqlite_url,
            "MINERALWATCH_FEEDS_FILE": str(tmp_path / "feeds.yaml"),
            "MINERALWATCH_VAR_DIR": str(tmp_path / "var"),
        } | extra
        done = CliRunner().invoke(app, ["doctor", "--json", *args], env=env)
        told = json.loads(done.stdout)
        assert told["exit_code"] == done.exit_code
        return done.exit_code, {check["name"]: check for check in told["checks"]}

    return look
