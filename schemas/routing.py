"""What a rule is asked about, what it answers, and when its message goes."""

from dataclasses import dataclass
from datetime import datetime

from schemas.alert import Destination
from schemas.article import Article
from schemas.assessment import Stage
from schemas.story import Story


@dataclass(frozen=True, slots=True)
class Happening:
    """A story as it stands with its newest report in it."""

    story: Story
    article: Article
    """The report that gives rise to the question; its language and age are asked for."""
    previous_stage: Stage | None = None
    """Where the agreement (or else the story) stood before; None where nothing moved."""
    outlets: int = 1
    """Independent outlets that tell it."""
    tier: int | None = None
    """The best of its sources' tiers; None: that of ``article``."""


@dataclass(frozen=True, slots=True)
class Condition:
    """One question of a rule: what was asked, what the story has, whether that will do."""

    what: str
    asked: str
    given: str
    met: bool
    told: str = ""
    """How the reason of an alert names it; empty where it is not named."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a rule answers."""

    route: str
    conditions: tuple[Condition, ...]

    @property
    def taken(self) -> bool:
        """Whether every question is answered."""
        return all(condition.met for condition in self.conditions)

    @property
    def reason(self) -> str:
        """Why the story is taken, in words."""
        return "; ".join(c.told for c in self.conditions if c.met and c.told)

    @property
    def unmet(self) -> tuple[Condition, ...]:
        """What stands against it."""
        return tuple(condition for condition in self.conditions if not condition.met)


@dataclass(frozen=True, slots=True)
class Considered:
    """A rule was asked about a story when a report of it came in."""

    at: datetime
    article: Article
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class RouteAccount:
    """What a rule made of a story, report by report, and what it sent."""

    route: str
    considered: tuple[Considered, ...]
    sent: tuple[str, ...]
    """In words: which message went where and when, or what it waits for."""
    note: str = ""
    """Why nothing went although the rule took the story, or that it could not."""


@dataclass(frozen=True, slots=True)
class Due:
    """When a message may go, and what it waits for, in words; empty: it goes at once."""

    at: datetime
    waits_for: str = ""


@dataclass(frozen=True, slots=True)
class Told:
    """A place that has a story, or is going to: the message that carries it there."""

    destination: Destination
    key: str
    """Of the message in whose thread replies stand: the story's own, or one of several stories."""
    route: str
    waiting: bool
    """Nobody has seen it yet, and no sender has it in hand: it can still be rewritten."""
    due_at: datetime
    queued_at: datetime
