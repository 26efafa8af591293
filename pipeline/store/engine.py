"""The engine for SQLite and PostgreSQL, and the two kinds of transaction."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, func, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import make_url
from sqlalchemy.exc import (
    ArgumentError,
    DataError,
    DBAPIError,
    IntegrityError,
    NoSuchModuleError,
)
from sqlalchemy.orm import Session

from pipeline.errors import ConfigError, StoreError
from pipeline.log import mask
from schemas.tables import Base

_WRITE = "mineralwatch_write"
_BUSY_S = 60


class Database:
    """An engine with ``read()`` and ``write()`` transactions; close it when done."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.writer = engine.execution_options(**{_WRITE: True})
        """The same engine; on SQLite its transactions take the write lock as they begin."""

    @contextmanager
    def read(self) -> Iterator[Session]:
        """A session that only reads; nothing is committed.

        Raises:
            StoreError: the database cannot be used, or its tables are missing.
        """
        with told_store_errors(), Session(self.engine, autoflush=False) as session:
            yield session

    @contextmanager
    def write(self) -> Iterator[Session]:
        """One transaction: committed at the end of the block, rolled back on an exception.

        Raises:
            StoreError: the database cannot be used, stayed locked, or its tables are missing.
        """
        with told_store_errors(), Session(self.writer) as session, session.begin():
            yield session

    def close(self) -> None:
        """Give the connections back."""
        self.engine.dispose()


def open_database(url: str) -> Database:
    """Open ``url`` (SQLite or PostgreSQL); nothing is created but the SQLite file's folder.

    Raises:
        ConfigError: the URL cannot be read or names another database.
    """
    try:
        parsed = make_url(url)
        backend = parsed.get_backend_name()
    except (ArgumentError, NoSuchModuleError) as error:
        raise ConfigError(
            "MINERALWATCH_DATABASE_URL cannot be read as a database URL",
            mend="use sqlite:///path.sqlite3 or postgresql://user:password@host/name",
        ) from error
    if backend == "sqlite":
        if parsed.database and parsed.database != ":memory:":
            Path(parsed.database).parent.mkdir(parents=True, exist_ok=True)
        engine = create_engine(parsed, connect_args={"timeout": _BUSY_S})
        _prepare_sqlite(engine)
    elif backend == "postgresql":
        engine = create_engine(parsed, pool_pre_ping=True, connect_args={"connect_timeout": 10})
    else:
        raise ConfigError(
            f"MINERALWATCH_DATABASE_URL names {backend!r}, which is not supported",
            mend="use sqlite:///… or postgresql://…",
        )
    return Database(engine)


def _prepare_sqlite(engine: Engine) -> None:
    """WAL lets readers go on beside a writer; writers queue at BEGIN instead of failing midway.

    The driver's own BEGIN is switched off as SQLAlchemy's pysqlite notes advise, since it comes
    too late (at the first write) and turns two writers into a deadlock.
    """

    @event.listens_for(engine, "connect")
    def _connect(dbapi: Any, _record: Any) -> None:
        dbapi.isolation_level = None
        cursor = dbapi.cursor()
        cursor.execute("PRAGMA journal_mode=WAL")
        cursor.execute("PRAGMA synchronous=NORMAL")
        cursor.execute("PRAGMA foreign_keys=ON")
        cursor.close()

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        writes = connection.get_execution_options().get(_WRITE, False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def insert_for(session: Session, table: type[Base]) -> Any:
    """``INSERT`` in the dialect of the session, so that ``on_conflict_…`` is there."""
    if session.get_bind().dialect.name == "postgresql":
        return postgresql.insert(table)
    return sqlite.insert(table)


def alone(name: str, *, session: Session) -> None:
    """Let one transaction at a time go on from here under ``name``, till it ends.

    SQLite's writers are alone in any case; on PostgreSQL an advisory lock is taken.
    """
    if session.get_bind().dialect.name == "postgresql":
        session.execute(select(func.pg_advisory_xact_lock(func.hashtext(name))))


def after_commit(session: Session, tell: Callable[[], None]) -> None:
    """Call ``tell`` once the transaction is committed, and never where it is rolled back.

    For log lines: a line must not speak of rows that are not there.
    """
    event.listen(session, "after_commit", lambda _session: tell(), once=True)


@contextmanager
def told_store_errors() -> Iterator[None]:
    """Say what the database refused in words, with the mend.

    Raises:
        StoreError: in place of SQLAlchemy's OperationalError, ProgrammingError or DatabaseError.
    """
    try:
        yield
    except DBAPIError as error:
        if isinstance(error, IntegrityError | DataError):
            raise  # a fault of ours, to be seen whole
        raise _store_error(error) from error


def _store_error(error: DBAPIError) -> StoreError:
    told = " ".join(str(error.orig).split())
    if "no such table" in told or "UndefinedTable" in type(error.orig).__name__:
        return StoreError(
            "the database has no tables of ours yet", mend="run: mineralwatch db upgrade"
        )
    if "is locked" in told:
        return StoreError(
            f"the SQLite file stayed locked for {_BUSY_S} s",
            mend="another process writes at length; use PostgreSQL for several writers",
        )
    if "no such module: fts5" in told:
        return StoreError(
            "this Python's SQLite was built without full-text search (FTS5)",
            mend="use PostgreSQL, or a Python whose sqlite3 has it, such as python.org's or uv's",
        )
    if "not a database" in told:
        return StoreError(
            "the file named is not an SQLite database", mend="check MINERALWATCH_DATABASE_URL"
        )
    return StoreError(
        f"the database cannot be used: {mask(told)}",
        mend="is it up, and is MINERALWATCH_DATABASE_URL right?",
    )
