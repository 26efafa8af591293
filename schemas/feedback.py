"""Readers' reactions to alerts: as read from Slack, as verdicts, as counts of right and wrong."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from math import sqrt

from schemas.alert import AlertKind
from schemas.article import Article
from schemas.report import Problem

Z_95 = 1.959964
"""The standard normal quantile of 0.975, for intervals that hold with 95 %."""


@dataclass(frozen=True, slots=True)
class SentMessage:
    """An alert message that Slack took: ``ts`` is its id in the channel."""

    outbox_id: int
    address: str
    """The channel as routes.yaml names it."""
    place: str | None
    """The channel's id (C…), where it was noted when the message was sent."""
    ts: str
    reply: bool = False
    """It was sent into a thread, which the channel's history does not show."""


@dataclass(frozen=True, slots=True)
class Reaction:
    """``name`` without colons and skin tone; ``user`` is Slack's id of the reader."""

    user: str
    name: str


@dataclass(frozen=True, slots=True)
class Reacted:
    """The reactions that a message has now; where not ``complete``, it may have others."""

    outbox_id: int
    reactions: frozenset[Reaction]
    complete: bool = True


@dataclass(frozen=True, slots=True)
class ReactionsRead:
    """What a reading of Slack brought. A message that is in neither list was not reached."""

    seen: tuple[Reacted, ...] = ()
    gone: tuple[int, ...] = ()
    """Outbox ids of messages that are deleted."""
    problems: tuple[Problem, ...] = ()
    wait_s: float | None = None
    """Seconds that Slack asked to be left in peace for: the reading stopped there."""


@dataclass(frozen=True, slots=True)
class Saved:
    """How the stored reactions changed."""

    added: int = 0
    removed: int = 0
    returned: int = 0
    """Taken away once, and given again."""


class Verdict(StrEnum):
    """What the readers of an alert say of it together."""

    RIGHT = "right"
    WRONG = "wrong"
    DISPUTED = "disputed"
    """As many say right as say wrong."""


@dataclass(frozen=True, slots=True)
class Judged:
    """An alert that readers have judged: how many of them said what, each reader counted once."""

    alert_id: int
    kind: AlertKind
    route: str
    story_id: int
    themes: tuple[str, ...]
    """Of its story, as it stands now."""
    title: str
    url: str | None
    article: Article | None
    """The report that caused the alert."""
    sent_at: datetime
    judged_at: datetime
    """When the newest of its reactions was first seen."""
    right: int
    wrong: int

    @property
    def verdict(self) -> Verdict:
        """What most of its readers say."""
        if self.right == self.wrong:
            return Verdict.DISPUTED
        return Verdict.RIGHT if self.right > self.wrong else Verdict.WRONG

    @property
    def unanimous(self) -> bool:
        """True where no reader contradicts another."""
        return not (self.right and self.wrong)


@dataclass(frozen=True, slots=True)
class Judgements:
    """The judged alerts, the newest judgement first, and the messages that cannot be judged."""

    alerts: tuple[Judged, ...] = ()
    several: int = 0
    """Messages with reactions that tell more than one story: it is not known which is meant."""


@dataclass(frozen=True, slots=True)
class Precision:
    """How many alerts were called right, wrong, and neither for want of a majority."""

    right: int = 0
    wrong: int = 0
    disputed: int = 0

    @property
    def judged(self) -> int:
        """Alerts with a verdict."""
        return self.right + self.wrong

    @property
    def share(self) -> float | None:
        """Right ones among those with a verdict, 0 to 1; None where there are none."""
        return self.right / self.judged if self.judged else None

    @property
    def interval(self) -> tuple[float, float] | None:
        """The 95 % interval of ``share``; None where there are no verdicts.

        Source: E. B. Wilson, "Probable inference, the law of succession, and statistical
        inference", JASA 22 (1927); it holds for few alerts and for shares near 0 and 1 too.
        """
        if self.share is None:
            return None
        n, z2 = self.judged, Z_95 * Z_95
        centre = (self.share + z2 / (2 * n)) / (1 + z2 / n)
        half = Z_95 * sqrt(self.share * (1 - self.share) / n + z2 / (4 * n * n)) / (1 + z2 / n)
        return max(0.0, centre - half), min(1.0, centre + half)


@dataclass(frozen=True, slots=True)
class Feedback:
    """The verdicts on alerts sent in the half-open span, for rules and themes that have any."""

    since: datetime
    until: datetime
    all: Precision
    by_route: tuple[tuple[str, str, Precision], ...] = ()
    """(name, title, precision), those with most verdicts first."""
    by_theme: tuple[tuple[str, str, Precision], ...] = ()
    """(id, title, precision), in the order of the thesis."""
    wrong: tuple[Judged, ...] = ()
    """Alerts called wrong, the newest judgement first."""
    several: int = 0

    @property
    def days(self) -> int:
        """The span in days, rounded."""
        return max(1, round((self.until - self.since).total_seconds() / 86_400))
