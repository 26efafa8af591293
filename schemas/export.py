"""What leaves the archive in an export, beside the shapes that are there anyway."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from schemas.agreement import Agreement
from schemas.article import Article
from schemas.assessment import Stage
from schemas.story import Story


class ExportKind(StrEnum):
    """What can be exported."""

    STORIES = "stories"
    ARTICLES = "articles"
    MOVES = "moves"
    AGREEMENTS = "agreements"
    ALERTS = "alerts"


class ExportFormat(StrEnum):
    """How; feeds are made of stories and of moves."""

    CSV = "csv"
    JSONL = "jsonl"
    RSS = "rss"
    ATOM = "atom"


@dataclass(frozen=True, slots=True)
class ExportedMove:
    """A step of an agreement with the agreement's name."""

    id: int
    agreement_id: str
    agreement: str
    previous: Stage
    stage: Stage
    story_id: int | None
    at: datetime
    recorded_at: datetime
    quote: str
    article_url: str | None


@dataclass(frozen=True, slots=True)
class ExportedAlert:
    """An alert: what a route let through, and why."""

    id: int
    key: str
    kind: str
    route: str
    story_id: int
    article_id: int | None
    reason: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class ExportedStory:
    """A story with the address of its first article."""

    story: Story
    url: str | None
    first_outlet: str | None


@dataclass(frozen=True, slots=True)
class FeedItem:
    """An item of a feed that we write; ``key`` is the same for as long as the row is there."""

    key: str
    title: str
    text: str
    at: datetime
    link: str | None = None
    categories: tuple[str, ...] = ()


EXPORT_SHAPES: dict[ExportKind, type] = {
    ExportKind.STORIES: Story,
    ExportKind.ARTICLES: Article,
    ExportKind.MOVES: ExportedMove,
    ExportKind.AGREEMENTS: Agreement,
    ExportKind.ALERTS: ExportedAlert,
}
"""Kind → the shape of a line; `schemas.codec.from_json` reads it back."""
