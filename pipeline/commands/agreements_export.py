"""`mineralwatch agreements export`: a confirmed agreement as a line of agreements.yaml."""

import re
from pathlib import Path
from typing import Annotated, Any

import typer
import yaml

from pipeline import log
from pipeline.app import open_app
from pipeline.commands.common import Json, out, print_json, told_errors, utc_now
from pipeline.errors import ConfigError, PermanentError
from pipeline.ledger.entry import entry_of
from pipeline.settings import PACKAGE_CONFIG, Settings
from pipeline.stages import agreement_desk as desk
from pipeline.yaml_files import read_yaml
from schemas.config import AgreementsFile

_FILE = "agreements.yaml"


def export(
    agreement_id: Annotated[str, typer.Argument(metavar="ID", help="The agreement's id.")],
    write: Annotated[
        bool, typer.Option("--write", help=f"Add it to {_FILE} in MINERALWATCH_CONFIG_DIR.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Print a confirmed agreement as a line of agreements.yaml, its facts with their pages.

    Once it is there, routes.yaml can name it, and aliases that you add make it known by name.

    Example: mineralwatch agreements export cl-no-copper --write
    """
    log.configure()
    with told_errors(), open_app() as app:
        context = app.context(utc_now())
        with app.database.read() as session:
            found = desk.account(context, agreement_id, session)
        if found.known is not None:
            raise PermanentError(
                f"{agreement_id!r} is in {app.settings.config_file(_FILE)} already",
                mend="edit it there; see: mineralwatch agreements show ID",
            )
        line, _ = entry_of(found.ledger, found.reports, app.catalog.ledger)
        target = _added(line, app.settings) if write else None
    if as_json:
        print_json({**line, "written_to": target} if target else line)
    elif target:
        out.print(f"{agreement_id} is added to {target}; give it aliases there", highlight=False)
    else:
        out.print(as_text(line), end="", highlight=False, markup=False)


def as_text(line: dict[str, Any]) -> str:
    """The line as YAML, indented to stand in the list ``agreements``."""
    text = yaml.safe_dump([line], allow_unicode=True, sort_keys=False, width=10_000)
    return re.sub(r"(?m)^(?=.)", "  ", text)


def _added(line: dict[str, Any], settings: Settings) -> Path:
    """Add the line to the user's own file, which begins as the packaged one.

    Raises:
        ConfigError: there is no folder of one's own, or the file would not be sound after it.
    """
    if settings.config_dir is None:
        raise ConfigError(
            "MINERALWATCH_CONFIG_DIR is not set: there is no file of your own to add it to",
            mend="mineralwatch config init my-config; export MINERALWATCH_CONFIG_DIR=my-config",
        )
    target = settings.config_dir / _FILE
    had = (target if target.exists() else PACKAGE_CONFIG / _FILE).read_text(encoding="utf-8")
    new = target.with_suffix(".new")
    new.write_text(f"{had.rstrip()}\n{as_text(line)}", encoding="utf-8")
    why = _unsound(new, line["id"])
    if why is not None:
        new.unlink()
        raise ConfigError(
            f"{target}: cannot be added to as it is written: {why}",
            mend=f"put it in by hand: mineralwatch agreements export {line['id']}",
        )
    new.replace(target)
    return target


def _unsound(path: Path, added: str) -> str | None:
    """Why the file does not end with the agreement that was added, or None where it does."""
    try:
        told = [one.id for one in read_yaml(path, AgreementsFile).agreements]
    except ConfigError as fault:
        return fault.message
    if told[-1:] != [added] or told.count(added) > 1:
        return "the list `agreements` is not its end"
    return None
