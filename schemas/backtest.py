"""What rules would have sent."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from schemas.alert import Destination


@dataclass(frozen=True, slots=True)
class WouldSend:
    """A message that would have left."""

    at: datetime
    to: Destination
    key: str
    kind: str
    """new, outlet, stage, update, merged or retracted; ``new`` also of several stories."""
    routes: tuple[str, ...]
    stories: tuple[str, ...]
    """Titles of the stories that it carries."""
    reason: str
    thread_key: str | None
    broadcast: bool
    payload: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Backtest:
    """The outcome of a back-test over a half-open span."""

    since: datetime
    until: datetime
    reports: int
    """Relevant reports of the span."""
    stories: int
    sent: tuple[WouldSend, ...]

    def a_day(self, *, top_only: bool = True) -> dict[date, int]:
        """Messages a day (UTC) that a channel sees: without replies in threads and edits."""
        counts: dict[date, int] = {}
        for one in self.sent:
            if not top_only or one.thread_key is None or one.broadcast:
                counts[one.at.date()] = counts.get(one.at.date(), 0) + 1
        return counts
