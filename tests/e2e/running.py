"""`mineralwatch up` as a user runs it: a process, its output, its address and login."""

import json
import os
import re
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import psutil

from pipeline.up.api import AirflowApi
from pipeline.up.lock import free_port

ROOT = Path(__file__).parents[2]
COMMAND = Path(sys.executable).parent / "mineralwatch"
PATIENCE_S = 600.0
"""For a loaded machine; what is waited for comes within seconds, or a minute, on an idle one."""


def until(condition: Callable[[], bool], *, timeout_s: float, what: str) -> None:
    """Poll until it holds; fail when the deadline has passed."""
    deadline = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline, f"{what}: not within {timeout_s:.0f} s"
        time.sleep(0.1)


def bare_environment(folder: Path, bytecode: Path) -> dict[str, str]:
    """An environment with a home and a temporary folder that must stay empty."""
    for name in ("home", "tmp"):
        (folder / name).mkdir(exist_ok=True)
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(folder / "home"),
        "TMPDIR": str(folder / "tmp"),
        "PYTHONPYCACHEPREFIX": str(bytecode),
        # This checkout's code, whichever is installed.
        "PYTHONPATH": str(ROOT),
    }


def rows(path: Path, query: str) -> list[tuple[object, ...]]:
    with sqlite3.connect(path, timeout=30) as connection:
        return connection.execute(query).fetchall()


class Running:
    """The process while the ``with`` block runs; killed with all below it at the end."""

    def __init__(
        self, *arguments: str, env: dict[str, str], cwd: Path, command: str = "up"
    ) -> None:
        self._command = command
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._arguments = [*arguments, "--port", str(self.port)]
        self._env = env
        self._cwd = cwd
        self._log = cwd / f"up-{self.port}.log"
        self.family: list[psutil.Process] = []

    def __enter__(self) -> Self:
        with self._log.open("wb") as log:
            self.process = subprocess.Popen(
                [str(COMMAND), self._command, *self._arguments],
                env=self._env,
                cwd=self._cwd,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        return self

    def __exit__(
        self,
        _type: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        if self.process.poll() is None:
            self.remember()
            self.process.kill()
            self.process.wait()
        for process in self.family:
            with suppress(psutil.NoSuchProcess):
                process.kill()

    @property
    def output(self) -> str:
        return self._log.read_text(encoding="utf-8", errors="replace")

    def wait_up(self) -> None:
        """Wait until it says that it is up."""

        def is_up() -> bool:
            assert self.process.poll() is None, self.output
            return "mineralwatch is up" in self.output and "stop" in self.output

        until(is_up, timeout_s=PATIENCE_S, what="mineralwatch up")
        self.remember()

    def remember(self) -> None:
        """Note all processes below, to see later that none is left."""
        known = {process.pid for process in self.family}
        below = psutil.Process(self.process.pid).children(recursive=True)
        self.family += [process for process in below if process.pid not in known]

    def left(self) -> list[str]:
        """Those of the noted processes that still run."""
        return [f"{process.pid} {command}" for process, command in self._alive()]

    def part(self, word: str) -> psutil.Process:
        """The one noted process that still runs and has the word in its command."""
        (found,) = [process for process, command in self._alive() if word in command]
        return found

    def _alive(self) -> Iterator[tuple[psutil.Process, str]]:
        for process in self.family:
            # Children of Airflow come and go: one may end, or wait to be reaped, at any line here.
            with suppress(psutil.NoSuchProcess):
                if process.is_running():
                    yield process, " ".join(process.cmdline())

    def login(self) -> tuple[str, str]:
        """The user and the password that it printed."""
        found = re.search(r"login\s+(\S+) / (\S+)", self.output)
        assert found, self.output
        return found[1], found[2]

    def ask(
        self, method: str, path: str, *, token: str = "", body: object = None
    ) -> tuple[int, Any]:
        """(status, JSON) of a request to Airflow."""
        headers = {"Content-Type": "application/json"}
        if token:
            headers["Authorization"] = f"Bearer {token}"
        data = None if body is None else json.dumps(body).encode()
        url = self.url + path
        request = Request(url, method=method, data=data, headers=headers)  # noqa: S310
        try:
            with urlopen(request, timeout=30) as answer:  # noqa: S310 - it is http
                return answer.status, json.load(answer)
        except HTTPError as error:
            return error.code, None

    def token(self) -> str:
        """A token for the login that was printed."""
        user, password = self.login()
        status, told = self.ask(
            "POST", "/auth/token", body={"username": user, "password": password}
        )
        assert status == 201
        return str(told["access_token"])

    def api(self) -> AirflowApi:
        """A client with the login that was printed."""
        user, password = self.login()
        return AirflowApi(self.url, username=user, password=password)

    def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        """Ask it to end; returns its exit code."""
        self.remember()
        self.process.send_signal(number)
        return self.process.wait(PATIENCE_S)
