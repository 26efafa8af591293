"""assess_articles: new articles are read, put into stories, and alerts are queued."""

import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

# Airflow puts this folder on the path; whoever loads the file by itself may not.
sys.path.append(str(Path(__file__).parent))

from _shared import ALERTS, ALERTS_QUEUED, ARTICLES, DEFAULTS, FAILURE, late_after, run, wake
from airflow.sdk import AssetOrTimeSchedule, CronTriggerTimetable, dag, task

DOC = f"""
### Read what is new, and decide what to send

`assess` reads every article that has no reading under the rules in force: relevance, themes with
their evidence, parties, minerals, stage, significance. `link` puts relevant articles into stories,
moves the agreements' timelines and queues alerts by the rules of `routes.yaml`. Alerts wake
*send_alerts* by the asset `alerts`.

It runs when `articles` has news, and every 15 minutes in case a wake-up was lost.

**When it fails**

- `assess` or `link` failed: each batch is a transaction, so what was read stays read. The next run
  goes on from there.
- One article that cannot be read is a warning in the log with its number, not a failure.
- Late: many articles wait (after an import, or new rules)? The log of `assess` counts them; it is
  done in time, or the next run goes on.
{FAILURE}"""


@dag(
    schedule=AssetOrTimeSchedule(
        timetable=CronTriggerTimetable("*/15 * * * *", timezone="UTC"), assets=[ARTICLES]
    ),
    catchup=False,
    max_active_runs=1,
    default_args=DEFAULTS,
    tags=["mineralwatch", "assess"],
    deadline=late_after(60),
    doc_md=DOC,
)
def assess_articles() -> None:
    """Assess, then link."""

    @task(inlets=[ARTICLES], multiple_outputs=False, execution_timeout=timedelta(minutes=60))
    def assess() -> dict[str, int]:
        """Articles without a reading → readings."""
        counts: dict[str, int] = run("assess")["counts"]
        return counts

    @task(outlets=[ALERTS_QUEUED], multiple_outputs=False, execution_timeout=timedelta(minutes=30))
    def link(*, outlet_events: Any = None) -> dict[str, int]:
        """Readings → stories, stages of agreements, alerts in the outbox."""
        counts: dict[str, int] = run("link")["counts"]
        wake(outlet_events, ALERTS_QUEUED, ALERTS, counts["alerts"])
        return counts

    assess() >> link()


assess_articles()
