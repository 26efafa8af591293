"""What operators did by hand, for whoever asks later."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """One action; ``at`` is UTC."""

    id: int
    at: datetime
    who: str
    """The user's name, as Airflow knows it."""
    action: str
    """``pause feed``, ``retry message`` …"""
    what: str
    """The thing acted upon, by its name."""
    detail: str
    """What came of it, in words."""
