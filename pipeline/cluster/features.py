"""How two documents compare, as numbers that `pipeline.cluster.match` weighs."""

import math
from dataclasses import dataclass

from pipeline.cluster.fingerprint import distance
from pipeline.cluster.profile import Profile, profile
from schemas.assessment import Stage
from schemas.story import ClusterDocument

_GROUPS = {
    Stage.PROPOSED: "talks",
    Stage.NEGOTIATING: "talks",
    Stage.AGREED: "settled",
    Stage.SIGNED: "settled",
    Stage.RATIFIED: "ratified",
    Stage.IMPLEMENTING: "implementing",
    Stage.STALLED: "broken",
    Stage.TERMINATED: "broken",
}
"""Stages that outlets give for one and the same happening fall in one group."""

_SECONDS_A_DAY = 86_400


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two documents compared; all but ``days``, ``sounds`` and ``numbers`` lie in 0–1."""

    title: float
    """Cosine of the titles' weighted stems."""
    text: float
    """Cosine of title and summary."""
    contained: float
    """Share of the shorter text that the longer one has too."""
    sounds: float
    """Weight of telling words that sound alike, across scripts and spellings; at most 4."""
    numbers: float
    """Shared sums and counts; at most 2."""
    days: float
    """Days between them."""
    parties_same: float
    parties_apart: float
    minerals_same: float
    minerals_apart: float
    stages_apart: float
    comment_apart: float
    """One reports, the other asks or argues."""
    agreement_same: float
    agreement_apart: float
    bits: int
    """Bits in which the fingerprints differ, of 64."""


def compare(one: ClusterDocument, other: ClusterDocument) -> Comparison:
    """Compare two documents; the order does not matter."""
    a, b = profile(one), profile(other)
    seconds = abs((one.published_at - other.published_at).total_seconds())
    named = one.agreement is not None and other.agreement is not None
    return Comparison(
        title=_cosine(a.title, b.title),
        text=_cosine(a.text, b.text),
        contained=_contained(a.text, b.text),
        sounds=_sounds(a, b),
        numbers=float(min(2, len(a.numbers & b.numbers))),
        days=seconds / _SECONDS_A_DAY,
        parties_same=_parties(one, other),
        parties_apart=float(_apart(one.parties, other.parties)),
        minerals_same=_share(one.minerals, other.minerals),
        minerals_apart=float(_apart(one.minerals, other.minerals)),
        stages_apart=float(_stages_apart(one.stage, other.stage)),
        comment_apart=float(a.comment != b.comment),
        agreement_same=float(named and one.agreement == other.agreement),
        agreement_apart=float(named and one.agreement != other.agreement),
        bits=distance(a.fingerprint, b.fingerprint),
    )


def _shared(one: dict[str, float], other: dict[str, float]) -> float:
    return sum(one[token] for token in one.keys() & other.keys())


def _cosine(one: dict[str, float], other: dict[str, float]) -> float:
    if not one or not other:
        return 0.0
    return _shared(one, other) / math.sqrt(sum(one.values()) * sum(other.values()))


def _contained(one: dict[str, float], other: dict[str, float]) -> float:
    """Three is the weight of a very short headline: less text than that proves nothing."""
    if not one or not other:
        return 0.0
    return _shared(one, other) / max(3.0, min(sum(one.values()), sum(other.values())))


def _sounds(one: Profile, other: Profile) -> float:
    return min(4.0, _shared(one.sounds, other.sounds))


def _parties(one: ClusterDocument, other: ClusterDocument) -> float:
    """1 for the same two states or more; up to a half for less, since one state is in all news."""
    left, right = set(one.parties), set(other.parties)
    if not left & right:
        return 0.0
    if left == right and len(left) > 1:
        return 1.0
    return 0.5 * len(left & right) / len(left | right)


def _share(one: tuple[str, ...], other: tuple[str, ...]) -> float:
    return len(set(one) & set(other)) / max(1, min(len(one), len(other)))


def _apart(one: tuple[str, ...], other: tuple[str, ...]) -> bool:
    return bool(one) and bool(other) and not set(one) & set(other)


def _stages_apart(one: Stage, other: Stage) -> bool:
    if Stage.NONE in {one, other}:
        return False
    return _GROUPS[one] != _GROUPS[other]
