"""`mineralwatch db upgrade`: two at once, from the oldest tables, and on what is newer than we."""

import json
import os
import subprocess
import sys
import uuid
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import Column, MetaData, Table, select, text
from sqlalchemy.engine import make_url
from typer.testing import CliRunner

import schemas
from pipeline.cli import app
from pipeline.errors import StoreError
from pipeline.store.engine import Database, open_database
from pipeline.store.migrate import _ADVISORY_LOCK, require_current, revisions, upgrade
from tests.e2e.running import until

COMMAND = Path(sys.executable).parent / "mineralwatch"
ROOT = Path(__file__).parents[3]


@pytest.fixture(params=["sqlite", "postgresql"])
def bare_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A database without tables."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'bare.sqlite3'}"
        return
    yield from _bare_postgres(str(request.getfixturevalue("postgres")))


@pytest.fixture
def bare_postgres(postgres: str) -> Iterator[str]:
    yield from _bare_postgres(postgres)


def _bare_postgres(server: str) -> Iterator[str]:
    name = f"bare_{uuid.uuid4().hex}"
    maintenance = open_database(server)
    engine = maintenance.engine.execution_options(isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    yield make_url(server).set(database=name).render_as_string(hide_password=False)
    with engine.connect() as connection:
        connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
    maintenance.close()


def start_upgrade(url: str, folder: Path) -> subprocess.Popen[str]:
    env = {
        "PATH": os.environ["PATH"],
        "HOME": str(folder),
        "PYTHONPATH": str(ROOT),
        "MINERALWATCH_DATABASE_URL": url,
    }
    return subprocess.Popen(
        [str(COMMAND), "db", "upgrade", "--json"],
        env=env,
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def ended(process: subprocess.Popen[str]) -> dict[str, Any]:
    told, trouble = process.communicate(timeout=120)
    assert process.returncode == 0, trouble
    answer: dict[str, Any] = json.loads(told)
    return answer


def test_of_two_at_once_one_migrates_and_the_other_finds_it_done(
    bare_url: str, tmp_path: Path
) -> None:
    both = [start_upgrade(bare_url, tmp_path) for _ in range(2)]
    told = [ended(process) for process in both]
    head = told[0]["now"]
    assert sorted(told, key=str) == sorted(
        [{"before": None, "now": head}, {"before": head, "now": head}], key=str
    )
    database = open_database(bare_url)
    require_current(database)
    database.close()


def test_one_waits_while_the_other_holds_the_advisory_lock(
    bare_postgres: str, tmp_path: Path
) -> None:
    database = open_database(bare_postgres)
    waiting = text("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted")
    with database.engine.connect() as holder, database.engine.connect() as watcher:
        holder.execute(text("SELECT pg_advisory_lock(:key)"), {"key": _ADVISORY_LOCK})
        process = start_upgrade(bare_postgres, tmp_path)
        until(lambda: watcher.scalar(waiting) == 1, timeout_s=60, what="it waits for the lock")
        assert process.poll() is None
        assert revisions(database)[0] is None, "nothing is done while it waits"
        holder.execute(text("SELECT pg_advisory_unlock(:key)"), {"key": _ADVISORY_LOCK})
        assert ended(process)["before"] is None
    database.close()


@pytest.fixture
def newer(database: Database) -> Database:
    with database.writer.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    return database


def test_a_newer_database_is_named_and_not_touched(
    newer: Database, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    head = revisions(newer)[1]
    for attempt in (upgrade, require_current):
        with pytest.raises(StoreError, match=rf"revision 9999, which is newer.*{head}"):
            attempt(newer)
    assert revisions(newer)[0] == "9999"
    monkeypatch.setenv("MINERALWATCH_DATABASE_URL", database_url)
    refused = CliRunner().invoke(app, ["db", "upgrade"])
    assert refused.exit_code == 1
    assert "install the version that made it" in refused.output


# ---- from the oldest tables ----------------------------------------------------------------------

AT = datetime(2026, 5, 4, 12, 0, tzinfo=UTC)
GIVEN: dict[str, object] = {
    "feed.kind": "news",
    "feed.url": "https://a.example/feed",
    "feed.current_url": "https://a.example/feed",
    "article.canonical_url": "https://a.example/1",
    "article.language": "en",
    "agreement.parties": ["KZ", "US"],
    "agreement.stage": "signed",
    "story.stage": "signed",
    "story.significance": 3,
    "story.themes": ["rare_earths"],
    "story.parties": ["KZ"],
    "story.minerals": [],
    "story_key.key": "s:kazakhstan",
    "stage_transition.stage": "signed",
    "stage_transition.previous": "agreed",
    "assessment.stage": "signed",
    "assessment.reading": {"relevant": True, "themes": []},
    "poll.outcome": "fetched",
    "alert.key": "all:new:1",
    "alert.kind": "new",
    "outbox.key": "root:1:slack:minerals",
    "outbox.channel": "slack",
    "outbox.address": "minerals",
    "outbox.payload": {"text": "Kazakhstan signs"},
    "outbox.state": "sent",
    "outbox.thread_key": None,
}


def value(table: Table, column: Column[Any]) -> object:
    """Something that the column takes, a foreign key's the one row that the other table has."""
    name = f"{table.name}.{column.name}"
    if name in GIVEN:
        return GIVEN[name]
    if column.foreign_keys:
        kind = next(iter(column.foreign_keys)).column.type.python_type
        return 1 if kind is int else "a"
    kind = column.type.python_type
    made: dict[type, object] = {int: 1, float: 0.5, bool: True, datetime: AT, date: AT.date()}
    return made.get(kind, "a")


def rows_of(database: Database) -> dict[str, list[dict[str, Any]]]:
    """Every row of every table, by table."""
    with database.engine.connect() as connection:
        tables = MetaData()
        tables.reflect(connection)
        return {
            table.name: [dict(row) for row in connection.execute(select(table)).mappings()]
            for table in tables.sorted_tables
            if table.name != "alembic_version"
        }


def test_rows_of_the_oldest_tables_outlive_the_way_to_the_newest(bare_url: str) -> None:
    database = open_database(bare_url)
    config = Config()
    config.set_main_option("script_location", str(Path(schemas.__file__).parent / "migrations"))
    with database.writer.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
        tables = MetaData()
        tables.reflect(connection)
        for table in tables.sorted_tables:
            if table.name != "alembic_version":
                row = {column.name: value(table, column) for column in table.columns}
                connection.execute(table.insert(), row)
    before = rows_of(database)
    assert all(len(rows) == 1 for rows in before.values())
    assert len(before) == 13
    assert upgrade(database)[0] == "0001"
    after = rows_of(database)
    for name, (row,) in before.items():
        (kept,) = after[name]
        shared = row.keys() & kept.keys()
        assert {key: kept[key] for key in shared} == {key: row[key] for key in shared}, name
    # What lost its column has its place elsewhere: the alert that the message carried.
    assert [(row["outbox_id"], row["alert_id"]) for row in after["carried"]] == [(1, 1)]
    database.close()
