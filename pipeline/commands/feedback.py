"""feedback: what readers said of the alerts."""

from dataclasses import asdict
from typing import Annotated, Any

import typer
from rich.markup import escape
from rich.table import Table

from pipeline import log
from pipeline.app import open_app
from pipeline.commands.common import (
    FAILED,
    Json,
    out,
    print_json,
    show_reports,
    since_option,
    told_errors,
    utc_now,
)
from pipeline.commands.explain_view import shown
from schemas.feedback import Feedback, Judged, Precision

NEWEST = 10
"""Alerts called wrong that are shown as text."""

feedback = typer.Typer(invoke_without_command=True)


@feedback.callback()
def show(
    context: typer.Context,
    since: Annotated[
        str | None,
        typer.Option(help="Alerts sent since then: 7d, 36h or a date; default: `feedback.days`."),
    ] = None,
    as_json: Json = False,
) -> None:
    """What readers said of the alerts by ✅ and ❌ in Slack: by rule, by theme; read it back.

    Example: mineralwatch feedback --since 30d
    """
    if context.invoked_subcommand is not None:
        if since is not None or as_json:
            raise typer.BadParameter(f"give it after `{context.invoked_subcommand}`, if it has it")
        return
    from pipeline.stages.feedback import summary

    now = utc_now()
    with told_errors(), open_app() as app, app.database.read() as session:
        start = since_option(since, now) if since is not None else None
        found = summary(app.context(now), since=start, session=session)
        token = app.settings.slack_token
    if as_json:
        print_json(to_json(found))
        return
    if not found.all.judged and not found.all.disputed:
        out.print(f"no reader said anything of the alerts sent since {found.since:%Y-%m-%d %H:%M}")
        if token is None:
            out.print("reactions are read where MINERALWATCH_SLACK_TOKEN is set")
        else:
            out.print("read reactions now: mineralwatch feedback read")
    else:
        _show(found)
    _show_several(found)


@feedback.command("read")
def read(as_json: Json = False) -> None:
    """Read the reactions to the alerts of the last days from Slack.

    Example: mineralwatch feedback read
    """
    log.configure()
    log.quiet_reports()
    with told_errors(), open_app() as app:
        reports = [app.run("feedback")]
    show_reports(reports, as_json=as_json)
    if reports[0].problems:
        raise typer.Exit(FAILED)


def to_json(found: Feedback) -> dict[str, Any]:
    """The counts with precision and its interval, JSON-safe."""
    return {
        "since": found.since,
        "until": found.until,
        "all": _counts(found.all),
        "by_route": [
            {"route": name, "title": title, **_counts(part)} for name, title, part in found.by_route
        ],
        "by_theme": [
            {"theme": name, "title": title, **_counts(part)} for name, title, part in found.by_theme
        ],
        "wrong": [_alert(judged) for judged in found.wrong],
        "messages_with_several_stories": found.several,
    }


def _counts(part: Precision) -> dict[str, Any]:
    return {**asdict(part), "precision": part.share, "interval_95": part.interval}


def _alert(judged: Judged) -> dict[str, Any]:
    told = asdict(judged)
    told["article"] = judged.article.id if judged.article else None
    return told


def _show(found: Feedback) -> None:
    out.print(f"alerts sent since {found.since:%Y-%m-%d %H:%M} UTC, as readers judged them")
    for head, parts in (("rule", found.by_route), ("theme", found.by_theme)):
        table = Table(head, "right", "wrong", "split", "precision", "95 % interval")
        for name, title, part in parts:
            table.add_row(escape(shown(name if head == "rule" else title)), *_cells(part))
        if head == "rule":
            table.add_section()
            table.add_row("all", *_cells(found.all))
        out.print(table)
    if found.wrong:
        out.print("called wrong, the newest first:")
    for judged in found.wrong[:NEWEST]:
        out.print(
            f"  {judged.judged_at:%d %b} {escape(shown(judged.title))} \\[{judged.route}]\n"
            f"    {escape(shown(judged.url or 'no link'))}",
            highlight=False,
        )
    if len(found.wrong) > NEWEST:
        out.print(f"  and {len(found.wrong) - NEWEST} more; --json has all")


def _cells(part: Precision) -> tuple[str, ...]:
    interval = part.interval
    return (
        str(part.right),
        str(part.wrong),
        str(part.disputed),
        f"{part.share:.0%}" if part.share is not None else "",
        f"{interval[0]:.0%} to {interval[1]:.0%}" if interval else "",
    )


def _show_several(found: Feedback) -> None:
    if found.several:
        out.print(
            f"left out: {found.several} messages that tell several stories; which of them a "
            "reaction means is not known"
        )
