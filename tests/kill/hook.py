"""Counts what a stage does, and kills the process at the event that it was told.

    start · fetch · fetched · begin · statement · executed · commit · committed · read ·
    request · requested · answering · answered · end

A count is the same whenever the same stage meets the same rows: a kill is told by a stage and a
number and can be made again. The board is memory shared with the parent: it still says where the
process was when it is gone.
"""

import functools
import json
import mmap
import os
import signal
import threading
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Iterator
from http.client import HTTPConnection
from typing import Any

from sqlalchemy import Engine, event

from pipeline.assess.assessor import Assessor
from pipeline.collect.fetch import Fetcher
from pipeline.notify.slack import SlackSender
from pipeline.stages import deliver
from schemas.alert import Delivery, OutboxMessage, Sent
from tests.kill.nursery import Kill

SIZE = 4096
SLACK_TIMEOUT_S = 0.5


class Hook:
    """The events of one process, which dies at ``kill`` if there is one."""

    def __init__(self, board: mmap.mmap, kill: Kill | None) -> None:
        self._board = board
        self._kill = kill
        self._lock = threading.Lock()
        self._stage = ""
        self._events: Counter[str] = Counter()
        self._phases: Counter[tuple[str, str]] = Counter()
        self._found = 0

    def enter(self, stage: str) -> None:
        """A stage begins."""
        self._stage = stage
        self.event("start")

    def event(self, phase: str) -> None:
        """Note what is done; die if it is the one to die at."""
        with self._lock:
            self._events[self._stage] += 1
            self._phases[self._stage, phase] += 1
            number = self._events[self._stage]
            told = {
                "stage": self._stage,
                "phase": phase,
                "number": number,
                "events": dict(self._events),
                "found": self._found,
            }
            text = json.dumps(told).encode()
            self._board[: len(text) + 1] = text + b"\0"
            if self._kill is not None and self._is_last(phase):
                stopped, self._kill = self._kill.stopped, None
                os.kill(os.getpid(), signal.SIGSTOP if stopped else signal.SIGKILL)

    def _is_last(self, phase: str) -> bool:
        kill = self._kill
        if kill is None or kill.stage != self._stage:
            return False
        if kill.phase is None:
            return kill.number == self._events[self._stage]
        return kill.phase == phase and kill.number == self._phases[self._stage, phase]

    def found(self) -> None:
        """A message was found in the channel instead of being sent again."""
        self._found += 1


def read_board(board: mmap.mmap) -> dict[str, Any]:
    """What the board says; nothing where the process died before it did anything."""
    text = board[:SIZE].split(b"\0", 1)[0]
    return dict(json.loads(text)) if text else {"stage": "none", "phase": "none", "number": 0}


def install(hook: Hook, engine: Engine) -> None:
    """Put the hook into everything that this process does from here on."""
    _watch_database(hook, engine)
    _watch_slack(hook)
    fetch = Fetcher.ask

    @functools.wraps(fetch)
    async def ask(*args: Any, **given: Any) -> Any:
        hook.event("fetch")
        answer = await _awaited(fetch, *args, **given)
        hook.event("fetched")
        return answer

    Fetcher.ask = ask  # type: ignore[method-assign]
    assess = Assessor.assess

    def assessing(self: Assessor, documents: Iterable[Any]) -> Iterator[Any]:
        for reading in assess(self, documents):
            hook.event("read")
            yield reading

    Assessor.assess = assessing  # type: ignore[method-assign]


async def _awaited(work: Callable[..., Awaitable[Any]], *args: Any, **given: Any) -> Any:
    return await work(*args, **given)


def _watch_database(hook: Hook, engine: Engine) -> None:
    @event.listens_for(engine, "begin")
    def _begin(*_: Any) -> None:
        hook.event("begin")

    @event.listens_for(engine, "before_cursor_execute")
    def _before(*_: Any) -> None:
        hook.event("statement")

    @event.listens_for(engine, "after_cursor_execute")
    def _after(*_: Any) -> None:
        hook.event("executed")

    commit = engine.dialect.do_commit

    def do_commit(connection: Any) -> None:
        hook.event("commit")
        commit(connection)
        hook.event("committed")

    engine.dialect.do_commit = do_commit  # type: ignore[method-assign]


def _watch_slack(hook: Hook) -> None:
    """Half-sent requests too: urllib sends head and body one after the other."""
    sending, answering, whole = HTTPConnection.send, HTTPConnection.getresponse, SlackSender.send

    def send(self: HTTPConnection, data: Any) -> None:
        hook.event("request")
        sending(self, data)
        hook.event("requested")

    def getresponse(self: HTTPConnection) -> Any:
        answer = answering(self)
        hook.event("answering")
        return answer

    def deliver_one(self: SlackSender, message: OutboxMessage) -> Delivery:
        delivery = whole(self, message)
        if isinstance(delivery, Sent) and delivery.detail.get("found"):
            hook.found()
        hook.event("answered")
        return delivery

    HTTPConnection.send = send  # type: ignore[method-assign]
    HTTPConnection.getresponse = getresponse  # type: ignore[method-assign]
    SlackSender.send = deliver_one  # type: ignore[method-assign]
    # A server that hangs shall not take fifteen seconds each time, nor a message one.
    SlackSender.__init__ = functools.partialmethod(  # type: ignore[assignment,method-assign]
        SlackSender.__init__, timeout_s=SLACK_TIMEOUT_S
    )
    name = "SPACING" if hasattr(deliver, "SPACING") else "SPACING_S"
    spacing = getattr(deliver, name)
    setattr(deliver, name, {channel: type(wait)() for channel, wait in spacing.items()})
