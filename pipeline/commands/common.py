"""What all commands share: consoles, JSON out, errors to exit codes."""

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, is_dataclass
from datetime import UTC, date, datetime, timedelta
from enum import Enum
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape

from pipeline.errors import ConfigError, NotFoundError, PipelineError
from schemas.report import StageReport

DONE, FAILED, MISUSED = 0, 1, 2

SHOWN = 10
"""Problems of a stage that are shown as text."""

Json = Annotated[bool, typer.Option("--json", help="Print JSON instead of text.")]

out = Console(soft_wrap=True)
err = Console(stderr=True, soft_wrap=True)


@contextmanager
def told_errors() -> Iterator[None]:
    """Say an error of ours in words: exit code 2 for settings and usage, 1 for a failure."""
    try:
        yield
    except ConfigError as error:
        err.print(f"[bold red]configuration:[/] {escape(str(error))}")
        raise typer.Exit(MISUSED) from error
    except NotFoundError as error:
        err.print(f"[bold red]not found:[/] {escape(str(error))}")
        raise typer.Exit(MISUSED) from error
    except PipelineError as error:
        err.print(f"[bold red]failed:[/] {escape(str(error))}")
        raise typer.Exit(FAILED) from error


def print_json(value: object) -> None:
    """One JSON document on standard output."""
    sys.stdout.write(_json(value, indent=2) + "\n")


def print_line(value: object) -> None:
    """One JSON line on standard output."""
    sys.stdout.write(_json(value) + "\n")


def _json(value: object, *, indent: int | None = None) -> str:
    """JSON as it is read best; escaped where the terminal's encoding cannot carry it.

    UTF-8 itself cannot carry half of a surrogate pair.
    """
    told = json.dumps(value, default=_plain, ensure_ascii=False, indent=indent)
    try:
        told.encode(sys.stdout.encoding or "utf-8")
    except UnicodeEncodeError:
        return json.dumps(value, default=_plain, indent=indent)
    return told


def _plain(value: object) -> Any:
    if is_dataclass(value) and not isinstance(value, type):
        return asdict(value)
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, Path):
        return str(value)
    if isinstance(value, set | frozenset | tuple):
        return list(value)
    raise TypeError(f"{type(value).__name__} has no JSON form")


def show_reports(reports: list[StageReport], *, as_json: bool) -> None:
    """The outcome of stages, with their problems."""
    if as_json:
        print_json([report.to_json() for report in reports])
        return
    for report in reports:
        out.print(escape(report.line()), highlight=False)
        for problem in report.problems[:SHOWN]:
            mend = f" [dim]({escape(problem.mend)})[/]" if problem.mend else ""
            out.print(
                f"  [yellow]•[/] {escape(problem.where)}: {escape(problem.what)}{mend}",
                highlight=False,
            )
        if len(report.problems) > SHOWN:
            out.print(f"  [yellow]•[/] and {len(report.problems) - SHOWN} more; --json has all")


def since_option(text: str, now: datetime) -> datetime:
    """Read ``7d``, ``36h`` or an ISO date as a time (UTC).

    Raises:
        typer.BadParameter: it is neither.
    """
    units: dict[str, Callable[[int], timedelta]] = {
        "d": lambda n: timedelta(days=n),
        "h": lambda n: timedelta(hours=n),
    }
    if text[:-1].isdigit() and text[-1:] in units:
        try:
            return now - units[text[-1]](int(text[:-1]))
        except OverflowError as error:
            raise typer.BadParameter(f"{text} is too long ago") from error
    try:
        found = datetime.fromisoformat(text)
    except ValueError as error:
        raise typer.BadParameter(f"{text!r}: write 7d, 36h or a date such as 2026-05-01") from error
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def day_option(text: str | None) -> date | None:
    """Read an ISO date.

    Raises:
        typer.BadParameter: it is not one.
    """
    if text is None:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise typer.BadParameter(f"{text!r}: write a date such as 2026-05-01") from error


def utc_now() -> datetime:
    """The present moment, aware."""
    return datetime.now(UTC)
