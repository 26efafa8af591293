"""A migrated home of Airflow for each test."""

import shutil
from pathlib import Path

import pytest

from tests.dags.airflow_process import AirflowProcess


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory, bytecode: Path) -> AirflowProcess:
    """A home with a migrated metadata database."""
    made = AirflowProcess(tmp_path_factory.mktemp("airflow"), bytecode)
    made.migrate()
    return made


@pytest.fixture
def airflow(tmp_path: Path, template: AirflowProcess) -> AirflowProcess:
    """The same, of the test's own."""
    own = AirflowProcess(tmp_path, template.bytecode)
    own.home.path.mkdir()
    shutil.copy(template.home.database, own.home.database)
    return own
