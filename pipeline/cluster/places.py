"""Which states an item names, party to anything or not.

An item that reports no agreement has no parties, but it still says where it plays. Where parties
are wanting on one side, `pipeline.cluster.match` compares places instead.
"""

from collections.abc import Iterable, Mapping
from typing import Self

from pipeline.cluster.text import plain, words
from schemas.rules import StateConfig

_CYRILLIC = frozenset(map(chr, range(0x0400, 0x0530)))
_CUT = 2
"""Letters that a Cyrillic name may lose to inflection (``Україна``, ``України``)."""
_ENDINGS = {"cyrillic": 4, "long": 5, "latin": 2}
"""Letters that inflection may add; more to Latin names of `_LONG` letters, for Uzbek's sake."""
_LONG = 8
_SHORT = 4
"""Names up to this length are matched as they stand."""


class Gazetteer:
    """Finds states by their names.

    ``forms`` maps a state's code to its names in any language, and adjectives, capitals, leaders.
    ``=Name`` is matched as it stands. Names of several words are not looked for: one word of them
    would say too little, and items that spell a state out name it by one word as well.
    """

    def __init__(self, forms: Mapping[str, Iterable[str]]) -> None:
        self._whole: dict[str, str] = {}
        self._starts: dict[str, tuple[str, int]] = {}
        self._shortest = 0
        for code, names in forms.items():
            for name in names:
                self._add(code, name)
        self._shortest = min(map(len, self._starts), default=0)

    @classmethod
    def of_states(cls, states: Iterable[StateConfig]) -> Self:
        """By the states of the lexicon: names, adjectives, capitals, leaders in all languages."""
        kinds = ((s.code, (s.name, s.adjective, s.capital, s.leader)) for s in states)
        return cls(
            {
                code: [n for forms in four for some in forms.values() for n in some]
                for code, four in kinds
            }
        )

    def _add(self, code: str, name: str) -> None:
        found = words(plain(name.removeprefix("=")))
        if len(found) != 1:
            return
        word = found[0]
        self._whole.setdefault(word, code)
        if name.startswith("=") or len(word) <= _SHORT:
            return
        if word[0] in _CYRILLIC:
            start = word[: max(_SHORT, len(word) - _CUT)]
            self._starts.setdefault(start, (code, len(word) + _ENDINGS["cyrillic"]))
        else:
            ending = _ENDINGS["long" if len(word) >= _LONG else "latin"]
            self._starts.setdefault(word, (code, len(word) + ending))

    def places(self, title: str, summary: str = "") -> tuple[str, ...]:
        """The codes of the states named, sorted."""
        told = {*words(plain(title)), *words(plain(summary))}
        return tuple(sorted({code for word in told if (code := self._code(word))}))

    def _code(self, word: str) -> str | None:
        if word in self._whole:
            return self._whole[word]
        for end in range(len(word), self._shortest - 1, -1):
            found = self._starts.get(word[:end])
            if found is not None:
                return found[0] if len(word) <= found[1] else None
        return None
