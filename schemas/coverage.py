"""What came through each gate, and where the items of an outside list were lost."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from itertools import pairwise


class Gate(StrEnum):
    """What is counted, in the order of the flow; each is a column of the table ``gate_count``."""

    ANSWERED = "answered"
    """Polls, and a hub's deliveries, that brought a document that was read."""
    NOT_MODIFIED = "not_modified"
    """Polls that found what the last one found: 304, or the same bytes."""
    FAILED = "failed"
    """Polls that failed."""
    PARSED = "parsed"
    """Entries of the documents read, known or not."""
    REFUSED = "refused"
    """Entries with no text, or that stood in the document twice."""
    KNOWN = "known"
    """Entries that the same feed brought before."""
    EDITED = "edited"
    """Of an article that this feed brought before, in other words: it is read again."""
    ELSEWHERE = "elsewhere"
    """The same article as another feed's, brought by this feed for the first time."""
    NEW = "new"
    """Articles first seen."""
    GATED_CHEAP = "gated_cheap"
    """Articles that the cheap gate did not let pass to the full reading, at their first reading."""
    GATED_FULL = "gated_full"
    """Articles that the full reading found not relevant, at their first reading."""
    RELEVANT = "relevant"
    """Articles found relevant at their first reading."""
    RELEVANT_LATER = "relevant_later"
    """Articles found relevant at a later reading only: edited, or read under other rules."""
    ROUTED = "routed"
    """Relevant articles whose story a route let through."""
    SENT = "sent"
    """Of them, those whose story has arrived in a place at least."""


class Reached(StrEnum):
    """The last gate at which an article was counted."""

    BEFORE = "before"
    """It was stored before there were counters: it is never counted."""
    CHEAP = "cheap"
    FULL = "full"
    RELEVANT = "relevant"
    ROUTED = "routed"
    SENT = "sent"


Counts = Mapping[Gate, int]
"""Counts by gate; a gate that is not named is 0."""


@dataclass(frozen=True, slots=True)
class Funnel:
    """Counts of every gate for a day, a feed or a span."""

    counts: Counts = field(default_factory=dict)

    def __getitem__(self, gate: Gate) -> int:
        return self.counts.get(gate, 0)

    @property
    def polls(self) -> int:
        """How often the feed was polled."""
        return self[Gate.ANSWERED] + self[Gate.NOT_MODIFIED] + self[Gate.FAILED]

    @property
    def read(self) -> int:
        """Articles read at least once."""
        return self[Gate.GATED_CHEAP] + self[Gate.GATED_FULL] + self[Gate.RELEVANT]

    @property
    def relevant(self) -> int:
        """Articles found relevant, at the first reading or later."""
        return self[Gate.RELEVANT] + self[Gate.RELEVANT_LATER]

    def faults(self) -> tuple[str, ...]:
        """Which of the identities that must hold do not, in words; none, as a rule."""
        kept = (Gate.NEW, Gate.EDITED, Gate.KNOWN, Gate.ELSEWHERE, Gate.REFUSED)
        told = sum(self[gate] for gate in kept)
        chain = (
            ("new", self[Gate.NEW]),
            ("read", self.read),
            ("relevant", self.relevant),
            ("routed", self[Gate.ROUTED]),
            ("sent", self[Gate.SENT]),
        )
        found = [f"{low} is negative" for low in self.counts if self[low] < 0]
        if told != self[Gate.PARSED]:
            found.append(f"parsed {self[Gate.PARSED]}, but accounted for {told}")
        found += [
            f"{name} {count} is more than {before} {most}"
            for (before, most), (name, count) in pairwise(chain)
            if count > most
        ]
        later = self[Gate.GATED_CHEAP] + self[Gate.GATED_FULL]
        if self[Gate.RELEVANT_LATER] > later:
            found.append(f"{self[Gate.RELEVANT_LATER]} relevant later of {later} gated out")
        return tuple(found)


def total(funnels: Iterable[Funnel]) -> Funnel:
    """The sum of several."""
    added: dict[Gate, int] = {}
    for funnel in funnels:
        for gate, count in funnel.counts.items():
            added[gate] = added.get(gate, 0) + count
    return Funnel(added)


@dataclass(frozen=True, slots=True)
class FeedFunnel:
    """A feed's counts of a span."""

    feed_id: int
    """0: archives that were brought in."""
    name: str
    url: str
    watched: bool
    funnel: Funnel
    last_relevant: date | None
    """The last day of which it brought an article that was found relevant; None: none counted."""
    counted_since: date | None
    """The first day of which anything of it was counted."""

    def barren(self, days: int, today: date) -> bool:
        """Whether it is watched and counted for so many days, and brought nothing relevant."""
        if not self.watched or self.counted_since is None:
            return False
        return (today - max(self.last_relevant or self.counted_since, self.counted_since)).days >= (
            days
        )


@dataclass(frozen=True, slots=True)
class Coverage:
    """The funnel of a span, by day and by feed."""

    since: date
    until: date
    """The last day, itself counted."""
    counted_since: date | None
    """The first day of which anything is counted; None: nothing is."""
    all: Funnel
    days: tuple[tuple[date, Funnel], ...]
    feeds: tuple[FeedFunnel, ...]
    """Those that brought most of what is relevant first."""
    barren_days: int
    barren: tuple[FeedFunnel, ...]
    """Watched feeds that brought nothing relevant for ``barren_days``, the longest first."""


class Fate(StrEnum):
    """Where an item of an outside list was lost, in the order of the gates."""

    NO_FEED = "no feed"
    """No feed of that site is watched, nor did any feed bring an item of it."""
    NO_MATCH = "no match"
    """A headline alone: nothing like it was seen, and which site it stood on is not told."""
    NOT_SEEN = "not seen"
    """There is a feed of that site, but it never brought the item."""
    UNREAD = "unread"
    GATED_CHEAP = "cheap gate"
    GATED_FULL = "full reading"
    UNLINKED = "not in a story yet"
    NOT_ROUTED = "not routed"
    WAITING = "waiting"
    PARKED = "parked"
    SENT = "sent"


STEPS: tuple[tuple[str, frozenset[Fate]], ...] = (
    ("a feed of its site", frozenset({Fate.NO_FEED})),
    ("seen", frozenset({Fate.NO_MATCH, Fate.NOT_SEEN})),
    ("read", frozenset({Fate.UNREAD})),
    ("through the cheap gate", frozenset({Fate.GATED_CHEAP})),
    ("relevant", frozenset({Fate.GATED_FULL})),
    ("routed", frozenset({Fate.UNLINKED, Fate.NOT_ROUTED})),
    ("sent", frozenset({Fate.WAITING, Fate.PARKED})),
)
"""Each gate, and the fates of those that are lost at it."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A line of an outside list."""

    line: int
    url: str | None = None
    title: str | None = None
    at: datetime | None = None
    """When it was published, UTC."""


@dataclass(frozen=True, slots=True)
class BadLine:
    """A line that cannot be used."""

    line: int
    what: str
    mend: str


@dataclass(frozen=True, slots=True)
class Traced:
    """What became of a line of the list."""

    asked: Asked
    fate: Fate
    why: str
    """In words, with the figures behind them."""
    article_id: int | None = None
    article_url: str | None = None
    article_title: str | None = None
    matched: str | None = None
    """``address`` or ``headline``."""
    score: float | None = None
    """How alike the headlines are, 0 to 1, where they were compared."""
    duplicate_of: str | None = None
    """The article that stands for it, where it was seen under another address only."""
    story_id: int | None = None


@dataclass(frozen=True, slots=True)
class Recall:
    """An outside list, item by item, and how many came through each gate."""

    items: tuple[Traced, ...]
    bad: tuple[BadLine, ...] = ()

    @property
    def steps(self) -> tuple[tuple[str, int], ...]:
        """(gate, how many came through it), in order."""
        left, found = len(self.items), []
        for name, fates in STEPS:
            left -= sum(item.fate in fates for item in self.items)
            found.append((name, left))
        return tuple(found)
