"""How the thesis fares: what the news shows for and against the claim of each theme."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum


class StorySide(StrEnum):
    """Which side a story takes on a claim; ``mixed``: its outlets disagree."""

    FOR = "for"
    AGAINST = "against"
    MIXED = "mixed"
    NEUTRAL = "neutral"


class Trend(StrEnum):
    """The balance (for less against) of the last 30 days beside that of the 30 before."""

    BETTER = "better"
    WORSE = "worse"
    STEADY = "steady"
    NEW = "new"
    """No story in the 30 days before: nothing to compare with."""
    SILENT = "silent"
    """No story in either span."""


@dataclass(frozen=True, slots=True)
class SideCounts:
    """Stories by the side that they take."""

    supports: int = 0
    contradicts: int = 0
    mixed: int = 0
    neutral: int = 0

    @property
    def stories(self) -> int:
        """All of them."""
        return self.supports + self.contradicts + self.mixed + self.neutral

    @property
    def balance(self) -> int:
        """Stories for the claim less those against it."""
        return self.supports - self.contradicts


@dataclass(frozen=True, slots=True)
class WeekCounts:
    """A week from Monday ``week`` on (UTC)."""

    week: date
    counts: SideCounts


@dataclass(frozen=True, slots=True)
class ThemeQuote:
    """Words of an article that carry a theme."""

    at: datetime
    text: str
    outlet: str
    url: str | None
    side: StorySide = StorySide.NEUTRAL
    """The side of the story that it stands for."""
    reason: str = ""
    """Why the article was read so, in words."""
    story: int = 0
    title: str = ""
    """The story's."""


@dataclass(frozen=True, slots=True)
class ThemeScore:
    """A theme over a span: ``stories`` in it, ``before`` in the span of equal length before it.

    A story counts once, at the time of its newest article.
    """

    id: str
    title: str
    claim: str
    stories: int
    before: int
    major: int
    """Stories of significance 3."""
    agreements: tuple[str, ...]
    """Names of the agreements that carry it, the most told first."""
    newest: tuple[ThemeQuote, ...]
    """The newest evidence, of each side."""
    sides: SideCounts = SideCounts()
    """Of the span."""
    recent: SideCounts = SideCounts()
    """Of the 30 days to ``until``, and ``earlier`` of the 30 before, whatever the span."""
    earlier: SideCounts = SideCounts()
    trend: Trend = Trend.SILENT
    weeks: tuple[WeekCounts, ...] = ()
    """Each week of the span, the oldest first, those without a story too."""
    silent: bool = False
    """Whether the span has no story of it."""


@dataclass(frozen=True, slots=True)
class Scorecard:
    """All themes of the thesis over ``since``–``until`` (UTC)."""

    since: datetime
    until: datetime
    themes: tuple[ThemeScore, ...]
