"""Which feeds with an open episode are judged again though they were not polled just now."""

from datetime import datetime, timedelta

from sqlalchemy import update

from pipeline.store import feed_episodes, feeds, kept_feeds
from pipeline.store.engine import Database
from schemas.config import FeedConfig
from schemas.feed_watch import ChangeKind
from schemas.tables import FeedRow

HOUR = timedelta(hours=1)
NAMES = ("silent", "spoke", "dead", "answered", "paused", "resumed", "off", "untold")


def test_only_feeds_that_did_something_are_judged_again(database: Database, now: datetime) -> None:
    """Thousands that are silent for good must not be read after each batch."""
    with database.write() as session:
        configs = [FeedConfig(name=name, url=f"https://{name}.example/feed") for name in NAMES]
        feeds.sync_feeds(configs, keep_others=False, now=now, session=session)
        ids = {kept.config.name: kept.id or 0 for kept in kept_feeds.list_kept(session=session)}
        kinds = {"dead": ChangeKind.DEAD, "answered": ChangeKind.DEAD}
        begun = [(ids[name], kinds.get(name, ChangeKind.SILENT), "quiet") for name in NAMES[:-1]]
        feed_episodes.begin_episodes(begun, now=now - HOUR, session=session)
        told = feed_episodes.untold_changes(session=session)
        feed_episodes.mark_told(told, now=now - HOUR, session=session)
        untold = [(ids["untold"], ChangeKind.SILENT, "quiet")]
        feed_episodes.begin_episodes(untold, now=now - HOUR, session=session)
        done = {
            # Answering ends a death, and no silence.
            "silent": {"last_success_at": now, "last_new_at": now - 2 * HOUR},
            "spoke": {"last_success_at": now, "last_new_at": now},
            "dead": {"last_success_at": now - 2 * HOUR},
            "answered": {"last_success_at": now},
            "paused": {"paused_at": now, "paused_until": now + HOUR},
            "resumed": {"paused_at": now - 2 * HOUR, "paused_until": now - HOUR},
            "off": {"enabled": False},
        }
        for name, values in done.items():
            session.execute(update(FeedRow).where(FeedRow.id == ids[name]).values(values))
    with database.read() as session:
        found = feed_episodes.to_judge(now=now, session=session)
    assert found == {ids[name] for name in ("spoke", "answered", "paused", "off", "untold")}
