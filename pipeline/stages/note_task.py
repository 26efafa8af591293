"""A task notes how it ended. Called after every task: it loads and does as little as can be.

What operators are told of it is the stage watch's to decide (stages.failures).
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
) -> bool:
    """Note that a task failed for good (``error``) or succeeded; True where that was news.

    Where it succeeds as it did before, this is one read.

    Args:
        database: needs no configuration: that may be why the task failed.
        subject: notify.watch.task_subject.
        now: the present moment.
        error: what it failed with.
        settled: asked only where an episode is open and the task succeeded: has all of it? Of a
            mapped task each piece succeeds by itself.

    Raises:
        StoreError: the database cannot be used.
    """
    with database.read() as session:
        known = watch_episodes.is_open(WatchKind.TASK, subject, session=session)
    if known is (error is not None) or (error is None and not settled()):
        return False
    with database.write() as session:
        watch_episodes.lock_watch(session=session)
        if error is None:
            ended = watch_episodes.end_subject(WatchKind.TASK, subject, now=now, session=session)
            return ended > 0
        if watch_episodes.is_open(WatchKind.TASK, subject, session=session):
            return False
        trouble = Trouble(WatchKind.TASK, subject, one_line(error))
        watch_episodes.begin_watch_episodes([trouble], now=now, session=session)
    return True
