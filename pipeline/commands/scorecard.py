"""scorecard: what the news shows for and against each claim of the thesis."""

from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape
from rich.table import Table

from pipeline.app import open_app
from pipeline.commands.common import (
    Json,
    err,
    out,
    print_json,
    since_option,
    told_errors,
    utc_now,
)
from pipeline.stages.scorecard import scorecard as score_stage
from schemas.scorecard import Scorecard, ThemeScore, Trend

TREND_WORDS = {
    Trend.BETTER: "↑ more for it",
    Trend.WORSE: "↓ more against it",
    Trend.STEADY: "→ steady",
    Trend.NEW: "new: none before",
    Trend.SILENT: "silent",
}


def scorecard(
    since: Annotated[str, typer.Option(help="7d, 36h or a date.")] = "30d",
    html: Annotated[
        Path | None, typer.Option(help="Write a page of HTML here.", dir_okay=False)
    ] = None,
    as_json: Json = False,
) -> None:
    """Show for each claim of the thesis what the news has for and against it, with the trend.

    Example: mineralwatch scorecard --since 90d --html scorecard.html
    """
    now = utc_now()
    with told_errors(), open_app() as app:
        start = since_option(since, now)
        if start >= now:
            raise typer.BadParameter(f"--since {since} is not in the past: name an earlier time")
        card = score_stage(app.context(now), since=start)
    if html is not None:
        from pipeline.commands.scorecard_html import render

        html.parent.mkdir(parents=True, exist_ok=True)
        html.write_text(render(card), encoding="utf-8")
        err.print(f"written: {html}", highlight=False, markup=False)
    if as_json:
        print_json(card)
    elif html is None:
        _show(card)


def _show(card: Scorecard) -> None:
    table = Table(
        "claim", "for", "against", "mixed", "neutral", "before", "trend", "newest evidence",
        show_lines=True,
    )  # fmt: skip
    for theme in card.themes:
        sides = theme.sides
        counts = (sides.supports, sides.contradicts, sides.mixed, sides.neutral)
        table.add_row(
            escape(theme.title),
            *(("silent", "", "", "") if theme.silent else map(str, counts)),
            str(theme.before),
            TREND_WORDS[theme.trend],
            _evidence(theme),
        )
    out.print(table)


def _evidence(theme: ThemeScore) -> str:
    return "\n".join(
        f"[bold]{quote.side.value}[/] “{escape(quote.text)}” — {escape(quote.outlet)}"
        for quote in theme.newest[:2]
    )
