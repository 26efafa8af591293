"""Stories from documents as they come, in one pass and in bounded memory, with no database."""

from collections import Counter, OrderedDict, defaultdict, deque
from dataclasses import dataclass
from datetime import datetime, timedelta

from pipeline.cluster.keys import MAX_CANDIDATES, wide_keys
from pipeline.cluster.match import WINDOW, choose
from schemas.story import ClusterDocument, StoryCandidate

_RECENT = 65
"""Documents whose median time is taken as the present: one wrongly dated moves nothing."""
_FOLLOWED = 2_000
"""Bearers of keys counted for one document, those of rare keys first: they tell most."""


@dataclass(frozen=True, slots=True)
class _Held:
    document: ClusterDocument
    keys: frozenset[str]
    story: int


class StoryStream:
    """Assigns documents to stories.

    What is held: documents no older than ``window`` beside those that come now, and ``most`` at
    most (the least lately matched go first). A story's id is the id of its first document.
    """

    def __init__(self, *, window: timedelta = WINDOW, most: int = 15_000) -> None:
        self._window = window
        self._most = most
        self._held: OrderedDict[int, _Held] = OrderedDict()
        self._index: defaultdict[str, set[int]] = defaultdict(set)
        self._names: dict[int, str] = {}
        self._sizes: Counter[int] = Counter()
        self._serial = 0
        self._recent: deque[datetime] = deque(maxlen=_RECENT)

    def __len__(self) -> int:
        """Documents held."""
        return len(self._held)

    def assign(self, document: ClusterDocument) -> str:
        """The id of the story that ``document`` belongs to: its own where it opens one."""
        self._recent.append(document.published_at)
        self._forget()
        found = wide_keys(document)
        candidates = self._candidates(found)
        match = choose(document, list(candidates.values()))
        self._serial += 1
        if match is None:
            story = self._serial
            self._names[story] = document.id
        else:
            story = match.story_id
            for serial, candidate in candidates.items():
                if candidate.story_id == story:
                    self._held.move_to_end(serial)
        self._hold(_Held(document=document, keys=found, story=story))
        return self._names[story]

    def _candidates(self, found: frozenset[str]) -> dict[int, StoryCandidate]:
        """The documents that share most keys, by serial."""
        shared: Counter[int] = Counter()
        budget = _FOLLOWED
        for bearers in sorted((self._index[k] for k in found if k in self._index), key=len):
            budget -= len(bearers)
            if budget < 0:
                break
            shared.update(bearers)
        first = sorted(shared, key=lambda serial: (-shared[serial], -serial))[:MAX_CANDIDATES]
        held = ((serial, self._held[serial]) for serial in first)
        return {serial: StoryCandidate(one.story, one.document) for serial, one in held}

    def _hold(self, held: _Held) -> None:
        self._held[self._serial] = held
        self._sizes[held.story] += 1
        for key in held.keys:
            self._index[key].add(self._serial)

    def _forget(self) -> None:
        """Drop what lies before the window, and the least lately matched beyond ``most``."""
        horizon = sorted(self._recent)[(len(self._recent) - 1) // 2] - self._window
        while self._held:
            serial, held = next(iter(self._held.items()))
            if held.document.published_at >= horizon and len(self._held) < self._most:
                return
            self._drop(serial, held)

    def _drop(self, serial: int, held: _Held) -> None:
        del self._held[serial]
        for key in held.keys:
            self._index[key].discard(serial)
            if not self._index[key]:
                del self._index[key]
        self._sizes[held.story] -= 1
        if not self._sizes[held.story]:
            del self._sizes[held.story], self._names[held.story]
