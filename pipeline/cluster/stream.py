"""Stories from documents as they come, in one pass and in bounded memory, with no database."""

from collections import Counter, OrderedDict, defaultdict
from dataclasses import dataclass
from datetime import datetime, timedelta

from pipeline.cluster.keys import MAX_CANDIDATES, keys
from pipeline.cluster.match import WINDOW, choose
from schemas.story import ClusterDocument, StoryCandidate


@dataclass(frozen=True, slots=True)
class _Held:
    document: ClusterDocument
    keys: frozenset[str]
    story: int


class StoryStream:
    """Assigns documents to stories.

    What is held: the documents of the last ``window`` before the newest one seen, ``most`` of them
    at most (the least lately matched go first). A story's id is the id of its first document.
    """

    def __init__(self, *, window: timedelta = WINDOW, most: int = 50_000) -> None:
        self._window = window
        self._most = most
        self._held: OrderedDict[int, _Held] = OrderedDict()
        self._index: defaultdict[str, set[int]] = defaultdict(set)
        self._names: dict[int, str] = {}
        self._sizes: Counter[int] = Counter()
        self._serial = 0
        self._newest: datetime | None = None

    def __len__(self) -> int:
        """Documents held."""
        return len(self._held)

    def assign(self, document: ClusterDocument) -> str:
        """The id of the story that ``document`` belongs to: its own where it opens one."""
        if self._newest is None or document.published_at > self._newest:
            self._newest = document.published_at
        self._forget()
        found = keys(document)
        candidates = self._candidates(found)
        match = choose(document, [c for _, c in candidates])
        self._serial += 1
        story = match.story_id if match else self._serial
        for serial, candidate in candidates:
            if candidate.story_id == story:
                self._held.move_to_end(serial)
        if not match:
            self._names[story] = document.id
        self._hold(_Held(document=document, keys=found, story=story))
        return self._names[story]

    def _candidates(self, found: frozenset[str]) -> list[tuple[int, StoryCandidate]]:
        shared = Counter(serial for key in found for serial in self._index.get(key, ()))
        first = sorted(shared, key=lambda serial: (-shared[serial], -serial))[:MAX_CANDIDATES]
        held = [(serial, self._held[serial]) for serial in first]
        return [(serial, StoryCandidate(h.story, h.document)) for serial, h in held]

    def _hold(self, held: _Held) -> None:
        self._held[self._serial] = held
        self._sizes[held.story] += 1
        for key in held.keys:
            self._index[key].add(self._serial)

    def _forget(self) -> None:
        """Drop what lies before the window, and the least lately matched beyond ``most``."""
        while self._held:
            serial, held = next(iter(self._held.items()))
            old = (
                self._newest is not None
                and self._newest - held.document.published_at > self._window
            )
            if not old and len(self._held) < self._most:
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
