"""Airflow in processes of its own, each with a throw-away home."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.up.airflow_home import AirflowHome, ensure_secrets, environment

ROOT = Path(__file__).parents[2]
DAGS = ROOT / "dags"
WORKER = Path(__file__).with_name("worker.py")


@dataclass(frozen=True)
class AirflowProcess:
    """A home in ``folder``; ``bytecode`` is shared, for uncompiled, a start takes 5 s more."""

    folder: Path
    bytecode: Path

    @property
    def home(self) -> AirflowHome:
        return AirflowHome(self.folder / "airflow")

    def migrate(self) -> Path:
        """Make the metadata database; returns its path."""
        self._run([sys.executable, "-m", "airflow", "db", "migrate"], {})
        return self.home.database

    def work(self, *args: str, **extra: str) -> Any:
        """What worker.py prints; keyword arguments are environment variables."""
        return self.logged(*args, **extra)[0]

    def logged(self, *args: str, **extra: str) -> tuple[Any, str]:
        """The same, and what was logged meanwhile."""
        done = self._run([sys.executable, str(WORKER), *args], extra)
        return json.loads(done.stdout), done.stderr

    def airflow(self, *args: str, **extra: str) -> None:
        """Run a command of Airflow's own."""
        self._run([sys.executable, "-m", "airflow", *args], extra)

    def _run(self, command: list[str], extra: dict[str, str]) -> subprocess.CompletedProcess[str]:
        passed_on = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
        env = environment(
            self.home,
            port=9,
            dags=DAGS,
            found=ensure_secrets(self.home),
            inherited=passed_on,
            # This checkout's code, whichever is installed.
            extra={
                "PYTHONPYCACHEPREFIX": str(self.bytecode),
                "PYTHONPATH": str(ROOT),
                **extra,
            },
        )
        done = subprocess.run(
            command,
            env=env,
            capture_output=True,
            text=True,
            cwd=self.folder,
            timeout=300,
            check=False,
        )
        assert done.returncode == 0, done.stderr[-4000:]
        return done
