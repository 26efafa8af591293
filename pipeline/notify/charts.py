"""The pictures in the digest: stories a theme and day, and agreements' moves, of fourteen days."""

import io
from collections.abc import Mapping, Sequence
from datetime import date, timedelta, tzinfo
from typing import TYPE_CHECKING, Final

from pipeline.notify.text import clean, trim
from pipeline.notify.words import counted
from schemas.digest import StageMove

if TYPE_CHECKING:
    from matplotlib.axes import Axes

WIDTH_PX: Final = 592
"""The width at which the picture is shown; it is drawn at twice that."""
_DPI: Final = 200
_ROW_IN: Final = 0.25
_SHADES: Final = ("#f1f5f4", "#d3e8e4", "#a3d1ca", "#5fb0a5", "#1f8577", "#0b5d53")
_INK, _SOFT, _PAPER = "#1f2933", "#52606d", "#ffffff"
_LABEL: Final = 32
_HEAD: Final = 1.7
"""Height of the days' row, in rows."""

STEP_DAYS: Final = 14
_STEP_ROWS: Final = 10
_STEP_LABEL: Final = 40
_STEP_INK: Final = {"warn": "#b3541e", "good": "#0b5d53", "step": "#5fb0a5"}
_TURNS: Final = {"stalled": "warn", "terminated": "warn", "signed": "good", "ratified": "good"}

Trend = Sequence[tuple[str, Sequence[int]]]


def trend_png(trend: Trend, titles: Mapping[str, str], last_day: date) -> bytes:
    """Draw ``trend`` (theme id, stories a day, the oldest first) as a PNG of rows and days.

    The busiest theme is at the top; each cell shows its number, so that the picture can be read
    without judging colours.
    """
    # Matplotlib takes half a second to import, and only the digest needs it.
    from matplotlib.backends.backend_agg import FigureCanvasAgg  # noqa: PLC0415
    from matplotlib.figure import Figure  # noqa: PLC0415

    rows = _ordered(trend)
    days = len(rows[0][1])
    figure = Figure(
        figsize=(WIDTH_PX * 2 / _DPI, _ROW_IN * (len(rows) + _HEAD)), dpi=_DPI, facecolor=_PAPER
    )
    FigureCanvasAgg(figure)
    axes = figure.add_axes((0.0, 0.0, 1.0, 1.0))
    axes.set_axis_off()
    left, right = 7.4, 1.3
    axes.set_xlim(-left, days + right)
    axes.set_ylim(len(rows), -_HEAD)
    most = max((count for _id, counts in rows for count in counts), default=0)
    for row, (theme, counts) in enumerate(rows):
        _row(axes, row, trim(clean(titles.get(theme, theme)), _LABEL), counts, most)
    _days(axes, days, last_day)
    axes.text(days + 0.75, -0.42, "all", ha="center", va="center", fontsize=6.6, color=_SOFT)
    out = io.BytesIO()
    figure.savefig(out, format="png", metadata={"Software": None})
    return out.getvalue()


def trend_alt(trend: Trend, titles: Mapping[str, str], last_day: date) -> str:
    """Return the picture in words: each theme's stories over the days, and on the last one."""
    rows = [(theme, counts) for theme, counts in _ordered(trend) if sum(counts)]
    days = max((len(counts) for _id, counts in trend), default=0)
    if not rows:
        return f"No stories in the {days} days to {last_day:%-d %B %Y}."
    told = "; ".join(
        f"{clean(titles.get(theme, theme))}: {sum(counts)}, {counts[-1]} on the last day"
        for theme, counts in rows
    )
    silent = len(trend) - len(rows)
    rest = f". {counted(silent, 'theme')} with none" if silent else ""
    return f"Stories by theme in the {days} days to {last_day:%-d %B %Y}. {told}{rest}."


def steps_png(steps: Sequence[StageMove], last_day: date, zone: tzinfo) -> bytes:
    """Draw agreements' moves as a PNG: a row for each agreement, the last to move at the top.

    A move is a mark on its day: a square where an agreement stalled or ended, else a disc, dark
    where it was signed or ratified. The stage that it reached last is written at the end.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg  # noqa: PLC0415 - as above
    from matplotlib.figure import Figure  # noqa: PLC0415 - as above

    rows = _by_agreement(steps)[:_STEP_ROWS]
    figure = Figure(
        figsize=(WIDTH_PX * 2 / _DPI, _ROW_IN * (len(rows) + _HEAD)), dpi=_DPI, facecolor=_PAPER
    )
    FigureCanvasAgg(figure)
    axes = figure.add_axes((0.0, 0.0, 1.0, 1.0))
    axes.set_axis_off()
    axes.set_xlim(-10.2, STEP_DAYS + 4.0)
    axes.set_ylim(len(rows), -_HEAD)
    for row, (name, moves) in enumerate(rows):
        y = row + 0.5
        label = trim(clean(name), _STEP_LABEL)
        axes.text(-0.25, y, label, ha="right", va="center", fontsize=7.0, color=_INK)
        axes.plot((0.1, STEP_DAYS - 0.1), (y, y), color=_SHADES[1], linewidth=1.4, zorder=1)
        for move in moves:
            turn = _TURNS.get(move.stage, "step")
            x = STEP_DAYS - 0.5 - (last_day - move.at.astimezone(zone).date()).days
            axes.plot(
                x, y, marker="s" if turn == "warn" else "o", markersize=5.5,
                color=_STEP_INK[turn], linestyle="none", zorder=2,
            )  # fmt: skip
        reached = clean(moves[-1].stage)
        axes.text(STEP_DAYS + 0.3, y, reached, ha="left", va="center", fontsize=7.2, color=_INK)
    _days(axes, STEP_DAYS, last_day)
    out = io.BytesIO()
    figure.savefig(out, format="png", metadata={"Software": None})
    return out.getvalue()


def steps_alt(steps: Sequence[StageMove], last_day: date, zone: tzinfo) -> str:
    """Return the picture of the moves in words."""
    rows = _by_agreement(steps)
    told = "; ".join(
        f"{clean(name)}: "
        + ", ".join(f"{clean(m.stage)} on {m.at.astimezone(zone):%-d %B}" for m in moves)
        for name, moves in rows[:_STEP_ROWS]
    )
    more = len(rows) - _STEP_ROWS
    rest = f"; and {counted(more, 'more agreement')}" if more > 0 else ""
    return f"Moves of agreements in the {STEP_DAYS} days to {last_day:%-d %B %Y}. {told}{rest}."


def _by_agreement(steps: Sequence[StageMove]) -> list[tuple[str, list[StageMove]]]:
    """(agreement, its moves in the order of time), the last to move first."""
    rows: dict[str, list[StageMove]] = {}
    for move in sorted(steps, key=lambda one: one.at):
        rows.setdefault(move.agreement_name, []).append(move)
    return sorted(rows.items(), key=lambda row: row[1][-1].at, reverse=True)


def _ordered(trend: Trend) -> list[tuple[str, Sequence[int]]]:
    return sorted(trend, key=lambda row: -sum(row[1]))


def _row(axes: "Axes", row: int, title: str, counts: Sequence[int], most: int) -> None:
    from matplotlib.patches import Rectangle  # noqa: PLC0415 - as above

    total = sum(counts)
    ink = _INK if total else _SOFT
    axes.text(-0.25, row + 0.5, title, ha="right", va="center", fontsize=7.6, color=ink)
    for day, count in enumerate(counts):
        shade = _shade(count, most)
        cell = Rectangle((day + 0.05, row + 0.08), 0.9, 0.84, facecolor=_SHADES[shade], linewidth=0)
        axes.add_patch(cell)
        if count:
            axes.text(
                day + 0.5, row + 0.52, str(count), ha="center", va="center", fontsize=6.8,
                color=_PAPER if shade >= 4 else _INK,  # noqa: PLR2004 - the two dark shades
            )  # fmt: skip
    axes.text(
        len(counts) + 0.75, row + 0.5, str(total), ha="center", va="center", fontsize=7.2,
        color=ink, fontweight="bold" if total else "normal",
    )  # fmt: skip


def _days(axes: "Axes", days: int, last_day: date) -> None:
    """Each day by its number, counted back from the last; the month at the start and the turn."""
    for back in range(days):
        day = last_day - timedelta(days=back)
        x = days - 1 - back + 0.5
        color, weight = (_INK, "bold") if back == 0 else (_SOFT, "normal")
        axes.text(
            x, -0.42, f"{day:%-d}", ha="center", va="center", fontsize=6.6,
            color=color, fontweight=weight,
        )  # fmt: skip
        if back == days - 1 or day.day == 1:
            axes.text(x, -1.15, f"{day:%b}", ha="center", va="center", fontsize=6.6, color=_SOFT)


def _shade(count: int, most: int) -> int:
    """No story is the palest shade, the busiest cell the darkest."""
    if count <= 0:
        return 0
    steps = len(_SHADES) - 1
    return max(1, -(-count * steps // max(most, steps)))
