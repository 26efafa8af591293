"""How good stories are beside labelled ones: pairwise and B-cubed precision, recall and F1.

B-cubed: A. Bagga, B. Baldwin, "Entity-Based Cross-Document Coreferencing Using the Vector Space
Model", COLING-ACL 1998.
"""

from collections import Counter
from collections.abc import Hashable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Scores:
    """Precision, recall and their harmonic mean, each in 0–1."""

    precision: float
    recall: float

    @property
    def f1(self) -> float:
        """0 where both are 0."""
        total = self.precision + self.recall
        return 2 * self.precision * self.recall / total if total else 0.0


def pairwise(predicted: Mapping[str, Hashable], labelled: Mapping[str, Hashable]) -> Scores:
    """Over pairs of items: together in ``predicted`` beside together in ``labelled``.

    Both map an item's id to its story. With no pair together on a side, that side scores 1.

    Raises:
        ValueError: the two do not hold the same items.
    """
    both = _joint(predicted, labelled)
    right = _pairs(both)
    found, wanted = _pairs(Counter(predicted.values())), _pairs(Counter(labelled.values()))
    return Scores(right / found if found else 1.0, right / wanted if wanted else 1.0)


def b_cubed(predicted: Mapping[str, Hashable], labelled: Mapping[str, Hashable]) -> Scores:
    """The mean, over items, of how much of the item's story is right, and is found.

    Raises:
        ValueError: the two do not hold the same items.
    """
    both = _joint(predicted, labelled)
    if not predicted:
        return Scores(1.0, 1.0)
    found, wanted = Counter(predicted.values()), Counter(labelled.values())
    precision = sum(n * n / found[story] for (story, _), n in both.items())
    recall = sum(n * n / wanted[event] for (_, event), n in both.items())
    return Scores(precision / len(predicted), recall / len(predicted))


def events_of(events: Mapping[str, str | None]) -> dict[str, Hashable]:
    """Labelled stories from gold lines: an item whose ``event`` is null is a story of its own."""
    return {item: ("event", event) if event else ("item", item) for item, event in events.items()}


def _joint(
    predicted: Mapping[str, Hashable], labelled: Mapping[str, Hashable]
) -> Counter[tuple[Hashable, Hashable]]:
    if predicted.keys() != labelled.keys():
        odd = sorted(predicted.keys() ^ labelled.keys())[:3]
        raise ValueError(f"the two sides do not hold the same items: {', '.join(odd)} …")
    return Counter((story, labelled[item]) for item, story in predicted.items())


def _pairs(counts: Counter[tuple[Hashable, Hashable]] | Counter[Hashable]) -> int:
    return sum(n * (n - 1) // 2 for n in counts.values())
