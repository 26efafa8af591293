"""Agreements and the timeline of their stages."""

from dataclasses import dataclass
from datetime import datetime

from schemas.assessment import Stage


@dataclass(frozen=True, slots=True)
class Agreement:
    """A known agreement; ``parties`` are ISO 3166 codes and ``EU``."""

    id: str
    name: str
    parties: tuple[str, ...]
    stage: Stage = Stage.NONE
    stage_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class StageTransition:
    """A story reported that an agreement reached a stage, or a person set it."""

    agreement_id: str
    stage: Stage
    story_id: int | None
    """None: it was set by hand; then ``quote`` says why."""
    at: datetime
    quote: str
    """The words that report the step."""
    article_url: str | None = None
    previous: Stage = Stage.NONE
