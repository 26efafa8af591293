"""The chart of a claim, week by week: where its bars stand, and the same in words; pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from schemas.scorecard import SideCounts, ThemeScore, Trend, WeekCounts

TREND_WORDS = {
    Trend.BETTER: "moved for the claim",
    Trend.WORSE: "moved against the claim",
    Trend.STEADY: "steady",
    Trend.NEW: "new: no story in the 30 days before",
    Trend.SILENT: "silent in both spans",
}
WIDTH, HALF, AXIS = 560, 44, 10
"""Of a chart, in its own units: width, height to either side of the axis, room beside it."""


@dataclass(frozen=True, slots=True)
class Bar:
    """A bar of a chart: ``kind`` is the side."""

    kind: str
    x: float
    y: float
    width: float
    height: float


def bars(weeks: Sequence[WeekCounts]) -> list[Bar]:
    """Stories for the claim go up from the middle, those against it down; neutral ones beside."""
    most = max((_largest(week.counts) for week in weeks), default=0)
    if not most:
        return []
    step = WIDTH / len(weeks)
    wide = min(step * 0.7, 26)
    middle = HALF + AXIS / 2
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
            height = round(count / most * HALF, 1)
            if height:
                top -= height
                made.append(Bar(kind, x, round(top, 1), round(share, 1), height))
        height = round(counts.contradicts / most * HALF, 1)
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
