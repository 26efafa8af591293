"""Runs in a process of its own with a throw-away AIRFLOW_HOME, and prints one JSON line.

    python worker.py describe              every DAG as the scheduler sees it
    python worker.py parse FILE…           the modules that reading each DAG file by itself loads
    python worker.py run [DAG_ID CONF]…    dag.test() of each in turn
    python worker.py settings              the settings that a task would go by
    python worker.py plugins [COMPONENT]   what Airflow's plugins load in this component
    python worker.py pools                 pools after starts of a scheduler, and of its tasks
    python worker.py push FEED BODY        the api-server's own application, and a hub that posts
    python worker.py pages                 the same, and users that open the operators' pages

Airflow keeps its configuration, logging and database settings for the whole process, hence the
process of its own.
"""

import json
import os
import sys
import traceback
from collections.abc import Callable
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
        for kind in (
            errors.ConfigError,
            errors.NotFoundError,
            errors.PermanentError,
            errors.TransientError,
        )
    }


def parse(*files: str) -> dict[str, Any]:
    """Each in a fork: the modules of one are not there for the next, and Airflow is loaded once."""
    import airflow.dag_processing.dagbag
    import airflow.sdk  # noqa: F401 - both are for the forks

    return {file: _in_a_fork(lambda file=file: _parse(file)) for file in files}


def _in_a_fork(job: Callable[[], Any]) -> Any:
    reader, writer = os.pipe()
    child = os.fork()
    if not child:
        try:
            with os.fdopen(writer, "w") as told:
                json.dump(job(), told)
        except BaseException:  # noqa: BLE001 - the child ends here, whatever it was
            traceback.print_exc()
        finally:
            os._exit(0)
    os.close(writer)
    with os.fdopen(reader) as told:
        answer = told.read()
    os.waitpid(child, 0)
    return json.loads(answer)


def _parse(file: str) -> dict[str, Any]:
    from airflow.dag_processing.dagbag import DagBag

    before = set(sys.modules)
    bag = DagBag(file)
    return {
        "errors": bag.import_errors,
        "dags": sorted(bag.dags),
        "modules": sorted(set(sys.modules) - before),
    }


def run(*pairs: str) -> list[dict[str, Any]]:
    from airflow.sdk.configuration import conf
    from airflow.sdk.observability import stats
    from airflow.sdk.observability.metrics.stats_utils import get_stats_factory

    # As a task's own process does; dag.test() leaves it out.
    legacy = conf.getboolean("metrics", "legacy_names_on")
    stats.initialize(factory=get_stats_factory(), export_legacy_names=legacy)
    sys.argv = ["airflow", "dags", "test"]
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
    return {name: _shown(value) for name, value in dict(found).items()}


def _shown(value: Any) -> Any:
    """A secret as what it is: whether it was read right is the question."""
    if isinstance(value, dict):
        return {name: _shown(one) for name, one in value.items()}
    return value.get_secret_value() if hasattr(value, "get_secret_value") else value


def plugins(component: str) -> dict[str, Any]:
    """The plugins as they load in ``airflow COMPONENT``."""
    sys.argv = ["airflow", component]
    from airflow import plugins_manager

    before = set(sys.modules)
    found, errors = plugins_manager._get_plugins()
    apps, _ = plugins_manager.get_fastapi_plugins()
    return {
        "plugins": sorted(plugin.name for plugin in found),
        "errors": errors,
        "apps": [app["url_prefix"] for app in apps],
        "modules": sorted(set(sys.modules) - before),
    }


def pools() -> dict[str, Any]:
    """(slots, description) of our pools: after a task's start, two of a scheduler's, and between
    them a choice of the operators'."""
    sys.argv = ["airflow", "scheduler"]
    from airflow import plugins_manager
    from airflow.jobs.job import Job
    from airflow.models.pool import Pool
    from airflow.sdk.execution_time.task_runner import TaskRunnerMarker
    from airflow.utils.session import create_session
    from sqlalchemy import select, update

    found, _ = plugins_manager._get_plugins()
    [maker] = [p.listeners[0] for p in found if p.name == "mineralwatch_make_pools"]

    def ours() -> dict[str, int]:
        with create_session() as session:
            query = select(Pool.pool, Pool.slots).where(Pool.pool != Pool.DEFAULT_POOL_NAME)
            return {str(name): slots for name, slots in session.execute(query)}

    maker.on_starting(TaskRunnerMarker())
    told = {"task": ours()}
    maker.on_starting(object.__new__(Job))
    told["first"] = ours()
    with create_session() as session:
        session.execute(update(Pool).where(Pool.pool == "mineralwatch_poll").values(slots=8))
    maker.on_starting(object.__new__(Job))
    told["second"] = ours()
    return told


def push(feed: str, body: str) -> dict[str, Any]:
    """A hub posts ``body`` to the api-server; then what is stored, and which asset was woken."""
    sys.argv = ["airflow", "api-server"]
    import hashlib
    import hmac

    from airflow.api_fastapi.app import create_app
    from airflow.models.asset import AssetEvent
    from airflow.utils.session import create_session
    from fastapi.testclient import TestClient
    from sqlalchemy import select

    from pipeline.app import open_app
    from pipeline.collect.push import Step, asked
    from pipeline.store import subscriptions
    from schemas.subscription import Advert

    _sync(_bag())
    with open_app() as app:
        now = app.context().now
        app.run("poll", urls=[feed], now=now)
        with app.database.write() as session:
            adverts = {1: Advert(("https://hub.example/",), feed)}
            subscriptions.note_adverts(adverts, now=now, session=session)
            (one,) = subscriptions.list_subscriptions(session=session)
            base = app.settings.websub_callback_url or ""
            subscriptions.save(asked(one, Step.SUBSCRIBE, base=base, now=now), session=session)
        said = {"hub.mode": "subscribe", "hub.topic": feed, "hub.challenge": "<x>"}
        signature = hmac.new(one.secret.encode(), body.encode(), hashlib.sha256).hexdigest()
        with TestClient(create_app(apps="core")) as client:
            path = f"/websub/{one.token}"
            verified = client.get(path, params=said | {"hub.lease_seconds": "3600"})
            posted = client.post(
                path, content=body, headers={"X-Hub-Signature": f"sha256={signature}"}
            )
            guessed = client.get("/websub/guess", params=said)
            mounted = next(r.app for r in client.app.routes if getattr(r, "path", "") == "/websub")
            client.portal.call(mounted.state.receiver.drained)
        with app.database.read() as session:
            (one,) = subscriptions.list_subscriptions(session=session)
    with create_session() as session:
        events = [[e.asset.name, e.extra] for e in session.scalars(select(AssetEvent))]
    return {
        "verified": [verified.status_code, verified.text, verified.headers["content-type"]],
        "posted": posted.status_code,
        "guessed": guessed.status_code,
        "deliveries": one.deliveries,
        "events": events,
    }


def _sync(bag: Any) -> None:
    """Let Airflow's database know the DAGs and their assets, as the processor does."""
    from airflow.dag_processing.bundles.manager import DagBundlesManager
    from airflow.dag_processing.dagbag import sync_bag_to_db

    DagBundlesManager().sync_bundles_to_db()
    sync_bag_to_db(bag, "dags-folder", None)


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
        case ["parse", *files]:
            told = parse(*files)
        case ["run", *pairs]:
            told = run(*pairs)
        case ["settings"]:
            told = settings()
        case ["plugins", component]:
            told = plugins(component)
        case ["pools"]:
            told = pools()
        case ["push", feed, body]:
            told = push(feed, body)
        case ["pages"]:
            from pages_in_airflow import pages

            told = pages()
        case other:
            raise SystemExit(f"{Path(__file__).name}: {other}")
    out.write(json.dumps(told, default=str) + "\n")


if __name__ == "__main__":
    main()
