"""The funnel as bars: what came to each gate beside what was new; pure."""

from dataclasses import dataclass

from schemas.coverage import Funnel, Gate

WIDTH = 1000.0
"""Of the longest bar, in the chart's own units."""

GROUPS: tuple[tuple[str, tuple[tuple[str, str], ...]], ...] = (
    ("Polls", (("polls", "all"), ("failed", "failed"))),
    (
        "Entries",
        (("parsed", "read"), ("known", "known"), ("edited", "edited"), ("elsewhere", "elsewhere"),
         ("refused", "refused")),
    ),
    (
        "Articles",
        (("new", "new"), ("gated_cheap", "cheap gate"), ("gated_full", "not relevant"),
         ("relevant", "relevant"), ("routed", "routed"), ("sent", "sent")),
    ),
)  # fmt: skip
"""Columns of the tables: (group, ((what is counted, heading), …))."""


@dataclass(frozen=True, slots=True)
class Bar:
    """A gate: how many came, their share of those before it, and the length of the bar."""

    words: str
    count: int
    share: float | None
    length: float


def count(funnel: Funnel, what: str) -> int:
    """A number of the tables: a gate's, or the sum that a property of the funnel is."""
    if what in {"polls", "relevant"}:
        return int(getattr(funnel, what))
    return funnel[Gate(what)]


def funnel_bars(funnel: Funnel) -> list[Bar]:
    """The gates that articles come through, one after the other."""
    steps = (
        ("new articles", funnel[Gate.NEW]),
        ("read", funnel.read),
        ("through the cheap gate", funnel.read - funnel[Gate.GATED_CHEAP]),
        ("relevant", funnel.relevant),
        ("let through by a route", funnel[Gate.ROUTED]),
        ("sent", funnel[Gate.SENT]),
    )
    most = max(number for _, number in steps) or 1
    bars: list[Bar] = []
    before = 0
    for words, number in steps:
        share = number / before if before else None
        bars.append(Bar(words, number, share, round(number / most * WIDTH, 1)))
        before = number
    return bars
