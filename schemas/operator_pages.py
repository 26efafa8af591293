"""What the operators' pages of the overview, the feeds and the outbox show; times are UTC."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from schemas.coverage import Gate
from schemas.feed import FeedHealth
from schemas.feed_watch import FeedVerdict
from schemas.watch import Trouble, WatchEpisode


@dataclass(frozen=True, slots=True)
class FeedLine:
    """A feed in the list, and at the head of its own page."""

    id: int
    region: str
    language: str
    interval: timedelta
    """Between two polls, as it is now."""
    paused_until: datetime | None
    health: FeedHealth
    polls: int
    """Of the last seven days (and today), by the counters."""
    new: int
    """Articles that it brought first in the same days."""

    @property
    def watched(self) -> bool:
        """Whether it is polled when it is due."""
        return self.health.state not in {FeedVerdict.DISABLED, FeedVerdict.PAUSED}

    @property
    def quiet(self) -> timedelta | None:
        """From the last news to the last answer: silence is counted up to there."""
        told, asked = self.health.last_new_at, self.health.last_success_at
        return max(asked - told, timedelta(0)) if told and asked else None


@dataclass(frozen=True, slots=True)
class PollLine:
    """One poll of a feed."""

    at: datetime
    outcome: str
    status: int | None
    message: str
    entries: int
    new: int
    seconds: float


@dataclass(frozen=True, slots=True)
class FeedPage:
    """One feed."""

    line: FeedLine
    polls: tuple[PollLine, ...]
    """The newest, the last one first."""


@dataclass(frozen=True, slots=True)
class MessageLine:
    """A message of the outbox."""

    id: int
    key: str
    title: str
    """Of the story or the edition that it carries; its key where it carries neither."""
    story_id: int | None
    channel: str
    address: str
    state: str
    action: str
    attempts: int
    error: str
    mend: str
    created_at: datetime
    next_attempt_at: datetime
    sent_at: datetime | None
    uncertain: bool
    """An earlier attempt may have arrived: the channel is asked before it is sent again."""


@dataclass(frozen=True, slots=True)
class Latency:
    """From the publication of a story's first report to the arrival of its message."""

    words: str
    messages: int
    """That it is told from; the newest where there are many."""
    p50: timedelta | None = None
    p95: timedelta | None = None


@dataclass(frozen=True, slots=True)
class Waiting:
    """What is to be done yet; ``capped`` figures stop at a bound."""

    unread: int
    """Articles of the last day with no reading under the rules in force."""
    unread_capped: bool
    pending: int
    """Messages that wait to be sent, or are being sent."""
    late: int
    """Of them, those that were to go an hour ago and more."""
    parked: int


@dataclass(frozen=True, slots=True)
class Span:
    """What came in and went out in whole days (UTC), today's so far with them."""

    words: str
    counts: Mapping[Gate, int]
    messages: int
    """Sent in the same days."""


@dataclass(frozen=True, slots=True)
class Overview:
    """The watch as it stands."""

    spans: tuple[Span, ...]
    latencies: tuple[Latency, ...]
    waiting: Waiting
    feeds: Mapping[FeedVerdict, int]
    failing: tuple[Trouble, ...]
    episodes: tuple[WatchEpisode, ...]
    """Of the last seven days, the newest first."""
    last_poll_at: datetime | None
    last_sent_at: datetime | None
    ruleset: str = ""
