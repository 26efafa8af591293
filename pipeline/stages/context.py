"""What a stage is handed, and the watch that times it."""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from pipeline.catalog import Catalog
from pipeline.settings import Settings
from pipeline.store.engine import Database
from schemas.report import Problem, StageReport

REREAD = timedelta(days=30)
"""How far back a new ruleset re-reads by itself; ``reassess`` goes further."""


@dataclass(frozen=True, slots=True)
class Context:
    """Settings, configuration and database; ``now`` is the time that the stage goes by (UTC)."""

    settings: Settings
    catalog: Catalog
    database: Database
    now: datetime


@dataclass(slots=True)
class Tally:
    """Counts and problems while a stage runs; ``report`` ends it."""

    stage: str
    now: datetime
    counts: dict[str, int] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    measures: dict[str, list[float]] = field(default_factory=dict)
    work: list[Mapping[str, Any]] = field(default_factory=list)
    _started: float = field(default_factory=time.monotonic)

    def add(self, name: str, count: int = 1) -> None:
        """Count up."""
        self.counts[name] = self.counts.get(name, 0) + count

    def set(self, **counts: int) -> None:
        """Set counts, in the order in which the log shows them."""
        self.counts.update(counts)

    def measure(self, name: str, seconds: float) -> None:
        """Note how long one thing took."""
        self.measures.setdefault(name, []).append(seconds)

    def problem(self, where: str, what: str, mend: str = "") -> None:
        """Note what went wrong with one thing."""
        self.problems.append(Problem(where, what, mend))

    def report(self) -> StageReport:
        """The outcome."""
        return StageReport(
            stage=self.stage,
            counts=dict(self.counts),
            problems=tuple(self.problems),
            started_at=self.now,
            seconds=time.monotonic() - self._started,
            measures={name: tuple(found) for name, found in self.measures.items()},
            work=tuple(self.work),
        )
