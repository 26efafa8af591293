"""A desk's command line with one feed in its file; a feed with its hub and the receiver."""

from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from pipeline.assess.assessor import Assessor, build_assessor
from pipeline.catalog import load_catalog
from pipeline.cli import app
from pipeline.settings import Settings
from tests.websub_world import World, world

Cli = Callable[..., Result]


@pytest.fixture(scope="session")
def assessor() -> Assessor:
    """The packaged one, built once: every command would build its own."""
    return build_assessor(load_catalog(Settings()).rules)


@pytest.fixture
def desk(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, database_url: str, assessor: Assessor
) -> Cli:
    """The command line on either database, with one configured feed."""
    file = tmp_path / "feeds.yaml"
    file.write_text("feeds: [{name: Filed, url: 'https://filed.example/feed', tier: 1}]\n")
    monkeypatch.setattr("pipeline.assess.assessor.build_assessor", lambda _rules: assessor)
    monkeypatch.setenv("MINERALWATCH_DATABASE_URL", database_url)
    monkeypatch.setenv("MINERALWATCH_FEEDS_FILE", str(file))
    monkeypatch.setenv("MINERALWATCH_ALLOW_PRIVATE_NETWORKS", "1")
    monkeypatch.setenv("MINERALWATCH_PARSE_PROCESSES", "0")
    monkeypatch.setenv("COLUMNS", "250")

    def call(*args: str, stdin: str | None = None) -> Result:
        return CliRunner().invoke(app, list(args), input=stdin)

    return call


@pytest.fixture
def watch(
    make_settings: Callable[..., Settings], tmp_path: Path, database_url: str, now: datetime
) -> Iterator[World]:
    """On SQLite and on PostgreSQL."""
    with world(make_settings, tmp_path, now, database_url=database_url) as made:
        yield made


@pytest.fixture
def lite(make_settings: Callable[..., Settings], tmp_path: Path, now: datetime) -> Iterator[World]:
    """On SQLite, for what has nothing to do with the database."""
    with world(make_settings, tmp_path, now) as made:
        yield made
