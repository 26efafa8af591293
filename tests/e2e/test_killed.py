"""Killed with SIGKILL at random points of every stage: each story is told, and none twice.

The short form of `python benchmarks/kill.py`: the same worlds, fewer kills.
"""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipeline.app import PASS
from tests.kill.check import violations
from tests.kill.nursery import Kill, Nursery
from tests.kill.scenarios import killed_anywhere, several_senders
from tests.kill.world import Plan, World

pytestmark = pytest.mark.slow
KILLS = 15


@pytest.fixture(scope="module")
def nursery(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Nursery]:
    with Nursery(tmp_path_factory.mktemp("nursery") / "errors.txt") as opened:
        yield opened


@pytest.fixture
def calm_url(sqlite_template: Path, tmp_path: Path) -> str:
    """For the run that is left alone: of one kind, whatever the other's database is."""
    path = tmp_path / "calm.sqlite3"
    shutil.copy(sqlite_template, path)
    return f"sqlite:///{path}"


def test_killed_anywhere(
    tmp_path: Path, database_url: str, calm_url: str, nursery: Nursery
) -> None:
    ended = killed_anywhere(
        tmp_path, database_url, calm_url, nursery, seed=11, kills=KILLS, timed=0.0
    )
    assert ended.violations == [], "\n".join(ended.tally.deaths)
    assert sum(ended.tally.kills.values()) >= KILLS
    assert len({stage for stage, _ in ended.tally.kills}) >= 4
    assert ended.replies > 0
    assert ended.messages - ended.replies > 3


def test_a_sender_that_slept_past_its_lease_sends_nothing_that_another_sent(
    tmp_path: Path, database_url: str, nursery: Nursery
) -> None:
    with World(tmp_path / "world", database_url, nursery, seed=3) as world:
        for _ in range(4):
            world.release()
            world.run(Plan(stages=PASS[: PASS.index("deliver")]))
        assert world.waiting() > 3
        # The first message is sent and not recorded, the others are claimed.
        world.run_past_a_sleeper(Kill("deliver", 1, "answered", stopped=True))
        world.become_quiet()
        assert violations(world) == []


def test_several_senders_killed_on_postgresql(
    tmp_path: Path, postgres_url: str, calm_url: str, nursery: Nursery
) -> None:
    ended = several_senders(tmp_path, postgres_url, calm_url, nursery, seed=12, kills=8)
    assert ended.violations == [], "\n".join(ended.tally.deaths)
    assert {stage for stage, _ in ended.tally.kills} == {"deliver"}
    assert ended.messages >= 5
