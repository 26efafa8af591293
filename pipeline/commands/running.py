"""Running stages by hand: run, poll, assess, deliver."""

import signal
import threading
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from pipeline import log
from pipeline.app import PASS, App, migrate, open_app
from pipeline.commands.common import (
    FAILED,
    Json,
    err,
    out,
    print_json,
    show_reports,
    told_errors,
    utc_now,
)
from pipeline.settings import load_settings
from pipeline.store import feeds as feed_store
from pipeline.store import outbox, stories
from schemas.report import StageReport

Feeds = Annotated[
    Path | None, typer.Option("--feeds", help="A feeds file, YAML or OPML.", dir_okay=False)
]
Urls = Annotated[list[str] | None, typer.Option("--url", help="A feed's address; repeatable.")]


def run(
    once: Annotated[bool, typer.Option("--once", help="One pass, then stop.")] = False,
    every: Annotated[
        int, typer.Option(min=10, help="Seconds between passes without --once.")
    ] = 300,
    feeds: Feeds = None,
    url: Urls = None,
    as_json: Json = False,
) -> None:
    """Poll, fetch texts, assess, cluster, record, route and deliver, without Airflow.

    Example: mineralwatch run --once --url https://www.ukrinform.net/rss/block-lastnews
    """
    log.configure()
    log.quiet_reports()
    with told_errors():
        settings = load_settings(feeds_file=feeds)
        migrate(settings)
        with open_app(settings) as app:
            reports = _pass(app, url, as_json=as_json)
            if not once:
                _repeat(app, url, every, as_json=as_json)
    exit_code(reports)


def _repeat(app: App, url: list[str] | None, every: int, *, as_json: bool) -> None:
    """Pass after pass until Ctrl-C or SIGTERM, which let the pass under way end."""
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    err.print(f"the next pass in {every} s; Ctrl-C stops")
    while not stop.wait(every):
        _pass(app, url, as_json=as_json)


def _pass(app: App, url: list[str] | None, *, as_json: bool) -> list[StageReport]:
    began = utc_now()
    reports = []
    for stage in PASS:
        params: dict[str, Any] = {"urls": tuple(url)} if stage == "poll" and url else {}
        if not as_json and err.is_terminal:
            with err.status(f"{stage} …"):
                reports.append(app.run(stage, **params))
        else:
            reports.append(app.run(stage, **params))
    if as_json:
        print_json(_outcome(app, reports, began))
    else:
        show_reports(reports, as_json=False)
        _hint(app, reports)
    return reports


def _hint(app: App, reports: list[StageReport]) -> None:
    """What a newcomer asks next: why nothing was polled, where the alerts are."""
    counts = {report.stage: report.counts for report in reports}
    if not counts["poll"]["feeds"]:
        with app.database.read() as session:
            due = feed_store.next_due(session=session)
        when = f"the next at {due:%H:%M} UTC" if due else "none is enabled"
        out.print(f"no feed is due: {when}; all of them now: mineralwatch poll --all")
    if counts["deliver"]["sent"] and app.settings.slack_token is None:
        out.print(f"alerts are previewed in {app.settings.outbox_dir}", highlight=False)


def _outcome(app: App, reports: list[StageReport], began: datetime) -> dict[str, Any]:
    """What a pass did, for a program: reports, the stories it touched, the messages it sent."""
    with app.database.read() as session:
        told = stories.list_told(
            since=began,
            until=utc_now(),
            published_after=datetime.min.replace(tzinfo=began.tzinfo),
            session=session,
        )
        sent = [
            line
            for line in outbox.list_outbox(session=session, limit=1000)
            if line.sent_at is None or line.sent_at >= began
        ]
    return {
        "stages": [report.to_json() for report in reports],
        "stories": told,
        "messages": sent[::-1],
    }


def poll(
    feeds: Feeds = None,
    url: Urls = None,
    everything: Annotated[
        bool, typer.Option("--all", help="All feeds, whether they are due or not.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Poll the feeds that are due, or those named.

    Example: mineralwatch poll --feeds my-feeds.opml
    """
    log.configure()
    log.quiet_reports()
    params: dict[str, Any] = {"urls": tuple(url)} if url else {"everything": everything}
    with told_errors(), open_app(load_settings(feeds_file=feeds)) as app:
        reports = [app.run("poll", **params)]
    show_reports(reports, as_json=as_json)


def assess(
    limit: Annotated[int | None, typer.Option(min=1, help="At most so many articles.")] = None,
    as_json: Json = False,
) -> None:
    """Assess the articles that wait, then cluster, record and route what is relevant.

    Example: mineralwatch assess --limit 1000
    """
    log.configure()
    log.quiet_reports()
    with told_errors(), open_app() as app:
        reports = [app.run("assess", limit=limit), app.run("link")]
    show_reports(reports, as_json=as_json)


def deliver(as_json: Json = False) -> None:
    """Send the messages that are due.

    Example: mineralwatch deliver --json
    """
    log.configure()
    log.quiet_reports()
    with told_errors(), open_app() as app:
        reports = [app.run("deliver")]
    show_reports(reports, as_json=as_json)
    exit_code(reports)


def exit_code(reports: list[StageReport]) -> None:
    """Exit code 1 where a message was not delivered, so that cron and scripts notice."""
    undelivered = sum(
        report.counts.get("failed", 0) + report.counts.get("parked", 0)
        for report in reports
        if report.stage == "deliver"
    )
    if undelivered:
        raise typer.Exit(FAILED)
