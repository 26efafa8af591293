"""Feeds: list, health, check; and the commands by which they are kept."""

import asyncio
from datetime import datetime
from typing import Annotated, Any

import typer
from rich.markup import escape

from pipeline.app import App, open_app
from pipeline.commands import feeds_add, feeds_keep
from pipeline.commands.common import FAILED, Json, out, print_json, told_errors, utc_now
from pipeline.commands.feed_view import show_health, show_kept, show_preview
from pipeline.settings import Settings
from pipeline.store import feeds as feed_store
from schemas.feed import Failed, FeedKind, Fetched, NotModified, ParsedFeed
from schemas.feed_watch import FeedVerdict
from schemas.kept_feed import FeedOrigin, KeptFeed

feeds = typer.Typer(
    no_args_is_help=True,
    help="Feeds: add, import, list, health, pause and so on.",
)


@feeds.command("list")
def list_feeds(
    region: Annotated[str | None, typer.Option(help="Only those of this region.")] = None,
    kind: Annotated[FeedKind | None, typer.Option(help="Only those of this kind.")] = None,
    language: Annotated[str | None, typer.Option(help="Only those in this language.")] = None,
    origin: Annotated[
        FeedOrigin | None, typer.Option(help="config: of the feeds file; command: added.")
    ] = None,
    paused: Annotated[bool, typer.Option("--paused", help="Only those paused.")] = False,
    as_json: Json = False,
) -> None:
    """List the feeds that are watched: those of the feeds file, and those added by command.

    Example: mineralwatch feeds list --region central_asia
    """
    now = utc_now()
    with told_errors(), open_app() as app:
        from pipeline.stages.keep_feeds import watched

        found = [
            one
            for one in watched(app.context(now))
            if region in {None, one.config.region}
            and kind in {None, one.config.kind}
            and language in {None, one.config.language}
            and origin in {None, one.origin}
            and (one.paused(now) or not paused)
        ]
    if as_json:
        print_json([_listed(one, now) for one in found])
    else:
        show_kept(found, now)


def _listed(one: KeptFeed, now: datetime) -> dict[str, Any]:
    is_paused = one.paused(now)
    return {
        **one.config.model_dump(mode="json"),
        "id": one.id,
        "origin": one.origin,
        "current_url": one.current_url,
        "paused": is_paused,
        "paused_until": one.paused_until if is_paused else None,
        "paused_reason": one.paused_reason if is_paused else "",
    }


@feeds.command("health")
def health(
    state: Annotated[
        list[FeedVerdict] | None, typer.Option(help="Only those in this state; repeatable.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Show which feeds are sick, why, and what to do about it.

    Example: mineralwatch feeds health --state dead --state silent
    """
    now = utc_now()
    with told_errors(), open_app() as app, app.database.read() as session:
        found = feed_store.feed_health(now=now, session=session)
    if state:
        found = [feed for feed in found if feed.state in state]
    if as_json:
        print_json(found)
    else:
        show_health(found)


@feeds.command("check")
def check(
    url: Annotated[str, typer.Argument(help="The feed's address.")], as_json: Json = False
) -> None:
    """Fetch a feed once and show what is in it and what would be relevant; nothing is stored.

    Example: mineralwatch feeds check https://www.ukrinform.net/rss/block-lastnews
    """
    with told_errors(), open_app() as app:
        parsed = asyncio.run(_fetch(url, app.settings))
        if isinstance(parsed, Failed):
            if as_json:
                print_json({"url": url, "failure": parsed.kind, "message": parsed.message})
            else:
                out.print(f"[red]{parsed.kind.value}[/] {escape(parsed.message)}")
            raise typer.Exit(FAILED)
        _show(url, parsed, app, as_json=as_json)


async def _fetch(url: str, settings: Settings) -> ParsedFeed | Failed:
    from pipeline.collect.fetch import Fetcher
    from pipeline.collect.pool import ParsePool

    async with (
        Fetcher(
            timeout_s=settings.fetch_timeout_s,
            max_bytes=settings.max_feed_bytes,
            concurrency=1,
            allow_private=settings.allow_private_networks,
            user_agent=settings.user_agent,
        ) as fetcher,
        ParsePool(min(settings.parse_processes, 1)) as pool,
    ):
        answer = await fetcher.fetch(url)
        if isinstance(answer, Fetched):
            return await pool.parse(answer)
    # Nothing was said of an earlier visit, so that a 304 would be the server's mistake.
    return ParsedFeed(title="", entries=()) if isinstance(answer, NotModified) else answer


def _show(url: str, parsed: ParsedFeed, app: App, *, as_json: bool) -> None:
    from pipeline.stages.feed_preview import preview

    seen = preview(url, parsed, app.assessor, now=utc_now())
    if not as_json:
        show_preview(seen)
        return
    print_json(
        {
            "url": url,
            "title": seen.title,
            "language": seen.language,
            "usual_gap_s": seen.usual_gap_s,
            "problems": seen.problems,
            "entries": seen.items,
        }
    )


feeds.command("add")(feeds_add.add)
feeds.command("import")(feeds_keep.import_feeds)
feeds.command("export")(feeds_keep.export)
feeds.command("pause")(feeds_keep.pause)
feeds.command("resume")(feeds_keep.resume)
feeds.command("retry")(feeds_keep.retry)
feeds.command("remove")(feeds_keep.remove)
