"""Configuration and database: config check, show, schema; db upgrade, status."""

import json
import re
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from pipeline.app import migrate, open_app
from pipeline.catalog import check_record
from pipeline.commands.common import FAILED, Json, out, print_json, told_errors
from pipeline.errors import ConfigError
from pipeline.log import mask
from pipeline.settings import PACKAGE_CONFIG, Settings, load_settings
from pipeline.store.engine import open_database
from pipeline.store.migrate import revisions
from schemas.jsonschema import SHAPES, json_schema

config = typer.Typer(no_args_is_help=True, help="Configuration: check, init, show, schema.")
db = typer.Typer(no_args_is_help=True, help="The database: upgrade, status, backup, restore.")


@config.command("check")
def check(as_json: Json = False) -> None:
    """Read every setting and YAML file; say what is wrong, where, and the mend.

    Example: MINERALWATCH_CONFIG_DIR=my-config mineralwatch config check
    """
    with told_errors(), open_app() as app:
        counts = {
            "feeds": len(app.catalog.feeds),
            "themes": len(app.catalog.rules.themes),
            "agreements": len(app.catalog.agreements),
            "routes": len(app.catalog.routes),
        }
        check_record(app.catalog.agreements, app.settings.config_file("agreements.yaml"))
        unchecked = [one.id for one in app.catalog.agreements if not one.checked]
    if as_json:
        print_json({**counts, "unverified": unchecked})
    else:
        told = ", ".join(f"{count} {name}" for name, count in counts.items())
        out.print(f"[green]sound:[/] {told}", highlight=False)
        if unchecked:
            out.print(f"source not checked: {', '.join(unchecked)}", highlight=False)


@config.command("init")
def init(
    folder: Annotated[
        Path, typer.Argument(help="A new folder for your own YAML.", file_okay=False)
    ],
) -> None:
    """Copy the packaged YAML into a folder of your own, with its schemas for editors.

    Example: mineralwatch config init my-config
    """
    with told_errors():
        if folder.exists() and any(folder.iterdir()):
            raise ConfigError(f"{folder}: is there and not empty", mend="name a new folder")
        _write_schemas(folder / "schemas")
        for source in sorted(PACKAGE_CONFIG.rglob("*.yaml")):
            target = folder / source.relative_to(PACKAGE_CONFIG)
            target.parent.mkdir(parents=True, exist_ok=True)
            up = "../" * (len(target.relative_to(folder).parts) - 1)
            text = source.read_text(encoding="utf-8")
            target.write_text(
                re.sub(r"\$schema=\S*/json/", f"$schema={up}schemas/", text, count=1),
                encoding="utf-8",
            )
    out.print(f"written; use it with: export MINERALWATCH_CONFIG_DIR={folder}", highlight=False)


@config.command("show")
def show(as_json: Json = False) -> None:
    """Show the settings in force; secrets are masked.

    Example: mineralwatch config show
    """
    with told_errors():
        shown = _shown(load_settings())
    if as_json:
        print_json(shown)
        return
    for name, value in shown.items():
        out.print(f"MINERALWATCH_{name.upper()} = {escape(value)}", highlight=False)


def _shown(settings: Settings) -> dict[str, str]:
    secrets = {"slack_token", "smtp_url"}
    shown = {}
    for name in Settings.model_fields:
        value = getattr(settings, name)
        if name == "database_url":
            value = mask(settings.database)
        elif name in secrets and value is not None:
            value = "***"
        elif name == "webhook_secrets":
            value = ", ".join(f"{webhook}: ***" for webhook in value)
        shown[name] = "" if value is None else str(value)
    return shown


@config.command("schema")
def schema(
    write: Annotated[
        Path | None, typer.Option(help="Write one file a shape into this folder.", file_okay=False)
    ] = None,
) -> None:
    """Print the JSON Schemas of the YAML files, for editors, and of what webhooks are sent.

    Example: mineralwatch config schema --write schemas/json
    """
    if write is None:
        print_json({name: json_schema(name) for name in SHAPES})
        return
    _write_schemas(write)
    out.print(f"{len(SHAPES)} schemas written to {write}", highlight=False)


def _write_schemas(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name in SHAPES:
        text = json.dumps(json_schema(name), indent=2, ensure_ascii=False) + "\n"
        (folder / f"{name}.schema.json").write_text(text, encoding="utf-8")


@db.command("upgrade")
def upgrade(as_json: Json = False) -> None:
    """Bring the database to the newest revision; harmless to repeat.

    Example: mineralwatch db upgrade
    """
    with told_errors():
        before, now = migrate(load_settings())
    if as_json:
        print_json({"before": before, "now": now})
    elif before == now:
        out.print(f"at revision {now} already", highlight=False)
    else:
        out.print(f"upgraded from {before or 'nothing'} to revision {now}", highlight=False)


@db.command("status")
def status(as_json: Json = False) -> None:
    """Say at which revision the database is; exit code 1 where it is not the newest.

    Example: mineralwatch db status
    """
    with told_errors():
        settings = load_settings()
        database = open_database(settings.database)
        try:
            now, head = revisions(database)
        finally:
            database.close()
    if as_json:
        print_json({"database": mask(settings.database), "revision": now, "newest": head})
    else:
        out.print(f"{escape(mask(settings.database))}: revision {now or 'none'}, newest {head}")
    if now != head:
        raise typer.Exit(FAILED)
