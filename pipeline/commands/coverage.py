"""coverage: how much came through each gate, and where an outside list was lost."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from pipeline.app import App, open_app
from pipeline.commands.common import Json, out, print_json, since_option, told_errors, utc_now
from pipeline.commands.coverage_view import show_coverage, show_recall
from schemas.coverage import Coverage, FeedFunnel, Funnel, Gate, Recall

SINCE = "30d"


def coverage(
    since: Annotated[
        str | None, typer.Option(help=f"First day: 7d, or a date; default: {SINCE}.")
    ] = None,
    feed: Annotated[
        str | None, typer.Option(metavar="FEED", help="One feed: its address, name or id.")
    ] = None,
    barren: Annotated[
        int,
        typer.Option(
            min=1, metavar="DAYS", help="Name feeds that brought nothing relevant for so long."
        ),
    ] = 30,
    against: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Say where each of these addresses or headlines was lost: lines, CSV, JSON lines.",
            dir_okay=False,
        ),
    ] = None,
    as_json: Json = False,
) -> None:
    """What came to each gate, by day and by feed; or recall against an outside list.

    Days are UTC; from "new" on an article counts for the day and the feed that brought it first.

    Example: mineralwatch coverage --since 7d
    """
    if against is not None and (since is not None or feed is not None):
        raise typer.BadParameter("--against goes over all that is stored: no --since, no --feed")
    now = utc_now()
    with told_errors(), open_app() as app:
        if against is not None:
            found = _recall(app, against)
            print_json(recall_json(found)) if as_json else show_recall(found, out)
            return
        from pipeline.stages.coverage import coverage as count

        start = since_option(since or SINCE, now).date()
        told = count(app.context(now), since=start, feed=feed, barren_days=barren)
    print_json(coverage_json(told)) if as_json else show_coverage(told, out)


def _recall(app: App, path: Path) -> Recall:
    from pipeline.stages.outside_list import read_list
    from pipeline.stages.recall import recall

    items, bad = read_list(path)
    return recall(app.context(utc_now()), lambda: app.assessor, items, bad)


def coverage_json(found: Coverage) -> dict[str, Any]:
    """The funnel, JSON-safe; a gate at which nothing was counted is 0."""
    return {
        "since": found.since,
        "until": found.until,
        "counted_since": found.counted_since,
        "all": _gates(found.all),
        "days": [{"day": day, **_gates(funnel)} for day, funnel in found.days],
        "feeds": [_feed(one) for one in found.feeds],
        "barren_days": found.barren_days,
        "barren": [_feed(one) for one in found.barren],
    }


def _gates(funnel: Funnel) -> dict[str, int]:
    return {gate.value: funnel[gate] for gate in Gate}


def _feed(one: FeedFunnel) -> dict[str, Any]:
    return {
        "id": one.feed_id,
        "name": one.name,
        "url": one.url,
        "watched": one.watched,
        "last_relevant": one.last_relevant,
        "counted_since": one.counted_since,
        **_gates(one.funnel),
    }


def recall_json(found: Recall) -> dict[str, Any]:
    """The trace of each item and the recall at each gate, JSON-safe."""
    items = len(found.items)
    return {
        "items": items,
        "gates": [
            {"gate": name, "left": left, "recall": round(left / items, 4) if items else None}
            for name, left in found.steps
        ],
        "traced": [_flat(asdict(one)) for one in found.items],
        "unusable": [asdict(one) for one in found.bad],
    }


def _flat(traced: dict[str, Any]) -> dict[str, Any]:
    asked = traced.pop("asked")
    return {**asked, **traced}
