"""Whatever fails and recovers, in any order: each is told once, and once that it is over."""

import re
import shutil
import tempfile
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.catalog import Catalog, load_catalog
from pipeline.notify.outbox import Senders
from pipeline.notify.watch import MESSAGES, WINDOW
from pipeline.settings import Settings
from pipeline.stages.context import Context
from pipeline.stages.failures import watch
from pipeline.stages.note_task import note_task
from pipeline.store import watch_episodes
from pipeline.store.engine import open_database
from schemas.alert import Channel, Delivery, OutboxMessage, Sent

BEGAN = datetime(2026, 5, 4, 12, tzinfo=UTC)
TASKS = ("poll_feeds.poll", "send_alerts.deliver")
STEP = st.tuples(
    st.sampled_from(TASKS),
    st.sampled_from(["fails", "works"]),
    st.booleans(),
    st.integers(1, 20),
)
"""A task, how it ends, whether the watch looks then, minutes to the next step."""


class Operators:
    """Read each notice as it comes."""

    def __init__(self) -> None:
        self.began: Counter[str] = Counter()
        self.over: Counter[str] = Counter()
        self.notices = 0

    def send(self, message: OutboxMessage) -> Delivery:
        self.notices += 1
        for group in str(message.payload["text"]).split("\n\n"):
            failures = re.findall(r"failure-\d+", group)
            if group.startswith("Task failed:"):
                self.began.update(failures)
            elif group.startswith("Task works again:"):
                self.over.update(failures)
        return Sent("read")


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    return load_catalog(Settings())


@settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(steps=st.lists(STEP, min_size=1, max_size=25))
def test_no_failure_is_told_twice_and_none_is_lost(
    steps: list[tuple[str, str, bool, int]], catalog: Catalog, sqlite_template: Path
) -> None:
    operators = Operators()
    senders = Senders({Channel.PREVIEW: operators})
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "own.sqlite3"
        shutil.copy(sqlite_template, path)
        database = open_database(f"sqlite:///{path}")
        context = Context(Settings(var_dir=Path(folder)), catalog, database, BEGAN)
        now, told_at = BEGAN, []

        def look() -> None:
            before = operators.notices
            watch(Context(context.settings, catalog, database, now), senders)
            told_at.extend([now] * (operators.notices - before))

        for number, (task, ends, looks, minutes) in enumerate(steps):
            error = f"failure-{number}" if ends == "fails" else None
            note_task(database, task, now=now, error=error)
            if looks:
                look()
            now += timedelta(minutes=minutes)
        for task in TASKS:
            note_task(database, task, now=now)
        now += WINDOW
        look()
        look()
        with database.read() as session:
            episodes = watch_episodes.list_watch_episodes(since=BEGAN, session=session)
        database.close()

    assert set(operators.began.values()) | set(operators.over.values()) <= {1}
    assert set(operators.began) == set(operators.over), "what was told as failing is told as over"
    assert set(operators.began) <= {one.reason for one in episodes}
    for one in episodes:
        assert (one.told_at is None) == (one.end_told_at is None)
        assert (one.reason in operators.began) == (one.told_at is not None)
    for end in told_at:
        hour = [at for at in told_at if end - WINDOW < at <= end]
        assert len(hour) <= MESSAGES * len(TASKS)
