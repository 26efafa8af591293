"""The funnel and the trace of an outside list, as text."""

from collections import Counter

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from pipeline.commands.explain_view import shown
from schemas.coverage import Coverage, FeedFunnel, Funnel, Gate, Recall, Traced

MOST = 20
"""Feeds that are shown as text."""
_HEADS = (
    *("polls", "failed", "parsed", "refused", "known", "edited", "elsewhere", "new"),
    *("cheap gate", "full reading", "relevant", "routed", "sent"),
)


def show_coverage(found: Coverage, out: Console) -> None:
    """The days, then the feeds that bring most, then those that bring nothing."""
    if found.counted_since is None:
        out.print("nothing is counted yet: it begins with the next poll")
        return
    out.print(
        f"{found.since} to {found.until} (UTC), counted since {found.counted_since}",
        highlight=False,
    )
    days = Table("day", *_HEADS)
    for day, funnel in found.days:
        days.add_row(str(day), *_cells(funnel))
    days.add_section()
    days.add_row("all", *_cells(found.all))
    out.print(days)
    _show_feeds(found, out)
    if found.barren:
        out.print(f"nothing relevant for {found.barren_days} days or more:")
    for one in found.barren[:MOST]:
        last = f"last on {one.last_relevant}" if one.last_relevant else "never since it is counted"
        told = f"{one.funnel[Gate.NEW]} new articles in the span"
        out.print(f"  {_name(one)}: {last}, {told}", highlight=False)
    if len(found.barren) > MOST:
        out.print(f"  and {len(found.barren) - MOST} more; --json has all")


def _show_feeds(found: Coverage, out: Console) -> None:
    feeds = Table("feed, most relevant first", *_HEADS)
    for one in found.feeds[:MOST]:
        feeds.add_row(_name(one), *_cells(one.funnel))
    out.print(feeds)
    if len(found.feeds) > MOST:
        out.print(f"and {len(found.feeds) - MOST} more feeds; --json has all")


def _name(one: FeedFunnel) -> str:
    return escape(shown(one.name))


def _cells(funnel: Funnel) -> tuple[str, ...]:
    later = funnel[Gate.RELEVANT_LATER]
    told = (
        *(funnel.polls, funnel[Gate.FAILED], funnel[Gate.PARSED], funnel[Gate.REFUSED]),
        *(funnel[Gate.KNOWN], funnel[Gate.EDITED], funnel[Gate.ELSEWHERE], funnel[Gate.NEW]),
        *(funnel[Gate.GATED_CHEAP], funnel[Gate.GATED_FULL]),
    )
    relevant = f"{funnel[Gate.RELEVANT]}" + (f" + {later} later" if later else "")
    last = (relevant, str(funnel[Gate.ROUTED]), str(funnel[Gate.SENT]))
    return (*map(str, told), *last)


def show_recall(found: Recall, out: Console) -> None:
    """Each item with its fate, then how many came through each gate."""
    table = Table("line", "item", "lost at", "why")
    for one in found.items:
        asked = one.asked.title or one.asked.url or ""
        table.add_row(
            str(one.asked.line),
            escape(shown(asked)),
            one.fate.value,
            escape(shown(_why(one))),
        )
    out.print(table)
    items = len(found.items)
    steps = Table("came through", "items", "recall")
    steps.add_row("the list", str(items), "")
    for name, left in found.steps:
        steps.add_row(name, str(left), f"{left / items:.0%}" if items else "")
    out.print(steps)
    fates = Counter(one.fate for one in found.items)
    out.print("; ".join(f"{fate.value}: {count}" for fate, count in fates.most_common()))
    for bad in found.bad:
        out.print(
            f"[yellow]•[/] line {bad.line}: {escape(shown(bad.what))} [dim]({escape(bad.mend)})[/]",
            highlight=False,
        )


def _why(one: Traced) -> str:
    if one.matched == "headline":
        what = f"duplicate of {one.duplicate_of}" if one.duplicate_of else one.article_url
        return f"{one.why} (by its headline, {one.score:.2f} alike: {what})"
    return one.why
