"""Backup and restore: the whole database in one file, and back.

SQLite: the online backup interface, a consistent copy while others read and write. PostgreSQL:
``pg_dump`` in its custom format, consistent too, and ``pg_restore`` in one transaction.
"""

import os
import re
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from sqlalchemy import inspect, select, text

from pipeline.errors import ConfigError, StoreError
from pipeline.store.engine import Database, told_store_errors
from pipeline.store.migrate import require_known, revisions
from pipeline.store.outbox import doubt_unsent
from pipeline.store.pg_tools import run_tool
from schemas.backup import BackedUp, Restored
from schemas.tables import Base

_DUMP = b"PGDMP"
_SQLITE = b"SQLite format 3\x00"
_VERSION = re.compile(r"^COPY \S*alembic_version .*\n(\S+)$", re.MULTILINE)


def backup(database: Database, file: Path) -> BackedUp:
    """Write the database into a new file, which only its owner can read.

    A file of that name appears when it is whole.

    Raises:
        ConfigError: the file is there already, or its folder is not.
        StoreError: the database cannot be read, or ``pg_dump`` is not there.
    """
    began = time.monotonic()
    _require_new(file)
    revision, _ = revisions(database)
    part = file.with_name(file.name + ".part")
    part.unlink(missing_ok=True)
    os.close(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    try:
        if _is_sqlite(database):
            _copy_sqlite(database, part)
        else:
            run_tool(
                "pg_dump",
                *("--format=custom", "--no-owner", "--no-acl", f"--file={part}"),
                url=database.engine.url,
            )
        part.replace(file)
    finally:
        part.unlink(missing_ok=True)
    return BackedUp(file, file.stat().st_size, time.monotonic() - began, revision)


def restore(database: Database, file: Path, *, before: Path | None = None) -> Restored:
    """Put back what a backup holds, in place of what is there.

    Nothing else may use the database meanwhile. A message that waited when the backup was made may
    have been sent since: all of them are marked as uncertain, so that a sender asks first.

    Args:
        database: of the kind that the backup was made of.
        file: the backup.
        before: where to keep the rows that are there now; None refuses where there are any.

    Raises:
        ConfigError: the file is no backup of this kind of database, or ``before`` is there.
        StoreError: the database has rows and ``before`` is None, the backup is of a newer
            programme or broken, or the database cannot be used. Nothing was changed, but where
            the message says so.
    """
    began = time.monotonic()
    sqlite = _is_sqlite(database)
    revision = (_sqlite_revision if sqlite else _dump_revision)(file)
    require_known(revision)
    require_known(revisions(database)[0])
    filled = has_rows(database)
    if filled and before is None:
        raise StoreError(
            "the database has rows, which a restore would replace",
            mend="--force restores all the same, and keeps what is there in a file",
        )
    kept = backup(database, before).file if filled and before is not None else None
    with _told_kept(kept):
        (_restore_sqlite if sqlite else _restore_dump)(database, file)
    with database.write() as session:
        doubted = doubt_unsent(session=session)
    return Restored(revision, time.monotonic() - began, doubted, kept)


def has_rows(database: Database) -> bool:
    """Whether any table of ours has a row."""
    with told_store_errors(), database.engine.connect() as connection:
        there = set(inspect(connection).get_table_names())
        return any(
            connection.execute(select(text("1")).select_from(table).limit(1)).first() is not None
            for table in Base.metadata.sorted_tables
            if table.name in there
        )


def _is_sqlite(database: Database) -> bool:
    return database.engine.dialect.name == "sqlite"


def _require_new(file: Path) -> None:
    if file.exists():
        raise ConfigError(f"{file}: is there already", mend="name a new file")
    if not file.parent.is_dir():
        raise ConfigError(f"{file.parent}: no such folder", mend="make it, or name another file")


@contextmanager
def _told_kept(kept: Path | None) -> Iterator[None]:
    """Where the restore breaks off, say where the rows are that were there."""
    try:
        yield
    except StoreError as error:
        where = f"; what was there before is in {kept}" if kept else ""
        raise StoreError(f"{error.message}{where}", mend=error.mend) from error


# ---- SQLite --------------------------------------------------------------------------------------


@contextmanager
def _told_sqlite(what: str) -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
        raise StoreError(
            f"{what}: {error}", mend="is there room, and is nobody at work?"
        ) from error


def _copy_sqlite(database: Database, to: Path) -> None:
    with _told_sqlite(f"{to}: cannot be written"), closing(sqlite3.connect(to)) as target:
        raw = database.engine.raw_connection()
        try:
            raw.driver_connection.backup(target)  # type: ignore[union-attr]
        finally:
            raw.close()
        # The copy brings along that changes are in a second file; a backup is one file.
        target.execute("PRAGMA journal_mode=DELETE")


def _restore_sqlite(database: Database, file: Path) -> None:
    database.close()
    raw = database.engine.raw_connection()
    try:
        with _told_sqlite("the database cannot be written"), closing(_opened(file)) as source:
            source.backup(raw.driver_connection)  # type: ignore[arg-type]
    finally:
        raw.close()
        database.close()


def _opened(file: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"{file.resolve().as_uri()}?mode=ro", uri=True)


def _sqlite_revision(file: Path) -> str:
    """The revision of a backup, after a look whether it is whole."""
    _require_kind(file, _SQLITE, other=_DUMP, told="an SQLite database")

    def read() -> str:
        with closing(_opened(file)) as source:
            found = source.execute("PRAGMA quick_check(1)").fetchone()[0]
            if found != "ok":
                raise StoreError(f"{file}: is damaged: {found}", mend="restore another backup")
            return str(source.execute("SELECT version_num FROM alembic_version").fetchone()[0])

    return _read_or_refuse(file, read)


def _read_or_refuse(file: Path, read: Callable[[], str]) -> str:
    try:
        return read()
    except sqlite3.DatabaseError as error:
        raise StoreError(
            f"{file}: is damaged, or no backup of ours: {error}", mend="restore another backup"
        ) from error


# ---- PostgreSQL ----------------------------------------------------------------------------------


def _dump_revision(file: Path) -> str:
    """The revision of a dump; only a dump that can be read as a whole has one."""
    _require_kind(file, _DUMP, other=_SQLITE, told="a dump of PostgreSQL's")
    run_tool("pg_restore", f"--file={os.devnull}", str(file))
    rows = run_tool("pg_restore", "--data-only", "--table=alembic_version", "--file=-", str(file))
    found = _VERSION.search(rows)
    if found is None:
        raise StoreError(f"{file}: is no backup of ours", mend="restore another backup")
    return found[1]


def _restore_dump(database: Database, file: Path) -> None:
    """Tables that are newer than the backup would stay, and keep the old ones from going."""
    names = [table.name for table in Base.metadata.sorted_tables] + ["alembic_version"]
    quoted = ", ".join(f'"{name}"' for name in names)
    with told_store_errors(), database.engine.begin() as connection:
        connection.execute(text(f"DROP TABLE IF EXISTS {quoted} CASCADE"))
    run_tool(
        "pg_restore",
        *("--single-transaction", "--exit-on-error", "--no-owner", "--no-acl"),
        str(file),
        url=database.engine.url,
    )


def _require_kind(file: Path, wanted: bytes, *, other: bytes, told: str) -> None:
    try:
        with file.open("rb") as opened:
            head = opened.read(16)
    except OSError as error:
        raise ConfigError(f"{file}: {error.strerror}", mend="name a backup") from error
    if head.startswith(wanted):
        return
    if head.startswith(other):
        raise ConfigError(
            f"{file}: is a backup of the other kind of database, not {told}",
            mend="check MINERALWATCH_DATABASE_URL, or take another file",
        )
    raise ConfigError(f"{file}: is no backup of ours, not {told}", mend="name a backup")
