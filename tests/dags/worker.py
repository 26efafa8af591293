"""Runs in a process of its own with a throw-away AIRFLOW_HOME, and prints one JSON line.

    python worker.py describe              every DAG as the scheduler sees it
    python worker.py parse FILE            the modules that reading one DAG file loads
    python worker.py run [DAG_ID CONF]…    dag.test() of each in turn
    python worker.py settings              the settings that a task would go by

Airflow keeps its configuration, logging and database settings for the whole process, hence the
process of its own.
"""

import json
import sys
from pathlib import Path
from typing import Any


def describe() -> dict[str, Any]:
    from airflow.serialization.serialized_objects import DagSerialization

    bag = _bag()
    return {
        "errors": bag.import_errors,
        "dags": {name: DagSerialization.to_dict(dag)["dag"] for name, dag in bag.dags.items()},
        "retry": {
            f"{dag.dag_id}.{task.task_id}": _retry(task)
            for dag in bag.dags.values()
            for task in dag.tasks
        },
    }


def _retry(task: Any) -> dict[str, str]:
    """What a task does about each of our errors."""
    from pipeline import errors

    policy = getattr(task, "partial_kwargs", {}).get("retry_policy") or task.retry_policy
    return {
        kind.__name__: policy.evaluate(kind("x"), 1, 3).action.value
        for kind in (errors.ConfigError, errors.PermanentError, errors.TransientError)
    }


def parse(file: str) -> dict[str, Any]:
    import airflow.sdk  # noqa: F401
    from airflow.dag_processing.dagbag import DagBag

    before = set(sys.modules)
    bag = DagBag(file)
    return {
        "errors": bag.import_errors,
        "dags": sorted(bag.dags),
        "modules": sorted(set(sys.modules) - before),
    }


def run(*pairs: str) -> list[dict[str, Any]]:
    bag = _bag()
    return [
        _run(bag.dags[dag_id], json.loads(conf))
        for dag_id, conf in zip(pairs[::2], pairs[1::2], strict=True)
    ]


def _run(dag: Any, conf: dict[str, Any]) -> dict[str, Any]:
    from airflow.models.asset import AssetEvent
    from airflow.models.xcom import XComModel
    from airflow.utils.session import create_session
    from sqlalchemy import select

    made = dag.test(run_conf=conf)
    of_run = XComModel.run_id == made.run_id, XComModel.key == "return_value"
    with create_session() as session:
        events = session.scalars(
            select(AssetEvent)
            .where(AssetEvent.source_run_id == made.run_id, AssetEvent.source_dag_id == dag.dag_id)
            .order_by(AssetEvent.id)
        )
        return {
            "dag": dag.dag_id,
            "state": str(made.state),
            "tasks": {_name(ti): str(ti.state) for ti in made.get_task_instances(session=session)},
            "returned": {
                _name(x): XComModel.deserialize_value(x)
                for x in session.scalars(select(XComModel).where(*of_run))
            },
            "events": [[event.asset.name, event.extra] for event in events],
        }


def _name(row: Any) -> str:
    return f"{row.task_id}[{row.map_index}]" if row.map_index >= 0 else str(row.task_id)


def settings() -> dict[str, Any]:
    from airflow.configuration import conf

    sys.path.append(conf.get("core", "dags_folder"))
    from _settings import settings as of_a_task

    found = of_a_task()
    return {
        name: value.get_secret_value() if hasattr(value, "get_secret_value") else value
        for name, value in dict(found).items()
    }


def _bag() -> Any:
    from airflow.configuration import conf
    from airflow.dag_processing.dagbag import DagBag

    return DagBag(conf.get("core", "dags_folder"))


def main() -> None:
    out = sys.stdout
    sys.stdout = sys.stderr
    told: Any
    match sys.argv[1:]:
        case ["describe"]:
            told = describe()
        case ["parse", file]:
            told = parse(file)
        case ["run", *pairs]:
            told = run(*pairs)
        case ["settings"]:
            told = settings()
        case other:
            raise SystemExit(f"{Path(__file__).name}: {other}")
    out.write(json.dumps(told, default=str) + "\n")


if __name__ == "__main__":
    main()
