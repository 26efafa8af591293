"""Secrets for docker compose: secrets init."""

from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from pipeline.commands.common import Json, out, print_json, told_errors

secrets = typer.Typer(no_args_is_help=True, help="Secrets for docker compose: init.")


@secrets.callback()
def _group() -> None:
    """A group, so that the one command keeps its name."""


@secrets.command("init")
def init(
    path: Annotated[Path, typer.Option("--out", help="The file to write.", dir_okay=False)] = Path(
        ".env"
    ),
    force: Annotated[
        bool,
        typer.Option(
            "--force",
            help="New ones for those that are set, too: a database made with the old password, "
            "and connections saved with the old key, can then not be opened.",
        ),
    ] = False,
    as_json: Json = False,
) -> None:
    """Write the passwords and keys that docker compose needs, made at random, into .env (0600).

    What is there is kept. Example: mineralwatch secrets init --out deploy/.env
    """
    from pipeline.up.env_file import fill

    with told_errors():
        done = fill(path, force=force)
    if as_json:
        print_json({"path": str(path), "made": done.made, "kept": done.kept})
        return
    told = ", ".join(done.made) or "nothing: all of them are there"
    out.print(f"{escape(str(path))}: made {told}", highlight=False)
