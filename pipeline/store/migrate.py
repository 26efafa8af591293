"""Bringing a database to the newest revision."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import text

import schemas
from pipeline.errors import StoreError
from pipeline.store.engine import Database, told_store_errors

# Any constant that no other programme on the same server takes; "mineral" in hexadecimal digits.
_ADVISORY_LOCK = 0x6D696E65


def _config() -> Config:
    config = Config()
    folder = Path(schemas.__file__).parent / "migrations"
    # A % would be read as the start of an interpolation.
    config.set_main_option("script_location", str(folder).replace("%", "%%"))
    return config


def upgrade(database: Database) -> tuple[str | None, str]:
    """Migrate to the newest revision; returns (revision before, revision now). Harmless to repeat.

    Two at once wait for each other: on PostgreSQL on an advisory lock, on SQLite for the file's
    write lock, which is taken before the revision is read. The second then finds nothing to do.

    Raises:
        StoreError: the database is newer than this programme, locked, or cannot be used.
    """
    config = _config()
    with told_store_errors(), database.writer.begin() as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _ADVISORY_LOCK})
        before = MigrationContext.configure(connection).get_current_revision()
        require_known(before)
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
        now = MigrationContext.configure(connection).get_current_revision()
    return before, now or ""


def revisions(database: Database) -> tuple[str | None, str]:
    """(the database's revision, the newest that this programme knows)."""
    head = ScriptDirectory.from_config(_config()).get_current_head() or ""
    with told_store_errors(), database.engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision(), head


def require_known(revision: str | None) -> None:
    """Raise where a revision is one that only a newer programme knows.

    Raises:
        StoreError: it is; both revisions are named.
    """
    scripts = ScriptDirectory.from_config(_config())
    known = {script.revision for script in scripts.walk_revisions()}
    if revision is not None and revision not in known:
        raise StoreError(
            f"the database is at revision {revision}, which is newer than this programme: the "
            f"newest that it knows is {scripts.get_current_head()}",
            mend="install the version that made it or a later one; the database was not touched",
        )


def require_current(database: Database) -> None:
    """Raise where the database is not at the newest revision.

    Raises:
        StoreError: the tables are missing, older or newer than this programme.
    """
    now, head = revisions(database)
    if now == head:
        return
    require_known(now)
    state = "has no tables of ours yet" if now is None else f"is at revision {now}, not {head}"
    raise StoreError(f"the database {state}", mend="run: mineralwatch db upgrade")
