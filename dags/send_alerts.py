"""send_alerts: what waits in the outbox is sent."""

import sys
from datetime import timedelta
from pathlib import Path

# Airflow puts this folder on the path; whoever loads the file by itself may not.
sys.path.append(str(Path(__file__).parent))

from _shared import ALERTS, DEFAULTS, FAILURE, SEND_POOL, late_after, run
from airflow.sdk import AssetOrTimeSchedule, CronTriggerTimetable, dag, task

DOC = f"""
### Send what waits in the outbox

Slack messages, e-mails, and files under `var/outbox/` where a channel is not set up. Each message
is claimed, sent and recorded; one whose outcome is not known is looked for at the other end before
it is sent again.

It runs when `alerts` has news, and every 5 minutes for messages whose next attempt has come.

**A message that is refused is not a failed task**: it stays in the outbox with the reason and a
next attempt. `mineralwatch outbox list` shows them.

**When it fails**

- It fails as a whole only where the database or a setting does: the log names it.
- What a place refuses (a wrong channel, a removed bot) is parked, and told to the operators. Mend
  the cause, then `mineralwatch outbox retry`.
- Killed midway: messages on their way are asked for at the other end before they are sent again.
- Late: the pool `mineralwatch_send` is full or missing (Admin, Pools), or a server is slow.
{FAILURE}"""


@dag(
    schedule=AssetOrTimeSchedule(
        timetable=CronTriggerTimetable("*/5 * * * *", timezone="UTC"), assets=[ALERTS]
    ),
    catchup=False,
    max_active_runs=1,
    default_args=DEFAULTS,
    tags=["mineralwatch", "notify"],
    deadline=late_after(30),
    doc_md=DOC,
)
def send_alerts() -> None:
    """Deliver."""

    @task(
        inlets=[ALERTS],
        multiple_outputs=False,
        execution_timeout=timedelta(minutes=20),
        pool=SEND_POOL,
    )
    def deliver() -> dict[str, int]:
        """Claim, send, record, until nothing is due."""
        counts: dict[str, int] = run("deliver")["counts"]
        return counts

    deliver()


send_alerts()
