"""What is called when a run of a DAG misses its deadline.

It runs in the triggerer, where the folder of plugins is on the path: the reason for a late run is
often that all workers are taken, so no worker is needed to tell it.
"""

import logging
import sys
from pathlib import Path
from typing import Any

_log = logging.getLogger(__name__)


async def tell_late_run(*, minutes: int, context: dict[str, Any]) -> str:
    """Note the run as late, and tell the operators; once for all late runs of a DAG.

    Args:
        minutes: how long a run may take, from the moment it is queued.
        context: what Airflow says of it: ``dag_run`` and ``deadline``.
    """
    from asgiref.sync import sync_to_async

    run = context["dag_run"]
    dag, run_id = str(run["dag_id"]), str(run["dag_run_id"])
    # In a thread, for it writes and sends; this one serves all triggers.
    news = await sync_to_async(_tell, thread_sensitive=False)(dag, run_id, minutes)
    return f"{dag}: {'operators are told' if news else 'they know it already'}"


def _tell(dag: str, run_id: str, minutes: int) -> bool:
    folder = str(Path(__file__).parents[1])
    if folder not in sys.path:
        sys.path.append(folder)
    from _settings import settings

    from pipeline.late_runs import tell_late

    reason = f"run {run_id} has not ended {minutes} minutes after it was queued"
    news = tell_late(dag, reason, settings=settings())
    _log.info("late: %s, %s; told: %s", dag, reason, news)
    return news
