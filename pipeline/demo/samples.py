"""The demo's sample news: a month of items told by made-up outlets, kept as JSON lines."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import time
from enum import StrEnum
from pathlib import Path
from typing import Any

from pipeline.errors import ConfigError
from schemas.feed import FeedKind

NEWS = Path(__file__).parent / "news"


class Format(StrEnum):
    """In which format an outlet publishes its feed."""

    RSS = "rss"
    ATOM = "atom"
    RDF = "rdf"
    """RSS 1.0."""


class OutletQuirk(StrEnum):
    """What is odd about all items of a feed, as feeds in the world are."""

    HTML = "html"
    """Descriptions hold escaped HTML."""
    CDATA = "cdata"
    TRACKING = "tracking"
    """Links carry utm_ parameters."""
    SOURCE = "source"
    """An aggregator: each item names the outlet that it comes from."""


class ItemQuirk(StrEnum):
    """What is odd about one item."""

    NO_DATE = "no_date"
    NO_LINK = "no_link"
    RELATIVE_LINK = "relative_link"
    SHARED_GUID = "shared_guid"
    """Its guid is that of other items of the feed too."""


class Fault(StrEnum):
    """Why a feed gives nothing, so that the health report has something true to say."""

    MISSING = "missing"
    HTML = "html"
    SLOW = "slow"


@dataclass(frozen=True, slots=True)
class Outlet:
    """A made-up outlet and how its feed is published; ``slug`` is its path and host label."""

    slug: str
    name: str
    language: str
    region: str
    kind: FeedKind
    tier: int
    format: Format = Format.RSS
    quirks: frozenset[OutletQuirk] = frozenset()
    fault: Fault | None = None


@dataclass(frozen=True, slots=True)
class SampleItem:
    """One item of sample news.

    ``day`` counts back from today (0) and ``time`` is the reader's; a ``live`` item appears that
    many seconds after the live clock is started instead. Items of one ``event`` tell of the same
    happening; ``relevant`` is what a reader would say (it reports on a minerals agreement).
    """

    id: str
    title: str
    summary: str
    outlet: str
    feed: str
    language: str
    day: int
    time: time
    event: str | None
    relevant: bool
    live: int | None = None
    quirk: ItemQuirk | None = None


def load_items(folder: Path = NEWS) -> tuple[SampleItem, ...]:
    """Read every ``*.jsonl`` in ``folder``.

    Raises:
        ConfigError: a line is not an item; file and line are named.
    """
    return tuple(item for path in sorted(folder.glob("*.jsonl")) for item in _items(path))


def load_outlets(path: Path = NEWS / "outlets.json") -> tuple[Outlet, ...]:
    """Read the outlets.

    Raises:
        ConfigError: the file does not hold a list of outlets.
    """
    try:
        return tuple(_outlet(row) for row in json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ConfigError(f"{path}: not a list of outlets: {error}", mend=_MEND) from error


_MEND = "reinstall mineralwatch; its sample news is part of the package"


def _items(path: Path) -> Iterator[SampleItem]:
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        try:
            yield item_from(json.loads(line))
        except (ValueError, KeyError, TypeError) as error:
            raise ConfigError(
                f"{path}:{number}: not a sample item: {error!r}", mend=_MEND
            ) from error


def item_from(row: dict[str, Any]) -> SampleItem:
    """Read one line's object.

    Raises:
        KeyError, TypeError, ValueError: a key is missing, unknown, or holds a wrong value.
    """
    known = dict(row)
    known["time"] = time.fromisoformat(known["time"])
    if known.get("quirk") is not None:
        known["quirk"] = ItemQuirk(known["quirk"])
    return SampleItem(**known)


def _outlet(row: dict[str, Any]) -> Outlet:
    known = dict(row)
    known["kind"] = FeedKind(known["kind"])
    known["format"] = Format(known["format"])
    known["quirks"] = frozenset(OutletQuirk(quirk) for quirk in known["quirks"])
    if known.get("fault") is not None:
        known["fault"] = Fault(known["fault"])
    return Outlet(**known)
