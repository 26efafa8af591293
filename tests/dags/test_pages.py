"""The operators' pages in Airflow's api-server: its login, its rights, its menu, its runs."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.dags.airflow_process import AirflowProcess

PATHS = ("/", "/feeds", "/feeds/1", "/outbox", "/audit")


@pytest.fixture
def told(airflow: AirflowProcess, sqlite_url: str, tmp_path: Path) -> Any:
    path = sqlite_url.removeprefix("sqlite:///")
    return airflow.work(
        "pages",
        AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS="vic:viewer,una:user",
        # The settings come from Airflow's connections: no variable names the database.
        AIRFLOW_CONN_MINERALWATCH_DB=json.dumps({"conn_type": "sqlite", "host": path}),
        MINERALWATCH_VAR_DIR=str(tmp_path / "var"),
    )


def test_whoever_airflow_lets_in_sees_the_pages_and_acts_by_its_rights(told: Any) -> None:
    visits = told["visits"]
    nobody, viewer, user = visits[""], visits["vic"], visits["una"]

    assert [nobody[path] for path in PATHS] == [401] * len(PATHS)
    assert nobody["post"] == 401
    assert "/api/v2/auth/login?next=%2Fplugin%2Fminerals-watch" in nobody["text /"]
    assert visits["forged"]["/"] in {401, 403}
    assert [visits["nil"][path] for path in PATHS] == [403] * len(PATHS), "one without a role"

    assert [viewer[path] for path in PATHS] == [200] * len(PATHS)
    assert "who may read" in viewer["text /"]
    assert "<button>Poll now" not in viewer["text /feeds/1"]
    assert viewer["post"] == 403

    assert [user[path] for path in PATHS] == [200] * len(PATHS)
    assert "<button>Poll now" in user["text /feeds/1"]
    assert user["post"] == 200
    assert "A run of poll_feeds was started." in user["text post"]
    assert told["runs"] == [["manual", "una"]]

    (view,) = [view for view in told["views"] if view["name"] == "Minerals watch"]
    assert (view["destination"], view["href"]) == ("nav", "/minerals-watch/")
    assert view["nav_top_level"] is True
