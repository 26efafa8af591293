"""What the connections of the Airflow on this machine say: the tasks go by them first.

Airflow is asked in a process of its own (dags/_connections.py): it takes seconds to import, and
sets up logging for the whole of the process that it is in. The answer, with the secrets, is read
from a pipe.
"""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pipeline.errors import ConfigError
from pipeline.log import mask
from pipeline.up.airflow_home import AirflowHome, environment, read_secrets
from pipeline.up.run import dags_folder

TIMEOUT_S = 120
"""Seconds for Airflow's answer: 3 are usual, more where a secrets backend is far away."""


@dataclass(frozen=True, slots=True)
class Connections:
    """What they say, and where they are."""

    home: Path
    """Which Airflow was asked."""
    settings: Mapping[str, Any] = field(repr=False)
    """Arguments of ``load_settings``; secrets among them."""
    places: Mapping[str, str]
    """Where each connection is, by its id; those that are nowhere are left out."""
    faults: tuple[str, ...]
    """Connections that are there and cannot be opened, with the reason."""


def read_connections(var_dir: Path) -> Connections | None:
    """Ask the Airflow of AIRFLOW_HOME, or else the one of ``mineralwatch up`` below ``var_dir``.

    Returns None where there is neither: then the variables are all there is.

    Raises:
        ConfigError: Airflow cannot say; its last line is in the message.
    """
    own = AirflowHome((var_dir / "airflow").resolve())
    if given := os.environ.get("AIRFLOW_HOME"):
        return _ask(Path(given), dict(os.environ))
    if not own.database.exists():
        return None
    env = environment(
        own,
        port=0,  # nothing is served
        dags=dags_folder(),
        found=read_secrets(own),
        inherited=os.environ,
        extra={},
    )
    return _ask(own.path, env)


def _ask(home: Path, env: Mapping[str, str]) -> Connections:
    command = [sys.executable, str(dags_folder() / "_connections.py")]
    # As the api-server: only then Airflow asks its own database.
    env = {**env, "_AIRFLOW_PROCESS_CONTEXT": "server"}
    try:
        done = subprocess.run(  # noqa: S603 - this Python and a file of ours, no shell
            command, env=env, capture_output=True, text=True, check=False, timeout=TIMEOUT_S
        )
    except subprocess.TimeoutExpired as error:
        raise _silent(home, f"no answer within {TIMEOUT_S} s") from error
    if done.returncode:
        said = [line.strip() for line in done.stderr.splitlines() if line.strip()]
        raise _silent(home, mask(said[-1]) if said else f"it ended with code {done.returncode}")
    found = json.loads(done.stdout)
    return Connections(
        home=home,
        settings=found["settings"],
        places=found["places"],
        faults=tuple(f"{name} in {place}: {mask(why)}" for name, place, why in found["faults"]),
    )


def _silent(home: Path, why: str) -> ConfigError:
    return ConfigError(
        f"the connections of the Airflow in {home} cannot be read: {why}",
        mend="look with: airflow config list, airflow db check",
    )
