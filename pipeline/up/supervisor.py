"""Airflow's four processes as one thing: start, wait until healthy, watch, stop."""

import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from pipeline.errors import PermanentError, TransientError
from pipeline.log import get_logger
from pipeline.up.api import AirflowApi, DagState
from pipeline.up.processes import Child, Component, Crash, rotate, start, stop

START_S = 240.0
"""How long a start may take; about 12 s on two idle cores, several times that when modules still
have to be compiled."""

GRACE_S = 20.0
"""How long running tasks may go on after a stop was asked for; what is cut off is taken up again
at the next start, since all that is pending is in rows."""

_POLL_S = 0.25

_log = get_logger(__name__)


def airflow(*args: str) -> tuple[str, ...]:
    """The command line of an airflow command, run by this same Python."""
    return (sys.executable, "-m", "airflow", *args)


_DATABASE = "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"
_PATIENT = {_DATABASE: f"{{{_DATABASE}}}?timeout=60"}
"""SQLite has one writer at a time, and the default, to give up after 5 s, is short for a busy
machine."""

_IMPATIENT = {_DATABASE: f"{{{_DATABASE}}}?timeout=1"}
"""For the api-server: it waits for the lock on its event loop, and the request that holds the lock
may need that loop to let go. Sooner an error, which tasks take for a reason to ask again."""

COMPONENTS = (
    # The log servers would listen on all of the machine's addresses; the api-server reads the
    # files themselves.
    Component("scheduler", airflow("scheduler", "--skip-serve-logs"), env=_PATIENT),
    Component("dag-processor", airflow("dag-processor"), env=_PATIENT),
    # Asked itself, it waits ten seconds for its child, whose end it does not notice meanwhile.
    Component("triggerer", airflow("triggerer", "--skip-serve-logs"), by_child=True, env=_PATIENT),
    # The last to stop: tasks that are ending report to it.
    Component("api-server", airflow("api-server"), env=_IMPATIENT),
)

Told = Callable[[str], None]


class Stopped(Exception):  # noqa: N818 - not an error: somebody asked for it
    """A stop was asked for while something was waited for."""


class Crashed(Exception):  # noqa: N818 - carries what happened; the caller tells it
    """A process ended that should not have."""

    def __init__(self, crash: Crash) -> None:
        super().__init__(f"{crash.name} ended with code {crash.code}")
        self.crash = crash


@dataclass(slots=True)
class Supervisor:
    """The processes of one home.

    ``stopping`` says whether a stop was asked for, ``hurry`` whether it was asked for twice.
    """

    env: Mapping[str, str]
    logs: Path
    api: AirflowApi
    stopping: Callable[[], bool]
    hurry: Callable[[], bool]
    children: tuple[Child, ...] = ()
    started_at: datetime | None = None

    def run_once(self, name: str, *args: str) -> None:
        """Run one airflow command to its end.

        Raises:
            Crashed: it failed.
            Stopped: a stop was asked for meanwhile.
        """
        component = Component(name, airflow(*args))
        child = start(component, env=self.env, log=self.logs / f"{name}.log")
        try:
            while (crash := child.crashed()) is None:
                self._pause()
        finally:
            stop([child], grace_s=GRACE_S, hurry=self.hurry)
        if crash.code != 0:
            raise Crashed(crash)

    def start(self, components: tuple[Component, ...] = COMPONENTS) -> None:
        """Start all processes at once."""
        self.started_at = datetime.now(UTC)
        for component in components:
            log = self.logs / f"{component.name}.log"
            self.children = (*self.children, start(component, env=self.env, log=log))

    def wait_healthy(self, told: Told, *, timeout_s: float = START_S) -> None:
        """Wait until every part is healthy; ``told`` is called with each part once.

        Raises:
            Crashed, Stopped: see there.
            TransientError: it took too long; the message names what is missing.
        """
        wanted = {"api_server", "metadatabase", "scheduler", "dag_processor", "triggerer"}
        seen: set[str] = set()

        def healthy() -> bool:
            fresh = self.api.healthy(since=self._since()) - seen
            for part in sorted(fresh):
                told(part)
            seen.update(fresh)
            return seen >= wanted

        self._wait(healthy, lambda: f"not healthy: {', '.join(sorted(wanted - seen))}", timeout_s)

    def wait_dags(self, wanted: frozenset[str], *, timeout_s: float = START_S) -> list[DagState]:
        """Wait until these DAGs were parsed since the start; returns all DAGs.

        Raises:
            Crashed, Stopped: see there.
            PermanentError: a DAG file cannot be imported; the message names it.
            TransientError: it took too long; the message names what is missing.
        """
        states: list[DagState] = []

        def missing() -> set[str]:
            since = self._since()
            fresh = {s.dag_id for s in states if s.parsed_at and s.parsed_at >= since}
            return set(wanted) - fresh

        def parsed() -> bool:
            states[:] = self.api.dags()
            for file, trace in self.api.import_errors(since=self._since()):
                raise PermanentError(f"Airflow cannot import {file}:\n{trace}")
            return not missing()

        self._wait(parsed, lambda: f"DAGs not read: {', '.join(sorted(missing()))}", timeout_s)
        return states

    def watch(self) -> None:
        """Block until a stop is asked for; logs that grow large are moved aside.

        Raises:
            Crashed: a process ended.
        """
        try:
            while True:
                for child in self.children:
                    rotate(child.log)
                self._pause()
        except Stopped:
            return

    def stop(self) -> list[str]:
        """Stop all; returns the names of those that had to be killed."""
        stubborn = stop(self.children, grace_s=GRACE_S, hurry=self.hurry)
        self.children = ()
        return stubborn

    def _since(self) -> datetime:
        return self.started_at or datetime.now(UTC)

    def _wait(self, done: Callable[[], bool], missing: Callable[[], str], timeout_s: float) -> None:
        deadline = time.monotonic() + timeout_s
        while True:
            try:
                if done():
                    return
            except TransientError as error:
                _log.debug("not yet", reason=str(error))
            if time.monotonic() >= deadline:
                raise TransientError(
                    f"Airflow did not start within {timeout_s:.0f} s; {missing()}",
                    mend=f"see the logs in {self.logs}",
                )
            self._pause()

    def _pause(self) -> None:
        """Wait a moment.

        Raises:
            Crashed: a process ended.
            Stopped: a stop was asked for.
        """
        if self.stopping():
            raise Stopped
        for child in self.children:
            if crash := child.crashed():
                raise Crashed(crash)
        time.sleep(_POLL_S)
