"""What the DAG files share: assets, defaults, and the one way to run a stage.

No DAG is defined here, and nothing heavy is imported: this is read every time a DAG file is parsed.
"""

from datetime import timedelta
from typing import Any

from airflow.sdk import Asset, AssetAlias, ExceptionRetryPolicy, RetryAction, RetryRule

# An asset event is a wake-up, never the carrier: what is pending is in rows. An alias lets a task
# decide whether there is one, so that a quiet poll wakes nobody and no step is shown as skipped.
ARTICLES = Asset("articles", uri="mineralwatch://articles", group="mineralwatch")
ALERTS = Asset("alerts", uri="mineralwatch://alerts", group="mineralwatch")
ARTICLES_ADDED = AssetAlias("articles_added", group="mineralwatch")
ALERTS_QUEUED = AssetAlias("alerts_queued", group="mineralwatch")

DEFAULTS: dict[str, Any] = {
    "owner": "mineralwatch",
    "retries": 3,
    "retry_delay": timedelta(seconds=20),
    "retry_exponential_backoff": True,
    "max_retry_delay": timedelta(minutes=10),
    # What a person has to mend does not mend itself by waiting.
    "retry_policy": ExceptionRetryPolicy(
        rules=[
            RetryRule(
                exception=["pipeline.errors.ConfigError", "pipeline.errors.PermanentError"],
                action=RetryAction.FAIL,
                reason="a person has to mend this; it is not tried again",
            )
        ]
    ),
}

FAILURE = """
**When it fails**: the task's log names the thing and the mend. Every stage takes up what is pending
from the database, so clearing the task, or simply waiting for the next run, loses nothing and sends
nothing twice.
"""


def run(stage: str, **params: Any) -> dict[str, Any]:
    """Run a stage with the settings of this Airflow; returns its report as JSON.

    The stage logs one line an outcome; a feed that fails or a message that is refused is a problem
    in the report, not an error. Tasks return the counts as one XCom (``multiple_outputs=False``):
    one each would be a request each.
    """
    from _settings import settings

    from pipeline.app import run_stage

    return run_stage(stage, settings=settings(), **params).to_json()


def wake(outlet_events: Any, alias: AssetAlias, asset: Asset, count: int) -> None:
    """Wake the DAGs that wait for ``asset``, where there is something for them to do."""
    if count:
        outlet_events[alias].add(asset, extra={"count": count})
