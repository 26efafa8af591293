"""poll_feeds: every five minutes, what the feeds have that is new becomes articles."""

import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

# Airflow puts this folder on the path; whoever loads the file by itself may not.
sys.path.append(str(Path(__file__).parent))

from _shared import (
    ARTICLES,
    ARTICLES_ADDED,
    DEFAULTS,
    FAILURE,
    FEEDS,
    POLL_POOL,
    late_after,
    run,
    wake,
)
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

**By hand**: polls what is due now; with `everything` all feeds, with `feed` that one alone, even if
it is paused.

**When it fails**

- `plan` failed: the configuration or the database. The log names file, line and mend.
- A piece of `poll` failed or was killed: what came in before is stored. Clear it, or wait: its
  feeds are still due.
- `no feed …`: the feed of the form is not watched; the message has the nearest names.
- Late: the pool `mineralwatch_poll` is full or missing (Admin, Pools), or sites are slow to answer:
  the log of `fulltext` says for how long it asked.
{FAILURE}"""

PIECE = (
    "{% set w = task.op_kwargs['work'] %}"
    "{% if 'feed' in w %}one feed{% else %}"
    "{{ 'slow' if w.slow else 'quick' }} feeds, batch {{ w.batch + 1 }} of {{ w.of }}"
    "{% endif %}"
)
"""What the UI calls a piece of ``poll``."""


@dag(
    schedule=CronTriggerTimetable("*/5 * * * *", timezone="UTC", run_immediately=timedelta(0)),
    catchup=False,
    max_active_runs=1,
    default_args={**DEFAULTS, "retries": 2},
    tags=["mineralwatch", "collect"],
    deadline=late_after(30),
    doc_md=DOC,
    params={
        "everything": Param(
            False,
            type="boolean",
            title="Everything",
            description="Poll all feeds now, whether they are due or not.",
        ),
        "feed": Param(
            None,
            type=["null", "string"],
            minLength=1,
            title="One feed",
            description="Its address, name or id: it alone is polled now. Empty: those above.",
        ),
    },
)
def poll_feeds() -> None:
    """Plan, poll each batch, then fetch the texts that are asked for."""

    @task(inlets=[FEEDS], execution_timeout=timedelta(minutes=5))
    def plan(*, params: Any = None) -> list[dict[str, Any]]:
        """Which feeds are due, in batches."""
        report = run("plan", everything=params["everything"], feed=params["feed"])
        work: list[dict[str, Any]] = report["work"]
        return work

    @task(
        inlets=[FEEDS],
        outlets=[ARTICLES_ADDED],
        multiple_outputs=False,
        execution_timeout=timedelta(minutes=20),
        pool=POLL_POOL,
        map_index_template=PIECE,
    )
    def poll(work: dict[str, Any], *, outlet_events: Any = None) -> dict[str, int]:
        """Fetch, parse and store one batch of feeds."""
        counts: dict[str, int] = run("poll", **work)["counts"]
        wake(outlet_events, ARTICLES_ADDED, ARTICLES, counts["new"] + counts["edited"])
        return counts

    @task(
        inlets=[ARTICLES],
        outlets=[ARTICLES_ADDED],
        multiple_outputs=False,
        execution_timeout=timedelta(minutes=10),
        pool=POLL_POOL,
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
