"""What the DAG files share: assets, defaults, and the one way to run a stage.

No DAG is defined here, and nothing heavy is imported: this is read every time a DAG file is parsed.
"""

import logging
import sys
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from airflow.sdk import (
    Asset,
    AssetAlias,
    AsyncCallback,
    DeadlineAlert,
    DeadlineReference,
    ExceptionRetryPolicy,
    RetryAction,
    RetryRule,
)

# Inlets and outlets draw what flows in Airflow's graph: feeds → articles → alerts.
#
# An asset event is a wake-up, never the carrier: what is pending is in rows. An alias lets a task
# decide whether there is one, so that a quiet poll wakes nobody and no step is shown as skipped.
FEEDS = Asset("feeds", uri="mineralwatch://feeds", group="mineralwatch")
ARTICLES = Asset("articles", uri="mineralwatch://articles", group="mineralwatch")
ALERTS = Asset("alerts", uri="mineralwatch://alerts", group="mineralwatch")
ARTICLES_ADDED = AssetAlias("articles_added", group="mineralwatch")
ALERTS_QUEUED = AssetAlias("alerts_queued", group="mineralwatch")

_log = logging.getLogger(__name__)


def _tell_failure(context: Mapping[str, Any]) -> None:
    """Note that a task failed for good: the DAG *watch* tells the operators.

    The worker calls it when no retry is left, after a time-out too; where the worker itself died,
    the DAG processor calls it, and knows no exception.
    """
    _note(context, context.get("exception") or "it ended without a word: its process was killed")


def _tell_success(context: Mapping[str, Any]) -> None:
    """Note that a task succeeded: a read, where it did so before."""
    _note(context, None)


def _note(context: Mapping[str, Any], error: BaseException | str | None) -> None:
    """What goes wrong here is logged, and changes nothing for the task."""
    instance = context["ti"]
    try:
        from _settings import settings

        from pipeline.app import note_task

        note_task(
            instance.dag_id,
            instance.task_id,
            settings=settings(),
            error=error,
            settled=lambda: _all_succeeded(instance),
            run_settled=lambda: _run_is_over(instance),
        )
    except Exception as fault:  # noqa: BLE001 - a notice that fails must not fail the task
        name = f"{instance.dag_id}.{instance.task_id}"
        how = "succeeded" if error is None else "failed for good"
        _log.exception("%s %s, which could not be noted (%s): nobody is told", name, how, fault)


def _all_succeeded(instance: Any) -> bool:
    """Of a mapped task, one piece's success says nothing of the others in its run."""
    if instance.map_index < 0:
        return True
    of_run = {
        "dag_id": instance.dag_id,
        "task_ids": [instance.task_id],
        "run_ids": [instance.run_id],
    }
    good: int = instance.get_ti_count(**of_run, states=["success"])
    return good == instance.get_ti_count(**of_run)


def _run_is_over(instance: Any) -> bool:
    """Have all tasks of the run ended well? This one has; of one that is skipped nobody waits."""
    of_run = {"dag_id": instance.dag_id, "run_ids": [instance.run_id]}
    good: int = instance.get_ti_count(**of_run, states=["success", "skipped"])
    return good == instance.get_ti_count(**of_run)


# Made by the plugin make_pools when a scheduler starts, from pools.json. The DAG watch has none: it
# has to run when a pool is full or missing.
POLL_POOL = "mineralwatch_poll"
SEND_POOL = "mineralwatch_send"


def late_after(minutes: int) -> DeadlineAlert | None:
    """Tell the operators of a run that has not ended so long after it was queued.

    The triggerer does it (plugins/late_runs.py): a run is often late because all workers are taken.
    Under ``airflow dags test`` there is none: Airflow 3.3 asks there, at the end of a run, for a
    row of the deadline that it has not written, and fails.
    """
    if sys.argv[1:3] == ["dags", "test"]:
        return None
    return DeadlineAlert(
        reference=DeadlineReference.DAGRUN_QUEUED_AT,
        interval=timedelta(minutes=minutes),
        callback=AsyncCallback("late_runs.tell_late_run", kwargs={"minutes": minutes}),
        name=f"ends within {minutes} min",
    )


DEFAULTS: dict[str, Any] = {
    "owner": "mineralwatch",
    "on_failure_callback": _tell_failure,
    "on_success_callback": _tell_success,
    # The stage's own line has the counts, and how long it took.
    "show_return_value_in_logs": False,
    "retries": 3,
    "retry_delay": timedelta(seconds=20),
    "retry_exponential_backoff": True,
    "max_retry_delay": timedelta(minutes=10),
    # What a person has to mend does not mend itself by waiting.
    "retry_policy": ExceptionRetryPolicy(
        rules=[
            RetryRule(
                exception=[
                    "pipeline.errors.ConfigError",
                    "pipeline.errors.NotFoundError",
                    "pipeline.errors.PermanentError",
                ],
                action=RetryAction.FAIL,
                reason="a person has to mend this; it is not tried again",
            )
        ]
    ),
}

CLEAR = """- The end of the task's log names the thing and, after `mend:`, what to do. What a person
  has to mend is not tried again by itself; all else is, some times.
- Clearing or re-running any task, at any time, loses nothing and sends nothing twice: every stage
  takes up what is pending from the database.
"""

FAILURE = f"""- The operators of `routes.yaml` are told once that a task failed for good or a run is
  late, and once when it works again; `mineralwatch watch` lists it.
{CLEAR}"""


def run(stage: str, **params: Any) -> dict[str, Any]:
    """Run a stage with the settings of this Airflow; returns its report as JSON.

    The stage logs one line an outcome; a feed that fails or a message that is refused is a problem
    in the report, not an error. Tasks return the counts as one XCom (``multiple_outputs=False``):
    one each would be a request each.
    """
    from _metrics import emit
    from _settings import settings

    from pipeline.app import run_stage

    # Two lines a task that say nothing of what it does.
    logging.getLogger("alembic.runtime.migration").setLevel(logging.WARNING)
    report = run_stage(stage, settings=settings(), **params)
    emit(report)
    return report.to_json()


def wake(outlet_events: Any, alias: AssetAlias, asset: Asset, count: int) -> None:
    """Wake the DAGs that wait for ``asset``, where there is something for them to do."""
    if count:
        outlet_events[alias].add(asset, extra={"count": count})
