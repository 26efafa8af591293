"""`mineralwatch doctor`: every check is seen to fail on what is really broken, and to pass else."""

import json
import os
import socket
from pathlib import Path
from typing import Any

from sqlalchemy import text
from sqlalchemy.engine import make_url
from typer.testing import CliRunner

from pipeline.cli import app
from pipeline.demo.mail_catcher import MailCatcher
from pipeline.demo.slack_server import SlackServer
from pipeline.store.engine import open_database
from schemas.feed import PollOutcome
from tests.doctoring import ROUTES, Doctor, own_config, polled, slack_env

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
            *(
                "settings",
                "sources",
                "configuration",
                "routes",
                "digest",
                "database",
                "migrations",
                "feeds",
            ),
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


def test_without_an_airflow_the_variables_and_the_file_env_are_the_sources(
    doctor: Doctor, tmp_path: Path
) -> None:
    (tmp_path / ".env").write_text("MINERALWATCH_SMTP_URL=smtp://watch:hunter-two@192.0.2.1\n")
    _, found = doctor("--offline", MINERALWATCH_SLACK_TOKEN="xoxb-hunter-three")
    assert found["sources"]["verdict"] == "ok"
    assert found["sources"]["seen"] == (
        "no Airflow here; database: MINERALWATCH_DATABASE_URL; "
        "Slack's token: MINERALWATCH_SLACK_TOKEN; "
        "mail server: MINERALWATCH_SMTP_URL in .env; webhooks: not set"
    )
    assert "hunter" not in json.dumps(found)


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
