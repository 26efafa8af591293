"""What a backup and a restore did."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class BackedUp:
    """A file that holds the whole database as it was at one moment."""

    file: Path
    bytes: int
    seconds: float
    """Wall time."""
    revision: str | None
    """The schema's; None where the database has no tables of ours."""


@dataclass(frozen=True, slots=True)
class Restored:
    """A database that is as it was when the backup was made."""

    revision: str
    seconds: float
    """Wall time."""
    doubted: int
    """Messages that were waiting then: each is looked for where it goes before it is sent."""
    before: Path | None
    """Where the rows are that were there instead; None: there were none."""
