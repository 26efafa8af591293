"""Finding headlines again that were worded a little otherwise, among any number of others."""

from collections import Counter, defaultdict
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from math import ceil

from pipeline.cluster.profile import stem
from pipeline.cluster.text import plain, without_outlet, words
from pipeline.cluster.words import FUNCTION


def stems(title: str) -> frozenset[str]:
    """What is compared of a headline: its stems, without function words and the outlet's name."""
    told = words(without_outlet(plain(title)))
    return frozenset(stem(word) for word in told if word not in FUNCTION)


def likeness(one: AbstractSet[str], other: AbstractSet[str]) -> float:
    """How alike two headlines are, 0 to 1: twice the stems they share, over all (Dice 1945)."""
    return 2 * len(one & other) / (len(one) + len(other)) if one and other else 0.0


class Wanted:
    """Headlines that are looked for while others pass by, so that only those wanted are held.

    Each is filed under its rarest stems only, so many that a headline that is as much like it as is
    asked has one of them: most that pass by are then compared with none.
    """

    def __init__(self, titles: Mapping[int, str], *, least: float) -> None:
        """``least``: how alike two headlines must be, above 0."""
        self._least = least
        self._wanted = {key: found for key, title in titles.items() if (found := stems(title))}
        known = Counter(token for found in self._wanted.values() for token in found)
        self._filed: defaultdict[str, list[int]] = defaultdict(list)
        for key, found in self._wanted.items():
            # 2s ≥ least·(a + b) and b ≥ s: of a stems at least so many are shared.
            shared = ceil(least * len(found) / (2 - least))
            rarest = sorted(found, key=lambda token: (known[token], token))
            for token in rarest[: len(found) - shared + 1]:
                self._filed[token].append(key)

    def like(self, title: str) -> list[tuple[int, float]]:
        """(key, likeness) of those that are as much like ``title`` as is asked."""
        passing = stems(title)
        near = {key for token in passing for key in self._filed.get(token, ())}
        scored = ((key, likeness(self._wanted[key], passing)) for key in near)
        return [(key, score) for key, score in scored if score >= self._least]
