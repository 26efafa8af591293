"""The digest by hand: show an edition, preview it in a browser, send it."""

import tempfile
import webbrowser
from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from pipeline import log
from pipeline.app import App, open_app
from pipeline.commands.common import (
    Json,
    day_option,
    err,
    out,
    print_json,
    show_reports,
    told_errors,
)
from pipeline.commands.running import exit_code


def digest(
    day: Annotated[
        str | None,
        typer.Option("--date", help="The reader's day; without it, the hours up to now."),
    ] = None,
    list_name: Annotated[
        str | None,
        typer.Option(
            "--list", help="A list of digest.yaml; without it, the first, or all to send."
        ),
    ] = None,
    html: Annotated[Path | None, typer.Option(help="Write the HTML here.", dir_okay=False)] = None,
    browser: Annotated[bool, typer.Option("--open", help="Show it in the browser.")] = False,
    send: Annotated[bool, typer.Option("--send", help="Make the edition and send it.")] = False,
    due: Annotated[
        bool,
        typer.Option("--due", help="Send the editions whose hour has come today: for cron."),
    ] = False,
    as_json: Json = False,
) -> None:
    """Show the digest of a day, or send it.

    Example: mineralwatch digest --date 2026-05-01 --html digest.html
    """
    log.configure()
    log.quiet_reports()
    wanted = day_option(day)
    if due and wanted is not None:
        raise typer.BadParameter("--due is about today: leave out --date")
    sending = send or due
    with told_errors(), open_app() as app:
        if html is not None or browser or not sending:
            page = _page(html, browser=browser)
            _show(app, wanted, list_name, page, as_json=as_json)
            if browser and page is not None:
                webbrowser.open(page.resolve().as_uri())
        if not sending:
            return
        reports = [
            app.run("digest", date=wanted, list_name=list_name, due=due),
            app.run("deliver"),
        ]
    show_reports(reports, as_json=as_json)
    exit_code(reports)


def _page(html: Path | None, *, browser: bool) -> Path | None:
    """Where the page is written: where it is asked for, else beside other temporary files."""
    if html is None and browser:
        return Path(tempfile.mkdtemp(prefix="mineralwatch-")) / "digest.html"
    return html


def _show(
    app: App, day: date | None, list_name: str | None, page: Path | None, *, as_json: bool
) -> None:
    from pipeline.stages import digest as digest_stage

    context = app.context()
    edition = digest_stage.build(context, app.ruleset, day=day, list_name=list_name)
    if page is not None:
        page.parent.mkdir(parents=True, exist_ok=True)
        page.write_text(digest_stage.standalone_html(context, edition), encoding="utf-8")
        err.print(f"written: {page}", highlight=False)
    if as_json:
        print_json({"subject": edition.rendered.subject, "digest": edition.digest})
    elif page is None:
        out.print(edition.rendered.subject, style="bold", highlight=False, markup=False)
        out.print(edition.rendered.text, highlight=False, markup=False)
