"""One start a home, and ports that are free."""

import socket
from pathlib import Path

import pytest

from pipeline.errors import ConfigError
from pipeline.up.lock import free_port, hold, require_free_port


def test_a_home_is_held_once(tmp_path: Path) -> None:
    path = tmp_path / "airflow" / "up.lock"
    with (
        hold(path, note="http://127.0.0.1:8080"),
        pytest.raises(ConfigError, match=r"http://127\.0\.0\.1:8080"),
        hold(path, note="http://127.0.0.1:8081"),
    ):
        pytest.fail("held twice")


def test_a_home_is_free_again_afterwards(tmp_path: Path) -> None:
    for _ in range(2):
        with hold(tmp_path / "up.lock", note="here"):
            assert "here" in (tmp_path / "up.lock").read_text()


def test_a_taken_port_is_named() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(ConfigError, match=f"port {port} on 127.0.0.1 is taken"):
            require_free_port(port)
    require_free_port(port)


def test_a_free_port_is_free() -> None:
    port = free_port()
    require_free_port(port)
    assert 0 < port < 1 << 16
