"""A story: one happening, told by one or more outlets."""

from dataclasses import dataclass
from datetime import datetime

from schemas.assessment import Stage


@dataclass(frozen=True, slots=True)
class ClusterDocument:
    """What clustering reads of an article; all but the text may be empty where it was not read."""

    id: str
    title: str
    summary: str
    published_at: datetime
    language: str
    parties: tuple[str, ...] = ()
    minerals: tuple[str, ...] = ()
    stage: Stage = Stage.NONE
    agreement: str | None = None
    places: tuple[str, ...] = ()
    """States that it names, party or not; compared where parties are wanting."""


@dataclass(frozen=True, slots=True)
class Story:
    """A stored story as it stands now."""

    id: int
    title: str
    opened_at: datetime
    last_at: datetime
    agreement: str | None
    stage: Stage
    significance: int
    themes: tuple[str, ...]
    parties: tuple[str, ...]
    minerals: tuple[str, ...]
    outlets: tuple[str, ...] = ()
    articles: int = 0
    merged_into: int | None = None
    """The story that this one turned out to be part of."""
    retracted_reason: str | None = None
    """Why it does not stand, in words; None: it does."""


@dataclass(frozen=True, slots=True)
class StoryCandidate:
    """A story that an incoming document may belong to, and one of its articles to compare with."""

    story_id: int
    document: ClusterDocument
