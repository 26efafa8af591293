"""The environment of a local Airflow, and its keys."""

import json
import stat
from pathlib import Path

import pytest

from pipeline.errors import ConfigError
from pipeline.up.airflow_home import AirflowHome, Secrets, ensure_secrets, environment

SECRETS = Secrets("fernet", "jwt", "api", "password")


def made(home: Path, **given: dict[str, str]) -> dict[str, str]:
    return environment(
        AirflowHome(home),
        port=8081,
        dags=Path("/dags"),
        found=SECRETS,
        inherited=given.get("inherited", {}),
        extra=given.get("extra", {}),
    )


def test_everything_is_within_the_home(tmp_path: Path) -> None:
    env = made(tmp_path)
    assert env["AIRFLOW_HOME"] == str(tmp_path)
    for name in (
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN",
        "AIRFLOW__LOGGING__BASE_LOG_FOLDER",
        "AIRFLOW__LOGGING__DAG_PROCESSOR_CHILD_PROCESS_LOG_DIRECTORY",
        "AIRFLOW__DAG_PROCESSOR__DAG_BUNDLE_STORAGE_PATH",
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE",
        "MPLCONFIGDIR",
    ):
        assert str(tmp_path) in env[name], name


def test_nothing_listens_beyond_this_machine(tmp_path: Path) -> None:
    env = made(tmp_path)
    assert env["AIRFLOW__API__HOST"] == "127.0.0.1"
    assert env["AIRFLOW__API__PORT"] == "8081"
    assert env["AIRFLOW__CORE__EXECUTION_API_SERVER_URL"] == "http://127.0.0.1:8081/execution/"
    assert env["AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_ALL_ADMINS"] == "False"


def test_another_airflow_of_the_machine_does_not_leak_in(tmp_path: Path) -> None:
    env = made(
        tmp_path,
        inherited={
            "AIRFLOW_HOME": "/home/me/airflow",
            "AIRFLOW_CONFIG": "/home/me/airflow/airflow.cfg",
            "AIRFLOW__CORE__DAGS_FOLDER": "/home/me/airflow/dags",
            "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": "postgresql://production/airflow",
            "AIRFLOW__API_AUTH__JWT_SECRET": "theirs",
            "AIRFLOW__API__HOST": "0.0.0.0",
        },
    )
    assert env["AIRFLOW_HOME"] == str(tmp_path)
    assert "AIRFLOW_CONFIG" not in env
    assert env["AIRFLOW__CORE__DAGS_FOLDER"] == "/dags"
    assert env["AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"] == f"sqlite:///{tmp_path}/airflow.sqlite3"
    assert env["AIRFLOW__API_AUTH__JWT_SECRET"] == "jwt"
    assert env["AIRFLOW__API__HOST"] == "127.0.0.1"


def test_the_callers_tuning_and_connections_are_kept(tmp_path: Path) -> None:
    given = {
        "PATH": "/bin",
        "AIRFLOW__CORE__PARALLELISM": "9",
        "AIRFLOW_CONN_MINERALWATCH_SLACK": "http://:token@",
        "MINERALWATCH_DIGEST_TO": "me@example.org",
    }
    assert given.items() <= made(tmp_path, inherited=given).items()


def test_extra_wins(tmp_path: Path) -> None:
    env = made(
        tmp_path,
        inherited={"MINERALWATCH_SLACK_TOKEN": "xoxb-mine"},
        extra={"MINERALWATCH_SLACK_TOKEN": "xoxb-demo"},
    )
    assert env["MINERALWATCH_SLACK_TOKEN"] == "xoxb-demo"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ({}, "127.0.0.1,localhost"),
        ({"NO_PROXY": "corp.example"}, "corp.example,127.0.0.1,localhost"),
    ],
)
def test_no_proxy_gets_between_a_task_and_its_server(
    before: dict[str, str], after: str, tmp_path: Path
) -> None:
    inherited = {"HTTP_PROXY": "http://proxy.example:3128", **before}
    assert made(tmp_path, inherited=inherited)["NO_PROXY"] == after


def test_who_wants_no_bytecode_beside_the_sources_gets_it_in_the_home(tmp_path: Path) -> None:
    env = made(tmp_path, inherited={"PYTHONDONTWRITEBYTECODE": "1"})
    assert "PYTHONDONTWRITEBYTECODE" not in env
    assert env["PYTHONPYCACHEPREFIX"] == str(tmp_path / "bytecode")
    assert "PYTHONPYCACHEPREFIX" not in made(tmp_path)


def test_keys_are_made_once_and_are_the_owners_alone(tmp_path: Path) -> None:
    home = AirflowHome(tmp_path / "airflow")
    first = ensure_secrets(home)
    for file in (home.secrets, home.passwords):
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(home.path.stat().st_mode) == 0o700
    assert ensure_secrets(home) == first
    assert json.loads(home.passwords.read_text()) == {"admin": first.password}


def test_two_homes_share_no_key(tmp_path: Path) -> None:
    one, two = (ensure_secrets(AirflowHome(tmp_path / name)) for name in ("one", "two"))
    assert one.fernet_key != two.fernet_key
    assert one.jwt_secret != two.jwt_secret
    assert one.api_secret_key != two.api_secret_key
    assert one.password != two.password
    # Airflow asks for 64 bytes for its HS512 tokens, and 32 of base64 for Fernet.
    assert len(one.jwt_secret) >= 64
    assert len(one.fernet_key) == 44


def test_the_password_is_put_right_where_the_file_was_changed(tmp_path: Path) -> None:
    home = AirflowHome(tmp_path)
    found = ensure_secrets(home)
    home.passwords.write_text("{}")
    ensure_secrets(home)
    assert json.loads(home.passwords.read_text()) == {"admin": found.password}


@pytest.mark.parametrize("content", ["", "{", '{"fernet_key": "x"}', "[]"])
def test_a_broken_file_of_keys_is_named(content: str, tmp_path: Path) -> None:
    home = AirflowHome(tmp_path)
    home.secrets.write_text(content)
    with pytest.raises(ConfigError, match=r"secrets\.json"):
        ensure_secrets(home)
