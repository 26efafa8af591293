"""What is searched for in the archive, and what is found."""

from dataclasses import dataclass, field
from datetime import datetime

from schemas.assessment import Stage

Span = tuple[int, int]
"""Characters from–to of a text."""


@dataclass(frozen=True, slots=True)
class SearchFilters:
    """What an article or a story must have; what is left out asks nothing.

    Of several values in one line any will do; all lines must hold.
    """

    themes: tuple[str, ...] = ()
    states: tuple[str, ...] = ()
    """ISO 3166 codes and ``EU``."""
    minerals: tuple[str, ...] = ()
    stages: tuple[Stage, ...] = ()
    agreements: tuple[str, ...] = ()
    outlets: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    since: datetime | None = None
    until: datetime | None = None
    """Of an article its publication, of a story the span of its articles; half-open."""


@dataclass(frozen=True, slots=True)
class Marked:
    """A text with the places of what was found in it."""

    text: str
    hits: tuple[Span, ...] = ()


@dataclass(frozen=True, slots=True)
class ArticleHit:
    """An article that was found; ``score`` is higher the better, within one answer only."""

    id: int
    score: float
    title: Marked
    snippet: Marked
    outlet: str
    language: str
    published_at: datetime
    url: str | None
    story_id: int | None = None


@dataclass(frozen=True, slots=True)
class StoryHit:
    """A story that was found by ``best``, the article of it that fits best."""

    id: int
    score: float
    title: Marked
    stage: Stage
    significance: int
    agreement: str | None
    themes: tuple[str, ...]
    states: tuple[str, ...]
    minerals: tuple[str, ...]
    opened_at: datetime
    last_at: datetime
    matching: int
    """Articles of it that were found."""
    best: ArticleHit


@dataclass(frozen=True, slots=True)
class SearchAnswer:
    """What was found, the best first."""

    articles: tuple[ArticleHit, ...] = ()
    stories: tuple[StoryHit, ...] = ()
    notes: tuple[str, ...] = field(default=())
    """What of the question was not done as asked, in words."""
