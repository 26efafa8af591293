"""Reports that cannot both be right, and which of them the timeline goes by.

Two reports are opposed where outlets that are not the same say that a step was taken (agreed or
further) and that the agreement stalled or ended; or that one and the same step was taken and was
not. They must be near each other in time: within `SOON`, or within `NEAR` where the later report is
a denial or comes from a less credible outlet. Otherwise the later one is news. Reports that are
opposed, directly or through others, are one conflict.

The more credible side holds (the lower tier; hearsay counts as three tiers lower), of equals the
newer. A conflict is open until it is settled

- by a report that comes later than both sides and is at least as credible as the best of them, or
  that is more credible than all before it;
- by a stage that a person set, from the conflict's first report on.

While it is near, an equally credible contradiction opens it again. All this depends on the set of
reports alone.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from schemas.assessment import Stage
from schemas.ledger import Certainty, Conflict, Correction, LedgerReport

NEAR = timedelta(days=3)
SOON = timedelta(days=1)
"""Further apart, one report is news after the other."""

_HEARSAY = 3
_TAKEN = frozenset({Stage.AGREED, Stage.SIGNED, Stage.RATIFIED, Stage.IMPLEMENTING})
_BROKEN = frozenset({Stage.STALLED, Stage.TERMINATED})


def weight(report: LedgerReport) -> int:
    """How little a report weighs: 1 is the most credible."""
    return report.tier + (_HEARSAY if report.certainty is Certainty.DOUBTFUL else 0)


def side(report: LedgerReport) -> bool | None:
    """True: it goes on; False: it does not; None: the report takes no side."""
    if report.certainty is Certainty.PLANNED or report.stage not in _TAKEN | _BROKEN:
        return None
    return (report.stage in _TAKEN) is not (report.certainty is Certainty.DENIED)


def opposed(one: LedgerReport, other: LedgerReport) -> bool:
    """Whether they cannot both be right."""
    if one.outlet == other.outlet or abs(one.at - other.at) > NEAR:
        return False
    sides = side(one), side(other)
    if None in sides or sides[0] is sides[1]:
        return False
    if Certainty.DENIED in {one.certainty, other.certainty}:
        return one.stage is other.stage
    first, later = (one, other) if one.at <= other.at else (other, one)
    return later.at - first.at <= SOON or weight(later) > weight(first)


def order(report: LedgerReport) -> tuple[object, ...]:
    """By time; made total, so that nothing depends on the order of arrival."""
    return report.at, report.article_id, report.outlet, report.stage, report.quote


def conflicts_of(
    agreement_id: str, reports: Iterable[LedgerReport], corrections: Sequence[Correction] = ()
) -> tuple[tuple[Conflict, ...], frozenset[int]]:
    """The conflicts, the oldest first, and the articles whose reports are set aside by them."""
    taking = sorted((r for r in reports if side(r) is not None), key=order)
    found: list[Conflict] = []
    aside: set[int] = set()
    for group in _groups(taking):
        walk = _walked(group)
        assert walk.held is not None  # noqa: S101 - a group has two reports at least
        assert walk.against is not None  # noqa: S101
        word = walk.settled_by or _later_word(walk, group, taking)
        hand = [c for c in corrections if c.at is not None and c.at >= group[0].at]
        first_hand = min(hand, key=lambda c: (c.made_at, c.id), default=None)
        found.append(Conflict(agreement_id, walk.held, walk.against, word or first_hand))
        if (
            side(word) is side(walk.held)
            if word is not None
            else weight(walk.held) < weight(walk.against)
        ):
            aside |= {r.article_id for r in group if side(r) is not side(walk.held)}
    return tuple(found), frozenset(aside)


def _later_word(
    walk: "_Walk", group: Sequence[LedgerReport], reports: Iterable[LedgerReport]
) -> LedgerReport | None:
    """The first report after the conflict that is as credible as the best in it.

    Where it takes the other side nothing is set aside: those who said so first were right.
    """
    return next((r for r in reports if r.at > group[-1].at and weight(r) <= walk.best), None)


def _groups(reports: Sequence[LedgerReport]) -> list[list[LedgerReport]]:
    """Reports joined by being opposed; those that nothing opposes are left out."""
    joined: dict[int, int] = {}

    def root(place: int) -> int:
        while joined.setdefault(place, place) != place:
            place = joined[place]
        return place

    start = 0
    for place, report in enumerate(reports):
        while reports[start].at < report.at - NEAR:
            start += 1
        for before in range(start, place):
            if opposed(reports[before], report):
                one, other = sorted((root(before), root(place)))
                joined[other] = one
    groups: dict[int, list[LedgerReport]] = {}
    for place in sorted(joined):
        groups.setdefault(root(place), []).append(reports[place])
    return list(groups.values())


@dataclass(slots=True)
class _Walk:
    """The state of a conflict while its reports come in."""

    held: LedgerReport | None = None
    against: LedgerReport | None = None
    settled_by: LedgerReport | None = None
    best: int = field(default=99)

    def take(self, report: LedgerReport) -> None:
        own = weight(report)
        if self.held is None:
            self.held = report
        elif side(report) is side(self.held):
            if self.against is None:
                self.held = report if own < weight(self.held) else self.held
            elif self.settled_by is None and own <= self.best:
                self.settled_by = report
        else:
            self._oppose(report, own)
        self.best = min(self.best, own)

    def _oppose(self, report: LedgerReport, own: int) -> None:
        if own < self.best:
            self.held, self.against, self.settled_by = report, self.held, report
        elif own == self.best and self.settled_by is not report:
            self.held, self.against, self.settled_by = report, self.held, None
        elif self.against is None:
            self.against = report


def _walked(group: Iterable[LedgerReport]) -> _Walk:
    walk = _Walk()
    for report in group:
        walk.take(report)
    return walk
