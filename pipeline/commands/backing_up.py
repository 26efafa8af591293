"""db backup and restore: the whole database as one file, and back."""

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from pipeline.commands.common import Json, out, print_json, told_errors, utc_now
from pipeline.log import keep_secret
from pipeline.settings import Settings, load_settings
from pipeline.store import backup as store_backup
from pipeline.store.engine import open_database
from pipeline.store.migrate import revisions


def backup(
    file: Annotated[Path, typer.Argument(help="A new file.", dir_okay=False)],
    as_json: Json = False,
) -> None:
    """Write the whole database into one file, while everything goes on.

    Example: mineralwatch db backup mineralwatch-2026-05-04.backup
    """
    with told_errors():
        settings = load_settings()
        keep_secret(*settings.secrets)
        database = open_database(settings.database)
        try:
            done = store_backup.backup(database, file)
        finally:
            database.close()
    if as_json:
        print_json(done)
    else:
        out.print(
            f"{done.file}: {_size(done.bytes)}, revision {done.revision or 'none'}, "
            f"in {done.seconds:.1f} s",
            highlight=False,
            markup=False,
        )


def restore(
    file: Annotated[Path, typer.Argument(help="A file of `db backup`.", dir_okay=False)],
    force: Annotated[
        bool,
        typer.Option("--force", help="Replace the rows that are there; they are kept in a file."),
    ] = False,
    as_json: Json = False,
) -> None:
    """Put back what a backup holds. Stop Airflow first.

    Example: mineralwatch db restore mineralwatch-2026-05-04.backup --force
    """
    with told_errors():
        settings = load_settings()
        keep_secret(*settings.secrets)
        database = open_database(settings.database)
        try:
            kept = _kept(settings, utc_now()) if force else None
            done = store_backup.restore(database, file, before=kept)
            head = revisions(database)[1]
        finally:
            database.close()
    if as_json:
        print_json(done)
        return
    out.print(f"restored at revision {done.revision}, in {done.seconds:.1f} s", highlight=False)
    if done.before is not None:
        out.print(f"what was there before: {escape(str(done.before))}", highlight=False)
    if done.doubted:
        out.print(
            f"{done.doubted} messages were waiting when it was made: each is looked for where it "
            "goes before it is sent",
            highlight=False,
        )
    if done.revision != head:
        out.print("next: mineralwatch db upgrade", highlight=False)


def _kept(settings: Settings, now: datetime) -> Path:
    folder = settings.var_dir / "backups"
    folder.mkdir(parents=True, exist_ok=True)
    return folder / f"before-restore-{now:%Y%m%dT%H%M%S%f}.backup"


def _size(count: int) -> str:
    megabytes = count / 1e6
    return f"{megabytes:.1f} MB" if megabytes >= 1 else f"{count:,} bytes"
