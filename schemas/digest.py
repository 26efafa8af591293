"""The daily digest: what changed since yesterday, and the state of the watch."""

from dataclasses import dataclass
from datetime import date, datetime

from schemas.feed import FeedHealth
from schemas.feedback import Feedback
from schemas.story import Story


@dataclass(frozen=True, slots=True)
class DigestStory:
    """A story as the digest tells it."""

    story: Story
    agreement_name: str | None
    quote: str
    links: tuple[tuple[str, str | None], ...]
    """(outlet, url), the first seen first."""


@dataclass(frozen=True, slots=True)
class StageMove:
    """An agreement's move within the digest's day."""

    agreement_name: str
    previous: str
    stage: str
    at: datetime
    quote: str
    url: str | None


@dataclass(frozen=True, slots=True)
class WatchState:
    """Proof that a quiet day was quiet: what was polled, read and found."""

    feeds: int
    feeds_healthy: int
    polls: int
    polls_failed: int
    articles_new: int
    articles_assessed: int
    articles_relevant: int
    articles_waiting: int
    outbox_waiting: int
    outbox_parked: int
    problems: tuple[FeedHealth, ...] = ()

    @property
    def broken(self) -> bool:
        """True where the watch itself did not work: a quiet day would prove nothing."""
        return self.polls == 0 or self.feeds_healthy * 2 < self.feeds


@dataclass(frozen=True, slots=True)
class Digest:
    """One edition: ``day`` is the reader's day it tells of, from ``since`` to ``until`` (UTC)."""

    day: date
    time_zone: str
    since: datetime
    until: datetime
    moves: tuple[StageMove, ...]
    top: tuple[DigestStory, ...]
    by_theme: tuple[tuple[str, str, tuple[DigestStory, ...]], ...]
    """(theme id, theme title, stories)."""
    trend: tuple[tuple[str, tuple[int, ...]], ...]
    """(theme id, stories a day over the last fourteen days, the oldest first)."""
    watch: WatchState
    feedback: Feedback | None = None
    """What readers said of the alerts of the last days; None where they said nothing."""


@dataclass(frozen=True, slots=True)
class RenderedDigest:
    """An edition ready to send; ``images`` maps a content id to PNG bytes."""

    subject: str
    html: str
    text: str
    images: tuple[tuple[str, bytes], ...] = ()
