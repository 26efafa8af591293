"""WebSub: what a feed advertises, and what is remembered of a subscription at its hub."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


@dataclass(frozen=True, slots=True)
class Advert:
    """The hubs that a feed names, in its order, and the topic by which they know it.

    With no hubs, the feed was looked at and names none.
    """

    hubs: tuple[str, ...] = ()
    topic: str | None = None


class SubscriptionState(StrEnum):
    """What the hub was last known to hold."""

    NEW = "new"
    """No hub has confirmed it yet."""
    ACTIVE = "active"
    """Confirmed, until its lease ends."""
    DENIED = "denied"
    """The hub refused it; a person may ask again."""
    ENDED = "ended"
    """Unsubscribed, or lapsed while it was not wanted."""


class Intent(StrEnum):
    """What was asked of the hub and is not confirmed yet: its ``hub.mode``."""

    SUBSCRIBE = "subscribe"
    UNSUBSCRIBE = "unsubscribe"


@dataclass(frozen=True, slots=True)
class Subscription:
    """One feed at one hub; times are UTC."""

    id: int
    feed_id: int
    feed_name: str
    feed_url: str
    hub: str
    topic: str
    token: str
    """The unguessable end of the callback's path."""
    secret: str
    """The key of the signatures, less than 200 bytes."""
    state: SubscriptionState = SubscriptionState.NEW
    pending: Intent | None = None
    advertised: bool = True
    """The feed still names this hub and topic."""
    feed_enabled: bool = True
    paused: bool = False
    """A person unsubscribed it: not subscribed again until a person says so."""
    callback: str | None = None
    """The callback URL as it was last given to the hub."""
    requested_at: datetime | None = None
    attempts: int = 0
    """Requests since the last one that the hub confirmed."""
    next_attempt_at: datetime | None = None
    """When to ask again: a retry, or the renewal of the lease."""
    lease_s: int | None = None
    verified_at: datetime | None = None
    expires_at: datetime | None = None
    delivered_at: datetime | None = None
    deliveries: int = 0
    refused: int = 0
    """Bodies that were ignored because of their signature."""
    missed: int = 0
    """Polls that found what the hub had not sent, since its last delivery."""
    last_error: str | None = None

    @property
    def wanted(self) -> bool:
        """Whether it should be there, as far as feed and operator are concerned."""
        return self.feed_enabled and self.advertised and not self.paused

    def is_live(self, now: datetime) -> bool:
        """Whether the hub has confirmed it and its lease has not ended."""
        active = self.state is SubscriptionState.ACTIVE
        return active and self.expires_at is not None and self.expires_at > now
