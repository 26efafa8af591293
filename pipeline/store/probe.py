"""Whether a database can be read and written, found out without leaving a trace."""

from sqlalchemy import inspect, text

from pipeline.store.engine import Database, told_store_errors


def server_of(database: Database) -> str:
    """Which database it is: ``PostgreSQL 17.2 at db.example.org``, ``SQLite 3.45 in FILE``.

    Raises:
        StoreError: it cannot be reached.
    """
    engine = database.engine
    with told_store_errors(), engine.connect() as connection:
        if engine.dialect.name == "sqlite":
            version = connection.scalar(text("SELECT sqlite_version()"))
            return f"SQLite {version} in {engine.url.database}"
        version = str(connection.scalar(text("SHOW server_version"))).split()[0]
    return (
        f"PostgreSQL {version}, database {engine.url.database} at {engine.url.host or 'a socket'}"
    )


def try_write(database: Database) -> None:
    """Set one row to what it is, and take that back; without our tables, only begin to write.

    Raises:
        StoreError: the database, or this user of it, may not write.
    """
    with told_store_errors(), database.writer.connect() as connection:
        if inspect(connection).has_table("alembic_version"):
            # Never committed: it is taken back as the connection closes.
            connection.execute(text("UPDATE alembic_version SET version_num = version_num"))
