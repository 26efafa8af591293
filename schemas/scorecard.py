"""How much the news speaks of each theme of the thesis."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class ThemeQuote:
    """Words of an article that carry a theme."""

    at: datetime
    text: str
    outlet: str
    url: str | None


@dataclass(frozen=True, slots=True)
class ThemeScore:
    """A theme over a span: ``stories`` in it, ``before`` in the span of equal length before it."""

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


@dataclass(frozen=True, slots=True)
class Scorecard:
    """All themes of the thesis over ``since``–``until`` (UTC)."""

    since: datetime
    until: datetime
    themes: tuple[ThemeScore, ...]
