"""A run of a DAG that missed its deadline: noted, and told at once."""

from datetime import UTC, datetime

from pipeline.app import open_app
from pipeline.notify.watch import run_subject
from pipeline.settings import Settings
from pipeline.stages.note_task import note_late


def tell_late(dag: str, reason: str, *, settings: Settings, now: datetime | None = None) -> bool:
    """Note that a run of ``dag`` is late and tell the operators; True where that was news.

    It does not wait for the DAG watch: where all workers are taken, that one waits too.

    Raises:
        StoreError: the database cannot be used.
    """
    when = now or datetime.now(UTC)
    with open_app(settings, careful=True) as app:
        news = note_late(app.database, run_subject(dag), now=when, reason=reason)
        if news:
            app.run("watch", now=when)
    return news
