"""doctor: looks at all that the watch needs."""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from pipeline import log
from pipeline.app import open_app
from pipeline.commands.common import (
    DONE,
    FAILED,
    MISUSED,
    Json,
    out,
    print_json,
    utc_now,
)
from pipeline.commands.doctor_sources import check_sources
from pipeline.errors import ConfigError
from pipeline.settings import Settings, load_settings
from pipeline.up.airflow_home import AirflowHome
from pipeline.up.connections import read_connections
from schemas.doctor import Check, Verdict, fail, ok

CONFIGURED = frozenset({"settings", "sources", "configuration", "routes"})
"""Where one of these fails, the exit code is that of a wrong configuration."""

_COLOUR = {
    Verdict.OK: "green",
    Verdict.WARN: "yellow",
    Verdict.FAIL: "bold red",
    Verdict.SKIPPED: "dim",
}


def doctor(
    offline: Annotated[
        bool, typer.Option("--offline", help="Leave out Slack, the mail server and the clock.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Look at all that the watch needs; say what is wrong and the mend. Nothing is sent.

    It goes by what the tasks go by: Airflow's connections, where AIRFLOW_HOME names an Airflow or
    `mineralwatch up` made one, and the variables.

    Exit code 0: nothing fails (warnings are no failures); 1: something does; 2: a setting or a
    YAML file is wrong.

    Example: mineralwatch doctor --offline --json
    """
    log.configure()
    log.quiet()
    done: list[Check] = []
    for check in _examined(offline=offline):
        done.append(check)
        if not as_json:
            _show(check)
    code = exit_code(done)
    if as_json:
        print_json({"exit_code": code, "checks": done})
    raise typer.Exit(code)


def exit_code(checks: list[Check]) -> int:
    """What the process ends with."""
    failed = {check.name for check in checks if check.verdict is Verdict.FAIL}
    if failed & CONFIGURED:
        return MISUSED
    return FAILED if failed else DONE


def _examined(*, offline: bool) -> Iterator[Check]:
    from pipeline.stages.doctor import examine

    try:
        settings, sources = _settings()
    except ConfigError as error:
        yield fail("settings", error.message, error.mend)
        return
    try:
        with open_app(settings, careful=True) as app:
            yield ok("settings", f"read; files are in {settings.var_dir.resolve()}")
            yield sources
            yield from examine(
                app.context(utc_now()),
                fault=app.fault,
                assessor=lambda: app.assessor,
                private=_private(settings),
                offline=offline,
            )
    except ConfigError as error:  # the database's address
        yield fail("settings", error.message, error.mend)


def _settings() -> tuple[Settings, Check]:
    """The settings that tasks go by, and where their secrets come from.

    Raises:
        ConfigError: a variable or a connection has a value that cannot be used.
    """
    by_variables = load_settings()
    try:
        found = read_connections(by_variables.var_dir)
    except ConfigError as error:
        return by_variables, fail("sources", error.message, error.mend)
    if found is None or not found.settings:
        return by_variables, check_sources(found, by_variables, by_variables)
    try:
        in_force = load_settings(**found.settings)
    except ConfigError as error:
        told = ", ".join(f"{name} in {place}" for name, place in found.places.items())
        raise ConfigError(error.message, mend=f"it is a connection that says so: {told}") from error
    return in_force, check_sources(found, by_variables, in_force)


def _private(settings: Settings) -> tuple[Path, ...]:
    """What holds keys and passwords on this machine."""
    home = AirflowHome(settings.var_dir / "airflow")
    return (home.path, home.secrets, home.passwords, Path(".env"))


def _show(check: Check) -> None:
    colour = _COLOUR[check.verdict]
    word = f"{check.verdict.value:<7}"
    out.print(f"[{colour}]{word}[/] {check.name:<14} {escape(check.seen)}", highlight=False)
    if check.mend:
        out.print(f"{'':<22} [dim]mend: {escape(check.mend)}[/]", highlight=False)
