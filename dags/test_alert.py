"""test_alert: by hand, a message that says it is a test takes the way of an alert."""

import sys
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

# Airflow puts this folder on the path; whoever loads the file by itself may not.
sys.path.append(str(Path(__file__).parent))

from _shared import CLEAR, DEFAULTS, SEND_POOL, late_after, run
from airflow.sdk import Param, dag, task
from airflow.sdk.exceptions import AirflowException, AirflowFailException

DOC = f"""
### Send a test, and see whether it arrives

A message "TEST, not news" goes through the outbox to every place of a `route`, or to one `channel`
and `address`. It is sent at once, whatever the route's quiet hours. No story, digest or figure
counts it; a webhook gets `"event": "test"`. What else is due in the outbox leaves with it.

The run is green where the test arrived everywhere. Else the log says for each place why not.

**When it fails**

- Refused (`channel_not_found`, `not_in_channel`, a wrong login …): the reason and the mend are in
  the log. The refused test is dropped. Mend it and clear the task: places that had the test do not
  get it again.
- Not reached: it stays in the outbox and is tried on, by this task and by *send_alerts*.
- The operators are not told of a test that fails: whoever sent it sees it.
{CLEAR}"""


@dag(
    schedule=None,
    catchup=False,
    max_active_runs=1,
    # The person who sent it looks; a notice by the same way may not arrive either.
    default_args={**DEFAULTS, "on_failure_callback": None, "on_success_callback": None},
    tags=["mineralwatch", "notify", "by hand"],
    dag_display_name="test_alert (by hand: try a way out)",
    deadline=late_after(30),
    doc_md=DOC,
    params={
        "route": Param(
            None,
            type=["null", "string"],
            minLength=1,
            title="Route",
            description="The name of a route of routes.yaml; empty: the place below.",
        ),
        "channel": Param(
            "slack",
            type="string",
            enum=["slack", "email", "webhook", "preview"],
            title="Channel",
            description="Where no route is given.",
        ),
        "address": Param(
            "default",
            type="string",
            minLength=1,
            title="Address",
            description="A Slack channel, e-mail addresses separated by commas, the name of a "
            "webhook or of a preview folder; default: as the settings say.",
        ),
    },
)
def test_alert() -> None:
    """Send a test."""

    @task(multiple_outputs=False, execution_timeout=timedelta(minutes=20), pool=SEND_POOL)
    def send(*, params: Any = None, dag_run: Any = None) -> dict[str, int]:
        """The form's places → a test in the outbox → sent, refused, or to be tried again."""
        report = run("test_alert", token=dag_run.run_id, **params)
        _arrived(report)
        counts: dict[str, int] = report["counts"]
        return counts

    send()


def _arrived(report: Mapping[str, Any]) -> None:
    """Fail where it did not arrive everywhere: for good where it was refused."""
    counts = report["counts"]
    if counts["sent"] < counts["places"]:
        told = "; ".join(f"{one['where']}: {one['what']}" for one in report["problems"])
        kind = AirflowFailException if counts["refused"] else AirflowException
        raise kind(f"the test did not arrive everywhere: {told}")


test_alert()
