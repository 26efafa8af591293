"""watch: every five minutes, what of the watch itself fails is told to the operators."""

import sys
from datetime import timedelta
from pathlib import Path

# Airflow puts this folder on the path; whoever loads the file by itself may not.
sys.path.append(str(Path(__file__).parent))

from _shared import DEFAULTS, FAILURE, late_after, run
from airflow.sdk import CronTriggerTimetable, dag, task

DOC = f"""
### Tell the operators what fails, once

A task that failed for good, a run that is late, feeds that nobody polls, messages that do not leave
or are refused, a configuration that cannot be read: each is one notice when it begins, and one when
it is over, to the `operators` of `routes.yaml`. Notices are sent from here: *send_alerts* may be
what fails.

`mineralwatch watch` shows what fails and what did. When Airflow itself is down nobody runs this:
let cron or a monitor call `mineralwatch watch --check`.

**When it fails**

- The database cannot be reached, or a *setting* (not a YAML file) is wrong: the log names it. No
  notice can leave then; `mineralwatch watch --check` from cron tells that too.
- Notices that could not be sent go by e-mail, or into the folder `var/outbox/`.
{FAILURE}"""


@dag(
    schedule=CronTriggerTimetable("*/5 * * * *", timezone="UTC"),
    catchup=False,
    max_active_runs=1,
    default_args=DEFAULTS,
    tags=["mineralwatch", "operate"],
    deadline=late_after(30),
    doc_md=DOC,
)
def watch() -> None:
    """Look, and tell."""

    @task(multiple_outputs=False, execution_timeout=timedelta(minutes=20))
    def look() -> dict[str, int]:
        """What fails and what is over → notices, sent."""
        counts: dict[str, int] = run("watch")["counts"]
        return counts

    look()


watch()
