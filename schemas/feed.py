"""What a feed is, what a poll of it returned, and what was read out of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import TypeAlias


class FeedKind(StrEnum):
    """What sort of publisher stands behind a feed."""

    NEWS = "news"
    GOVERNMENT = "government"
    IFI = "ifi"
    TRADE_PRESS = "trade_press"
    THINK_TANK = "think_tank"
    AGGREGATOR = "aggregator"


@dataclass(frozen=True, slots=True)
class Feed:
    """A feed as configured. ``tier`` 1 is an official or wire source, 3 an aggregator."""

    url: str
    name: str
    language: str = "en"
    region: str = "global"
    kind: FeedKind = FeedKind.NEWS
    tier: int = 2
    enabled: bool = True


@dataclass(frozen=True, slots=True)
class FeedState:
    """What is remembered of a feed between polls; times are UTC, names in ``_s`` are seconds."""

    feed_id: int
    url: str
    """The address to ask now: the configured one, or where 301/308 moved it."""
    name: str
    language: str = "en"
    etag: str | None = None
    last_modified: str | None = None
    body_hash: str | None = None
    items: bytes = b""
    """Marks of the entries that the last reading had (`ParsedFeed.items`)."""
    next_poll_at: datetime | None = None
    interval_s: int = 300
    failures: int = 0
    last_success_at: datetime | None = None
    last_new_at: datetime | None = None
    configured_url: str = ""
    """The feed's key, to which a move falls back; empty: ``url``."""
    tier: int = 2
    gap_s: int | None = None
    """The usual time between two arrivals of news (collect.rhythm)."""
    window_s: float | None = None
    """The time in which all that the feed shows goes by when it is at its quickest."""
    shown: int | None = None
    """How many items the feed showed when it was last read."""
    ttl_s: int | None = None
    """RSS ttl, as last read."""
    period_s: int | None = None
    """sy:updatePeriod over sy:updateFrequency, as last read."""
    skip_hours: tuple[int, ...] = ()
    """Hours of the day, UTC, in which the feed asks not to be read."""
    skip_days: tuple[int, ...] = ()
    """Days of the week likewise, Monday is 0."""
    failing_since: datetime | None = None
    dead_since: datetime | None = None
    """Gone or failing for weeks: asked once a week, until it answers."""
    moving_to: str | None = None
    """Where the address redirects for good, as long as that is not confirmed."""
    moving_since: datetime | None = None
    moving_seen: int = 0
    moved_at: datetime | None = None
    """When ``url`` last became another address than the configured one."""


class FailureKind(StrEnum):
    """Why a poll failed, in terms that an operator can act on."""

    DNS = "dns"
    CONNECT = "connect"
    TLS = "tls"
    TIMEOUT = "timeout"
    RESET = "reset"
    TOO_LARGE = "too_large"
    REDIRECT_LOOP = "redirect_loop"
    FORBIDDEN_ADDRESS = "forbidden_address"
    BAD_URL = "bad_url"
    BAD_ENCODING = "bad_encoding"
    PROTOCOL = "protocol"
    """The answer is not proper HTTP, or is a redirect that leads nowhere."""
    CLIENT_ERROR = "client_error"
    GONE = "gone"
    RATE_LIMITED = "rate_limited"
    SERVER_ERROR = "server_error"
    EMPTY = "empty"
    HTML = "html"
    NOT_A_FEED = "not_a_feed"
    XML_BOMB = "xml_bomb"
    INVALID_XML = "invalid_xml"
    PARSER = "parser"
    """The parser died on the document, or took too long over it."""
    INTERNAL = "internal"
    """A fault of ours; the message names the error."""


@dataclass(frozen=True, slots=True)
class Fetched:
    """A 2xx answer: ``body`` is decompressed bytes, ``url`` the address that answered."""

    url: str
    status: int
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)
    """Response headers, names in lower case."""
    moved_to: str | None = None
    """Set where every hop to ``url`` was permanent (301 or 308)."""
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class NotModified:
    """A 304 answer: nothing has changed since the stored validators."""

    url: str
    headers: Mapping[str, str] = field(default_factory=dict)
    moved_to: str | None = None
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Failed:
    """No usable answer. ``retry_after_s`` is what the server asked for, in seconds."""

    url: str
    kind: FailureKind
    message: str
    status: int | None = None
    retry_after_s: int | None = None
    seconds: float = 0.0


FetchResult: TypeAlias = Fetched | NotModified | Failed


@dataclass(frozen=True, slots=True)
class FeedEntry:
    """One item of a feed, in plain text. ``published`` is UTC, or None where the feed has none."""

    title: str
    summary: str
    link: str | None = None
    guid: str | None = None
    published: datetime | None = None
    language: str | None = None
    source_name: str | None = None
    """The outlet that an aggregator names in the item."""
    source_url: str | None = None


@dataclass(frozen=True, slots=True)
class ParsedFeed:
    """A document read as a feed. ``problems`` are what was wrong with it and survived."""

    title: str
    entries: tuple[FeedEntry, ...]
    language: str | None = None
    problems: tuple[str, ...] = ()
    ttl_s: int | None = None
    period_s: int | None = None
    skip_hours: tuple[int, ...] = ()
    skip_days: tuple[int, ...] = ()
    held: int = 0
    """How many entries the document has; ``entries`` are those not known from the last reading."""
    items: bytes = b""
    """A mark and a date for each of them, by which the next reading knows them again; nothing where
    the document is not well-formed, so that its next reading is a whole one."""
    hubs: tuple[str, ...] = ()
    """WebSub hubs that the document names, in its order."""
    self_url: str | None = None
    """The address that the document gives as its own: the topic by which hubs know it."""


class PollOutcome(StrEnum):
    """How a poll ended."""

    FETCHED = "fetched"
    UNCHANGED = "unchanged"
    NOT_MODIFIED = "not_modified"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Heard:
    """What a poll found, as far as the time of the next one depends on it."""

    outcome: PollOutcome
    new: int = 0
    """Items that were not known before."""
    shown: int = 0
    """Items in the feed, known or not; 0 where it was not read (304, the same bytes)."""
    dates: tuple[datetime, ...] = ()
    """When they were published, where they say so plausibly; UTC, in any order."""
    failure: Failed | None = None
    fresh_s: int = 0
    """Seconds for which HTTP calls the answer fresh (Cache-Control, Expires)."""
    moved_to: str | None = None
    """Where nothing but permanent redirects led."""


@dataclass(frozen=True, slots=True)
class PollRecord:
    """One row of a feed's history: what a poll found."""

    feed_id: int
    at: datetime
    outcome: PollOutcome
    status: int | None = None
    failure: FailureKind | None = None
    message: str = ""
    entries: int = 0
    new: int = 0
    bytes_read: int = 0
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class FeedHealth:
    """A line of the feed health report."""

    name: str
    url: str
    state: str
    """One of schemas.feed_watch.FeedVerdict: ``healthy``, ``failing``, ``silent`` and so on."""
    reason: str
    last_success_at: datetime | None
    last_new_at: datetime | None
    next_poll_at: datetime | None
    failures: int
    feed_id: int | None = None
    mend: str = ""
    """What a person can do about it."""
    polls: int = 0
    """How many polls of the last seven days are kept."""
    success_share: float | None = None
    """Of them, the share that succeeded, 0 to 1; None where there were none."""
    usual_gap_s: int | None = None
    """Seconds that usually pass between two arrivals of news; None where it is not known."""
    silent_after_s: int | None = None
    """Seconds without news after which it counts as silent; worked out where it is quiet."""
