"""The demo's servers, and that its settings lead nowhere else."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
import yaml
from airflow.sdk import Connection
from slack_sdk import WebClient

from dags import _settings
from pipeline.catalog import load_catalog
from pipeline.demo.local_servers import CHANNEL, READER, LocalServers, local_servers
from pipeline.demo.newsroom import Newsroom
from pipeline.demo.slack_server import DEMO_TOKEN
from pipeline.settings import load_settings
from schemas.assessment import Stage

NOW = datetime(2026, 5, 20, 12, 0, tzinfo=UTC)


@pytest.fixture
def servers(tmp_path: Path):
    with local_servers(tmp_path / "run", Newsroom(clock=lambda: NOW)) as running:
        yield running


def test_settings_name_the_servers_and_the_run_alone(servers: LocalServers, monkeypatch):
    monkeypatch.setenv("MINERALWATCH_DATABASE_URL", "postgresql://real.example/news")
    monkeypatch.setenv("MINERALWATCH_SLACK_TOKEN", "xoxb-real")
    monkeypatch.setenv("MINERALWATCH_CONFIG_DIR", "/nowhere")
    settings = load_settings(**servers.settings)
    assert settings.database == f"sqlite:///{servers.home.resolve() / 'mineralwatch.sqlite3'}"
    assert settings.slack_token is not None
    assert settings.slack_token.get_secret_value() == DEMO_TOKEN
    assert settings.slack_base_url == servers.slack.base_url
    assert settings.slack_channel == f"#{CHANNEL}"
    assert settings.recipients == (READER,)
    assert settings.allow_private_networks


def test_the_environment_says_the_same_as_the_settings(servers: LocalServers, monkeypatch):
    for name, value in servers.environment.items():
        monkeypatch.setenv(name, value)
    assert load_settings() == load_settings(**servers.settings)


def test_connections_say_the_same_as_the_settings(servers: LocalServers, monkeypatch):
    """In Airflow they come first: a user's own would carry the sample news to a real channel."""
    for name, value in servers.environment.items():
        monkeypatch.setenv(name, value)
    wanted = load_settings(**servers.settings)
    for conn_id, read in (
        ("DB", _settings.from_database),
        ("SLACK", _settings.from_slack),
        ("SMTP", _settings.from_smtp),
    ):
        text = servers.environment[f"AIRFLOW_CONN_MINERALWATCH_{conn_id}"]
        found = read(Connection.from_json(text, conn_id=f"mineralwatch_{conn_id.lower()}"))
        assert load_settings(**found) == wanted


def test_the_configuration_is_sound_and_agreements_stand_at_their_start(servers: LocalServers):
    catalog = load_catalog(load_settings(**servers.settings))
    assert len(catalog.feeds) == 18
    assert len(catalog.agreements) > 10
    assert {agreement.stage for agreement in catalog.agreements} == {Stage.NONE}
    assert catalog.routes
    assert catalog.theme_titles


def test_the_channel_stays_readable_after_the_end(tmp_path: Path):
    with local_servers(tmp_path / "run", Newsroom([], [], clock=lambda: NOW)) as running:
        client = WebClient(DEMO_TOKEN, base_url=running.slack.base_url)
        client.chat_postMessage(channel=f"#{CHANNEL}", text="Signed in Astana")
    assert "Signed in Astana" in running.slack_snapshot.read_text(encoding="utf-8")
    assert yaml.safe_load(running.feeds_file.read_text(encoding="utf-8")) == {"feeds": []}
