"""Keeping feeds: pause, resume, retry, remove, import, export."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.markup import escape

from pipeline.app import migrate, open_app
from pipeline.commands.common import (
    FAILED,
    SHOWN,
    Json,
    err,
    out,
    print_json,
    since_option,
    told_errors,
    utc_now,
)
from pipeline.errors import ConfigError
from pipeline.settings import load_settings
from schemas.kept_feed import Brought, FeedListing, KeptFeed

Which = Annotated[list[str], typer.Argument(help="Addresses, names or ids of feeds.")]


def pause(
    which: Which,
    until: Annotated[str | None, typer.Option(help="A date, such as 2026-08-31.")] = None,
    span: Annotated[str | None, typer.Option("--for", help="So long: 7d, 36h.")] = None,
    reason: Annotated[str | None, typer.Option(help="Why, for whoever looks later.")] = None,
    as_json: Json = False,
) -> None:
    """Stop polling feeds for a time; without --until or --for until they are resumed.

    Example: mineralwatch feeds pause Tengrinews --for 7d --reason "the site is being rebuilt"
    """
    now = utc_now()
    with told_errors(), open_app() as app:
        from pipeline.stages import keep_feeds

        end = _end(until, span, now)
        found = keep_feeds.pause(app.context(now), which, until=end, reason=reason)
    told = f"until {end:%Y-%m-%d %H:%M} UTC" if end else "until resumed"
    _tell("paused", found, as_json=as_json, more={"until": end}, words=f"paused {told}")


def _end(until: str | None, span: str | None, now: datetime) -> datetime | None:
    if until is not None and span is not None:
        raise ConfigError("--until and --for say the same", mend="give one of them")
    if span is not None:
        if not (span[:-1].isdigit() and span[-1:] in {"d", "h"}):
            raise ConfigError(f"--for {span!r} is no span", mend="write 7d or 36h")
        size = timedelta(days=1) if span.endswith("d") else timedelta(hours=1)
        try:
            return now + int(span[:-1]) * size
        except OverflowError as error:
            raise ConfigError(f"--for {span} is too long", mend="leave it out") from error
    return since_option(until, now) if until is not None else None


def resume(which: Which, as_json: Json = False) -> None:
    """Poll paused feeds again, from now on.

    Example: mineralwatch feeds resume Tengrinews
    """
    with told_errors(), open_app() as app:
        from pipeline.stages import keep_feeds

        found = keep_feeds.resume(app.context(), which)
    _tell("resumed", found, as_json=as_json, words="resumed", none="none of them was paused")


def retry(
    which: Annotated[
        list[str] | None, typer.Argument(help="Addresses, names or ids of feeds.")
    ] = None,
    failing: Annotated[bool, typer.Option("--failing", help="Every feed that fails.")] = False,
    as_json: Json = False,
) -> None:
    """Make feeds due at once, their back-off forgotten.

    Example: mineralwatch feeds retry --failing
    """
    with told_errors(), open_app() as app:
        from pipeline.stages import keep_feeds

        if not which and not failing:
            raise ConfigError("no feed is named", mend="name feeds, or say --failing")
        found = keep_feeds.retry(app.context(), which or [], failing=failing)
    _tell("due", found, as_json=as_json, words="due at once", none="no feed fails")


def remove(which: Which, as_json: Json = False) -> None:
    """Stop watching feeds that were added by command; their articles stay.

    Example: mineralwatch feeds remove https://tengrinews.kz/news.rss
    """
    with told_errors(), open_app() as app:
        from pipeline.stages import keep_feeds

        found = keep_feeds.remove(app.context(), which)
    _tell("removed", found, as_json=as_json, words="no longer watched")


def _tell(
    key: str,
    found: list[KeptFeed],
    *,
    as_json: bool,
    words: str,
    none: str = "nothing to do",
    more: dict[str, Any] | None = None,
) -> None:
    if as_json:
        feeds = [{"id": one.id, "name": one.config.name, "url": one.config.url} for one in found]
        print_json({key: feeds, **(more or {})})
        return
    for one in found:
        out.print(f"{escape(one.config.name)} <{escape(one.config.url)}>: {words}", highlight=False)
    if not found:
        out.print(none)


def import_feeds(
    path: Annotated[Path, typer.Argument(metavar="FILE", help="OPML or YAML.", dir_okay=False)],
    strict: Annotated[
        bool, typer.Option("--strict", help="Add nothing where a line is refused.")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only tell.")] = False,
    as_json: Json = False,
) -> None:
    """Add the feeds of a file that a feed reader exported; exit code 1 where a line is refused.

    Example: mineralwatch feeds import my-feeds.opml
    """
    with told_errors():
        from pipeline.opml import list_feeds
        from pipeline.stages import keep_feeds

        settings = load_settings()
        listing = list_feeds(path)
        if not dry_run:
            migrate(settings)
        stopped = strict and bool(listing.refused)
        with open_app(settings) as app:
            only_tell = dry_run or stopped
            brought = keep_feeds.bring_in(app.context(), listing.feeds, dry_run=only_tell)
    if stopped:
        brought = Brought((), brought.known)
    _tell_brought(path, listing, brought, dry_run=dry_run, as_json=as_json)
    if listing.refused:
        raise typer.Exit(FAILED)


def _tell_brought(
    path: Path, listing: FeedListing, brought: Brought, *, dry_run: bool, as_json: bool
) -> None:
    if as_json:
        print_json(
            {
                "added": [feed.model_dump(mode="json") for feed in brought.added],
                "known": brought.known,
                "refused": listing.refused,
                "notes": listing.notes,
                "dry_run": dry_run,
            }
        )
        return
    counts = f"{len(brought.added)} {'would be added' if dry_run else 'added'}"
    out.print(f"{counts}, {len(brought.known)} known, {len(listing.refused)} refused")
    for note in listing.notes:
        out.print(f"  [yellow]•[/] {escape(note)}", highlight=False)
    for known in brought.known[:SHOWN]:
        told = f"line {known.line}: known as {known.name} <{known.url}>"
        out.print(f"  [dim]• {escape(told)}[/]", highlight=False)
    if len(brought.known) > SHOWN:
        out.print(f"  [dim]• and {len(brought.known) - SHOWN} more; --json has all[/]")
    for line in listing.refused:
        told = f"{path}:{line.line}: {line.what}: {line.reason}"
        err.print(f"  [red]•[/] {escape(told)}", highlight=False)


def export(
    path: Annotated[
        Path | None,
        typer.Argument(metavar="[FILE]", help="Where to; else it is printed.", dir_okay=False),
    ] = None,
    as_json: Json = False,
) -> None:
    """Write the feeds that are watched as OPML 2.0, or as YAML where the file is named so.

    Example: mineralwatch feeds export my-feeds.opml
    """
    now = utc_now()
    with told_errors(), open_app() as app:
        from pipeline.opml_write import to_opml, to_yaml
        from pipeline.stages import keep_feeds

        kept = [one.config for one in keep_feeds.held(app.context(now))]
        title = app.catalog.digest.title
        in_yaml = path is not None and path.suffix.lower() in {".yaml", ".yml"}
        text = to_yaml(kept) if in_yaml else to_opml(kept, title=title, now=now)
        if path is not None:
            _write(path, text)
    if path is None:
        typer.echo(text, nl=False)
    elif as_json:
        print_json({"written": path, "feeds": len(kept)})
    else:
        out.print(f"{len(kept)} feeds written to {escape(str(path))}", highlight=False)


def _write(path: Path, text: str) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise ConfigError(
            f"{path}: cannot be written: {error.strerror or error}", mend="give another path"
        ) from error
