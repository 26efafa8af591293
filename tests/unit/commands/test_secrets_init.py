"""secrets init: all that docker compose needs, at random, in a file for the owner alone."""

import json
import re
from base64 import urlsafe_b64decode
from pathlib import Path

from dotenv import dotenv_values
from typer.testing import CliRunner

from pipeline.cli import app
from pipeline.up.env_file import MAKERS

ROOT = Path(__file__).parents[3]


def call(*args: str, code: int = 0) -> str:
    done = CliRunner().invoke(app, ["secrets", "init", *args])
    assert done.exit_code == code, done.output
    return done.output


def test_all_that_compose_asks_for_is_made_and_nothing_is_shown(tmp_path: Path) -> None:
    told = json.loads(call("--json"))
    values = dotenv_values(tmp_path / ".env")
    needed = set(re.findall(r"\$\{([A-Z_]+):\?", (ROOT / "docker-compose.yml").read_text()))
    assert set(told["made"]) == set(values) == set(MAKERS) == needed
    assert (tmp_path / ".env").stat().st_mode & 0o777 == 0o600
    assert len(set(values.values())) == len(MAKERS)
    assert len(urlsafe_b64decode(values["AIRFLOW_FERNET_KEY"] or "")) == 32
    assert not [value for value in values.values() if value and value in str(told)]
    for name in ("POSTGRES_PASSWORD", "VALKEY_PASSWORD"):
        assert re.fullmatch(r"[0-9a-f]{48}", values[name] or ""), "fit for an address"


def test_what_is_there_is_kept_until_force(tmp_path: Path) -> None:
    file = tmp_path / "own.env"
    file.write_text("# mine\nPOSTGRES_PASSWORD=kept\nAIRFLOW_PORT=9\nVALKEY_PASSWORD=")
    file.chmod(0o644)
    call("--out", "own.env")
    first = dotenv_values(file)
    assert (first["POSTGRES_PASSWORD"], first["AIRFLOW_PORT"]) == ("kept", "9")
    assert first["VALKEY_PASSWORD"]
    assert file.read_text().startswith("# mine\n")
    assert file.stat().st_mode & 0o777 == 0o600
    before = file.read_text()
    call("--out", "own.env")
    assert file.read_text() == before
    call("--out", "own.env", "--force")
    second = dotenv_values(file)
    assert second["AIRFLOW_PORT"] == "9"
    assert not [name for name in MAKERS if first[name] == second[name]]


def test_a_new_file_begins_as_the_example(tmp_path: Path) -> None:
    example = (ROOT / ".env.example").read_text(encoding="utf-8")
    (tmp_path / ".env.example").write_text(example, encoding="utf-8")
    call()
    text = (tmp_path / ".env").read_text(encoding="utf-8")
    assert all(dotenv_values(tmp_path / ".env")[name] for name in MAKERS)
    assert len(text.splitlines()) == len(example.splitlines())


def test_a_file_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    assert "none/.env" in call("--out", "none/.env", code=2)
