"""How long rows are kept, and what the end of that takes."""

from dataclasses import dataclass
from typing import Annotated

from pydantic import Field

from schemas.config import Strict

Days = Annotated[int, Field(ge=1, le=36_500)]
LongDays = Annotated[int, Field(ge=90, le=36_500)]
"""An article that its feed still carries would be taken for new when it is forgotten sooner."""


class RetentionFile(Strict):
    """retention.yaml: days after which rows are forgotten; null keeps them for good."""

    polls: Days | None = 90
    """One row for each poll of each feed."""
    messages: Days | None = 180
    """Messages that were sent; those stay that readers judged and those with a thread."""
    readings: Days | None = 30
    """Readings of rules that are no longer in force, where there is a newer one."""
    episodes: Days | None = None
    """Of feeds and of the watch itself: those that are over and told."""
    articles: LongDays | None = None
    """Articles that were read, are not relevant and belong to no story."""
    editions: Days | None = None
    """Digests as they were sent."""


@dataclass(frozen=True, slots=True)
class Forgotten:
    """Of one table: how many rows went (or would go), after how many days; None: none ever do."""

    name: str
    days: int | None
    rows: int
