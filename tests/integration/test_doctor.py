"""`mineralwatch doctor`: every check is seen to fail on what is really broken, and to pass else."""

import json
import logging
import os
import shutil
import socket
import ssl
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from sqlalchemy import text
from sqlalchemy.engine import make_url
from typer.testing import CliRunner

from pipeline.assess.assessor import Assessor
from pipeline.assess.learned import load_model
from pipeline.assess.model_files import PACKAGE_MODEL
from pipeline.cli import app
from pipeline.demo.mail_catcher import MailCatcher
from pipeline.demo.slack_server import DEMO_TOKEN, SlackServer, SlackServerThread
from pipeline.demo.slack_workspace import ALL_SCOPES
from pipeline.notify.slack_probe import NEEDED
from pipeline.stages.doctor_channels import check_clock
from pipeline.stages.doctor_machine import check_disk, check_model, check_time_zones
from pipeline.store import feeds
from pipeline.store.engine import open_database
from schemas.config import FeedConfig
from schemas.doctor import Verdict
from schemas.feed import PollOutcome, PollRecord

ROOT = Path(__file__).parents[2]
ALL_NEEDED = ALL_SCOPES | frozenset(NEEDED)

Found = dict[str, dict[str, str]]
Doctor = Callable[..., tuple[int, Found]]


@pytest.fixture(autouse=True)
def _loud_again() -> Iterator[None]:
    """The command makes our loggers silent for its process, which is the tests' one here."""
    loggers = [logging.getLogger(name) for name in ("pipeline", "pipeline.app")]
    levels = [one.level for one in loggers]
    yield
    for one, level in zip(loggers, levels, strict=True):
        one.setLevel(level)


@pytest.fixture
def slack() -> Iterator[SlackServer]:
    with SlackServerThread(channels=["minerals", "operations"], scopes=ALL_NEEDED) as server:
        yield server


@pytest.fixture
def doctor(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, sqlite_url: str, assessor: Assessor
) -> Doctor:
    """The command's exit code and its checks by name."""
    monkeypatch.setattr("pipeline.assess.assessor.build_assessor", lambda _rules: assessor)
    (tmp_path / "feeds.yaml").write_text("feeds: [{name: A, url: 'https://a.example/feed'}]\n")

    def look(*args: str, **extra: str) -> tuple[int, Found]:
        env = {
            "MINERALWATCH_DATABASE_URL": sqlite_url,
            "MINERALWATCH_FEEDS_FILE": str(tmp_path / "feeds.yaml"),
            "MINERALWATCH_VAR_DIR": str(tmp_path / "var"),
        } | extra
        done = CliRunner().invoke(app, ["doctor", "--json", *args], env=env)
        told = json.loads(done.stdout)
        assert told["exit_code"] == done.exit_code
        return done.exit_code, {check["name"]: check for check in told["checks"]}

    return look


def slack_env(slack: SlackServer, **extra: str) -> dict[str, str]:
    return {
        "MINERALWATCH_SLACK_TOKEN": DEMO_TOKEN,
        "MINERALWATCH_SLACK_BASE_URL": slack.base_url,
        "MINERALWATCH_SLACK_CHANNEL": "#minerals",
        **extra,
    }


def own_config(tmp_path: Path, name: str, content: dict[str, Any]) -> dict[str, str]:
    folder = tmp_path / "config"
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(yaml.safe_dump(content))
    return {"MINERALWATCH_CONFIG_DIR": str(folder)}


ROUTES: dict[str, Any] = {
    "routes": [{"name": "all", "when": {"min_significance": 1}}],
    "operators": [{"channel": "slack", "address": "operations"}],
}


def polled(url: str, outcome: PollOutcome = PollOutcome.FETCHED) -> None:
    """Let the feed have been polled just now, well or badly."""
    now = datetime.now(UTC)
    database = open_database(url)
    with database.write() as session:
        feed = FeedConfig(name="A", url="https://a.example/feed")
        feeds.sync_feeds([feed], keep_others=False, now=now, session=session)
        (state,) = feeds.due_feeds(now=now, session=session)
        feeds.add_polls([PollRecord(state.feed_id, now, outcome)], session=session)
        session.execute(
            text(
                "UPDATE feed SET failures = :failures, last_success_at = :good,"
                " last_new_at = :good, failure = :kind, failure_message = 'no answer'"
            ),
            {
                "failures": 0 if outcome is PollOutcome.FETCHED else 3,
                "kind": None if outcome is PollOutcome.FETCHED else "timeout",
                "good": now.replace(tzinfo=None),
            },
        )
    database.close()


# ---- all is well ---------------------------------------------------------------------------------


def test_where_all_is_well_each_check_says_what_was_seen(
    doctor: Doctor, slack: SlackServer, tmp_path: Path, sqlite_url: str
) -> None:
    polled(sqlite_url)
    (tmp_path / ".env").touch(mode=0o600)
    with MailCatcher(tmp_path / "mail", user="watch", password="p@ss") as mail:
        code, found = doctor(
            **slack_env(slack),
            **own_config(tmp_path, "routes.yaml", ROUTES),
            MINERALWATCH_SMTP_URL=f"smtp://watch:p%40ss@127.0.0.1:{mail.port}",
            MINERALWATCH_DIGEST_TO="reader@example.org",
        )
        assert mail.messages == []
    assert {name: one["verdict"] for name, one in found.items()} == dict.fromkeys(
        (
            *("settings", "configuration", "routes", "digest", "database", "migrations", "feeds"),
            *("slack", "slack scopes", "slack channels", "clock", "smtp", "time zones", "model"),
            *("disk", "secrets"),
        ),
        "ok",
    )
    assert code == 0
    assert not any(one["mend"] for one in found.values())
    assert "logged in as watch" in found["smtp"]["seen"]
    assert found["slack channels"]["seen"].endswith("minerals, operations")
    assert slack.calls == ["auth.test", "conversations.list"], "nothing is posted"


def test_offline_asks_nobody(doctor: Doctor, slack: SlackServer) -> None:
    code, found = doctor("--offline", **slack_env(slack), MINERALWATCH_SMTP_URL="smtp://192.0.2.1")
    skipped = {name for name, one in found.items() if one["verdict"] == "skipped"}
    assert {"slack", "slack scopes", "slack channels", "clock", "smtp"} <= skipped
    assert slack.calls == []
    assert code == 0


def test_as_text_each_failure_has_its_mend_below(tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.setenv("MINERALWATCH_DATABASE_URL", f"sqlite:///{tmp_path / 'new.sqlite3'}")
    monkeypatch.setenv("COLUMNS", "200")
    done = CliRunner().invoke(app, ["doctor", "--offline"])
    assert done.exit_code == 1
    lines = done.stdout.splitlines()
    at = next(i for i, line in enumerate(lines) if line.startswith("fail    migrations"))
    assert lines[at + 1].strip() == "mend: run: mineralwatch db upgrade"


# ---- configuration -------------------------------------------------------------------------------


def test_a_wrong_setting_is_the_only_check_and_exit_code_2(doctor: Doctor) -> None:
    code, found = doctor(MINERALWATCH_FETCH_TIMEOUT_S="soon")
    assert code == 2
    (name,) = found
    assert (name, found[name]["verdict"]) == ("settings", "fail")
    assert "MINERALWATCH_FETCH_TIMEOUT_S" in found[name]["seen"]


def test_an_address_of_no_database_is_a_setting(doctor: Doctor) -> None:
    code, found = doctor(MINERALWATCH_DATABASE_URL="mysql://h/d")
    assert code == 2
    assert "mysql" in found["settings"]["seen"]


def test_a_broken_file_is_named_and_the_rest_is_looked_at(doctor: Doctor, tmp_path: Path) -> None:
    broken = {"routes": [{"name": "a", "when": {"themes": ["no_such_theme"]}}]}
    code, found = doctor(**own_config(tmp_path, "routes.yaml", broken))
    assert code == 2
    assert found["configuration"]["verdict"] == "fail"
    assert "no_such_theme" in found["configuration"]["seen"]
    assert found["database"]["verdict"] == "ok"


def test_a_feeds_file_that_is_not_there(doctor: Doctor) -> None:
    code, found = doctor(MINERALWATCH_FEEDS_FILE="nowhere.yaml")
    assert code == 2
    assert "nowhere.yaml" in found["configuration"]["seen"]


def test_without_a_route_nobody_is_alerted(doctor: Doctor, tmp_path: Path) -> None:
    code, found = doctor(**own_config(tmp_path, "routes.yaml", {"routes": []}))
    assert code == 2
    assert found["routes"]["verdict"] == "fail"


def test_routes_without_a_channel_and_a_digest_without_readers_are_warnings(
    doctor: Doctor,
) -> None:
    code, found = doctor()
    assert code == 0
    assert found["routes"]["verdict"] == found["digest"]["verdict"] == "warn"
    assert "slack:default" in found["routes"]["seen"]
    assert "MINERALWATCH_DIGEST_TO" in found["digest"]["mend"]


def test_a_digest_list_without_a_reader_is_named(doctor: Doctor, tmp_path: Path) -> None:
    lists = {"lists": [{"name": "desk"}, {"name": "board", "to": ["a@example.org"]}]}
    _, found = doctor(**own_config(tmp_path, "digest.yaml", lists))
    assert found["digest"]["verdict"] == "warn"
    assert "desk" in found["digest"]["seen"]
    assert "board" not in found["digest"]["seen"]


# ---- the database --------------------------------------------------------------------------------


def test_a_database_that_is_down_skips_what_needs_it(doctor: Doctor) -> None:
    with socket.socket() as taken:  # bound, and not listening: refused
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        code, found = doctor(
            MINERALWATCH_DATABASE_URL=f"postgresql://u:hunter-two@127.0.0.1:{port}/d"
        )
    assert code == 1
    assert found["database"]["verdict"] == "fail"
    assert "hunter" not in json.dumps(found)
    assert found["migrations"]["verdict"] == found["feeds"]["verdict"] == "skipped"


def test_a_database_that_takes_no_writes(doctor: Doctor, postgres_url: str) -> None:
    database = open_database(postgres_url)
    with database.writer.begin() as connection:
        name = make_url(postgres_url).database
        connection.execute(text(f'ALTER DATABASE "{name}" SET default_transaction_read_only = on'))
    database.close()
    code, found = doctor(MINERALWATCH_DATABASE_URL=postgres_url)
    assert code == 1
    assert found["database"]["verdict"] == "fail"
    assert "read-only" in found["database"]["seen"]


def test_a_user_without_rights_on_the_tables(doctor: Doctor, postgres_url: str) -> None:
    role = f"reader_{os.getpid()}"
    database = open_database(postgres_url)
    with database.writer.begin() as connection:
        connection.execute(text(f"CREATE ROLE {role} LOGIN"))
        connection.execute(text(f"GRANT SELECT ON ALL TABLES IN SCHEMA public TO {role}"))
    url = make_url(postgres_url).set(username=role).render_as_string(hide_password=False)
    _, found = doctor(MINERALWATCH_DATABASE_URL=url)
    with database.writer.begin() as connection:
        connection.execute(text(f"DROP OWNED BY {role}"))
        connection.execute(text(f"DROP ROLE {role}"))
    database.close()
    assert found["database"]["verdict"] == "fail"
    assert "permission denied" in found["database"]["seen"]


def test_tables_that_are_missing_or_newer(doctor: Doctor, database_url: str) -> None:
    database = open_database(database_url)
    for wrong, mend in (("9999", "install the version"), ("0008", "db upgrade")):
        with database.writer.begin() as connection:
            put = text("UPDATE alembic_version SET version_num = :wrong")
            connection.execute(put, {"wrong": wrong})
        code, found = doctor(MINERALWATCH_DATABASE_URL=database_url)
        assert code == 1
        assert found["migrations"]["verdict"] == "fail"
        assert mend in found["migrations"]["mend"]
        assert found["feeds"]["verdict"] == "skipped"
    database.close()


# ---- feeds ---------------------------------------------------------------------------------------


def test_most_feeds_sick_is_a_failure(doctor: Doctor, sqlite_url: str) -> None:
    polled(sqlite_url, PollOutcome.FAILED)
    code, found = doctor()
    assert code == 1
    assert found["feeds"]["verdict"] == "fail"
    assert "A: no answer" in found["feeds"]["seen"]


def test_no_feed_at_all_is_a_failure(doctor: Doctor, tmp_path: Path) -> None:
    (tmp_path / "feeds.yaml").write_text("feeds: []\n")
    code, found = doctor()
    assert (code, found["feeds"]["verdict"]) == (1, "fail")


# ---- Slack ---------------------------------------------------------------------------------------


def test_a_wrong_token(doctor: Doctor, slack: SlackServer) -> None:
    code, found = doctor(**slack_env(slack, MINERALWATCH_SLACK_TOKEN="xoxb-wrong-one"))
    assert code == 1
    assert (found["slack"]["verdict"], found["slack"]["seen"]) == ("fail", "invalid_auth")
    assert "xoxb-wrong" not in json.dumps(found)
    assert found["slack scopes"]["verdict"] == "skipped"


def test_slack_out_of_reach(doctor: Doctor, slack: SlackServer) -> None:
    slack.drop_next(method="auth.test")
    _, found = doctor(**slack_env(slack))
    assert found["slack"]["verdict"] == "fail"
    assert "could not be reached" in found["slack"]["seen"]
    slack.fail_next(method="auth.test")
    _, found = doctor(**slack_env(slack))
    assert found["slack"]["verdict"] == "fail"


@pytest.mark.parametrize(
    ("lost", "verdict", "code"), [("chat:write", "fail", 1), ("reactions:read", "warn", 0)]
)
def test_a_missing_scope_is_named_with_what_is_lost(
    doctor: Doctor, lost: str, verdict: str, code: int
) -> None:
    with SlackServerThread(channels=["minerals"], scopes=ALL_NEEDED - {lost}) as slack:
        ended, found = doctor(**slack_env(slack))
    assert (ended, found["slack scopes"]["verdict"]) == (code, verdict)
    assert NEEDED[lost] in found["slack scopes"]["seen"]
    assert f"add {lost} " in found["slack scopes"]["mend"]


def test_the_scopes_are_those_of_the_manifest() -> None:
    manifest = yaml.safe_load((ROOT / "docs" / "slack-app-manifest.yaml").read_text())
    assert set(NEEDED) == set(manifest["oauth_config"]["scopes"]["bot"])


@pytest.mark.parametrize("fault", ["gone", "archived", "left"])
def test_a_channel_that_the_bot_cannot_post_to(
    doctor: Doctor, slack: SlackServer, tmp_path: Path, fault: str
) -> None:
    operations = slack.workspace.channels[1]
    operations.archived, operations.member = fault == "archived", fault != "left"
    address = "nowhere" if fault == "gone" else "operations"
    operators = [{"channel": "slack", "address": address}]
    code, found = doctor(
        **slack_env(slack), **own_config(tmp_path, "routes.yaml", ROUTES | {"operators": operators})
    )
    assert (code, found["slack channels"]["verdict"]) == (1, "fail")
    assert f"#{address}" in found["slack channels"]["seen"]
    assert "minerals" not in found["slack channels"]["seen"]


def test_channels_that_cannot_be_listed_are_a_warning(doctor: Doctor) -> None:
    with SlackServerThread(channels=["minerals"], scopes=frozenset({"chat:write"})) as slack:
        _, found = doctor(**slack_env(slack))
    assert found["slack channels"]["verdict"] == "warn"
    assert "channels:read" in found["slack channels"]["mend"]


def test_a_clock_that_is_wrong(
    doctor: Doctor, slack: SlackServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    late = datetime.now(UTC) + timedelta(hours=1)
    monkeypatch.setattr("pipeline.commands.doctor.utc_now", lambda: late)
    code, found = doctor(**slack_env(slack))
    assert (code, found["clock"]["verdict"]) == (1, "fail")
    assert "ahead of Slack's" in found["clock"]["seen"]
    assert check_clock(late, late - timedelta(seconds=30)).verdict is Verdict.WARN
    assert check_clock(late, late + timedelta(seconds=1)).verdict is Verdict.OK
    assert check_clock(None, late).verdict is Verdict.SKIPPED


# ---- mail ----------------------------------------------------------------------------------------


def test_a_wrong_password_of_the_mail_server(doctor: Doctor, tmp_path: Path) -> None:
    with MailCatcher(tmp_path / "mail", user="watch", password="right-one") as mail:
        code, found = doctor(MINERALWATCH_SMTP_URL=f"smtp://watch:wrong-one@127.0.0.1:{mail.port}")
    assert (code, found["smtp"]["verdict"]) == (1, "fail")
    assert "535" in found["smtp"]["seen"]
    assert "wrong-one" not in json.dumps(found)


def test_tls_is_really_spoken_and_a_certificate_that_nobody_vouches_for_is_refused(
    doctor: Doctor,
    tmp_path: Path,
    certificate: tuple[Path, ssl.SSLContext],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    path, context = certificate
    with MailCatcher(tmp_path / "mail", tls=context) as mail:
        url = f"smtp://127.0.0.1:{mail.port}?starttls=1"
        _, found = doctor(MINERALWATCH_SMTP_URL=url)
        assert found["smtp"]["verdict"] == "fail"
        assert "certificate" in found["smtp"]["seen"].lower()
        monkeypatch.setenv("SSL_CERT_FILE", str(path))
        _, found = doctor(MINERALWATCH_SMTP_URL=url)
        assert found["smtp"]["verdict"] == "ok"
        assert "starttls" in found["smtp"]["seen"]
        assert mail.messages == []


def test_a_mail_server_without_starttls_and_one_that_is_down(
    doctor: Doctor, tmp_path: Path
) -> None:
    with MailCatcher(tmp_path / "mail") as mail:
        port = mail.port
        _, found = doctor(MINERALWATCH_SMTP_URL=f"smtp://127.0.0.1:{port}?starttls=1")
        assert found["smtp"]["verdict"] == "fail"
        assert "STARTTLS" in found["smtp"]["seen"]
    _, found = doctor(MINERALWATCH_SMTP_URL=f"smtp://127.0.0.1:{port}")
    assert found["smtp"]["verdict"] == "fail"


# ---- this machine --------------------------------------------------------------------------------


def test_a_time_zone_without_data() -> None:
    found = check_time_zones(("Europe/Kyiv", "Mars/Olympus"))
    assert found.verdict is Verdict.FAIL
    assert "Mars/Olympus" in found.seen
    assert "tzdata" in found.mend


def test_weights_that_are_broken_or_missing(assessor: Assessor, tmp_path: Path) -> None:
    folder = tmp_path / "model"
    shutil.copytree(PACKAGE_MODEL, folder)
    weights = folder / "weights.npz"
    weights.write_bytes(weights.read_bytes()[:100_000])

    def broken() -> Assessor:
        load_model(folder)
        return assessor

    found = check_model(broken)
    assert found.verdict is Verdict.FAIL
    assert str(folder) in found.seen

    def missing() -> Assessor:
        Path("lexicon.yaml").read_bytes()
        return assessor

    assert check_model(missing).verdict is Verdict.FAIL
    without = check_model(lambda: assessor, tmp_path)
    assert without.verdict is Verdict.WARN
    assert "rules alone" in without.seen


def test_no_room(tmp_path: Path) -> None:
    huge = 10**18
    assert check_disk(tmp_path, fail_at=huge).verdict is Verdict.FAIL
    assert check_disk(tmp_path, warn_at=huge).verdict is Verdict.WARN
    assert check_disk(tmp_path / "not" / "yet", warn_at=1, fail_at=1).verdict is Verdict.OK


@pytest.mark.parametrize("name", [".env", "var/airflow/secrets.json", "var/airflow"])
def test_secrets_that_others_can_read(doctor: Doctor, tmp_path: Path, name: str) -> None:
    home = tmp_path / "var" / "airflow"
    home.mkdir(parents=True, mode=0o700)
    for one in (tmp_path / ".env", home / "secrets.json"):
        one.write_text("{}" if one.suffix else "")
        one.chmod(0o600)
    assert doctor("--offline")[1]["secrets"]["verdict"] == "ok"
    (tmp_path / name).chmod(0o755 if name.endswith("airflow") else 0o640)
    code, found = doctor("--offline")
    assert (code, found["secrets"]["verdict"]) == (1, "fail")
    assert Path(name).name in found["secrets"]["seen"]
