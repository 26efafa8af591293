"""reassess: by hand, articles are read anew under the rules in force."""

import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

# Airflow puts this folder on the path; whoever loads the file by itself may not.
sys.path.append(str(Path(__file__).parent))

from _shared import ARTICLES, ARTICLES_ADDED, DEFAULTS, FAILURE, late_after, run, wake
from airflow.sdk import Param, dag, task

DOC = f"""
### Read anew what was read already

After a change of the rules in `themes/*.yaml`: reads every article first seen since a date, and
counts how many change in relevance, stage or themes. A dry run (the default) writes nothing.
Otherwise stories and alerts follow by *assess_articles*; what was alerted before is not alerted
again.

The log names the first fifty articles that change, and how. With `ruleset`, a folder of YAML as
`MINERALWATCH_CONFIG_DIR` has it, a dry run says what would change under rules that are not in force
yet.

**When it fails**

- `no rules are there`, `not in force`: the form; start a new run. Rules that are not in force are
  tried in a dry run only.
- It was stopped midway: clear it. It begins anew, and reads what it read before once more; the
  outcome is the same.
{FAILURE}"""


@dag(
    schedule=None,
    catchup=False,
    max_active_runs=1,
    default_args=DEFAULTS,
    tags=["mineralwatch", "assess", "by hand"],
    dag_display_name="reassess (by hand: read anew)",
    deadline=late_after(7 * 60),
    doc_md=DOC,
    params={
        "since": Param(
            type="string",
            format="date",
            title="Since",
            description="Articles first seen since this day (UTC).",
        ),
        "ruleset": Param(
            None,
            type=["null", "string"],
            minLength=1,
            title="Rules",
            description="Empty: those in force. Or a folder of YAML on the machine that runs the "
            "task, to be tried in a dry run.",
        ),
        "dry_run": Param(
            True, type="boolean", title="Dry run", description="Count what would change; no more."
        ),
    },
)
def reassess() -> None:
    """Reassess."""

    @task(
        inlets=[ARTICLES],
        outlets=[ARTICLES_ADDED],
        multiple_outputs=False,
        execution_timeout=timedelta(hours=6),
    )
    def read_anew(*, params: Any = None, outlet_events: Any = None) -> dict[str, int]:
        """Stored articles → readings under the rules in force."""
        report = run(
            "reassess",
            since=params["since"],
            ruleset=params["ruleset"],
            dry_run=params["dry_run"],
        )
        counts: dict[str, int] = report["counts"]
        wake(outlet_events, ARTICLES_ADDED, ARTICLES, counts["written"])
        return counts

    read_anew()


reassess()
