"""Asking Airflow's REST API."""

from collections.abc import Iterator
from contextlib import nullcontext
from datetime import UTC, datetime, timedelta

import pytest

from pipeline.errors import PermanentError, TransientError
from pipeline.up.api import AirflowApi, DagState
from pipeline.up.lock import free_port
from tests.unit.up.airflow_server import PASSWORD, USERNAME, AirflowServer, airflow_server

START = datetime(2026, 5, 4, 12, 0, tzinfo=UTC)
BEFORE, AFTER = START - timedelta(seconds=5), START + timedelta(seconds=5)


@pytest.fixture
def server() -> Iterator[AirflowServer]:
    with airflow_server() as running:
        yield running


@pytest.fixture
def api(server: AirflowServer) -> AirflowApi:
    return AirflowApi(server.url, username=USERNAME, password=PASSWORD)


def test_all_parts_are_healthy(server: AirflowServer, api: AirflowApi) -> None:
    server.beats = dict.fromkeys(server.beats, AFTER)
    assert api.healthy(since=START) == {
        "api_server",
        "metadatabase",
        "scheduler",
        "dag_processor",
        "triggerer",
    }
    assert server.warmed == 1, "the part that tasks talk to was put together"
    assert server.logins == 0


def test_a_heartbeat_of_an_earlier_start_does_not_count(
    server: AirflowServer, api: AirflowApi
) -> None:
    server.beats = {"scheduler": AFTER, "dag_processor": BEFORE, "triggerer": None}
    assert api.healthy(since=START) == {"api_server", "metadatabase", "scheduler"}


def test_a_sick_database(server: AirflowServer, api: AirflowApi) -> None:
    server.metadatabase = "unhealthy"
    assert "metadatabase" not in api.healthy(since=START)


def test_nobody_answers() -> None:
    nobody = AirflowApi(f"http://127.0.0.1:{free_port()}", username=USERNAME, password=PASSWORD)
    assert nobody.healthy(since=START) == frozenset()


def test_dags_and_their_errors(server: AirflowServer, api: AirflowApi) -> None:
    server.dags = {"one": AFTER, "two": None}
    server.paused = {"two"}
    server.import_errors = [("old.py", BEFORE), ("new.py", AFTER)]
    assert api.dags() == [DagState("one", False, AFTER), DagState("two", True, None)]
    assert [file for file, _ in api.import_errors(since=START)] == ["new.py"]
    assert api.trigger("one") == "manual__1"
    assert api.trigger("two", {"x": 1}) == "manual__2"
    assert server.triggered == [("one", {}), ("two", {"x": 1})]
    assert server.logins == 1, "one login serves all"


@pytest.mark.parametrize(("refusals", "runs"), [(2, 1), (3, 0)])
def test_a_run_is_asked_for_three_times(
    refusals: int, runs: int, server: AirflowServer, api: AirflowApi
) -> None:
    server.refuse_triggers = refusals
    with nullcontext() if runs else pytest.raises(TransientError, match="Database error"):
        api.trigger("one")
    assert len(server.triggered) == runs


def test_a_wrong_password_will_not_get_better(server: AirflowServer) -> None:
    with pytest.raises(PermanentError, match="401"):
        AirflowApi(server.url, username=USERNAME, password="wrong").dags()


def test_a_server_error_may(server: AirflowServer, api: AirflowApi) -> None:
    server.failing = True
    with pytest.raises(TransientError, match="out of order"):
        api.dags()


def test_a_proxy_is_not_asked(
    server: AirflowServer, api: AirflowApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{free_port()}")
    assert "metadatabase" in api.healthy(since=START)
