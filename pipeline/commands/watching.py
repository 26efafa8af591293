"""What of the watch itself fails, and what did: for a person, for cron, for a monitor."""

from typing import Annotated

import typer
from rich.markup import escape
from rich.table import Table

from pipeline import log
from pipeline.app import App, open_app
from pipeline.commands.common import (
    FAILED,
    Json,
    out,
    print_json,
    since_option,
    told_errors,
    utc_now,
)
from pipeline.errors import NotFoundError
from pipeline.notify.watch_news import advice
from pipeline.stages.failures import dismiss, fails_now
from pipeline.store import watch_episodes


def watch(
    check: Annotated[
        bool, typer.Option("--check", help="Exit with 1 where something fails now; sends nothing.")
    ] = False,
    since: Annotated[
        str, typer.Option(help="Episodes that ended since: 7d, 36h or a date.")
    ] = "7d",
    dismissed: Annotated[
        str | None,
        typer.Option("--dismiss", help="End what is open of this task or DAG, without a word."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Show what of the watch itself fails, and what did of late.

    Example: mineralwatch watch --check
    """
    log.configure()
    log.quiet_reports()
    with told_errors(), open_app(careful=True) as app:
        if check:
            _check(app, as_json=as_json)
        elif dismissed is not None:
            _dismiss(app, dismissed, as_json=as_json)
        else:
            _show(app, since, as_json=as_json)


def _check(app: App, *, as_json: bool) -> None:
    troubles = fails_now(app.context(), app.fault)
    if as_json:
        print_json({"failing": troubles})
    elif not troubles:
        out.print("nothing fails", highlight=False)
    for one in () if as_json else troubles:
        name = f"{one.kind.value} {one.subject}".strip()
        out.print(f"{escape(name)}: {escape(one.reason)}", highlight=False)
        out.print(f"  [dim]{escape(advice(one.kind))}[/]", highlight=False)
    if troubles:
        raise typer.Exit(FAILED)


def _dismiss(app: App, subject: str, *, as_json: bool) -> None:
    count = dismiss(app.context(), subject)
    if not count:
        raise NotFoundError(
            f"no task or DAG {subject!r} is noted as failing", mend="see: mineralwatch watch"
        )
    if as_json:
        print_json({"dismissed": count})
    else:
        out.print(f"dismissed: {subject}", highlight=False, markup=False)


def _show(app: App, since: str, *, as_json: bool) -> None:
    now = utc_now()
    with app.database.read() as session:
        episodes = watch_episodes.list_watch_episodes(
            since=since_option(since, now), session=session
        )
    if as_json:
        print_json(episodes)
        return
    if not episodes:
        out.print("nothing failed", highlight=False)
        return
    table = Table("since", "until", "what", "subject", "why")
    for one in episodes:
        until = f"{one.ended_at:%d %b %H:%M}" if one.ended_at else "[bold red]fails[/]"
        table.add_row(
            f"{one.began_at:%d %b %H:%M}",
            until,
            one.kind.value,
            escape(one.subject),
            escape(one.reason),
        )
    out.print(table)
