"""What many feeds cost the database, where no poll is under way: the plan, a batch, a look.

    python benchmarks/scale_rows.py [--feeds 100000] [--database postgresql] [--polls 1000000]

A migrated database with so many feeds and polls, one in eight feeds silent for so long that an
episode is open. Milliseconds: of a plan (feeds by command; by a file, read and compared), of asking
for a batch of 2,000, of writing its states and polls in lots of a hundred, of the look that tells
operators of feeds after it. Bytes: of a feed's row and of a poll's, indexes included.
"""

import argparse
import json
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from search import store as empty

from pipeline.catalog import load_catalog, load_feeds
from pipeline.settings import load_settings
from pipeline.stages.context import Context
from pipeline.stages.feed_alerts import tell_of_feeds
from pipeline.store import feed_episodes, feeds
from pipeline.store.engine import Database
from schemas.config import FeedConfig
from schemas.feed import FeedState, PollOutcome, PollRecord
from schemas.feed_watch import ChangeKind

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
BATCH, LOT = 2_000, 100


def main() -> None:
    """Fill, measure, print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--feeds", type=int, default=100_000)
    parser.add_argument("--polls", type=int, default=1_000_000)
    parser.add_argument("--database", default="postgresql", choices=("postgresql", "sqlite"))
    given = parser.parse_args()
    configs = [
        FeedConfig(name=f"Feed {n}", url=f"https://site{n}.example/feed.xml")
        for n in range(given.feeds)
    ]
    told: dict[str, Any] = {"feeds": given.feeds, "database": given.database}
    told["file_read_ms"] = file_read_ms(configs)
    with empty(given.database) as (database, disk):
        told["first_plan_ms"] = timed(lambda: sync(database, configs))
        before = disk()
        states = spread(database, given.feeds)
        told["feed_bytes"] = (disk() - before) // given.feeds
        told["plan_by_file_ms"] = timed(lambda: sync(database, configs))
        told["plan_by_command_ms"] = timed(lambda: count(database))
        told["ask_for_batch_ms"] = timed(lambda: ask(database))
        told["write_batch_ms"] = timed(lambda: write(database, states[:BATCH], NOW))
        before = disk()
        for start in range(0, given.polls, LOT * 50):
            at = NOW - timedelta(seconds=start * 90 * 60 / given.polls)
            polls(database, [states[(start + n) % given.feeds] for n in range(LOT * 50)], at)
        told["poll_bytes"] = (disk() - before) // given.polls
        told["look_ms"] = look_ms(database, states)
        episodes(database, states[::8])
        told["open_episodes"] = len(states[::8])
        told["look_with_episodes_ms"] = look_ms(database, states)
    print(json.dumps(told, indent=1))


def timed(work: Callable[[], Any]) -> float:
    """Milliseconds on the wall."""
    begun = time.perf_counter()
    work()
    return round((time.perf_counter() - begun) * 1_000, 1)


def file_read_ms(configs: list[FeedConfig]) -> float:
    """Of a feeds file with so many lines, which each task reads."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "feeds.yaml"
        lines = (f'  - {{name: {one.name}, url: "{one.url}"}}' for one in configs)
        file.write_text("feeds:\n" + "\n".join(lines), encoding="utf-8")
        settings = load_settings(feeds_file=file)
        return timed(lambda: load_feeds(settings))


def sync(database: Database, configs: list[FeedConfig]) -> None:
    """As `plan` does."""
    with database.write() as session:
        feeds.sync_feeds(configs, keep_others=False, now=NOW, session=session)


def spread(database: Database, count: int) -> list[FeedState]:
    """Give each feed a state: polled of late, due within six hours, thirty items remembered."""
    states = []
    for n in range(count):
        due = NOW + timedelta(seconds=(n * 7_919) % (6 * 3_600) - 300)
        url = f"https://site{n}.example/feed.xml"
        states.append(
            FeedState(
                feed_id=n + 1,
                url=url,
                name=f"Feed {n}",
                etag='"0123456789abcdef"',
                body_hash="0" * 64,
                items=bytes(range(36)) * 30,
                next_poll_at=due,
                last_success_at=NOW - timedelta(hours=1),
                last_new_at=NOW - timedelta(hours=20),
                gap_s=3_600,
                window_s=86_400.0,
                shown=30,
            )
        )
    for start in range(0, count, 5_000):
        with database.write() as session:
            lot = [(one, record(one, NOW)) for one in states[start : start + 5_000]]
            feeds.save_states(lot, session=session)
    return states


def record(state: FeedState, at: datetime) -> PollRecord:
    """A poll that read the feed."""
    return PollRecord(state.feed_id, at, PollOutcome.FETCHED, status=200, entries=30, seconds=0.4)


def count(database: Database) -> None:
    """The two questions of a plan."""
    with database.read() as session:
        for slow in (False, True):
            feeds.count_due(now=NOW, slow=slow, session=session)


def ask(database: Database) -> list[FeedState]:
    """The states of one batch."""
    with database.read() as session:
        of = max(1, feeds.count_due(now=NOW + timedelta(hours=1), slow=False, session=session))
        of = max(1, of // BATCH)
        later = NOW + timedelta(hours=1)
        return feeds.due_feeds(now=later, slow=False, batch=0, of=of, session=session)


def write(database: Database, states: list[FeedState], at: datetime) -> None:
    """States and polls, in lots as `store_polled` writes them."""
    for start in range(0, len(states), LOT):
        lot = [(one, record(one, at)) for one in states[start : start + LOT]]
        with database.write() as session:
            feeds.save_states(lot, session=session)
            feeds.add_polls([one for _, one in lot], session=session)


def polls(database: Database, states: list[FeedState], at: datetime) -> None:
    """History."""
    with database.write() as session:
        feeds.add_polls([record(one, at) for one in states], session=session)


def episodes(database: Database, states: list[FeedState]) -> None:
    """These feeds are silent, and operators know."""
    with database.write() as session:
        begun = [(one.feed_id, ChangeKind.SILENT, "nothing new for 30 days") for one in states]
        feed_episodes.begin_episodes(begun, now=NOW, session=session)
        changes = feed_episodes.untold_changes(session=session)
        feed_episodes.mark_told(changes, now=NOW - timedelta(days=1), session=session)


def look_ms(database: Database, states: list[FeedState]) -> float:
    """The look after a batch, when nothing changed."""
    settings = load_settings()
    context = Context(settings, load_catalog(settings), database, NOW)
    return timed(lambda: tell_of_feeds(context, [one.feed_id for one in states[:BATCH]]))


if __name__ == "__main__":
    main()
