"""A task notes how it ended, a run that it is late. It loads and does as little as can be.

It is called after every task. What operators are told of it is the stage watch's to decide
(stages.failures).
"""

from collections.abc import Callable
from datetime import datetime

from pipeline.notify.watch import one_line
from pipeline.store import watch_episodes
from pipeline.store.engine import Database
from schemas.watch import Trouble, WatchKind


def note_task(
    database: Database,
    subject: str,
    *,
    now: datetime,
    error: str | None = None,
    settled: Callable[[], bool] = lambda: True,
    run: str = "",
    run_settled: Callable[[], bool] = lambda: False,
) -> bool:
    """Note that a task failed for good (``error``) or succeeded; True where that was news.

    Where it succeeds as it did before, and no run of its DAG is late, this is one read.

    Args:
        database: needs no configuration: that may be why the task failed.
        subject: notify.watch.task_subject.
        now: the present moment.
        error: what it failed with.
        settled: asked only where an episode is open and the task succeeded: has all of it? Of a
            mapped task each piece succeeds by itself.
        run: notify.watch.run_subject of its DAG.
        run_settled: asked only where a run of the DAG is late: have all tasks of this run ended
            well?

    Raises:
        StoreError: the database cannot be used.
    """
    subjects = {WatchKind.TASK: subject, WatchKind.LATE: run}
    with database.read() as session:
        known = watch_episodes.open_kinds(subjects, session=session)
    if error is not None:
        return WatchKind.TASK not in known and _begin(
            database, Trouble(WatchKind.TASK, subject, error), now
        )
    over = [
        kind
        for kind, has_ended in ((WatchKind.TASK, settled), (WatchKind.LATE, run_settled))
        if kind in known and has_ended()
    ]
    if not over:
        return False
    with database.write() as session:
        watch_episodes.lock_watch(session=session)
        return (
            sum(
                watch_episodes.end_subject(kind, subjects[kind], now=now, session=session)
                for kind in over
            )
            > 0
        )


def note_late(database: Database, subject: str, *, now: datetime, reason: str) -> bool:
    """Note that a run of a DAG missed its deadline; True where none was noted as late before.

    Raises:
        StoreError: the database cannot be used.
    """
    return _begin(database, Trouble(WatchKind.LATE, subject, reason), now)


def _begin(database: Database, trouble: Trouble, now: datetime) -> bool:
    with database.write() as session:
        watch_episodes.lock_watch(session=session)
        if watch_episodes.is_open(trouble.kind, trouble.subject, session=session):
            return False
        told = Trouble(trouble.kind, trouble.subject, one_line(trouble.reason))
        watch_episodes.begin_watch_episodes([told], now=now, session=session)
    return True
