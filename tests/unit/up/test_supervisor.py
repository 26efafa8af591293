"""Starting, waiting, watching and stopping; the processes are real, Airflow is a stand-in."""

import os
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from pipeline.errors import PermanentError, TransientError
from pipeline.up.api import AirflowApi
from pipeline.up.processes import Component
from pipeline.up.supervisor import COMPONENTS, Crashed, Stopped, Supervisor
from tests.unit.up.airflow_server import PASSWORD, USERNAME, AirflowServer, airflow_server

SLEEPER = Component("sleeper", (sys.executable, "-c", "import time; time.sleep(600)"))
CRASHER = Component("crasher", (sys.executable, "-c", "print('no memory'); raise SystemExit(3)"))

Make = Callable[..., Supervisor]


@pytest.fixture
def server() -> Iterator[AirflowServer]:
    with airflow_server() as running:
        yield running


@pytest.fixture
def make(server: AirflowServer, tmp_path: Path) -> Iterator[Make]:
    made: list[Supervisor] = []

    def make_one(*, stopping: Callable[[], bool] = lambda: False) -> Supervisor:
        supervisor = Supervisor(
            env={**os.environ, "AIRFLOW_HOME": str(tmp_path / "airflow")},
            logs=tmp_path / "logs",
            api=AirflowApi(server.url, username=USERNAME, password=PASSWORD),
            stopping=stopping,
            hurry=lambda: True,
        )
        made.append(supervisor)
        return supervisor

    yield make_one
    for supervisor in made:
        supervisor.stop()


def after(seconds: int = 60) -> datetime:
    return datetime.now(UTC) + timedelta(seconds=seconds)


def test_each_healthy_part_is_told_once(make: Make, server: AirflowServer) -> None:
    supervisor = make()
    supervisor.start((SLEEPER,))
    server.beats = dict.fromkeys(server.beats, after())
    told: list[str] = []
    supervisor.wait_healthy(told.append)
    assert sorted(told) == ["api_server", "dag_processor", "metadatabase", "scheduler", "triggerer"]


def test_what_does_not_get_healthy_is_named(make: Make, server: AirflowServer) -> None:
    supervisor = make()
    supervisor.start((SLEEPER,))
    server.beats = {**dict.fromkeys(server.beats, after()), "triggerer": None}
    with pytest.raises(TransientError, match="not healthy: triggerer"):
        supervisor.wait_healthy(lambda _: None, timeout_s=0)


def test_a_process_that_ends_while_waited_for(make: Make, server: AirflowServer) -> None:
    supervisor = make()
    supervisor.start((SLEEPER, CRASHER))
    server.beats = dict.fromkeys(server.beats, None)
    with pytest.raises(Crashed) as caught:
        supervisor.wait_healthy(lambda _: None)
    assert (caught.value.crash.name, caught.value.crash.code) == ("crasher", 3)
    assert caught.value.crash.tail == "no memory"


def test_a_stop_while_waited_for(make: Make, server: AirflowServer) -> None:
    supervisor = make(stopping=lambda: True)
    server.beats = dict.fromkeys(server.beats, None)
    with pytest.raises(Stopped):
        supervisor.wait_healthy(lambda _: None)


def test_dags_have_to_be_read_since_the_start(make: Make, server: AirflowServer) -> None:
    supervisor = make()
    supervisor.start((SLEEPER,))
    server.dags = {"one": after(), "two": after(-60)}
    with pytest.raises(TransientError, match="DAGs not read: two\n"):
        supervisor.wait_dags(frozenset({"one", "two"}), timeout_s=0)
    server.dags["two"] = after()
    assert {s.dag_id for s in supervisor.wait_dags(frozenset({"one", "two"}))} == {"one", "two"}


def test_a_dag_file_that_cannot_be_imported_is_named(make: Make, server: AirflowServer) -> None:
    supervisor = make()
    supervisor.start((SLEEPER,))
    server.import_errors = [("poll_feeds.py", after())]
    with pytest.raises(PermanentError, match=r"poll_feeds\.py"):
        supervisor.wait_dags(frozenset({"one"}))


def test_watching_ends_when_asked(make: Make) -> None:
    answers = iter([False, False, True])
    supervisor = make(stopping=lambda: next(answers))
    supervisor.start((SLEEPER,))
    supervisor.watch()
    assert next(answers, None) is None


def test_watching_ends_with_a_crash(make: Make) -> None:
    supervisor = make()
    supervisor.start((SLEEPER, CRASHER))
    with pytest.raises(Crashed, match="crasher ended with code 3"):
        supervisor.watch()


def test_a_command_that_fails_is_a_crash_with_its_log(make: Make, tmp_path: Path) -> None:
    with pytest.raises(Crashed) as caught:
        make().run_once("migrate", "no-such-command")
    assert caught.value.crash.log == tmp_path / "logs" / "migrate.log"
    assert "no-such-command" in caught.value.crash.tail


def test_four_processes_and_the_server_of_tasks_stops_last() -> None:
    names = [component.name for component in COMPONENTS]
    assert sorted(names) == ["api-server", "dag-processor", "scheduler", "triggerer"]
    assert names[-1] == "api-server"
