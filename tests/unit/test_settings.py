"""The environment is read once, and a wrong value is named."""

import json
import traceback
from pathlib import Path

import pytest

from pipeline.errors import ConfigError
from pipeline.settings import PACKAGE_CONFIG, load_settings


def test_with_nothing_set_all_is_under_var() -> None:
    settings = load_settings()
    assert settings.database == f"sqlite:///{Path('var/mineralwatch.sqlite3').resolve()}"
    assert settings.outbox_dir == Path("var/outbox")
    assert not settings.allow_private_networks
    assert settings.slack_token is None


def test_variables_are_read_and_arguments_win(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MINERALWATCH_DIGEST_TO", "a@x.example, b@x.example")
    monkeypatch.setenv("MINERALWATCH_SLACK_BASE_URL", "http://127.0.0.1:1/api")
    monkeypatch.setenv("MINERALWATCH_SLACK_CHANNEL", "#one")
    settings = load_settings(slack_channel="#two", smtp_url=None)
    assert settings.recipients == ("a@x.example", "b@x.example")
    assert settings.slack_base_url == "http://127.0.0.1:1/api/"
    assert settings.slack_channel == "#two"


@pytest.mark.parametrize("scheme", ["postgres", "postgresql"])
def test_a_postgresql_url_gets_the_driver_that_we_ship(
    monkeypatch: pytest.MonkeyPatch, scheme: str
) -> None:
    monkeypatch.setenv("MINERALWATCH_DATABASE_URL", f"{scheme}://u:p@h/d")
    assert load_settings().database == "postgresql+psycopg://u:p@h/d"


@pytest.mark.parametrize(
    ("name", "value"),
    [("FETCH_TIMEOUT_S", "soon"), ("ALLOW_PRIVATE_NETWORKS", "maybe"), ("SLACK_BASE_URL", "x")],
)
def test_a_wrong_value_names_its_variable(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(f"MINERALWATCH_{name}", value)
    with pytest.raises(ConfigError, match=f"MINERALWATCH_{name}"):
        load_settings()


@pytest.mark.parametrize(
    "value",
    [
        "watch.example.org",
        "ftp://w.example/",
        "https:///x",
        "https://w.example/?a=b",
        "https://u@w/",
    ],
)
def test_a_callback_that_hubs_cannot_append_to_is_refused(value: str) -> None:
    with pytest.raises(ConfigError, match="MINERALWATCH_WEBSUB_CALLBACK_URL"):
        load_settings(websub_callback_url=value)


def test_a_callback_has_no_slash_at_its_end() -> None:
    settings = load_settings(websub_callback_url="https://w.example/websub/")
    assert settings.websub_callback_url == "https://w.example/websub"
    assert load_settings().websub_callback_url is None


def test_secrets_are_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MINERALWATCH_SLACK_TOKEN", "xoxb-secret")
    assert "xoxb-secret" not in repr(load_settings())


LONG = "a secret, long enough"


def test_secrets_of_webhooks_are_a_json_object(monkeypatch: pytest.MonkeyPatch) -> None:
    assert load_settings().webhook_secrets == {}
    monkeypatch.setenv("MINERALWATCH_WEBHOOK_SECRETS", json.dumps({"desk": LONG}))
    settings = load_settings()
    assert settings.webhook_secrets["desk"].get_secret_value() == LONG
    assert LONG not in repr(settings)
    given = load_settings(webhook_secrets={"other": LONG})
    assert set(given.webhook_secrets) == {"other"}


def test_a_file_has_them_on_one_line(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text(f'MINERALWATCH_WEBHOOK_SECRETS={{"desk": "{LONG}"}}\n')
    assert load_settings().webhook_secrets["desk"].get_secret_value() == LONG


@pytest.mark.parametrize(
    ("value", "told"),
    [
        ("desk=hunter2-hunter2", "not JSON"),
        ('["hunter2-hunter2"]', "JSON object"),
        ('"hunter2-hunter2"', "JSON object"),
        ('{"desk": "hunter2"}', "the secret of 'desk' is a text of 16 characters or more"),
        ('{"desk": "               "}', "'desk'"),
        ('{"desk": {"hunter2": 1}}', "'desk'"),
        ('{"desk": null}', "'desk'"),
    ],
)
def test_a_wrong_secret_is_named_and_not_shown(
    monkeypatch: pytest.MonkeyPatch, value: str, told: str
) -> None:
    monkeypatch.setenv("MINERALWATCH_WEBHOOK_SECRETS", value)
    with pytest.raises(ConfigError, match="MINERALWATCH_WEBHOOK_SECRETS: ") as error:
        load_settings()
    assert told in str(error.value)
    shown = "".join(traceback.format_exception(error.value))
    assert "hunter2" not in shown


def test_a_file_of_ones_own_wins_over_the_packaged_one(tmp_path: Path) -> None:
    (tmp_path / "routes.yaml").write_text("routes: []")
    settings = load_settings(config_dir=tmp_path)
    assert settings.config_file("routes.yaml") == tmp_path / "routes.yaml"
    assert settings.config_file("digest.yaml") == PACKAGE_CONFIG / "digest.yaml"
    with pytest.raises(ConfigError, match="no such folder"):
        load_settings(config_dir=tmp_path / "none").config_file("routes.yaml")
