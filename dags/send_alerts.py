"""send_alerts: what waits in the outbox is sent."""

import sys
from datetime import timedelta
from pathlib import Path

# Airflow puts this folder on the path; whoever loads the file by itself may not.
sys.path.append(str(Path(__file__).parent))

from _shared import ALERTS, DEFAULTS, FAILURE, run
from airflow.sdk import AssetOrTimeSchedule, CronTriggerTimetable, dag, task

DOC = f"""
### Send what waits in the outbox

Slack messages, e-mails, and files under `var/outbox/` where a channel is not set up. Each message
is claimed, sent and recorded; one whose outcome is not known is looked for at the other end before
it is sent again.

It runs when `alerts` has news, and every 5 minutes for messages whose next attempt has come.

**A message that is refused is not a failed task**: it stays in the outbox with the reason and a
next attempt. `mineralwatch outbox list` shows them.
{FAILURE}
"""


@dag(
    schedule=AssetOrTimeSchedule(
        timetable=CronTriggerTimetable("*/5 * * * *", timezone="UTC"), assets=[ALERTS]
    ),
    catchup=False,
    max_active_runs=1,
    default_args=DEFAULTS,
    tags=["mineralwatch", "notify"],
    doc_md=DOC,
)
def send_alerts() -> None:
    """Deliver."""

    @task(multiple_outputs=False, execution_timeout=timedelta(minutes=20))
    def deliver() -> dict[str, int]:
        """Claim, send, record, until nothing is due."""
        counts: dict[str, int] = run("deliver")["counts"]
        return counts

    deliver()


send_alerts()
