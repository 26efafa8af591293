"""daily_digest: each list's e-mail, at its readers' hour."""

import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

# Airflow puts this folder on the path; whoever loads the file by itself may not.
sys.path.append(str(Path(__file__).parent))

from _shared import ALERTS, ALERTS_QUEUED, ARTICLES, DEFAULTS, FAILURE, late_after, run, wake
from airflow.sdk import CronTriggerTimetable, Param, dag, task

DOC = f"""
### Make the editions that are due and queue their messages

What changed since a list's last edition, by theme, with the agreements' table, the scorecard, the
trend and the state of the watch. Lists, hours and time zones are those of `digest.yaml`: each
quarter of an hour (some zones are that far from UTC) the lists are looked for whose hour has come.
An hour that was missed is caught up the same day. *send_alerts* sends the messages; where no mail
server is set, they are files under `var/outbox/`. The pages stay under `var/editions/`.

**By hand**: makes the edition of the hours up to now at once, of `list` or of all lists; give
`date` for the edition of one day. An edition is made once: a day that has one is left as it is.
Switch `send` off to build without storing or sending.

**When it fails**

- A wrong `digest.yaml` is named with file, line and mend. Once it is mended, the next run catches
  up with the hours of the same day; for an earlier day, run it by hand with `date`.
- Cleared or run again, it makes no second edition: a day of a list has one.
- An edition that is there and did not arrive: that is *send_alerts*; `mineralwatch outbox list`.
{FAILURE}"""


@dag(
    # With no delay allowed for, nothing is made up for at a start: the stage knows what is due.
    schedule=CronTriggerTimetable("*/15 * * * *", timezone="UTC", run_immediately=timedelta(0)),
    catchup=False,
    max_active_runs=1,
    default_args=DEFAULTS,
    tags=["mineralwatch", "notify"],
    deadline=late_after(40),
    doc_md=DOC,
    params={
        "date": Param(
            None,
            type=["null", "string"],
            format="date",
            title="Date",
            description="The reader's day of the edition; empty: the hours up to now.",
        ),
        "list": Param(
            None, type=["null", "string"], title="List", description="Its name; empty: all lists."
        ),
        "send": Param(True, type="boolean", title="Send", description="Off: build it only."),
    },
)
def daily_digest() -> None:
    """Digest."""

    @task(
        inlets=[ARTICLES],
        outlets=[ALERTS_QUEUED],
        multiple_outputs=False,
        execution_timeout=timedelta(minutes=20),
    )
    def digest(
        *, params: Any = None, dag_run: Any = None, outlet_events: Any = None
    ) -> dict[str, int]:
        """What changed → editions and their messages in the outbox."""
        report = run(
            "digest",
            date=params["date"],
            list_name=params["list"],
            send=params["send"],
            due=dag_run.run_type == "scheduled",
        )
        counts: dict[str, int] = report["counts"]
        wake(outlet_events, ALERTS_QUEUED, ALERTS, counts["queued"])
        return counts

    digest()


daily_digest()
