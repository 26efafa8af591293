"""upkeep: nightly, what is old is forgotten, sick feeds are named, subscriptions are renewed."""

import sys
from datetime import timedelta
from pathlib import Path

# Airflow puts this folder on the path; whoever loads the file by itself may not.
sys.path.append(str(Path(__file__).parent))

from _shared import DEFAULTS, FAILURE, POLL_POOL, late_after, run
from airflow.sdk import CronTriggerTimetable, dag, task

DOC = f"""
### Tidy up

Rows are deleted by age as `retention.yaml` says; stories and timelines are kept. Articles that
cannot be searched yet are indexed. The log lists each feed that is sick, with the reason and the
mend.

`websub` subscribes feeds that name a hub and renews what runs out, where a callback is set
(`MINERALWATCH_WEBSUB_CALLBACK_URL`); a hub that refuses is a warning, not a failure.

**When it fails**

- A wrong `retention.yaml` is named with line and mend; nothing was deleted then.
- A night that is missed does no harm: the next deletes what is old by then.
{FAILURE}"""


@dag(
    schedule=CronTriggerTimetable("30 1 * * *", timezone="UTC", run_immediately=timedelta(0)),
    catchup=False,
    max_active_runs=1,
    default_args=DEFAULTS,
    tags=["mineralwatch", "operate"],
    deadline=late_after(150),
    doc_md=DOC,
)
def upkeep() -> None:
    """Upkeep."""

    @task(multiple_outputs=False, execution_timeout=timedelta(minutes=60))
    def tidy() -> dict[str, int]:
        """Delete by age; report on the feeds."""
        counts: dict[str, int] = run("upkeep")["counts"]
        return counts

    @task(multiple_outputs=False, execution_timeout=timedelta(minutes=30), pool=POLL_POOL)
    def websub() -> dict[str, int]:
        """Ask hubs for what is wanted, renew leases, end what is wanted no more."""
        counts: dict[str, int] = run("websub")["counts"]
        return counts

    tidy()
    websub()


upkeep()
