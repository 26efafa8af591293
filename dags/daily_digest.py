"""daily_digest: the morning's e-mail, at the reader's hour."""

import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

# Airflow puts this folder on the path; whoever loads the file by itself may not.
sys.path.append(str(Path(__file__).parent))

from _shared import ALERTS, ALERTS_QUEUED, DEFAULTS, FAILURE, run, wake
from airflow.sdk import CronTriggerTimetable, Param, dag, task

DOC = f"""
### Make the day's digest and queue its e-mail

What changed since the last edition, by theme, with the trend and the state of the watch. The hour
and the time zone are `hour` and `time_zone` of `digest.yaml`. *send_alerts* sends the e-mail; where
no mail server is set, the digest is a file under `var/outbox/`.

**By hand**: give `date` for the edition of one day. An edition is made once: a day that has one is
left as it is. Switch `send` off to build one without storing or sending it.
{FAILURE}
"""


def at_the_readers_hour() -> CronTriggerTimetable:
    """The schedule that digest.yaml names; a wrong file is an import error that names its line."""
    from pipeline.settings import load_settings
    from pipeline.yaml_files import read_yaml
    from schemas.config import DigestConfig

    config = read_yaml(load_settings().config_file("digest.yaml"), DigestConfig)
    # With no delay allowed for, a first start at noon does not send the morning's digest.
    return CronTriggerTimetable(
        f"0 {config.hour} * * *", timezone=config.time_zone, run_immediately=timedelta(0)
    )


@dag(
    schedule=at_the_readers_hour(),
    catchup=False,
    max_active_runs=1,
    default_args=DEFAULTS,
    tags=["mineralwatch", "notify"],
    doc_md=DOC,
    params={
        "date": Param(
            None,
            type=["null", "string"],
            format="date",
            title="Date",
            description="The reader's day of the edition; empty: the hours up to now.",
        ),
        "send": Param(True, type="boolean", title="Send", description="Off: build it only."),
    },
)
def daily_digest() -> None:
    """Digest."""

    @task(outlets=[ALERTS_QUEUED], multiple_outputs=False, execution_timeout=timedelta(minutes=20))
    def digest(*, params: Any = None, outlet_events: Any = None) -> dict[str, int]:
        """What changed → an edition and its e-mail in the outbox."""
        report = run("digest", date=params["date"], send=params["send"])
        counts: dict[str, int] = report["counts"]
        wake(outlet_events, ALERTS_QUEUED, ALERTS, counts["queued"])
        return counts

    digest()


daily_digest()
