"""Migrations: from nothing to the newest, harmless to repeat, and true to the tables."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext

import schemas
from pipeline.errors import StoreError
from pipeline.store import feeds
from pipeline.store.engine import Database, open_database
from pipeline.store.migrate import require_current, revisions, upgrade
from schemas.config import FeedConfig
from schemas.feed import PollOutcome, PollRecord
from schemas.tables import Base


def test_the_migrations_make_the_tables_that_the_code_speaks_of(database: Database) -> None:
    with database.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, Base.metadata) == []


def test_a_second_upgrade_changes_nothing(database: Database) -> None:
    now, head = revisions(database)
    assert now == head
    assert upgrade(database) == (head, head)
    require_current(database)


def test_every_step_can_be_taken_back_and_again(database: Database) -> None:
    _, head = revisions(database)
    config = Config()
    config.set_main_option("script_location", str(Path(schemas.__file__).parent / "migrations"))
    with database.engine.begin() as connection:
        config.attributes["connection"] = connection
        command.downgrade(config, "base")
    assert revisions(database)[0] is None
    assert upgrade(database) == (None, head)


def test_feeds_and_what_hangs_on_them_outlive_the_steps(database: Database) -> None:
    """Adding a column by copying the table would take the polls along with the old one."""
    now = datetime(2026, 5, 4, 12, 0, tzinfo=UTC)
    with database.write() as session:
        feed = FeedConfig(name="a", url="https://a.example/feed")
        feeds.sync_feeds([feed], keep_others=False, now=now, session=session)
        (state,) = feeds.due_feeds(now=now, session=session)
        feeds.add_polls([PollRecord(state.feed_id, now, PollOutcome.FETCHED)], session=session)
    config = Config()
    config.set_main_option("script_location", str(Path(schemas.__file__).parent / "migrations"))
    with database.engine.begin() as connection:
        config.attributes["connection"] = connection
        command.downgrade(config, "0002")
    upgrade(database)
    with database.read() as session:
        assert feeds.due_feeds(now=now, session=session) == [state]
        later = now + timedelta(days=1)
        assert feeds.poll_counts(since=now, until=later, session=session) == (1, 0)


def test_a_database_without_tables_is_named_with_the_mend(tmp_path: Path) -> None:
    database = open_database(f"sqlite:///{tmp_path / 'empty.sqlite3'}")
    with pytest.raises(StoreError, match="mineralwatch db upgrade"):
        require_current(database)
    database.close()
