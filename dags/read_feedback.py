"""read_feedback: how readers reacted to alerts is read back from Slack."""

import sys
from datetime import timedelta
from pathlib import Path

# Airflow puts this folder on the path; whoever loads the file by itself may not.
sys.path.append(str(Path(__file__).parent))

from _shared import ALERTS, DEFAULTS, FAILURE, SEND_POOL, late_after, run
from airflow.sdk import CronTriggerTimetable, dag, task

DOC = f"""
### Read readers' reactions to alerts

A ✅ or ❌ that a reader puts on an alert in Slack is stored, and marked as removed when it is taken
off. Which reactions count, and for how many days an alert is looked at: `feedback` of
`routes.yaml`. `mineralwatch feedback` shows what readers said, by rule and by theme; the digest
has it in short.

A rate limit of Slack's ends a run early, and the next one goes on with what was read longest ago.
A missing scope or a channel that the bot has left is a warning with the mend, not a failure.

**When it fails**

- Slack cannot be reached: it is tried again, and by the next run in half an hour.
- A wrong token: mend `MINERALWATCH_SLACK_TOKEN` or the connection `mineralwatch_slack`.
- Nothing is lost by a gap: reactions stay in Slack, and are read for as many days as `feedback`
  says.
{FAILURE}"""


@dag(
    schedule=CronTriggerTimetable("*/30 * * * *", timezone="UTC"),
    catchup=False,
    max_active_runs=1,
    default_args=DEFAULTS,
    tags=["mineralwatch", "notify"],
    deadline=late_after(60),
    doc_md=DOC,
)
def read_feedback() -> None:
    """Read feedback."""

    @task(
        inlets=[ALERTS],
        multiple_outputs=False,
        execution_timeout=timedelta(minutes=30),
        pool=SEND_POOL,
    )
    def feedback() -> dict[str, int]:
        """Reactions to the alerts of the last days → rows."""
        counts: dict[str, int] = run("feedback")["counts"]
        return counts

    feedback()


read_feedback()
