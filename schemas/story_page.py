"""What the operators' pages on stories show."""

from dataclasses import dataclass
from datetime import datetime

from schemas.article import Article
from schemas.assessment import Assessment
from schemas.paging import Page
from schemas.routing import RouteAccount
from schemas.search import StoryHit
from schemas.story import Story


@dataclass(frozen=True, slots=True)
class StoryLine:
    """A story in a list."""

    story: Story
    alerts: int
    """How many alerts it gave rise to; 0: no route took it."""
    hit: StoryHit | None = None
    """How it was found, where words were searched for."""


@dataclass(frozen=True, slots=True)
class StoryList:
    """Some stories, and what of the question was not done as asked."""

    page: Page[StoryLine]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SentAlert:
    """An alert of a story: why it arose."""

    id: int
    kind: str
    route: str
    reason: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class AlertMessage:
    """A message that carries an alert of a story."""

    key: str
    alert_id: int
    channel: str
    address: str
    state: str
    attempts: int
    next_attempt_at: datetime
    sent_at: datetime | None
    last_error: str | None
    right: int = 0
    """Readers who said that the alert was right, by a reaction that stands; ``wrong`` alike."""
    wrong: int = 0


@dataclass(frozen=True, slots=True)
class TellingArticle:
    """An article of a story with its newest reading, as read."""

    article: Article
    reading: Assessment


@dataclass(frozen=True, slots=True)
class StoryAccount:
    """All that is kept of one story."""

    story: Story
    told_by: tuple[TellingArticle, ...]
    """The first ones, in the order of publication."""
    left_out: int
    """Articles that are not in ``told_by``."""
    agreement_name: str | None
    reasons: tuple[str, ...]
    """Why the significance is what it is, by the article that has it."""
    routes: tuple[RouteAccount, ...]
    """Empty where the story has too many articles to ask about each."""
    alerts: tuple[tuple[SentAlert, tuple[AlertMessage, ...]], ...]
    """The first ones, each with its messages."""
    alerts_left_out: int
