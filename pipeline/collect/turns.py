"""Whose turn it is: one page of a host at a time, some seconds apart. Pure; the clock is passed in.

add ──▶ [a queue a host] ──take(now)──▶ under way ──done(now)──▶ the host rests ──▶ …
"""

from collections import deque
from typing import Generic, TypeVar
from urllib.parse import urlsplit

T = TypeVar("T")


def host_of(url: str) -> str:
    """The host that a page is asked of: lower case, without ``www.``; empty where there is none."""
    try:
        name = urlsplit(url).hostname or ""
    except ValueError:
        return ""
    return name.lower().rstrip(".").removeprefix("www.")[:255]


class Turns(Generic[T]):
    """Queues of things to do, one for each host.

    Times are seconds on any clock that does not go back. A host is asked again no sooner than
    ``spacing_s`` after the last thing asked of it was done.
    """

    def __init__(self, spacing_s: float) -> None:
        self._spacing_s = spacing_s
        self._queues: dict[str, deque[T]] = {}
        self._busy: set[str] = set()
        self._free_at: dict[str, float] = {}

    def __len__(self) -> int:
        """How much waits, beside what is under way."""
        return sum(map(len, self._queues.values()))

    def add(self, host: str, thing: T, *, first: bool = False) -> None:
        """Queue a thing for a host, behind what is there or before it (``first``)."""
        queue = self._queues.setdefault(host, deque())
        queue.appendleft(thing) if first else queue.append(thing)

    def take(self, now: float) -> tuple[str, T] | None:
        """The next thing whose host may be asked now; the host is busy until ``done``."""
        for host, queue in self._queues.items():
            if host not in self._busy and self._free_at.get(host, now) <= now:
                thing = queue.popleft()
                # A host that had its turn goes to the end, so that none waits for another's queue.
                del self._queues[host]
                if queue:
                    self._queues[host] = queue
                self._busy.add(host)
                return host, thing
        return None

    def done(self, host: str, now: float, *, delay_s: float = 0.0) -> None:
        """What was under way is done; the host rests, longer where it asks for ``delay_s``."""
        self._busy.discard(host)
        self._free_at[host] = now + max(self._spacing_s, delay_s)

    def wait_s(self, now: float) -> float | None:
        """Seconds until a host that is not busy may be asked; None where none has anything."""
        waits = (self._rest_s(host, now) for host in self._queues if host not in self._busy)
        return min(waits, default=None)

    def left(self) -> list[T]:
        """Take out all that waits."""
        left = [thing for queue in self._queues.values() for thing in queue]
        self._queues.clear()
        return left

    def resting(self, now: float) -> dict[str, float]:
        """Seconds that each host still rests, of those that do."""
        rests = {host: self._rest_s(host, now) for host in self._free_at}
        return {host: rest_s for host, rest_s in rests.items() if rest_s > 0}

    def _rest_s(self, host: str, now: float) -> float:
        return max(0.0, self._free_at.get(host, now) - now)
