"""Routes: what rules there are, what they would have sent, why a story went or did not."""

from collections import Counter
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.markup import escape
from rich.progress import Progress
from rich.table import Table

from pipeline import log
from pipeline.app import App, open_app
from pipeline.catalog import check_routes
from pipeline.commands.common import Json, err, out, print_json, told_errors, utc_now
from pipeline.errors import NotFoundError
from pipeline.stages.route_account import account
from pipeline.store import stories as story_store
from pipeline.yaml_files import read_yaml
from schemas.backtest import Backtest, WouldSend
from schemas.routes import RouteConfig, RoutesFile
from schemas.routing import RouteAccount, Verdict

routes = typer.Typer(no_args_is_help=True, help="Rules for alerts: list, test, explain.")

Days = Annotated[int, typer.Option(min=1, max=366, help="The last so many days.")]
SHOWN = 10


@routes.command("list")
def list_routes(as_json: Json = False) -> None:
    """List the rules in force, in order: what they ask, where they send, when.

    Example: mineralwatch routes list
    """
    with told_errors(), open_app() as app:
        found = app.catalog.routes
    if as_json:
        print_json([rule.model_dump(mode="json", by_alias=True) for rule in found])
        return
    table = Table("route", "takes", "sends to", "when", "owner", show_lines=True)
    for rule in found:
        places = ", ".join(f"{to.channel.value}:{to.address}" for to in rule.to)
        table.add_row(
            rule.name, escape(_asks(rule)), escape(places), escape(_hours(rule)), escape(rule.owner)
        )
    out.print(table)


@routes.command("test")
def try_routes(
    name: Annotated[
        str | None, typer.Argument(help="One rule, by itself; without it, all together.")
    ] = None,
    file: Annotated[
        Path | None, typer.Option("--file", help="A routes file to try out.", dir_okay=False)
    ] = None,
    days: Days = 14,
    html: Annotated[
        Path | None, typer.Option(help="Write the messages here as a page.", dir_okay=False)
    ] = None,
    as_json: Json = False,
) -> None:
    """Show what rules would have sent of the archive's last days. Nothing is sent or stored.

    The reports come in again one by one: quiet hours, waits, windows and ceilings hold as they
    would have held.

    Example: mineralwatch routes test central-asia --days 30
    """
    log.configure()
    log.quiet_reports()
    with told_errors(), open_app() as app:
        rules = _wanted(app, name, file)
        found = _run(app, rules, days, quiet=as_json)
    if html is not None:
        from pipeline.commands.routes_html import write_page

        write_page(html, found)
        err.print(f"written: {html}", highlight=False)
    if as_json:
        print_json({**asdict(found), "a_day": {str(k): v for k, v in found.a_day().items()}})
    else:
        _show(found, rules, days)


@routes.command("explain")
def explain_routes(
    story_id: Annotated[int, typer.Argument(metavar="STORY", help="The story's number.")],
    as_json: Json = False,
) -> None:
    """Say why a story went where it went, or why it did not.

    Example: mineralwatch routes explain 12
    """
    with told_errors(), open_app() as app, app.database.read() as session:
        story = story_store.get_story(story_id, session=session)
        if story is None:
            raise NotFoundError(f"no story {story_id}", mend="see: mineralwatch stories list")
        found = account(app.context(), story, session)
    if as_json:
        print_json({"story": asdict(story), "routes": [_account_json(one) for one in found]})
        return
    out.print(f"[bold]{escape(story.title)}[/]", highlight=False)
    for one in found:
        _show_account(one)


def _wanted(app: App, name: str | None, file: Path | None) -> tuple[RouteConfig, ...]:
    rules = app.catalog.routes
    if file is not None:
        routing = read_yaml(file, RoutesFile)
        check_routes(routing, app.catalog.rules, file)
        rules = routing.routes
    if name is None:
        return rules
    found = tuple(rule for rule in rules if rule.name == name)
    if not found:
        known = ", ".join(rule.name for rule in rules)
        raise NotFoundError(f"no such route {name!r}", mend=f"one of {known}")
    return found


def _run(app: App, rules: Sequence[RouteConfig], days: int, *, quiet: bool) -> Backtest:
    with Progress(console=err, transient=True) if not quiet else nullcontext() as bar:
        task = bar.add_task("reports", total=None) if bar else None

        def told(done: int, of: int) -> None:
            if bar is not None and task is not None:
                bar.update(task, completed=done, total=of)

        return app.backtest(rules, days=days, progress=told, now=utc_now())


def _show(found: Backtest, rules: Sequence[RouteConfig], days: int) -> None:
    seen = [one for one in found.sent if one.thread_key is None or one.broadcast]
    out.print(
        f"{found.reports} reports, {found.stories} stories in {days} days: "
        f"[bold]{len(seen)}[/] messages in channels ({len(seen) / days:.1f} a day), "
        f"{len(found.sent) - len(seen)} replies and edits besides",
        highlight=False,
    )
    if not found.reports:
        out.print("there is nothing in the archive to try rules on: import one, or wait some days")
        return
    by_route = Counter(route for one in seen for route in one.routes)
    table = Table("route", "messages", "a day", "on the busiest day")
    for rule in rules:
        days_of = Counter(one.at.date() for one in seen if rule.name in one.routes)
        count = by_route[rule.name]
        busiest = max(days_of.values(), default=0)
        table.add_row(rule.name, str(count), f"{count / days:.1f}", str(busiest))
    out.print(table)
    for one in seen[-SHOWN:]:
        _show_message(one)
    if len(seen) > SHOWN:
        out.print(f"{len(seen) - SHOWN} earlier ones: see them all with --json or --html FILE")


def _show_message(one: WouldSend) -> None:
    place = f"{one.to.channel.value}:{one.to.address}"
    text = str(one.payload.get("text") or one.payload.get("title") or one.payload.get("subject"))
    out.print(
        f"\n[bold]{one.at:%d %b %H:%M}[/] {escape(place)} · {one.kind} · "
        f"{escape(', '.join(one.routes))}: {escape(one.reason)}\n  {escape(text[:400])}",
        highlight=False,
    )


def _show_account(one: RouteAccount) -> None:
    out.print(f"\n[bold]{escape(one.route)}[/]{': ' + escape(one.note) if one.note else ''}")
    for line in one.sent:
        out.print(f"  ✓ {escape(line)}", highlight=False)
    for considered in one.considered:
        mark = "takes it" if considered.verdict.taken else "does not take it"
        out.print(
            f"  {considered.at:%d %b %H:%M} with {escape(considered.article.outlet)}: {mark}"
            f" — {escape(_because(considered.verdict))}",
            highlight=False,
        )


def _because(verdict: Verdict) -> str:
    if verdict.taken:
        return verdict.reason
    return "; ".join(
        f"{one.what}: asks for {one.asked}, it has {one.given}" for one in verdict.unmet
    )


def _account_json(one: RouteAccount) -> dict[str, Any]:
    return {
        "route": one.route,
        "note": one.note,
        "sent": one.sent,
        "considered": [
            {
                "at": considered.at,
                "outlet": considered.article.outlet,
                "article": considered.article.id,
                "taken": considered.verdict.taken,
                "conditions": considered.verdict.conditions,
            }
            for considered in one.considered
        ],
    }


def _asks(rule: RouteConfig) -> str:
    given = rule.when.model_dump(mode="json", by_alias=True, exclude_defaults=True)
    return "\n".join(f"{name}: {_words(value)}" for name, value in given.items()) or "everything"


def _words(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(_words(one) for one in value)
    if isinstance(value, dict):
        return " → ".join("/".join(value.get(side) or ["any"]) for side in ("from", "to"))
    return str(value)


def _hours(rule: RouteConfig) -> str:
    told = []
    if rule.quiet is not None:
        told.append(f"not {rule.quiet.start}–{rule.quiet.end} {rule.quiet.time_zone}")
    if rule.batch_minutes:
        told.append(f"together for {rule.batch_minutes} min")
    if rule.wait is not None:
        told.append(f"with {rule.wait.outlets} outlets or after {rule.wait.minutes} min")
    if rule.max_per_hour is not None:
        told.append(f"{rule.max_per_hour} an hour at most")
    return "\n".join(told) or "at once"
