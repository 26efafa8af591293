"""How two documents compare, as numbers that `pipeline.cluster.match` weighs."""

import math
from dataclasses import dataclass

from pipeline.cluster.fingerprint import BITS, distance
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
_MOST_PLACES = 2.0
_IN_ALL_NEWS = frozenset({"US", "UA", "RU", "CN", "EU", "GB"})
_IN_ALL_NEWS_WEIGHT = 0.3
"""What naming one of these tells beside naming another state."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two documents compared; all lie in 0–1 where nothing else is said."""

    title: float
    """Cosine of the titles' weighted stems."""
    text: float
    """Cosine of title and summary."""
    contained: float
    """Share of the shorter text that the longer one has too."""
    sounds: float
    """Weight of telling words that sound alike, across scripts and spellings; at most 4."""
    foreign: float
    """The two are in different languages, and words cannot be expected to agree."""
    foreign_sounds: float
    """``sounds`` where they are: names, and words that went from one language to another."""
    numbers: float
    """Shared sums and counts; at most 2."""
    days: float
    """Days between them, 0 and more."""
    parties_same: float
    parties_apart: float
    partners_apart: float
    """One party is the same, and each has another that the other does not even name."""
    minerals_same: float
    minerals_apart: float
    places_shared: float
    """Weight of the states that both name, 2 at most; this and the next two only without parties.

    It counts as far as the words agree too: on any day much is told of one country.
    """
    places_share: float
    """That weight, of the weight of all states that either names; as far as the words agree."""
    places_apart: float
    day_same: float
    """A day on which both say that things happened."""
    day_apart: float
    stages_apart: float
    stages_opposed: float
    """One tells progress, the other that it stalled or ended."""
    comment_apart: float
    """One reports, the other asks or argues."""
    agreement_same: float
    agreement_apart: float
    bits: int
    """Bits in which the fingerprints differ; all 64 where one has too few words to bear one."""


def compare(one: ClusterDocument, other: ClusterDocument) -> Comparison:
    """Compare two documents; the order does not matter."""
    a, b = profile(one), profile(other)
    seconds = abs((one.published_at - other.published_at).total_seconds())
    named = one.agreement is not None and other.agreement is not None
    left, right = _places(one, other)
    both = left & right
    contained, sounds = _contained(a.text, b.text), _sounds(a, b)
    minerals = _share(one.minerals, other.minerals)
    foreign = float(one.language != other.language)
    agree = min(1.0, max(contained / 0.25, sounds / 1.2, minerals))
    return Comparison(
        title=_cosine(a.title, b.title),
        text=_cosine(a.text, b.text),
        contained=contained,
        sounds=sounds,
        foreign=foreign,
        foreign_sounds=foreign * sounds,
        numbers=float(min(2, len(a.numbers & b.numbers))),
        days=seconds / _SECONDS_A_DAY,
        parties_same=_parties(one, other),
        parties_apart=float(_apart(one.parties, other.parties)),
        partners_apart=float(_partners_apart(one, other)),
        minerals_same=minerals,
        minerals_apart=float(_apart(one.minerals, other.minerals)),
        places_shared=agree * min(_MOST_PLACES, _known(both)),
        places_share=agree * _known(both) / max(1.0, _known(left | right)),
        places_apart=float(bool(left) and bool(right) and not both),
        day_same=float(bool(a.days & b.days)),
        day_apart=float(bool(a.days) and bool(b.days) and not a.days & b.days),
        stages_apart=float(_stages_apart(one.stage, other.stage)),
        stages_opposed=float(_stages_opposed(one.stage, other.stage)),
        comment_apart=float(a.comment != b.comment),
        agreement_same=float(named and one.agreement == other.agreement),
        agreement_apart=float(named and one.agreement != other.agreement),
        bits=distance(a.fingerprint, b.fingerprint) if a.fingerprint and b.fingerprint else BITS,
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
    """1 for the same two states or more, down to 0 for none shared.

    A party to one that the other names, though not as a party, is counted in on both sides: outlets
    put the same two states in different roles ("Tashkent signs with the Americans").
    """
    left, right = set(one.parties), set(other.parties)
    if not left & right:
        return 0.0
    wide_left, wide_right = left | right & {*one.places}, right | left & {*other.places}
    if wide_left == wide_right and len(wide_left) > 1:
        return 1.0
    wide = len(wide_left & wide_right) / len(wide_left | wide_right)
    return (len(left & right) / len(left | right) + wide) / 2


def _partners_apart(one: ClusterDocument, other: ClusterDocument) -> bool:
    """``KZ+DE`` beside ``KZ+KR``: a state signs with several on one day, in the same words."""
    left, right = set(one.parties), set(other.parties)
    if not left & right:
        return False
    return bool(left - right - {*other.places}) and bool(right - left - {*one.places})


def _places(one: ClusterDocument, other: ClusterDocument) -> tuple[set[str], set[str]]:
    """The states that each names, where the parties of one are wanting; parties are places too."""
    if one.parties and other.parties:
        return set(), set()
    return {*one.parties, *one.places}, {*other.parties, *other.places}


def _known(states: set[str]) -> float:
    return sum(_IN_ALL_NEWS_WEIGHT if state in _IN_ALL_NEWS else 1.0 for state in states)


def _share(one: tuple[str, ...], other: tuple[str, ...]) -> float:
    return len(set(one) & set(other)) / max(1, min(len(one), len(other)))


def _apart(one: tuple[str, ...], other: tuple[str, ...]) -> bool:
    return bool(one) and bool(other) and not set(one) & set(other)


def _stages_apart(one: Stage, other: Stage) -> bool:
    if Stage.NONE in {one, other}:
        return False
    return _GROUPS[one] != _GROUPS[other]


def _stages_opposed(one: Stage, other: Stage) -> bool:
    return _stages_apart(one, other) and "broken" in {_GROUPS[one], _GROUPS[other]}
