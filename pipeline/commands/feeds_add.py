"""feeds add: from a feed's or a site's address to a feed that is watched."""

import asyncio
from dataclasses import dataclass
from typing import Annotated, Any
from urllib.parse import urlsplit

import typer
from pydantic import ValidationError
from rich.markup import escape

from pipeline.app import App, migrate, open_app
from pipeline.commands.common import FAILED, Json, err, out, print_json, told_errors, utc_now
from pipeline.commands.feed_view import SHOWN, show_found, show_preview
from pipeline.errors import ConfigError, NotFoundError
from pipeline.log import mask
from pipeline.settings import Settings, load_settings
from schemas.config import FeedConfig
from schemas.feed import FeedKind
from schemas.kept_feed import Discovery, FeedLine, FeedOrigin, FeedPreview, FoundFeed, Known


def add(
    url: Annotated[str, typer.Argument(help="A feed's address, or a site's page.")],
    pick: Annotated[
        int | None, typer.Option(min=1, help="Of several feeds found, the one of this number.")
    ] = None,
    name: Annotated[str | None, typer.Option(help="As it is shown; else the feed's title.")] = None,
    language: Annotated[str | None, typer.Option(help="Else as its items are read.")] = None,
    region: Annotated[str, typer.Option(help="Free text, for your own order.")] = "global",
    kind: Annotated[FeedKind, typer.Option(help="What sort of publisher.")] = FeedKind.NEWS,
    tier: Annotated[
        int, typer.Option(min=1, max=3, help="1 official or wire, 2 newsroom, 3 aggregator.")
    ] = 2,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Add without asking.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only look.")] = False,
    as_json: Json = False,
) -> None:
    """Find the feed at or behind an address, show what of it would be relevant, and watch it.

    Example: mineralwatch feeds add https://www.ukrinform.net --dry-run
    """
    with told_errors():
        if as_json and not (yes or dry_run):
            raise ConfigError("--json does not ask", mend="say --yes to add it, or --dry-run")
        settings = load_settings()
        if not dry_run:
            migrate(settings)
        with open_app(settings) as app:
            discovery = _discover(url, settings, as_json=as_json)
            chosen = _chosen(discovery, pick, ask=not (yes or dry_run or as_json))
            given: dict[str, Any] = {"name": name, "language": language}
            given |= {"region": region, "kind": kind, "tier": tier}
            how = _How(yes=yes, dry_run=dry_run, as_json=as_json)
            _take(app, discovery, chosen, given, how)


@dataclass(frozen=True, slots=True)
class _How:
    """The switches of the command."""

    yes: bool
    dry_run: bool
    as_json: bool


def _take(
    app: App, discovery: Discovery, chosen: FoundFeed, given: dict[str, Any], how: _How
) -> None:
    """Show what was chosen and, unless it is known or only looked at, add it."""
    from pipeline.stages import keep_feeds
    from pipeline.stages.feed_preview import preview

    context = app.context()
    addresses = (chosen.url, chosen.asked, chosen.answered)
    known = keep_feeds.first_known(addresses, keep_feeds.held(context))
    seen = preview(chosen.url, chosen.parsed, app.assessor, now=utc_now())
    config = _config(chosen, seen, discovery, given)
    if not how.as_json:
        _show_others(discovery, chosen, how)
        show_preview(seen, limit=SHOWN)
    added = known is None and not how.dry_run
    if known is None and added and not how.yes:
        added = typer.confirm(f"Add {config.name}?", default=True)
    if added:
        keep_feeds.bring_in(context, [FeedLine(1, config)])
    if how.as_json:
        print_json(_outcome(discovery, chosen, seen, config, known, added=added))
        return
    out.print(escape(_words(config, known, added=added)), highlight=False)


def _show_others(discovery: Discovery, chosen: FoundFeed, how: _How) -> None:
    """Where nobody was asked which of several feeds, name them with the one that is taken."""
    if len(discovery.feeds) > 1 and (how.yes or how.dry_run):
        show_found(discovery.feeds, discovery.site)
        number = discovery.feeds.index(chosen) + 1
        out.print(f"taken: {number}; another with --pick", highlight=False)


def _words(config: FeedConfig, known: Known | None, *, added: bool) -> str:
    if known is not None:
        where = "the feeds file" if known.origin is FeedOrigin.CONFIG else "the database"
        row = f", id {known.id}" if known.id else ""
        return f"known already: {known.name} <{known.url}>, kept in {where}{row}"
    if added:
        return f"added: {config.name} <{config.url}>; the next poll asks it"
    return f"not added: {config.name} <{config.url}>"


def _discover(url: str, settings: Settings, *, as_json: bool) -> Discovery:
    """Look behind the address.

    Raises:
        typer.Exit: nothing was found; why is told.
    """
    discovery = asyncio.run(_find(url, settings))
    if discovery.feeds:
        return discovery
    fault = discovery.failure
    if as_json:
        print_json({"asked": url, "failure": fault, "refused": _refused(discovery)})
        raise typer.Exit(FAILED)
    err.print(
        f"[red]no feed found[/] at {escape(mask(url))}: {escape(fault.message if fault else '')}",
        highlight=False,
    )
    for candidate, failed in discovery.refused[:SHOWN]:
        err.print(f"  {escape(candidate.url)}: {escape(failed.message)}", highlight=False)
    raise typer.Exit(FAILED)


async def _find(url: str, settings: Settings) -> Discovery:
    from pipeline.collect.fetch import Fetcher
    from pipeline.collect.find_feeds import find_feeds
    from pipeline.collect.pool import ParsePool

    async with (
        Fetcher(
            timeout_s=settings.fetch_timeout_s,
            max_bytes=settings.max_feed_bytes,
            concurrency=4,
            allow_private=settings.allow_private_networks,
            user_agent=settings.user_agent,
        ) as fetcher,
        ParsePool(min(settings.parse_processes, 1)) as pool,
    ):
        return await find_feeds(url, fetcher=fetcher, pool=pool)


def _chosen(discovery: Discovery, pick: int | None, *, ask: bool) -> FoundFeed:
    """The feed of the number picked; asked for where there are several and one may ask."""
    feeds = discovery.feeds
    if pick is not None:
        if pick > len(feeds):
            raise NotFoundError(
                f"there is no feed {pick}: {len(feeds)} found at {discovery.asked}",
                mend=f"--pick 1 to {len(feeds)}",
            )
        return feeds[pick - 1]
    if len(feeds) == 1:
        return feeds[0]
    if not ask:
        return feeds[0]
    show_found(feeds, discovery.site)
    number = typer.prompt("Which one?", default=1, type=int)
    return _chosen(discovery, number if number > 0 else len(feeds) + 1, ask=False)


def _config(
    chosen: FoundFeed, seen: FeedPreview, discovery: Discovery, given: dict[str, Any]
) -> FeedConfig:
    host = (urlsplit(chosen.url).hostname or chosen.url).removeprefix("www.")
    wanted = {key: value for key, value in given.items() if value is not None}
    usual = {"name": (chosen.parsed.title or host)[:200], "language": seen.language}
    try:
        return FeedConfig(**{**usual, "url": chosen.url, "site": discovery.site, **wanted})
    except ValidationError as error:
        fault = error.errors()[0]
        told = str(fault["msg"]).removeprefix("Value error, ")
        raise ConfigError(
            f"--{'.'.join(map(str, fault['loc']))}: {told}", mend="give another value"
        ) from error


def _outcome(
    discovery: Discovery,
    chosen: FoundFeed,
    seen: FeedPreview,
    config: FeedConfig,
    known: Known | None,
    *,
    added: bool,
) -> dict[str, Any]:
    return {
        "asked": discovery.asked,
        "site": discovery.site,
        "candidates": [
            {
                "number": number,
                "url": feed.url,
                "title": feed.parsed.title,
                "entries": len(feed.parsed.entries),
                "found_by": feed.found_by,
                "chosen": feed is chosen,
            }
            for number, feed in enumerate(discovery.feeds, start=1)
        ],
        "refused": _refused(discovery),
        "preview": seen,
        "feed": config.model_dump(mode="json"),
        "known": known,
        "added": added,
    }


def _refused(discovery: Discovery) -> list[dict[str, Any]]:
    return [
        {"url": candidate.url, "found_by": candidate.found_by, "message": failed.message}
        for candidate, failed in discovery.refused
    ]
