"""The folder and the environment in which Airflow runs on this machine.

Airflow is configured by AIRFLOW__SECTION__KEY variables alone, so that nothing outside the home is
read or written. ``environment`` is pure; ``ensure_secrets`` makes the keys at the first start.
"""

import json
import os
import secrets
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from pipeline.errors import ConfigError

USERNAME = "admin"


@dataclass(frozen=True, slots=True)
class AirflowHome:
    """Where things are within Airflow's home."""

    path: Path

    @property
    def logs(self) -> Path:
        """Logs of the four processes, and below it those of the tasks."""
        return self.path / "logs"

    @property
    def secrets(self) -> Path:
        """Keys made at the first start; readable by the owner alone."""
        return self.path / "secrets.json"

    @property
    def passwords(self) -> Path:
        """The logins, as Airflow's simple auth manager reads them."""
        return self.path / "passwords.json"

    @property
    def database(self) -> Path:
        """Airflow's metadata database."""
        return self.path / "airflow.sqlite3"


@dataclass(frozen=True, slots=True)
class Secrets:
    """What protects one home: made at random, never a default, never printed but the password."""

    fernet_key: str
    jwt_secret: str
    api_secret_key: str
    password: str


def ensure_secrets(home: AirflowHome) -> Secrets:
    """Read the home's secrets, or make them at the first start; both files get mode 0600.

    The home itself is the owner's alone: Airflow's own files in it have looser modes.

    Raises:
        ConfigError: the file is there and cannot be used.
    """
    home.path.mkdir(parents=True, exist_ok=True)
    home.path.chmod(0o700)
    if home.secrets.exists():
        found = read_secrets(home)
    else:
        found = Secrets(
            fernet_key=urlsafe_b64encode(os.urandom(32)).decode(),
            jwt_secret=secrets.token_urlsafe(64),
            api_secret_key=secrets.token_urlsafe(32),
            password=secrets.token_urlsafe(12),
        )
        _write_private(home.secrets, asdict(found))
    # Airflow prints a password that it has to make up into its log: it finds this one instead.
    _write_private(home.passwords, {USERNAME: found.password})
    return found


def read_secrets(home: AirflowHome) -> Secrets:
    """The home's secrets; nothing is written, no mode is changed.

    Raises:
        ConfigError: the file is not there, or cannot be used.
    """
    try:
        return Secrets(**json.loads(home.secrets.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError) as error:
        raise ConfigError(
            f"{home.secrets}: cannot be read",
            mend="delete it: new keys and a new password are made at the next start",
        ) from error


def _write_private(path: Path, value: Mapping[str, Any]) -> None:
    """Replace a file at once, so that a crash midway leaves no half-written keys."""
    fresh = path.with_suffix(".new")
    fresh.unlink(missing_ok=True)
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(json.dumps(value) + "\n")
    fresh.replace(path)


def environment(
    home: AirflowHome,
    *,
    port: int,
    dags: Path,
    found: Secrets,
    inherited: Mapping[str, str],
    extra: Mapping[str, str],
) -> dict[str, str]:
    """The variables with which every Airflow process of this home runs.

    The caller's own AIRFLOW__ variables win over the tuning, not over identity (folders, address,
    keys): those of another Airflow on the machine must not leak in. ``extra`` wins over all.
    """
    own = _identity(home, port, dags, found)
    env = {**_tuning(), **inherited, **own, **extra}
    # A forgotten configuration file of another Airflow would be read before ours.
    env.pop("AIRFLOW_CONFIG", None)
    _keep_local_traffic_local(env)
    if env.pop("PYTHONDONTWRITEBYTECODE", ""):
        # Five processes import three thousand modules each: uncompiled, the start takes twice as
        # long. Whoever wants no bytecode beside the sources still gets none there.
        env.setdefault("PYTHONPYCACHEPREFIX", str(home.path / "bytecode"))
    return env


def _identity(home: AirflowHome, port: int, dags: Path, found: Secrets) -> dict[str, str]:
    """Folders, address and keys: what makes this Airflow this one."""
    url = f"http://127.0.0.1:{port}"
    return {
        "AIRFLOW_HOME": str(home.path),
        "AIRFLOW__CORE__DAGS_FOLDER": str(dags),
        "AIRFLOW__CORE__PLUGINS_FOLDER": str(dags / "plugins"),
        "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"{url}/execution/",
        "AIRFLOW__CORE__FERNET_KEY": found.fernet_key,
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS": f"{USERNAME}:admin",
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE": str(home.passwords),
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_ALL_ADMINS": "False",
        "AIRFLOW__API__HOST": "127.0.0.1",
        "AIRFLOW__API__PORT": str(port),
        "AIRFLOW__API__BASE_URL": url,
        "AIRFLOW__API__SECRET_KEY": found.api_secret_key,
        "AIRFLOW__API_AUTH__JWT_SECRET": found.jwt_secret,
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{home.database}",
        "AIRFLOW__LOGGING__BASE_LOG_FOLDER": str(home.logs),
        "AIRFLOW__LOGGING__DAG_PROCESSOR_CHILD_PROCESS_LOG_DIRECTORY": str(
            home.logs / "dag_processor"
        ),
        # The default is below the machine's temporary folder.
        "AIRFLOW__DAG_PROCESSOR__DAG_BUNDLE_STORAGE_PATH": str(home.path / "bundles"),
        # Matplotlib draws the digest's charts and would keep its font list in ~/.config.
        "MPLCONFIGDIR": str(home.path / "matplotlib"),
    }


def _tuning() -> dict[str, str]:
    """Small memory, short delays; measured on two cores with benchmarks/latency.py."""
    return {
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__EXECUTOR": "LocalExecutor",
        # Each worker waits with about 45 MB of its own; five DAGs seldom run at once.
        "AIRFLOW__CORE__PARALLELISM": "4",
        # All DAGs are on at the first start; one that an operator pauses stays paused.
        "AIRFLOW__CORE__DAGS_ARE_PAUSED_AT_CREATION": "False",
        # The default asks the DNS for this machine's name: seconds where there is no network.
        "AIRFLOW__CORE__HOSTNAME_CALLABLE": "socket.gethostname",
        "AIRFLOW__API__WORKERS": "1",
        # How long the scheduler sleeps when there was nothing to do, at each hop from an asset to
        # the DAG that waits for it. Three hops of empty tasks took 3.4 s with the default of 1 s,
        # 2.4 s with 0.25 s; idle, that is 7 % of one core in place of 2 %. Less would not help
        # much: on SQLite a run starts at a whole second (CURRENT_TIMESTAMP has no fraction).
        "AIRFLOW__SCHEDULER__SCHEDULER_IDLE_SLEEP_TIME": "0.25",
        # A task whose process was killed is given up after this; with one run at a time, the DAG
        # stands still for so long. The default is 300.
        "AIRFLOW__SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT": "120",
        # At a start, tasks may be due before the api-server answers. The defaults give up after
        # five attempts, and wait ever longer in between.
        "AIRFLOW__WORKERS__EXECUTION_API_RETRIES": "40",
        "AIRFLOW__WORKERS__EXECUTION_API_RETRY_WAIT_MIN": "0.5",
        "AIRFLOW__WORKERS__EXECUTION_API_RETRY_WAIT_MAX": "2",
        # Its first answer takes seconds (see AirflowApi.healthy): longer than the default of 5 on
        # a busy machine.
        "AIRFLOW__WORKERS__EXECUTION_API_TIMEOUT": "30",
        # A worker often notices the end of its task only when the next heartbeat is due. With the
        # default of 5 s, four workers are soon all waiting for tasks that ended long ago.
        "AIRFLOW__WORKERS__MIN_HEARTBEAT_INTERVAL": "2",
        # Seven small files: one process parses them in about a second, once a minute.
        "AIRFLOW__DAG_PROCESSOR__PARSING_PROCESSES": "1",
        "AIRFLOW__DAG_PROCESSOR__MIN_FILE_PROCESS_INTERVAL": "60",
        "AIRFLOW__DAG_PROCESSOR__PRINT_STATS_INTERVAL": "0",
        "AIRFLOW__LOGGING__COLORED_CONSOLE_LOG": "False",
        # A line per request of every task and every open browser tab drowns the rest.
        "AIRFLOW__LOGGING__NAMESPACE_LEVELS": "http.access=WARNING",
        "AIRFLOW__USAGE_DATA_COLLECTION__ENABLED": "False",
        "PYTHONUNBUFFERED": "1",
    }


def _keep_local_traffic_local(env: dict[str, str]) -> None:
    """Tasks report to the api-server on loopback: no proxy may get between them."""
    local = "127.0.0.1,localhost"
    for name in ("NO_PROXY", "no_proxy"):
        env[name] = f"{env[name]},{local}" if env.get(name) else local
