"""What a feed's item becomes once it is ours: an article and who carried it."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class NewArticle:
    """An item that is about to be stored; ``canonical_url`` is its identity (collect.canonical)."""

    canonical_url: str
    url: str | None
    title: str
    summary: str
    language: str
    outlet: str
    """Who published it: a host name without ``www.``, or the name an aggregator gives."""
    published_at: datetime
    """UTC; the time of first sight where the feed gives none or one in the future."""
    dated: bool
    """False where ``published_at`` is our guess."""
    content_hash: str
    guid: str | None = None
    guid_key: int | None = None
    text_key: int | None = None
    """By which its feed's later polls know it again under another address (collect.identities)."""


@dataclass(frozen=True, slots=True)
class Article:
    """A stored article; ``id`` is its row, ``feed_id`` the feed that carried it first."""

    id: int
    canonical_url: str
    url: str | None
    title: str
    summary: str
    language: str
    outlet: str
    published_at: datetime
    seen_at: datetime
    feed_id: int | None = None
    tier: int = 2
    backfill: bool = False
    """Brought in as an archive: assessed and kept, never alerted."""
    text: str = ""
    """Of its page, a paragraph a line; empty where it was not fetched or was refused."""
    text_problem: str = ""
    """Why there is no text, in words, where it was asked for."""


@dataclass(frozen=True, slots=True)
class Sighting:
    """A feed carried an article."""

    article_id: int
    feed_id: int
    seen_at: datetime
