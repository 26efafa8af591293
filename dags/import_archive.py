"""import_archive: by hand, a file of past articles is brought in."""

import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

# Airflow puts this folder on the path; whoever loads the file by itself may not.
sys.path.append(str(Path(__file__).parent))

from _shared import ARTICLES, ARTICLES_ADDED, DEFAULTS, FAILURE, late_after, run, wake
from airflow.sdk import Param, dag, task

DOC = f"""
### Bring in past articles

A file of JSON lines or CSV with `title` and `url`, and where known `summary`, `published` (ISO
8601), `lang` and `source`; or a folder of feeds' documents (RSS, Atom, JSON Feed). Files may be
packed by gzip. The path is one on the machine that runs the task. A row that cannot be used is a
warning that names its line. Archived articles are assessed and put into stories, never
alerted.

**When it fails**

- The path is not there, or not on the machine that runs the task: the log names it. Start a new run
  with the right one.
- Rows that cannot be used are warnings that name file, line and mend. Mend the file and run it
  again: what is known already is passed over.
- It was stopped midway: clear it. A thousand rows are one transaction; it goes on after them.
{FAILURE}"""


@dag(
    schedule=None,
    catchup=False,
    max_active_runs=1,
    default_args=DEFAULTS,
    tags=["mineralwatch", "collect", "by hand"],
    dag_display_name="import_archive (by hand: bring in past articles)",
    deadline=late_after(7 * 60),
    doc_md=DOC,
    params={
        "path": Param(
            type="string",
            minLength=1,
            title="Path",
            description="The file or folder, on the machine that runs the task.",
        ),
        "format": Param(
            "jsonl",
            type="string",
            enum=["jsonl", "csv", "feeds"],
            title="Format",
            description="JSON lines, CSV, or documents of feeds (a file or a folder of them).",
        ),
    },
)
def import_archive() -> None:
    """Import."""

    @task(outlets=[ARTICLES_ADDED], multiple_outputs=False, execution_timeout=timedelta(hours=6))
    def bring_in(*, params: Any = None, outlet_events: Any = None) -> dict[str, int]:
        """Rows of the file → articles."""
        report = run("import_archive", path=params["path"], format=params["format"])
        counts: dict[str, int] = report["counts"]
        wake(outlet_events, ARTICLES_ADDED, ARTICLES, counts["new"])
        return counts

    bring_in()


import_archive()
