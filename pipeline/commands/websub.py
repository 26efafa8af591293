"""WebSub: list, renew, subscribe, unsubscribe, serve."""

from datetime import datetime
from typing import Annotated

import typer
from rich.markup import escape
from rich.table import Table

from pipeline import log
from pipeline.app import open_app
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
from schemas.report import StageReport
from schemas.subscription import Intent, Subscription

websub = typer.Typer(
    no_args_is_help=True,
    help="WebSub: feeds whose hub sends what is new. Needs MINERALWATCH_WEBSUB_CALLBACK_URL.",
)

_COLOURS = {"live": "green", "denied": "red", "lapsed": "yellow", "asked": "cyan"}
Feed = Annotated[str, typer.Argument(help="The feed's address.")]


@websub.command("list")
def list_subscriptions(as_json: Json = False) -> None:
    """List the feeds that name a hub, and how their subscriptions stand.

    Example: mineralwatch websub list
    """
    from pipeline.stages.websub import listed

    now = utc_now()
    with told_errors(), open_app() as app:
        found = listed(app.context(now))
    if as_json:
        print_json([_as_json(subscription, now) for subscription in found])
        return
    table = Table("state", "feed", "hub", "until", "last delivery", "deliveries", "remark")
    for one in found:
        state = told_state(one, now)
        table.add_row(
            f"[{_COLOURS.get(state, 'dim')}]{state}[/]",
            escape(one.feed_name),
            escape(one.hub),
            _when(one.expires_at),
            _when(one.delivered_at),
            str(one.deliveries),
            escape(_remark(one)),
        )
    out.print(table)


def told_state(one: Subscription, now: datetime) -> str:
    """The state in a word: live, asked, denied, paused, ended, lapsed or not asked."""
    if one.is_live(now):
        return "ending" if one.pending is Intent.UNSUBSCRIBE else "live"
    if one.paused:
        return "paused"
    if one.state.value in {"denied", "ended"}:
        return one.state.value
    if one.state.value == "active":
        return "lapsed"
    return "asked" if one.pending else "not asked"


def _remark(one: Subscription) -> str:
    parts = [one.last_error or ""]
    if one.missed:
        parts.append(f"not relied on: {one.missed} polls found what it had not sent")
    if one.refused:
        parts.append(f"{one.refused} bodies ignored")
    if not one.advertised:
        parts.append("the feed names it no more")
    return "; ".join(part for part in parts if part)


def _when(moment: datetime | None) -> str:
    return f"{moment:%Y-%m-%d %H:%M}" if moment else ""


def _as_json(one: Subscription, now: datetime) -> dict[str, object]:
    return {
        "state": told_state(one, now),
        "feed": one.feed_name,
        "url": one.feed_url,
        "hub": one.hub,
        "topic": one.topic,
        "advertised": one.advertised,
        "paused": one.paused,
        "expires_at": one.expires_at,
        "next_attempt_at": one.next_attempt_at,
        "attempts": one.attempts,
        "delivered_at": one.delivered_at,
        "deliveries": one.deliveries,
        "refused": one.refused,
        "missed": one.missed,
        "last_error": one.last_error,
    }


@websub.command("renew")
def renew(as_json: Json = False) -> None:
    """Subscribe what is wanted, renew leases that run out, end what is wanted no more.

    Example: mineralwatch websub renew
    """
    _quiet()
    with told_errors(), open_app() as app:
        reports = [app.run("websub")]
    _show(reports, as_json=as_json)


@websub.command("subscribe")
def subscribe(feed: Feed, as_json: Json = False) -> None:
    """Ask a feed's hub now, also one that denied, and one unsubscribed by hand.

    Example: mineralwatch websub subscribe https://example.org/feed.xml
    """
    _choose(feed, subscribe=True, as_json=as_json)


@websub.command("unsubscribe")
def unsubscribe(feed: Feed, as_json: Json = False) -> None:
    """Unsubscribe a feed and leave it so; it is polled as any other.

    Example: mineralwatch websub unsubscribe https://example.org/feed.xml
    """
    _choose(feed, subscribe=False, as_json=as_json)


@websub.command("serve")
def serve(
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="0: any that is free.")] = 8090,
    renew_every: Annotated[
        int, typer.Option(min=0, help="Seconds between renewals; 0: leave them to others.")
    ] = 600,
) -> None:
    """Serve the receiver, without Airflow, behind a proxy that speaks TLS.

    Example: mineralwatch websub serve --port 8090
    """
    from pipeline.receiver.serving import serve as run

    log.configure()
    with told_errors():
        settings = load_settings()
        if settings.websub_callback_url is None:
            err.print("MINERALWATCH_WEBSUB_CALLBACK_URL is not set: nothing will be subscribed")
        run(
            settings,
            host=host,
            port=port,
            renew_s=renew_every,
            listening=lambda h, p: err.print(f"listening on http://{h}:{p}", highlight=False),
        )


def _choose(feed: str, *, subscribe: bool, as_json: bool) -> None:
    from pipeline.stages.websub import choose

    _quiet()
    with told_errors(), open_app() as app:
        reports = [choose(app.context(), feed, subscribe=subscribe)]
    _show(reports, as_json=as_json)


def _quiet() -> None:
    log.configure()
    log.quiet_reports()


def _show(reports: list[StageReport], *, as_json: bool) -> None:
    """Exit code 1 where a hub did not take a request."""
    show_reports(reports, as_json=as_json)
    if any(report.counts.get("failed") for report in reports):
        raise typer.Exit(FAILED)
