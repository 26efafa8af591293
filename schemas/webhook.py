"""What a webhook is sent: an alert as plain JSON (docs/webhooks.md)."""

from enum import StrEnum
from typing import Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from schemas.alert import Standing
from schemas.assessment import Stage


class EventType(StrEnum):
    """What happened."""

    NEW = "story.new"
    OUTLET = "story.outlet"
    STAGE = "story.stage"
    UPDATE = "story.update"
    MERGED = "story.merged"
    RETRACTED = "story.retracted"


class Plain(BaseModel):
    """A frozen model. Keys that it does not know are passed over: later ones may be added."""

    model_config = ConfigDict(frozen=True, use_attribute_docstrings=True)


class AgreementOf(Plain):
    """The agreement that a story is about."""

    id: str | None
    name: str


class ThemeOf(Plain):
    """A theme of the thesis, and the words that it was read from."""

    id: str
    title: str
    quote: str


class SourceOf(Plain):
    """An outlet that tells the story."""

    outlet: str
    url: str | None


class ReportOf(SourceOf):
    """An article."""

    title: str


class TestEvent(Plain):
    """A test that an operator sends by hand: it tells nothing of the world."""

    __test__ = False  # pytest takes a name that begins so for a test

    version: Literal[1] = 1
    event: Literal["test"] = "test"
    test: Literal[True] = True
    key: str
    """Unique for the test; it is the same when it is sent again."""
    title: str
    text: str
    sent_at: AwareDatetime
    """When it was made."""


class AlertEvent(Plain):
    """An alert. Every field is always there; what is not known is null, empty or ``[]``."""

    version: Literal[1] = 1
    """Fields may be added within a version; none is taken away or changes its meaning."""
    event: EventType
    key: str
    """Unique for the event; it is the same when an event is sent again."""
    story_id: int
    title: str
    summary: str
    url: str | None
    """Of the article that the event goes back to; http or https."""
    outlet: str
    published_at: AwareDatetime
    """When that article was published."""
    agreement: AgreementOf | None
    stage: Stage | None
    """How far the agreement is, as the story tells it."""
    previous_stage: Stage | None
    """Before this event; null for a story that is new."""
    stage_quote: str
    """The sentence that reports the stage."""
    changes: tuple[str, ...]
    """What changed, in words: ``negotiating → signed``."""
    themes: tuple[ThemeOf, ...]
    parties: tuple[str, ...]
    """ISO 3166 two-letter codes, and EU."""
    minerals: tuple[str, ...]
    money: tuple[str, ...]
    """Sums as they stand in the article."""
    significance: int = Field(ge=0, le=3)
    """1 routine, 2 notable, 3 major."""
    reasons: tuple[str, ...]
    """Why it is as significant."""
    route: str
    """The rule of routes.yaml that sent it."""
    route_reason: str
    owner: str
    """Who looks after that rule."""
    outlets: int
    """Independent outlets that tell the story: a reprint does not count."""
    sources: tuple[SourceOf, ...]
    """The first seen first."""
    reports: tuple[ReportOf, ...]
    """The articles that an event ``story.outlet`` tells of."""
    standing: Standing
    """Whether the story still stands by itself."""
    standing_note: str
    """Why it was retracted, or the title of the story that it is part of now."""
