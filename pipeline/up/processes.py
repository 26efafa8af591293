"""Child processes that are watched, and stopped with everything that they started.

Each child leads a session of its own: Ctrl-C in the terminal reaches `mineralwatch up` alone, and
whatever a child starts stays findable by the session's id, even in another process group (as
Airflow's tasks are).
"""

import ctypes
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import psutil

LOG_LIMIT = 20_000_000
"""Bytes after which a log is moved to ``.1``."""

_PR_SET_PDEATHSIG = 1  # linux/prctl.h
_POLL_S = 0.05


@dataclass(frozen=True, slots=True)
class Component:
    """A process to run.

    Args:
        name: as it is shown, and as its log is named.
        argv: the command line.
        by_child: it ends when its child does, and is asked to by way of it.
        env: variables of its own; a value may name others in braces.
    """

    name: str
    argv: tuple[str, ...]
    by_child: bool = False
    env: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Crash:
    """A child that ended on its own: its name, exit code, log and the end of the log."""

    name: str
    code: int
    log: Path
    tail: str


class Child:
    """A started component."""

    def __init__(self, component: Component, *, env: Mapping[str, str], log: Path) -> None:
        self.name = component.name
        self.log = log
        self._by_child = component.by_child
        log.parent.mkdir(parents=True, exist_ok=True)
        rotate(log)
        self._from = log.stat().st_size if log.exists() else 0
        # Appending, so that the file can be cut while the child goes on writing.
        with log.open("ab") as output:
            self._process = subprocess.Popen(  # noqa: S603
                component.argv,
                env={**env, **{k: v.format_map(env) for k, v in component.env.items()}},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=_end_with_parent(),  # noqa: PLW1509 - no thread is running yet
            )

    @property
    def pid(self) -> int:
        """The process id, and the session's."""
        return self._process.pid

    def crashed(self) -> Crash | None:
        """What is left of it, if it has ended."""
        code = self._process.poll()
        return None if code is None else Crash(self.name, code, self.log, self.tail())

    def tail(self) -> str:
        """The last lines that it wrote."""
        return tail(self.log, since=self._from)

    def terminate(self) -> None:
        """Ask it to end."""
        if self._process.poll() is not None:
            return
        asked = psutil.Process(self.pid).children() if self._by_child else []
        for process in asked or [psutil.Process(self.pid)]:
            _signal(process, signal.SIGTERM)

    def wait(self, deadline: float, *, hurry: Callable[[], bool]) -> bool:
        """Wait until it has ended, at most until ``deadline`` (monotonic); ``hurry`` cuts it."""
        while self._process.poll() is None:
            if time.monotonic() >= deadline or hurry():
                return False
            time.sleep(_POLL_S)
        return True


def start(component: Component, *, env: Mapping[str, str], log: Path) -> Child:
    """Start a component; its output goes to ``log``."""
    return Child(component, env=env, log=log)


def stop(children: Sequence[Child], *, grace_s: float, hurry: Callable[[], bool]) -> list[str]:
    """Stop children and all that they started; returns the names that had to be killed.

    They are asked in order, each batch waited for, since the first named are served by the last:
    tasks that end report to the api-server. What is left after ``grace_s`` is killed.
    """
    deadline = time.monotonic() + grace_s
    stubborn = []
    for batch in (children[:-1], children[-1:]):
        for child in batch:
            child.terminate()
        stubborn += [c.name for c in batch if not c.wait(deadline, hurry=hurry)]
    kill_sessions({child.pid for child in children})
    for child in children:
        child.wait(time.monotonic() + grace_s, hurry=lambda: False)
    return stubborn


def kill_sessions(sessions: Iterable[int]) -> None:
    """End every process of these sessions: SIGTERM, two seconds, SIGKILL."""
    wanted = set(sessions)
    left = _members(wanted)
    for process in left:
        _signal(process, signal.SIGTERM)
    _, left = psutil.wait_procs(left, timeout=2)
    # What was forked meanwhile is in the session too.
    for process in {*left, *_members(wanted)}:
        _signal(process, signal.SIGKILL)
    psutil.wait_procs(_members(wanted), timeout=2)


def _members(sessions: set[int]) -> list[psutil.Process]:
    found = []
    for process in psutil.process_iter():
        try:
            if os.getsid(process.pid) in sessions and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process)
        except (ProcessLookupError, PermissionError, psutil.Error):
            continue
    return found


def _signal(process: psutil.Process, number: signal.Signals) -> None:
    try:
        process.send_signal(number)
    except psutil.NoSuchProcess:
        return


def _end_with_parent() -> Callable[[], None] | None:
    """On Linux, let a child be asked to end when this process dies unasked (kill -9)."""
    if sys.platform != "linux":
        return None
    libc = ctypes.CDLL(None)

    def ask() -> None:
        libc.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)

    return ask


def tail(log: Path, *, since: int = 0, lines: int = 20) -> str:
    """The last lines of a log, of what comes after the byte ``since``."""
    with log.open("rb") as file:
        size = file.seek(0, os.SEEK_END)
        # A log that was cut meanwhile is shorter than it was at the start.
        file.seek(max(since if since <= size else 0, size - 20_000))
        return "\n".join(file.read().decode(errors="replace").splitlines()[-lines:])


def rotate(log: Path, *, limit: int = LOG_LIMIT) -> None:
    """Move a log that has grown beyond ``limit`` bytes to ``.1``, by copying and cutting."""
    if not log.exists() or log.stat().st_size <= limit:
        return
    shutil.copyfile(log, log.with_suffix(log.suffix + ".1"))
    os.truncate(log, 0)
