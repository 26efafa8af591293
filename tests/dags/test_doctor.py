"""`mineralwatch doctor` goes by the connections of a real Airflow, as the tasks do."""

import json
import shutil
import stat
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from pipeline.cli import app
from pipeline.demo.mail_catcher import MailCatcher
from pipeline.demo.slack_server import DEMO_TOKEN, SlackServer, SlackServerThread
from pipeline.up.airflow_home import ensure_secrets
from tests.dags.airflow_process import ROOT, AirflowProcess
from tests.doctoring import ALL_NEEDED, Found

Doctor = Callable[..., tuple[int, Found, str]]


@pytest.fixture
def slack() -> Iterator[SlackServer]:
    with SlackServerThread(channels=["minerals"], scopes=ALL_NEEDED) as server:
        yield server


@pytest.fixture
def watch(sqlite_url: str) -> str:
    """The file of our database."""
    return sqlite_url.removeprefix("sqlite:///")


@pytest.fixture
def connected(airflow: AirflowProcess, slack: SlackServer, watch: str) -> AirflowProcess:
    """Airflow's database has connections to our database and to Slack, as operators save them."""
    file = airflow.folder / "connections.json"
    extra = {"base_url": slack.base_url, "channel": "#minerals"}
    kept = {
        "mineralwatch_db": {"conn_type": "sqlite", "host": watch},
        "mineralwatch_slack": {"conn_type": "http", "password": DEMO_TOKEN, "extra": extra},
    }
    file.write_text(json.dumps(kept))
    airflow.airflow("connections", "import", str(file))
    return airflow


@pytest.fixture
def doctor(airflow: AirflowProcess, monkeypatch: pytest.MonkeyPatch) -> Doctor:
    """Its exit code, its checks by name, and all that it said; beside the home of `up`."""
    ensure_secrets(airflow.home)
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    monkeypatch.setenv("PYTHONPYCACHEPREFIX", str(airflow.bytecode))
    monkeypatch.setenv("MINERALWATCH_VAR_DIR", str(airflow.folder))

    def look(*args: str, **extra: str) -> tuple[int, Found, str]:
        done = CliRunner().invoke(app, ["doctor", "--json", *args], env=extra)
        told = json.loads(done.stdout)
        found = {check["name"]: check for check in told["checks"]}
        return done.exit_code, found, done.output

    return look


def test_what_the_connections_say_is_looked_at_and_their_place_is_said(
    connected: AirflowProcess, doctor: Doctor, tmp_path: Path, sqlite_url: str
) -> None:
    # That others can read the home is to be told, not mended in passing.
    connected.home.path.chmod(0o755)
    before = connected.home.passwords.stat().st_mtime_ns
    with MailCatcher(tmp_path / "mail", user="watch", password="right-one") as mail:
        smtp = {
            "conn_type": "smtp",
            "host": "127.0.0.1",
            "port": mail.port,
            "login": "watch",
            "password": "right-one",
            "extra": {"disable_ssl": True, "disable_tls": True},
        }
        _, found, said = doctor(
            MINERALWATCH_DATABASE_URL=sqlite_url,
            MINERALWATCH_SLACK_TOKEN="xoxb-of-the-variable",
            AIRFLOW_CONN_MINERALWATCH_SMTP=json.dumps(smtp),
        )
    assert found["sources"] == {
        "name": "sources",
        "verdict": "ok",
        "seen": f"Airflow in {connected.home.path}; "
        "database: connection mineralwatch_db in Airflow's database; "
        "Slack's token: connection mineralwatch_slack in Airflow's database; "
        "mail server: connection mineralwatch_smtp in a variable AIRFLOW_CONN_…; "
        "webhooks: not set",
        "mend": "",
    }
    assert found["slack"]["verdict"] == "ok", "the variable's token would be refused"
    assert found["database"]["verdict"] == found["smtp"]["verdict"] == "ok"
    assert "logged in as watch" in found["smtp"]["seen"]
    assert not [one for one in (DEMO_TOKEN, "right-one", "xoxb-of-the-variable") if one in said]
    assert found["secrets"]["verdict"] == "fail"
    assert stat.S_IMODE(connected.home.path.stat().st_mode) == 0o755
    assert connected.home.passwords.stat().st_mtime_ns == before


def test_the_airflow_of_airflow_home_is_asked_and_another_database_than_the_commands_is_told(
    connected: AirflowProcess, doctor: Doctor, tmp_path: Path
) -> None:
    home = tmp_path / "elsewhere"
    home.mkdir()
    shutil.copy(connected.home.database, home / "airflow.db")
    _, found, _ = doctor(
        "--offline",
        AIRFLOW_HOME=str(home),
        AIRFLOW__DATABASE__SQL_ALCHEMY_CONN=f"sqlite:///{home / 'airflow.db'}",
        AIRFLOW__CORE__FERNET_KEY=json.loads(connected.home.secrets.read_text())["fernet_key"],
    )
    assert f"Airflow in {home};" in found["sources"]["seen"]
    assert "connection mineralwatch_slack in Airflow's database" in found["sources"]["seen"]
    assert found["sources"]["verdict"] == "warn"
    assert "MINERALWATCH_DATABASE_URL" in found["sources"]["mend"]
    assert found["migrations"]["verdict"] == "ok", "it is the connection's that is looked at"


def test_a_connection_saved_with_another_key_is_a_failure_that_names_it(
    connected: AirflowProcess, doctor: Doctor, sqlite_url: str
) -> None:
    secrets = json.loads(connected.home.secrets.read_text())
    connected.home.secrets.write_text(json.dumps({**secrets, "fernet_key": "A" * 43 + "="}))
    code, found, said = doctor("--offline", MINERALWATCH_DATABASE_URL=sqlite_url)
    assert (code, found["sources"]["verdict"]) == (2, "fail")
    assert "mineralwatch_slack in Airflow's database: InvalidToken" in found["sources"]["seen"]
    assert "FERNET_KEY" in found["sources"]["mend"]
    assert DEMO_TOKEN not in said


@pytest.mark.usefixtures("airflow")
def test_a_connection_with_a_value_that_cannot_be_used_is_a_wrong_setting(doctor: Doctor) -> None:
    given = {"conn_type": "generic", "password": "no JSON at all"}
    code, found, said = doctor("--offline", AIRFLOW_CONN_MINERALWATCH_WEBHOOKS=json.dumps(given))
    assert (code, found["settings"]["verdict"]) == (2, "fail")
    assert "mineralwatch_webhooks in a variable" in found["settings"]["mend"]
    assert "no JSON at all" not in said


def test_an_airflow_that_cannot_say_is_a_failure_and_the_rest_is_looked_at(
    doctor: Doctor, tmp_path: Path, sqlite_url: str
) -> None:
    code, found, _ = doctor(
        "--offline",
        MINERALWATCH_DATABASE_URL=sqlite_url,
        AIRFLOW_HOME=str(tmp_path / "home"),
        AIRFLOW__DATABASE__SQL_ALCHEMY_CONN="nonsense",
    )
    assert (code, found["sources"]["verdict"]) == (2, "fail")
    assert str(tmp_path / "home") in found["sources"]["seen"]
    assert found["database"]["verdict"] == "ok"
