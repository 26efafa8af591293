"""The demo with a real Airflow: the first alert and the first digest, and a clean end."""

from pathlib import Path

import pytest

from pipeline.demo.director import FIRST_S
from tests.e2e.running import Running, bare_environment, until

pytestmark = pytest.mark.slow


def test_the_demo_shows_an_alert_and_a_digest(tmp_path: Path, bytecode: Path) -> None:
    env = bare_environment(tmp_path, bytecode)
    with Running("--home", "demo", env=env, cwd=tmp_path, command="demo") as demo:
        demo.wait_up()
        for first in ("the first alert:", "the first digest:"):
            until(lambda told=first: told in demo.output, timeout_s=FIRST_S, what=first)
        assert "no alert yet" not in demo.output
        assert demo.stop() == 0, demo.output
        assert demo.left() == []
    [run] = (tmp_path / "demo").iterdir()
    assert "minerals" in (run / "slack.html").read_text(encoding="utf-8")
    assert list((run / "mail").glob("*.eml"))
