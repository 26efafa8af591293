"""The DAGs as the scheduler sees them, and what reading their files costs."""

import json
from pathlib import Path
from typing import Any

import pytest

from pipeline.up.run import DAGS as STARTED
from schemas.alert import Channel
from tests.dags.airflow_process import DAGS, AirflowProcess

FILES = sorted(path.name for path in DAGS.glob("[!_]*.py"))

BY_HAND = {"reassess", "import_archive", "test_alert"}
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

READS = {
    ("poll_feeds", "plan"): ["feeds"],
    ("poll_feeds", "poll"): ["feeds"],
    ("poll_feeds", "fulltext"): ["articles"],
    ("assess_articles", "assess"): ["articles"],
    ("daily_digest", "digest"): ["articles"],
    ("send_alerts", "deliver"): ["alerts"],
    ("read_feedback", "feedback"): ["alerts"],
    ("reassess", "read_anew"): ["articles"],
}
IN_POOLS = {
    ("poll_feeds", "poll"): "mineralwatch_poll",
    ("poll_feeds", "fulltext"): "mineralwatch_poll",
    ("upkeep", "websub"): "mineralwatch_poll",
    ("send_alerts", "deliver"): "mineralwatch_send",
    ("read_feedback", "feedback"): "mineralwatch_send",
    ("test_alert", "send"): "mineralwatch_send",
}
KINDS = {"collect", "assess", "notify", "operate"}
"""One of these tags says what a DAG is for."""

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
    assert assets(dags, "outlets") == WAKES


def assets(dags: dict[str, Any], side: str) -> dict[tuple[str, str], list[str]]:
    """(DAG, task) → names of the assets on that side of it."""
    return {
        (name, task_id): [asset["__var"]["name"] for asset in task[side]]
        for name, dag in dags.items()
        for task_id, task in tasks(dag).items()
        if task.get(side)
    }


def test_the_graph_shows_what_flows_from_feeds_to_alerts(dags: dict[str, Any]) -> None:
    """Each step reads what the one before it makes: inlets and outlets draw it."""
    assert assets(dags, "inlets") == READS
    made = {"articles_added": "articles", "alerts_queued": "alerts"}
    steps = {
        (source, made[alias])
        for at, aliases in assets(dags, "outlets").items()
        for alias in aliases
        for source in READS.get(at, [])
    } | {
        # assess hands on to link, which queues alerts.
        ("articles", "alerts")
    }
    assert {("feeds", "articles"), ("articles", "alerts")} <= steps
    for waiting, names in WOKEN_BY.items():
        assert any(names == read for (dag, _), read in READS.items() if dag == waiting)


def test_pools_are_those_that_a_start_makes(dags: dict[str, Any]) -> None:
    used = {
        (name, task_id): task["pool"]
        for name, dag in dags.items()
        for task_id, task in tasks(dag).items()
        if "pool" in task
    }
    assert used == IN_POOLS, "the watch has none: it has to run when one is full"
    assert set(json.loads((DAGS / "pools.json").read_text())) == set(IN_POOLS.values())


def test_a_late_run_is_told_before_anyone_asks(dags: dict[str, Any]) -> None:
    """From being queued: a run that never starts is late as well."""
    for name, dag in dags.items():
        [deadline] = dag["deadline"]
        callback = deadline["callback"]["__data__"]
        allowed = deadline["interval"]["__data__"]
        assert callback["path"] == "late_runs.tell_late_run"
        assert deadline["reference"]["reference_type"] == "DagRunQueuedAtDeadline"
        longest = max(seconds(task["execution_timeout"]) for task in tasks(dag).values())
        assert allowed == callback["kwargs"]["minutes"] * 60
        # Not before a task may have taken its time, where a run has one; not after half a day.
        assert longest <= allowed <= 12 * 3600, name


def test_one_run_at_a_time_and_nothing_made_up_for(dags: dict[str, Any]) -> None:
    assert all(dag["max_active_runs"] == 1 for dag in dags.values())
    assert not any(dag["catchup"] for dag in dags.values())


def test_tasks_say_who_owns_them_and_how_long_they_may_take(dags: dict[str, Any]) -> None:
    for dag in dags.values():
        assert dag["tags"].count("mineralwatch") == 1
        assert len(KINDS & set(dag["tags"])) == 1
        for task in tasks(dag).values():
            assert task["owner"] == "mineralwatch"
            assert 0 < seconds(task["execution_timeout"]) <= 6 * 3600


def test_each_dag_says_what_to_do_when_it_fails(dags: dict[str, Any]) -> None:
    own = {}
    for name, dag in dags.items():
        about, advice = dag["doc_md"].split("**When it fails**")
        assert about.strip().startswith("### ")
        assert "Clearing or re-running any task" in advice
        own[name] = advice.split("- ")[1]
        assert ("by hand" in dag["tags"]) is (name in BY_HAND)
        assert ("by hand" in dag.get("dag_display_name", "")) is (name in BY_HAND)
    assert len(set(own.values())) == len(own), "each names its own faults first"


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
            "NotFoundError": "fail",
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
        "poll_feeds": {"everything", "feed"},
        "daily_digest": {"date", "list", "send"},
        "reassess": {"since", "ruleset", "dry_run"},
        "import_archive": {"path", "format"},
        "test_alert": {"route", "channel", "address"},
    }
    for form in forms.values():
        for schema in form.values():
            assert schema["type"]
            assert schema["title"]
    assert forms["reassess"]["since"]["format"] == "date"
    assert forms["import_archive"]["format"]["enum"] == ["jsonl", "csv", "feeds"]
    assert forms["test_alert"]["channel"]["enum"] == [channel.value for channel in Channel]


@pytest.fixture(scope="module")
def parsed(template: AirflowProcess) -> dict[str, Any]:
    """By path: what reading that file alone finds and loads."""
    told: dict[str, Any] = template.work("parse", *(str(DAGS / file) for file in FILES))
    return told


@pytest.mark.parametrize("file", FILES)
def test_reading_a_file_loads_nothing_heavy(file: str, parsed: dict[str, Any]) -> None:
    told = parsed[str(DAGS / file)]
    assert told["errors"] == {}
    assert told["dags"] == [file.removesuffix(".py")]
    loaded = set(told["modules"])
    ours = {name for name in loaded if name.split(".")[0] in {"pipeline", "schemas"}}
    assert ours <= LIGHT
    assert {name.split(".")[0] for name in loaded} & HEAVY == set()
