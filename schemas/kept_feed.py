"""Feeds as people keep them: found behind a page, added, listed, brought in from a file."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from schemas.config import FeedConfig
from schemas.feed import Failed, ParsedFeed


class FeedOrigin(StrEnum):
    """Where a feed is kept."""

    CONFIG = "config"
    """In feeds.yaml (or the feeds file in force); the database follows the file."""
    COMMAND = "command"
    """In the database, by ``feeds add`` or ``feeds import``; no file switches it off."""


@dataclass(frozen=True, slots=True)
class KeptFeed:
    """A feed with where it is kept and whether it is paused."""

    id: int | None
    """Its row; None for a configured feed that no poll has seen yet."""
    config: FeedConfig
    origin: FeedOrigin
    current_url: str
    """Where permanent redirects led, or the configured address."""
    paused_at: datetime | None = None
    paused_until: datetime | None = None
    paused_reason: str = ""

    def paused(self, now: datetime) -> bool:
        """True while a pause lasts."""
        return self.paused_at is not None and (self.paused_until is None or self.paused_until > now)


class FoundBy(StrEnum):
    """How a feed's address was come by, the surest first."""

    GIVEN = "given"
    """The address given is a feed itself."""
    LINK = "link"
    """``<link rel="alternate">`` in the page."""
    HEADER = "header"
    """An HTTP Link header of the page (RFC 8288)."""
    ANCHOR = "anchor"
    """An ordinary link of the page that looks like a feed's."""
    PATH = "path"
    """A path at which sites of this kind keep one."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """An address that may be a feed's."""

    url: str
    found_by: FoundBy
    title: str = ""


@dataclass(frozen=True, slots=True)
class FoundFeed:
    """A candidate that answered with a feed."""

    url: str
    """Where it is to be asked: the candidate's address, or where permanent redirects led."""
    asked: str
    """The candidate's address."""
    answered: str
    """The address that answered, after redirects of any kind."""
    found_by: FoundBy
    parsed: ParsedFeed


@dataclass(frozen=True, slots=True)
class Discovery:
    """What was found behind an address: feeds, and why the other candidates are none."""

    asked: str
    feeds: tuple[FoundFeed, ...] = ()
    refused: tuple[tuple[Candidate, Failed], ...] = ()
    site: str | None = None
    """The page behind which they were found."""
    failure: Failed | None = None
    """Why the address itself could not be read, where nothing was found."""


@dataclass(frozen=True, slots=True)
class FeedLine:
    """A feed in a file that is brought in, with the line on which it stands."""

    line: int
    config: FeedConfig


@dataclass(frozen=True, slots=True)
class RefusedLine:
    """A line of a file that is no feed of ours, and why."""

    line: int
    what: str
    reason: str


@dataclass(frozen=True, slots=True)
class FeedListing:
    """A file of feeds, read as far as it can be."""

    feeds: tuple[FeedLine, ...] = ()
    refused: tuple[RefusedLine, ...] = ()
    notes: tuple[str, ...] = ()
    """What was mended in reading it."""


@dataclass(frozen=True, slots=True)
class Known:
    """A feed that is watched already: under which name and address, and where it is kept."""

    asked: str
    id: int | None
    name: str
    url: str
    origin: FeedOrigin
    line: int | None = None


@dataclass(frozen=True, slots=True)
class Brought:
    """What became of feeds that were to be added."""

    added: tuple[FeedConfig, ...] = ()
    known: tuple[Known, ...] = ()


@dataclass(frozen=True, slots=True)
class PreviewItem:
    """An item of a feed as it would be read."""

    title: str
    link: str | None
    published: datetime | None
    relevant: bool
    themes: tuple[str, ...] = ()
    stage: str = "none"
    parties: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class FeedPreview:
    """What a feed has before it is added."""

    url: str
    title: str
    language: str
    """Of most of its items as they are read; of the feed's own tag where we do not read it."""
    entries: int
    relevant: int
    usual_gap_s: int | None
    """Seconds that usually pass between two arrivals; None where its dates do not tell."""
    items: tuple[PreviewItem, ...]
    """Every item, the newest first."""
    problems: tuple[str, ...] = ()
