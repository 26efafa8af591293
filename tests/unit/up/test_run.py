"""What is checked before anything starts."""

import io
import socket
from pathlib import Path

import pytest
from rich.console import Console

from pipeline.errors import ConfigError
from pipeline.up.lock import free_port, hold
from pipeline.up.run import DAGS, dags_folder, up


def start(home: Path, *, port: int | None = None, feeds: Path | None = None) -> None:
    console = Console(file=io.StringIO())
    up(home=home, port=port or free_port(), feeds=feeds, console=console)


def test_the_dag_files_are_found() -> None:
    assert {path.stem for path in dags_folder().glob("[!_]*.py")} == DAGS


def test_a_taken_port(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(ConfigError, match=f"port {port} on 127.0.0.1 is taken"):
            start(tmp_path / "var", port=port)
    assert not (tmp_path / "var" / "mineralwatch.sqlite3").exists(), "nothing was started"


def test_a_home_in_use(tmp_path: Path) -> None:
    home = tmp_path / "var"
    with (
        hold(home / "airflow" / "up.lock", note="http://127.0.0.1:9"),
        pytest.raises(ConfigError, match=r"up on .* already: .*127\.0\.0\.1:9"),
    ):
        start(home)


def test_wrong_feeds_start_nothing(tmp_path: Path) -> None:
    feeds = tmp_path / "feeds.yaml"
    feeds.write_text("feeds:\n  - nmae: x\n    url: https://example.org/\n")
    with pytest.raises(ConfigError, match=r"feeds\.yaml:2"):
        start(tmp_path / "var", feeds=feeds)
    assert not (tmp_path / "var").exists()


def test_a_feeds_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"nowhere\.yaml"):
        start(tmp_path / "var", feeds=tmp_path / "nowhere.yaml")
