"""What a stage did: counts, and what went wrong without stopping it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class Problem:
    """Something that went wrong with one thing, named, with the mend where one is known."""

    where: str
    what: str
    mend: str = ""


@dataclass(frozen=True, slots=True)
class StageReport:
    """The outcome of one run of a stage; ``seconds`` is wall time."""

    stage: str
    counts: Mapping[str, int] = field(default_factory=dict)
    problems: tuple[Problem, ...] = ()
    started_at: datetime | None = None
    seconds: float = 0.0
    measures: Mapping[str, tuple[float, ...]] = field(default_factory=dict)
    """Durations in seconds, one for each thing that was measured, in the order of measuring."""
    work: tuple[Mapping[str, Any], ...] = ()
    """What is to be done next, the parameters of one run of a stage each (JSON-safe)."""

    def line(self) -> str:
        """The report as one line of a log."""
        told = " ".join(f"{name}={count}" for name, count in self.counts.items())
        trouble = f" problems={len(self.problems)}" if self.problems else ""
        return f"{self.stage}: {told}{trouble} in {self.seconds:.2f} s"

    def to_json(self) -> dict[str, Any]:
        """The report as a JSON-safe mapping."""
        return {
            "stage": self.stage,
            "counts": dict(self.counts),
            "problems": [{"where": p.where, "what": p.what, "mend": p.mend} for p in self.problems],
            "started_at": self.started_at.isoformat() if self.started_at else None,
            "seconds": round(self.seconds, 3),
            "work": [dict(piece) for piece in self.work],
        }
