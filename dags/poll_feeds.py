"""poll_feeds: every five minutes, what the feeds have that is new becomes articles."""

import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

# Airflow puts this folder on the path; whoever loads the file by itself may not.
sys.path.append(str(Path(__file__).parent))

from _shared import ARTICLES, ARTICLES_ADDED, DEFAULTS, FAILURE, run, wake
from airflow.sdk import CronTriggerTimetable, Param, dag, task

DOC = f"""
### Poll the feeds that are due

`plan` brings the feeds' rows in line with the configuration and parts those that are due into
batches; `poll` fetches, parses and stores one batch. Feeds have intervals of their own: most runs
poll only some. New articles wake *assess_articles* by the asset `articles`.

**A feed that fails is not a failed task**: it is a warning in the log of `poll`, a row in its
history, and it is polled less and less often until it answers again. `mineralwatch feeds health`
lists them.

`fulltext` then fetches the pages of new articles whose feeds have `fulltext: true`, politely and at
most for some minutes; *assess_articles* waits half an hour for a text and then reads without it.
`mineralwatch fulltext --status` says how the pages of each site ended.
{FAILURE}
"""


@dag(
    schedule=CronTriggerTimetable("*/5 * * * *", timezone="UTC", run_immediately=timedelta(0)),
    catchup=False,
    max_active_runs=1,
    default_args={**DEFAULTS, "retries": 2},
    tags=["mineralwatch", "collect"],
    doc_md=DOC,
    params={
        "everything": Param(
            False,
            type="boolean",
            title="Everything",
            description="Poll all feeds now, whether they are due or not.",
        ),
    },
)
def poll_feeds() -> None:
    """Plan, poll each batch, then fetch the texts that are asked for."""

    @task(execution_timeout=timedelta(minutes=5))
    def plan(*, params: Any = None) -> list[dict[str, Any]]:
        """Which feeds are due, in batches."""
        work: list[dict[str, Any]] = run("plan", everything=params["everything"])["work"]
        return work

    @task(
        outlets=[ARTICLES_ADDED],
        multiple_outputs=False,
        execution_timeout=timedelta(minutes=20),
        max_active_tis_per_dagrun=2,
        map_index_template="{{ 'slow' if task.op_kwargs['work']['slow'] else 'quick' }} feeds, "
        "batch {{ task.op_kwargs['work']['batch'] + 1 }} of {{ task.op_kwargs['work']['of'] }}",
    )
    def poll(work: dict[str, Any], *, outlet_events: Any = None) -> dict[str, int]:
        """Fetch, parse and store one batch of feeds."""
        counts: dict[str, int] = run("poll", **work)["counts"]
        wake(outlet_events, ARTICLES_ADDED, ARTICLES, counts["new"] + counts["edited"])
        return counts

    @task(
        outlets=[ARTICLES_ADDED],
        multiple_outputs=False,
        execution_timeout=timedelta(minutes=10),
        trigger_rule="all_done",  # a batch that failed, or none at all, holds no text up
    )
    def fulltext(*, outlet_events: Any = None) -> dict[str, int]:
        """The pages of new articles, for feeds with `fulltext: true` → their texts."""
        counts: dict[str, int] = run("fulltext")["counts"]
        settled = counts["read"] + counts["refused"] + counts["failed"]
        wake(outlet_events, ARTICLES_ADDED, ARTICLES, settled)
        return counts

    poll.expand(work=plan()) >> fulltext()


poll_feeds()
