"""The command line of a desk with one feed in its file, on either database."""

from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from pipeline.assess.assessor import Assessor, build_assessor
from pipeline.catalog import load_catalog
from pipeline.cli import app
from pipeline.settings import Settings

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
