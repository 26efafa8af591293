"""fulltext: the pages of new articles, for feeds that ask for them."""

from datetime import timedelta
from typing import Annotated

import typer
from rich.table import Table

from pipeline import log
from pipeline.app import App, open_app
from pipeline.commands.common import Json, out, print_json, show_reports, told_errors, utc_now
from pipeline.settings import load_settings
from pipeline.store import texts

_DAYS = 7


def fulltext(
    status: Annotated[
        bool,
        typer.Option("--status", help="Fetch nothing; show how the last week's pages ended."),
    ] = False,
    as_json: Json = False,
) -> None:
    """Fetch the texts of new articles, for feeds with `fulltext: true`.

    Example: mineralwatch fulltext --status
    """
    log.configure()
    log.quiet_reports()
    with told_errors(), open_app(load_settings()) as app:
        if status:
            _status(app, as_json=as_json)
            return
        reports = [app.run("fulltext")]
    show_reports(reports, as_json=as_json)


def _status(app: App, *, as_json: bool) -> None:
    with app.database.read() as session:
        counts = texts.count_texts(since=utc_now() - timedelta(days=_DAYS), session=session)
    if as_json:
        print_json(counts)
        return
    if not counts:
        out.print(f"no page was asked for in {_DAYS} days: give a feed `fulltext: true`")
        return
    table = Table("site", "outcome", "articles", "why")
    for line in counts:
        outcome = f"{line.state}: {line.kind}" if line.kind else line.state
        table.add_row(line.host, outcome, str(line.count), line.reason)
    out.print(table)
