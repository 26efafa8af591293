"""What an article's page is while it is fetched for its text, and how that ends."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TypeAlias

from schemas.feed import Failed


class TextState(StrEnum):
    """Where an article's text stands. An article whose page is not asked for has no state."""

    WAITING = "waiting"
    """To be fetched, for the first time or again."""
    READ = "read"
    REFUSED = "refused"
    """The page was not to be fetched, or had no text of the article: for good."""
    FAILED = "failed"
    """There was no usable answer: for good."""


class Refusal(StrEnum):
    """Why a page, or what was read out of it, is not taken for the article's text."""

    ROBOTS = "robots"
    NOT_HTML = "not_html"
    NO_TEXT = "no_text"
    TOO_SHORT = "too_short"
    CONSENT = "consent"
    PAYWALL = "paywall"
    LOGIN = "login"
    BOILERPLATE = "boilerplate"
    """Much the same text is on other pages of the host."""
    OFF_TOPIC = "off_topic"
    """The words of the article's title are not in it."""


@dataclass(frozen=True, slots=True)
class PageTask:
    """An article whose page is to be fetched; ``tries`` were made before."""

    article_id: int
    url: str
    title: str
    tries: int = 0


@dataclass(frozen=True, slots=True)
class Extracted:
    """What was read out of a page: ``text`` has a paragraph a line.

    ``signs`` are the refusals that wordings or markup anywhere on the page speak for.
    """

    text: str
    signs: frozenset[Refusal] = frozenset()


@dataclass(frozen=True, slots=True)
class PageText:
    """A page that was read; ``url`` is the address that answered."""

    url: str
    extracted: Extracted


@dataclass(frozen=True, slots=True)
class Refused:
    """A page that is not to be fetched or has no text of the article, in words."""

    url: str
    kind: Refusal
    message: str


PageResult: TypeAlias = PageText | Refused | Failed


@dataclass(frozen=True, slots=True)
class TextRecord:
    """What a try made of an article's text: the row as it is to be stored."""

    article_id: int
    state: TextState
    host: str
    tries: int
    text: str | None = None
    kind: str | None = None
    reason: str | None = None
    next_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class KnownText:
    """A text that was taken from a host before."""

    article_id: int
    title: str
    text: str


@dataclass(frozen=True, slots=True)
class TextCount:
    """A line of the report: how many articles of a host ended so, and the newest's words."""

    host: str
    state: str
    kind: str
    count: int
    reason: str
