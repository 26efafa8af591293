"""The DAGs as the scheduler sees them, and what reading their files costs."""

from pathlib import Path
from typing import Any

import pytest

from pipeline.up.run import DAGS as STARTED
from tests.dags.airflow_process import DAGS, AirflowProcess

FILES = sorted(path.name for path in DAGS.glob("[!_]*.py"))

BY_HAND = {"reassess", "import_archive"}
CLOCK = {
    "poll_feeds": "*/5 * * * *",
    "assess_articles": "*/15 * * * *",
    "send_alerts": "*/5 * * * *",
    "daily_digest": "*/15 * * * *",
    "read_feedback": "*/30 * * * *",
    "upkeep": "30 1 * * *",
    "watch": "*/5 * * * *",
}
WOKEN_BY = {"assess_articles": ["articles"], "send_alerts": ["alerts"]}
WAKES = {
    ("poll_feeds", "poll"): ["articles_added"],
    ("poll_feeds", "fulltext"): ["articles_added"],
    ("assess_articles", "link"): ["alerts_queued"],
    ("daily_digest", "digest"): ["alerts_queued"],
    ("reassess", "read_anew"): ["articles_added"],
    ("import_archive", "bring_in"): ["articles_added"],
}

# What a DAG file may load besides Airflow: settings and errors, no more.
LIGHT = {
    "pipeline",
    "pipeline.errors",
    "pipeline.settings",
    "pipeline.yaml_files",
    "schemas",
    "schemas.alert",
    "schemas.assessment",
    "schemas.config",
    "schemas.feed",
}
HEAVY = {
    "aiohttp",
    "feedparser",
    "lingua",
    "matplotlib",
    "nh3",
    "numpy",
    "premailer",
    "psycopg",
    "pymorphy3",
    "simplemma",
    "slack_sdk",
    "spacy",
    "trafilatura",
}


@pytest.fixture(scope="module")
def described(template: AirflowProcess) -> dict[str, Any]:
    told: dict[str, Any] = template.work("describe")
    return told


@pytest.fixture(scope="module")
def dags(described: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = described["dags"]
    return found


def clock(dag: dict[str, Any]) -> dict[str, Any]:
    """The part of the timetable that ticks."""
    table: dict[str, Any] = dag["timetable"]["__var"]
    return table["timetable"]["__var"] if "timetable" in table else table


def tasks(dag: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Task id → its settings; those of a mapped task are partial."""
    return {
        task["__var"]["task_id"]: {**task["__var"], **task["__var"].get("partial_kwargs", {})}
        for task in dag["tasks"]
    }


def seconds(value: Any) -> float:
    return float(value["__var"] if isinstance(value, dict) else value)


def test_every_file_is_read_without_error(described: dict[str, Any]) -> None:
    assert described["errors"] == {}
    assert set(described["dags"]) == STARTED
    assert {file.removesuffix(".py") for file in FILES} == STARTED


def test_clocks(dags: dict[str, Any]) -> None:
    assert {name: clock(dag).get("expression") for name, dag in dags.items()} == {
        **CLOCK,
        **dict.fromkeys(BY_HAND),
    }


def test_no_yaml_is_read_to_know_when(template: AirflowProcess, tmp_path: Path) -> None:
    """The stage knows which lists are due: a broken digest.yaml takes no DAG away."""
    (tmp_path / "digest.yaml").write_text("time_zone: Europe/Atlantis\n")
    told = template.work("describe", MINERALWATCH_CONFIG_DIR=str(tmp_path))
    assert told["errors"] == {}
    assert set(told["dags"]) == STARTED


def test_a_first_start_does_not_send_a_digest_that_is_past(dags: dict[str, Any]) -> None:
    assert clock(dags["daily_digest"])["run_immediately"] == 0.0
    assert "start_date" not in dags["daily_digest"]


def test_assets_wake_and_are_woken(dags: dict[str, Any]) -> None:
    woken = {
        name: [asset["name"] for asset in dag["timetable"]["__var"]["asset_condition"]["objects"]]
        for name, dag in dags.items()
        if "asset_condition" in dag["timetable"]["__var"]
    }
    assert woken == WOKEN_BY
    wakes = {
        (name, task_id): [outlet["__var"]["name"] for outlet in task["outlets"]]
        for name, dag in dags.items()
        for task_id, task in tasks(dag).items()
        if "outlets" in task
    }
    assert wakes == WAKES


def test_one_run_at_a_time_and_nothing_made_up_for(dags: dict[str, Any]) -> None:
    assert all(dag["max_active_runs"] == 1 for dag in dags.values())
    assert not any(dag["catchup"] for dag in dags.values())


def test_tasks_say_who_owns_them_and_how_long_they_may_take(dags: dict[str, Any]) -> None:
    for dag in dags.values():
        assert dag["tags"].count("mineralwatch") == 1
        assert "When it fails" in dag["doc_md"]
        for task in tasks(dag).values():
            assert task["owner"] == "mineralwatch"
            assert 0 < seconds(task["execution_timeout"]) <= 6 * 3600


def test_retries_wait_longer_each_time(dags: dict[str, Any]) -> None:
    for dag in dags.values():
        for task in tasks(dag).values():
            assert task["retries"] >= 2
            assert task["retry_exponential_backoff"]
            assert seconds(task["max_retry_delay"]) == 600


def test_what_a_person_has_to_mend_is_not_tried_again(described: dict[str, Any]) -> None:
    assert len(described["retry"]) == sum(len(d["tasks"]) for d in described["dags"].values())
    for policy in described["retry"].values():
        assert policy == {
            "ConfigError": "fail",
            "PermanentError": "fail",
            "TransientError": "default",
        }


def test_forms_are_typed(dags: dict[str, Any]) -> None:
    forms = {
        name: {field: param["schema"]["__var"] for field, param in dag["params"]}
        for name, dag in dags.items()
        if dag["params"]
    }
    assert {name: set(form) for name, form in forms.items()} == {
        "poll_feeds": {"everything"},
        "daily_digest": {"date", "list", "send"},
        "reassess": {"since", "dry_run"},
        "import_archive": {"path", "format"},
    }
    for form in forms.values():
        for schema in form.values():
            assert "type" in schema or "enum" in schema
            assert schema["title"]
    assert forms["reassess"]["since"]["format"] == "date"
    assert forms["import_archive"]["format"]["enum"] == ["jsonl", "csv", "feeds"]


@pytest.mark.parametrize("file", FILES)
def test_reading_a_file_loads_nothing_heavy(file: str, template: AirflowProcess) -> None:
    told = template.work("parse", str(DAGS / file))
    assert told["errors"] == {}
    assert told["dags"] == [file.removesuffix(".py")]
    loaded = set(told["modules"])
    ours = {name for name in loaded if name.split(".")[0] in {"pipeline", "schemas"}}
    assert ours <= LIGHT
    assert {name.split(".")[0] for name in loaded} & HEAVY == set()
