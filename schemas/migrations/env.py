"""Alembic's entry: migrates the database that it is handed.

The programme passes an open connection (pipeline.store.migrate). By hand:
``alembic -x url=sqlite:///var/mineralwatch.sqlite3 check``.
"""

from alembic import context
from sqlalchemy import Connection, create_engine

from schemas.search_tables import is_ours
from schemas.tables import Base


def _run(connection: Connection) -> None:
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        compare_type=True,
        include_name=is_ours,
        # SQLite cannot alter a column in place: Alembic copies the table instead.
        render_as_batch=connection.dialect.name == "sqlite",
    )
    with context.begin_transaction():
        context.run_migrations()


def _main() -> None:
    handed = context.config.attributes.get("connection")
    if handed is not None:
        _run(handed)
        return
    url = context.get_x_argument(as_dictionary=True).get("url")
    if not url:
        raise SystemExit("name the database: alembic -x url=sqlite:///path.sqlite3 …")
    engine = create_engine(url)
    with engine.begin() as connection:
        _run(connection)


_main()
