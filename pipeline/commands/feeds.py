"""Feeds: list, health, check."""

import asyncio
from typing import Annotated

import typer
from rich.markup import escape
from rich.table import Table

from pipeline.app import App, open_app
from pipeline.commands.common import FAILED, Json, out, print_json, told_errors, utc_now
from pipeline.settings import Settings
from pipeline.store import feeds as feed_store
from schemas.assessment import Assessment, Document
from schemas.feed import Failed, Fetched, NotModified, ParsedFeed

feeds = typer.Typer(no_args_is_help=True, help="Feeds: list, health, check.")

_COLOURS = {"healthy": "green", "dead": "red", "failing": "red", "silent": "yellow"}


@feeds.command("list")
def list_feeds(as_json: Json = False) -> None:
    """List the feeds of the configuration.

    Example: mineralwatch feeds list
    """
    with told_errors(), open_app() as app:
        found = app.catalog.feeds
    if as_json:
        print_json([feed.model_dump(mode="json") for feed in found])
        return
    table = Table("name", "kind", "tier", "language", "region", "url")
    for feed in found:
        table.add_row(
            escape(feed.name),
            feed.kind.value,
            str(feed.tier),
            feed.language,
            escape(feed.region),
            escape(feed.url),
        )
    out.print(table)


@feeds.command("health")
def health(as_json: Json = False) -> None:
    """Show which feeds are sick, and why.

    Example: mineralwatch feeds health
    """
    now = utc_now()
    with told_errors(), open_app() as app, app.database.read() as session:
        found = feed_store.feed_health(now=now, session=session)
    if as_json:
        print_json(found)
        return
    table = Table("state", "feed", "last success", "last new", "next poll", "reason")
    for feed in found:
        colour = _COLOURS.get(feed.state, "dim")
        moments = (feed.last_success_at, feed.last_new_at, feed.next_poll_at)
        table.add_row(
            f"[{colour}]{feed.state}[/]",
            escape(feed.name),
            *(f"{at:%d %b %H:%M}" if at else "" for at in moments),
            escape(feed.reason),
        )
    out.print(table)


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
    documents = [
        Document(str(n), entry.title, entry.summary, entry.language)
        for n, entry in enumerate(parsed.entries)
    ]
    readings: list[Assessment] = list(app.assessor.assess(documents))
    if as_json:
        print_json(
            {
                "url": url,
                "title": parsed.title,
                "problems": parsed.problems,
                "entries": [
                    {
                        "title": e.title,
                        "link": e.link,
                        "published": e.published,
                        "relevant": r.relevant,
                    }
                    for e, r in zip(parsed.entries, readings, strict=True)
                ],
            }
        )
        return
    relevant = sum(reading.relevant for reading in readings)
    out.print(f"[bold]{escape(parsed.title)}[/]: {len(readings)} entries, {relevant} relevant")
    for problem in parsed.problems:
        out.print(f"  [yellow]•[/] {escape(problem)}")
    for entry, reading in zip(parsed.entries, readings, strict=True):
        mark = "[green]●[/]" if reading.relevant else "[dim]·[/]"
        when = f"{entry.published:%d %b %H:%M}" if entry.published else "no date"
        out.print(f"{mark} {when} {escape(entry.title)}", highlight=False)
