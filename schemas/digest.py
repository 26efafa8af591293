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
    independent: int = 0
    """Outlets that tell it in words of their own; 0 where that was not counted."""


@dataclass(frozen=True, slots=True)
class StageMove:
    """An agreement's move within the digest's day."""

    agreement_name: str
    previous: str
    stage: str
    at: datetime
    quote: str
    url: str | None
    story_id: int | None = None


@dataclass(frozen=True, slots=True)
class AgreementLine:
    """An agreement in the edition's table."""

    name: str
    stage: str
    """``none`` where nothing is known yet."""
    since: datetime | None
    previous: str = ""
    """Where it stood before it moved in the edition's span; empty where it did not."""
    checked: bool = True
    """False: it stands so by agreements.yaml alone, and no page there backs it."""


@dataclass(frozen=True, slots=True)
class ThemeMove:
    """A theme of the scorecard over a week: ``now`` stories, ``before`` in the week before it.

    ``support`` and ``against`` count those for and against its claim, where that is judged.
    """

    id: str
    title: str
    now: int
    before: int
    support: int | None = None
    against: int | None = None


@dataclass(frozen=True, slots=True)
class Week:
    """What a weekly edition adds: the seven days up to its end."""

    since: datetime
    moves: tuple[StageMove, ...]
    """Of the week, without those of the edition itself."""
    stories: int
    stories_before: int
    """In the seven days before."""
    top: tuple[DigestStory, ...]
    """The most significant of the week that the edition does not tell of otherwise."""
    read: int
    relevant: int


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
    outbox_late: int = 0
    """Messages that should have left an hour ago and more, and did not."""
    articles_unlinked: int = 0
    """Relevant ones that are in no story yet, which stories and moves therefore miss."""
    gap: tuple[datetime, datetime] | None = None
    """The longest time in the span in which no poll succeeded, where it is six hours or more."""

    @property
    def broken(self) -> bool:
        """True where the watch itself did not work: a quiet day would prove nothing."""
        return self.polls <= self.polls_failed or self.feeds_healthy * 2 < self.feeds


@dataclass(frozen=True, slots=True)
class Digest:
    """One edition of the reader's ``day``: it tells of ``since`` to ``until`` (UTC)."""

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
    list_name: str = "default"
    only: tuple[str, ...] = ()
    """Titles of the themes that the list is about; none: all."""
    agreements: tuple[AgreementLine, ...] = ()
    score: tuple[ThemeMove, ...] = ()
    steps: tuple[StageMove, ...] = ()
    """Moves of the fourteen days up to ``until``, the oldest first."""
    week: Week | None = None
    """Of a weekly edition."""


@dataclass(frozen=True, slots=True)
class RenderedDigest:
    """An edition ready to send; ``images`` maps a content id to PNG bytes."""

    subject: str
    html: str
    text: str
    images: tuple[tuple[str, bytes], ...] = ()
