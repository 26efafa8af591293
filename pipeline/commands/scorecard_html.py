"""The scorecard as one HTML page: no script, no request to anywhere, light, dark and on paper."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from schemas.scorecard import Scorecard, SideCounts, ThemeScore, Trend, WeekCounts

_TEMPLATES = Path(__file__).parent / "templates"
_ENVIRONMENT: Final = Environment(
    loader=FileSystemLoader(_TEMPLATES),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_TREND = {
    Trend.BETTER: "moved for the claim",
    Trend.WORSE: "moved against the claim",
    Trend.STEADY: "steady",
    Trend.NEW: "new: no story in the 30 days before",
    Trend.SILENT: "silent in both spans",
}
WIDTH, _HALF, _AXIS = 560, 44, 10
"""Of a chart, in its own units: width, height to either side of the axis, room beside it."""


@dataclass(frozen=True, slots=True)
class Bar:
    """A bar of a chart: ``kind`` is the side."""

    kind: str
    x: float
    y: float
    width: float
    height: float


def render(card: Scorecard) -> str:
    """The page."""
    css = (_TEMPLATES / "scorecard.css").read_text(encoding="utf-8")
    return _ENVIRONMENT.get_template("scorecard.html.j2").render(
        css=Markup(css),  # noqa: S704 - our own file
        card=card,
        trend=_TREND,
        bars=bars,
        alt=alt,
        link=link,
        signed=lambda number: f"{number:+d}".replace("-", "−").replace("+0", "0"),
        height=2 * _HALF + _AXIS,
        width=WIDTH,
        middle=_HALF + _AXIS / 2,
    )


def bars(weeks: Sequence[WeekCounts]) -> list[Bar]:
    """Stories for the claim go up from the middle, those against it down; neutral ones beside."""
    most = max((_largest(week.counts) for week in weeks), default=0)
    if not most:
        return []
    step = WIDTH / len(weeks)
    wide = min(step * 0.7, 26)
    middle = _HALF + _AXIS / 2
    made = []
    for place, week in enumerate(weeks):
        x = round(place * step + (step - wide) / 2, 1)
        counts = week.counts
        top = middle
        for kind, count, share in (
            ("supports", counts.supports, wide),
            ("mixed", counts.mixed, wide),
            ("neutral", counts.neutral, wide),
        ):
            height = round(count / most * _HALF, 1)
            if height:
                top -= height
                made.append(Bar(kind, x, round(top, 1), round(share, 1), height))
        height = round(counts.contradicts / most * _HALF, 1)
        if height:
            made.append(Bar("contradicts", x, middle, round(wide, 1), height))
    return made


def _largest(counts: SideCounts) -> int:
    return max(counts.supports + counts.mixed + counts.neutral, counts.contradicts)


def alt(theme: ThemeScore) -> str:
    """The chart in words."""
    sides = theme.sides
    told = (
        f"{sides.supports} for the claim, {sides.contradicts} against it, {sides.mixed} mixed, "
        f"{sides.neutral} neutral"
    )
    busy = [week for week in theme.weeks if week.counts.stories]
    if not busy:
        return f"{theme.title}: no story in {len(theme.weeks)} weeks."
    peak = max(busy, key=lambda week: week.counts.stories)
    return (
        f"{theme.title}: stories a week over {len(theme.weeks)} weeks; {told}. "
        f"Most in the week of {peak.week:%-d %B %Y}: {peak.counts.stories}."
    )


def link(url: str | None) -> str | None:
    """The address if it may be followed from a page: only of the web."""
    try:
        return url if url and urlsplit(url).scheme in {"http", "https"} else None
    except ValueError:
        return None
