"""A late run is told at once, and once; and once when a run ends in time: both databases."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from pipeline.app import note_task
from pipeline.late_runs import tell_late
from pipeline.settings import Settings
from pipeline.stages.failures import dismiss
from schemas.watch import WatchKind
from tests.failure_desk import Desk, failure_desks


@pytest.fixture
def desk(
    database_url: str, make_settings: Callable[..., Settings], tmp_path: Path
) -> Iterator[Desk]:
    with failure_desks(database_url, make_settings, tmp_path) as opened:
        yield opened()


def late(desk: Desk, dag: str, run: str = "r1") -> bool:
    return tell_late(dag, f"run {run} has not ended", settings=desk.app.settings, now=desk.at)


def ends(desk: Desk, dag: str, task: str, *, whole: bool) -> bool:
    settings = desk.app.settings
    return note_task(dag, task, settings=settings, run_settled=lambda: whole, now=desk.at)


def test_it_is_told_at_once_and_once_however_many_runs_wait(desk: Desk) -> None:
    assert late(desk, "poll_feeds")
    assert desk.notices() == ["A run is late: poll_feeds"], "nobody had to look"
    desk.later(5)
    assert not late(desk, "poll_feeds", "r2")
    assert desk.look() == 0
    assert desk.app.run("watch", now=desk.at).counts["failing"] == 1


def test_it_is_over_when_all_tasks_of_a_run_have_ended_well(desk: Desk) -> None:
    late(desk, "poll_feeds")
    desk.later(5)
    assert not ends(desk, "poll_feeds", "plan", whole=False)
    assert not ends(desk, "send_alerts", "deliver", whole=True), "another DAG's says nothing"
    assert desk.look() == 0
    assert ends(desk, "poll_feeds", "fulltext", whole=True)
    assert desk.look() == 1
    assert desk.notices()[1:] == ["Runs are in time again: poll_feeds"]
    assert not ends(desk, "poll_feeds", "fulltext", whole=True)


def test_a_task_that_fails_in_a_late_run_is_another_thing(desk: Desk) -> None:
    late(desk, "poll_feeds")
    note_task("poll_feeds", "poll", settings=desk.app.settings, error="x", now=desk.at)
    assert {one.kind for one in desk.episodes()} == {WatchKind.LATE, WatchKind.TASK}
    note_task("poll_feeds", "poll", settings=desk.app.settings, now=desk.at)
    [open_one] = [one for one in desk.episodes() if one.ended_at is None]
    assert open_one.kind is WatchKind.LATE


def test_one_that_nobody_will_run_again_is_dismissed(desk: Desk) -> None:
    late(desk, "reassess")
    assert dismiss(desk.app.context(desk.at), "reassess") == 1
    assert desk.look() == 0
    assert len(desk.notices()) == 1
