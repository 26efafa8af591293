"""How feeds fare over time: what is known of each, its verdict, and what operators are told."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from schemas.feed import FailureKind


@dataclass(frozen=True, slots=True)
class FeedFacts:
    """What a verdict on a feed is made from; times are UTC."""

    feed_id: int
    name: str
    url: str
    enabled: bool
    created_at: datetime
    failures: int = 0
    """Polls that failed, in a row."""
    failure: FailureKind | None = None
    failure_message: str = ""
    last_success_at: datetime | None = None
    last_new_at: datetime | None = None
    next_poll_at: datetime | None = None
    dead_since: datetime | None = None
    """Since when it is asked once a week only (collect.failures)."""
    current_url: str | None = None
    moving_to: str | None = None
    moved_at: datetime | None = None
    watched_since: datetime | None = None
    """When it was last resumed, switched on again or back from the dead; nothing before counts."""
    paused_at: datetime | None = None
    paused_until: datetime | None = None
    paused_reason: str = ""
    moments: tuple[datetime, ...] = ()
    """When its newest items were published, in any order; asked for only where it is quiet."""


class FeedVerdict(StrEnum):
    """How a feed is; the order is the one in which a report lists them."""

    DEAD = "dead"
    """Gone by its server's own word (410), or failing for days."""
    FAILING = "failing"
    SILENT = "silent"
    """It answers, but nothing new came for longer than its own rhythm lets expect."""
    NEVER_POLLED = "never_polled"
    HEALTHY = "healthy"
    PAUSED = "paused"
    DISABLED = "disabled"


@dataclass(frozen=True, slots=True)
class Rhythm:
    """How often a feed has news: ``usual`` between two arrivals, silent after ``patience``."""

    usual: timedelta | None
    """None where too few items are known to tell."""
    patience: timedelta


class ChangeKind(StrEnum):
    """What operators are told of a feed, or of all of them."""

    DEAD = "dead"
    SILENT = "silent"
    RECOVERED = "recovered"
    OUTAGE = "outage"
    """Most feeds cannot be reached at once: the fault is likely to be here."""
    OUTAGE_OVER = "outage_over"


@dataclass(frozen=True, slots=True)
class Episode:
    """A feed's time of trouble; ``feed_id`` None is an outage of all."""

    id: int
    feed_id: int | None
    kind: ChangeKind
    began_at: datetime
    reason: str
    told_at: datetime | None = None
    ended_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class FeedChange:
    """One line of a message to the operators: an episode's beginning or its end."""

    episode_id: int
    kind: ChangeKind
    name: str
    url: str | None
    reason: str
    mend: str = ""


@dataclass(frozen=True, slots=True)
class Reach:
    """Feeds polled of late: how many answered, how many the network did not let through."""

    answered: int = 0
    unreachable: int = 0


@dataclass(frozen=True, slots=True)
class Decided:
    """What a look at the feeds calls for: episodes to open and to close."""

    begun: tuple[tuple[int | None, ChangeKind, str], ...] = ()
    """(feed, what began, why in words)."""
    ended: tuple[int, ...] = ()
    """Episodes that ended well and are told of."""
    dropped: tuple[int, ...] = ()
    """Episodes that nobody needs to hear the end of: the feed is paused or no longer watched."""
