"""Failures of the watch itself: what fails now, episodes, and what operators are told of them."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from schemas.alert import Channel, Destination


class WatchKind(StrEnum):
    """What failed; the order is the one in which a notice lists them."""

    CONFIG = "config"
    """A YAML file cannot be read: no stage but watch and deliver can run."""
    TASK = "task"
    """A task of a DAG failed for good: its retries are used up."""
    LATE = "late"
    """A run of a DAG did not end by its deadline."""
    SILENT = "silent"
    """No feed was polled with success for too long, though some were due."""
    OUTBOX = "outbox"
    """A message that is due has waited for too long."""
    PARKED = "parked"
    """A place refuses messages for good."""


NOTED = frozenset({WatchKind.TASK, WatchKind.LATE})
"""What Airflow notes by itself: rows, not a look at how things stand, say whether it is over."""


@dataclass(frozen=True, slots=True)
class Trouble:
    """Something that fails now.

    ``subject`` is a task, a DAG, or a place and its error; or empty.
    """

    kind: WatchKind
    subject: str
    reason: str


@dataclass(frozen=True, slots=True)
class WatchEpisode:
    """A time of trouble: told once, and once when it is over (times are UTC)."""

    id: int
    kind: WatchKind
    subject: str
    began_at: datetime
    reason: str
    told_at: datetime | None = None
    ended_at: datetime | None = None
    end_told_at: datetime | None = None
    """When its end was told; also set where nobody needs to hear of it."""


@dataclass(frozen=True, slots=True)
class WatchChange:
    """One line of a notice: an episode's beginning, or with ``over`` its end."""

    episode: WatchEpisode
    over: bool
    told_of_late: int = 0
    """Notices of the same kind and subject within the span that throttles."""


@dataclass(frozen=True, slots=True)
class WatchDecided:
    """What a look calls for: episodes to open and to close."""

    begun: tuple[Trouble, ...] = ()
    ended: tuple[int, ...] = ()
    dropped: tuple[int, ...] = ()
    """Those that nobody needs to hear the end of."""


@dataclass(frozen=True, slots=True)
class DueFeed:
    """What of a watched feed tells whether it is polled."""

    due_at: datetime
    """When it was to be polled next, or began to be watched, the later of the two."""
    failing_since: datetime | None


@dataclass(frozen=True, slots=True)
class Polling:
    """How polling goes on."""

    last_success_at: datetime | None
    """Of any feed."""
    watched: int
    """Feeds that are switched on and not paused."""
    feeds: tuple[DueFeed, ...] = ()
    """Those of them that are not given up as dead; asked for only where no success is young."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """Messages to one place that were due long ago and are not sent."""

    place: Destination
    count: int
    oldest: datetime
    """When the oldest of them was first to go."""
    error: str = ""
    """What the last attempt of the oldest ended with."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """Messages that one place refused for one reason."""

    place: Destination
    reason: str
    parked: int
    """Those set aside; 0 where all of them were made due again and none is sent yet."""
    last_at: datetime | None
    """The last attempt."""
    sent_since: bool = False
    """The place has taken a message after that."""


@dataclass(frozen=True, slots=True)
class Failing:
    """Where no notice is to go: channels as a whole, and single places."""

    channels: frozenset[Channel] = frozenset()
    places: frozenset[Destination] = frozenset()

    def has(self, place: Destination) -> bool:
        """Tell whether ``place`` is one of them."""
        return place.channel in self.channels or place in self.places
