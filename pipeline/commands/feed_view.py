"""Feeds on the terminal: a preview, a list, the health report."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from rich.markup import escape
from rich.table import Table

from pipeline.commands.common import out
from pipeline.feed_health import span_words
from schemas.feed import FeedHealth
from schemas.kept_feed import FeedOrigin, FeedPreview, FoundFeed, KeptFeed

SHOWN = 10
_COLOURS = {"healthy": "green", "failing": "red", "dead": "bold red", "silent": "yellow"}


def show_preview(preview: FeedPreview, *, limit: int | None = None) -> None:
    """Title, how often news comes, and the items with what would be read in them."""
    out.print(
        f"[bold]{escape(preview.title or preview.url)}[/]: {preview.entries} entries, "
        f"{preview.relevant} relevant",
        highlight=False,
    )
    often = (
        f"news comes every {span_words(timedelta(seconds=preview.usual_gap_s))}"
        if preview.usual_gap_s is not None
        else "how often news comes cannot be told from its dates"
    )
    out.print(f"  {often}; language: {preview.language}", highlight=False)
    for problem in preview.problems:
        out.print(f"  [yellow]•[/] {escape(problem)}")
    for item in preview.items[:limit]:
        mark = "[green]●[/]" if item.relevant else "[dim]·[/]"
        when = f"{item.published:%d %b %H:%M}" if item.published else "no date"
        out.print(f"{mark} {when} {escape(item.title)}", highlight=False)
        labels = [*item.parties, *item.themes, *([item.stage] if item.stage != "none" else [])]
        if item.relevant and labels:
            out.print(f"    [dim]{escape(' · '.join(labels))}[/]", highlight=False)
    if limit is not None and len(preview.items) > limit:
        out.print(f"  [dim]and {len(preview.items) - limit} more[/]", highlight=False)


def show_found(feeds: Sequence[FoundFeed], site: str | None) -> None:
    """The feeds behind a page, numbered as --pick takes them."""
    out.print(f"{len(feeds)} feeds behind {escape(site or '')}:", highlight=False)
    for number, feed in enumerate(feeds, start=1):
        out.print(
            f"  {number}  {escape(feed.parsed.title or 'no title')} "
            f"[dim]{len(feed.parsed.entries)} entries, by {feed.found_by.value}[/] "
            f"{escape(feed.url)}",
            highlight=False,
        )


def show_kept(kept: Sequence[KeptFeed], now: datetime) -> None:
    """A line a feed."""
    table = Table("id", "name", "kind", "tier", "language", "region", "kept", "url")
    for one in kept:
        feed = one.config
        table.add_row(
            str(one.id or ""),
            escape(feed.name),
            feed.kind.value,
            str(feed.tier),
            feed.language,
            escape(feed.region),
            escape(_kept_word(one, now)),
            escape(feed.url),
        )
    out.print(table)


def _kept_word(one: KeptFeed, now: datetime) -> str:
    where = "added" if one.origin is FeedOrigin.COMMAND else "file"
    if not one.config.enabled:
        return f"{where}, off"
    if not one.paused(now):
        return where
    until = f" until {one.paused_until:%Y-%m-%d}" if one.paused_until else ""
    return f"{where}, paused{until}"


def show_health(found: Sequence[FeedHealth]) -> None:
    """A line a feed, the sick first, with the reason and the mend."""
    columns = (
        "state",
        "feed",
        "last success",
        "last new",
        "success",
        "next poll",
        "reason",
        "mend",
    )
    table = Table(*columns)
    for feed in found:
        colour = _COLOURS.get(feed.state, "dim")
        moments = (feed.last_success_at, feed.last_new_at)
        share = "" if feed.success_share is None else f"{feed.success_share:.0%}"
        table.add_row(
            f"[{colour}]{feed.state}[/]",
            escape(feed.name),
            *(f"{at:%d %b %H:%M}" if at else "" for at in moments),
            share,
            f"{feed.next_poll_at:%d %b %H:%M}" if feed.next_poll_at else "",
            escape(feed.reason),
            escape(feed.mend),
        )
    out.print(table)
