"""dag.test() of every DAG: real feeds, a real Slack endpoint and a real mail server on loopback."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import pytest

from pipeline.demo.mail_catcher import MailCatcher
from pipeline.demo.slack_server import DEMO_TOKEN, SlackServer, SlackServerThread
from tests.dags.airflow_process import AirflowProcess
from tests.feed_server import FeedServer

TITLE = "Kazakhstan and the United States sign an agreement on critical minerals"
SUMMARY = "The two governments signed the agreement on rare earths and tungsten in Astana."


@pytest.fixture
def slack() -> Iterator[SlackServer]:
    with SlackServerThread(channels=["minerals"]) as server:
        yield server


@pytest.fixture
def mail(tmp_path: Path) -> Iterator[MailCatcher]:
    with MailCatcher(tmp_path / "mail") as catcher:
        yield catcher


@pytest.fixture
def feeds(tmp_path: Path) -> Iterator[Path]:
    """A feed with one item of news, and one that is broken."""
    date = format_datetime(datetime.now(UTC))
    item = (
        f"<item><title>{TITLE}</title><link>https://news.example/1</link>"
        f"<description>{SUMMARY}</description><pubDate>{date}</pubDate></item>"
    )
    head = "<title>News</title><link>https://news.example/</link><description>.</description>"
    with FeedServer() as server:
        good = server.serve(
            "/feed.xml", f'<rss version="2.0"><channel>{head}{item}</channel></rss>'
        )
        bad = server.serve("/bad.xml", "gone", status=410)
        file = tmp_path / "feeds.yaml"
        file.write_text(
            f"feeds:\n  - {{name: Good, url: '{good}'}}\n  - {{name: Bad, url: '{bad}'}}\n"
        )
        yield file


@pytest.fixture
def common(tmp_path: Path, sqlite_url: str) -> dict[str, str]:
    """Our settings of the test's own."""
    return {
        "MINERALWATCH_DATABASE_URL": sqlite_url,
        "MINERALWATCH_VAR_DIR": str(tmp_path / "var"),
        "MINERALWATCH_ALLOW_PRIVATE_NETWORKS": "1",
        "MINERALWATCH_PARSE_PROCESSES": "0",
    }


def test_from_a_feed_to_slack_and_the_digest(
    airflow: AirflowProcess,
    common: dict[str, str],
    feeds: Path,
    slack: SlackServer,
    mail: MailCatcher,
) -> None:
    poll, quiet, everything, assess, send, digest, late = airflow.work(
        "run",
        *("poll_feeds", "{}"),
        *("poll_feeds", "{}"),
        *("poll_feeds", json.dumps({"everything": True})),
        *("assess_articles", "{}"),
        *("send_alerts", "{}"),
        *("daily_digest", "{}"),
        *("send_alerts", "{}"),
        **common,
        MINERALWATCH_FEEDS_FILE=str(feeds),
        MINERALWATCH_SLACK_TOKEN=DEMO_TOKEN,
        MINERALWATCH_SLACK_BASE_URL=slack.base_url,
        MINERALWATCH_SLACK_CHANNEL="#minerals",
        MINERALWATCH_SMTP_URL=mail.url,
        MINERALWATCH_DIGEST_TO="reader@example.org",
    )
    assert poll["tasks"] == {
        "plan": "success",
        "poll[0]": "success",
        "fulltext": "success",
    }, "a bad feed fails no task"
    assert poll["returned"]["poll[0]"]["new"] == 1
    assert poll["returned"]["poll[0]"]["failed"] == 1
    assert poll["events"] == [["articles", {"count": 1}]]

    assert quiet["state"] == "success"
    assert quiet["tasks"]["plan"] == "success"
    assert quiet["events"] == [], "nothing new, nobody is woken"

    # All feeds though none is due: the good one, and the bad one in a lane of its own.
    assert set(everything["tasks"]) == {"plan", "poll[0]", "poll[1]", "fulltext"}
    assert everything["returned"]["poll[1]"]["failed"] == 1
    assert everything["events"] == []

    assert assess["tasks"] == {"assess": "success", "link": "success"}
    assert assess["returned"]["assess"]["relevant"] == 1
    assert assess["events"] == [["alerts", {"count": 1}]]

    assert send["returned"]["deliver"]["sent"] == 1
    assert [message.channel.name for message in slack.messages] == ["minerals"]
    assert "Kazakhstan" in json.dumps(slack.messages[0].to_json())

    assert digest["returned"]["digest"]["queued"] == 1
    assert digest["events"] == [["alerts", {"count": 1}]], "the e-mail leaves by send_alerts"
    assert late["returned"]["deliver"]["sent"] == 1
    (letter,) = mail.messages
    assert letter.recipients == ("reader@example.org",)
    assert len(slack.messages) == 1, "nothing is sent twice"


def test_a_test_is_green_where_it_arrived_and_one_feed_is_polled_alone(
    airflow: AirflowProcess, common: dict[str, str], feeds: Path, slack: SlackServer
) -> None:
    """The log names what was done, and no secret: the bad feed has a password in its address."""
    secret = "s3cret-of-the-feed"
    feeds.write_text(feeds.read_text().replace("http://", f"http://me:{secret}@"))
    (one, arrived, refused), log = airflow.logged(
        "run",
        *("poll_feeds", json.dumps({"feed": "bad"})),
        *("test_alert", "{}"),
        *("test_alert", json.dumps({"channel": "slack", "address": "nowhere"})),
        **common,
        MINERALWATCH_FEEDS_FILE=str(feeds),
        MINERALWATCH_SLACK_TOKEN=DEMO_TOKEN,
        MINERALWATCH_SLACK_BASE_URL=slack.base_url,
        MINERALWATCH_SLACK_CHANNEL="#minerals",
    )
    assert one["returned"]["poll[0]"] == {"feeds": 1, "new": 0, "edited": 0, "failed": 1}
    assert arrived["tasks"] == {"send": "success"}
    assert refused["tasks"] == {"send": "failed"}
    [message] = slack.messages
    assert message.text.startswith("TEST, not news")
    for line in (
        "poll: feeds=1 new=0 edited=0 failed=1 problems=1 in ",
        "the test arrived",
        "test_alert: places=1 sent=1 waiting=0 refused=0 in ",
        "the test did not arrive everywhere: slack:nowhere: Slack refused it: channel_not_found",
    ):
        assert line in log
    assert secret not in log
    assert DEMO_TOKEN not in log


def test_archive_reassess_and_upkeep(
    airflow: AirflowProcess, common: dict[str, str], tmp_path: Path
) -> None:
    archive = tmp_path / "archive.jsonl"
    rows = [
        {
            "title": TITLE,
            "summary": SUMMARY,
            "url": "https://news.example/a",
            "published": "2026-01-05",
        },
        {"title": "", "url": "https://news.example/b"},
    ]
    archive.write_text("".join(json.dumps(row) + "\n" for row in rows))
    imported, assess, dry, written, upkeep = airflow.work(
        "run",
        *("import_archive", json.dumps({"path": str(archive), "format": "jsonl"})),
        *("assess_articles", "{}"),
        *("reassess", json.dumps({"since": "2026-01-01"})),
        *("reassess", json.dumps({"since": "2026-01-01", "dry_run": False})),
        *("upkeep", "{}"),
        **common,
    )
    assert imported["state"] == "success"
    assert imported["returned"]["bring_in"]["new"] == 1
    assert imported["events"] == [["articles", {"count": 1}]]
    assert assess["events"] == [], "what is past is never alerted"
    assert dry["returned"]["read_anew"]["read"] == 1
    assert dry["returned"]["read_anew"]["written"] == 0
    assert dry["events"] == []
    assert written["returned"]["read_anew"]["written"] == 1
    assert written["events"] == [["articles", {"count": 1}]]
    assert upkeep["tasks"] == {"tidy": "success", "websub": "success"}


def test_a_form_that_is_filled_in_wrongly_starts_nothing(
    airflow: AirflowProcess, common: dict[str, str]
) -> None:
    with pytest.raises(AssertionError, match="ParamValidationError"):
        airflow.work("run", "reassess", json.dumps({"since": "yesterday"}), **common)


def test_what_a_person_has_to_mend_fails_the_task_at_once(
    airflow: AirflowProcess, common: dict[str, str], tmp_path: Path
) -> None:
    conf = json.dumps({"path": str(tmp_path / "nowhere.jsonl"), "format": "jsonl"})
    (ran,) = airflow.work("run", "import_archive", conf, **common)
    assert ran["tasks"] == {"bring_in": "failed"}
    assert ran["events"] == []


def test_connections_come_first(airflow: AirflowProcess, common: dict[str, str]) -> None:
    found: dict[str, Any] = airflow.work(
        "settings",
        **common,
        MINERALWATCH_SLACK_TOKEN="xoxb-variable",
        MINERALWATCH_SLACK_CHANNEL="#variable",
        MINERALWATCH_DIGEST_TO="variable@example.org",
        MINERALWATCH_WEBHOOK_SECRETS='{"desk": "from the variable"}',
        AIRFLOW_CONN_MINERALWATCH_WEBHOOKS=json.dumps(
            {"conn_type": "generic", "password": '{"desk": "from the connection"}'}
        ),
        AIRFLOW_CONN_MINERALWATCH_DB="postgresql://watch:p%40ss@db.example:5433/minerals",
        AIRFLOW_CONN_MINERALWATCH_SLACK=json.dumps(
            {
                "conn_type": "http",
                "password": "xoxb-connection",
                "extra": {"channel": "#connection"},
            }
        ),
        AIRFLOW_CONN_MINERALWATCH_SMTP=json.dumps(
            {
                "conn_type": "smtp",
                "host": "mail.example",
                "port": 587,
                "login": "me@example.org",
                "password": "s/cret",
                "extra": {"disable_ssl": True, "from_email": "watch@example.org"},
            }
        ),
    )
    assert found["database_url"] == "postgres://watch:p%40ss@db.example:5433/minerals"
    assert found["webhook_secrets"] == {"desk": "from the connection"}
    assert found["slack_token"] == "xoxb-connection"
    assert found["slack_channel"] == "#connection"
    assert found["smtp_url"] == "smtp://me%40example.org:s%2Fcret@mail.example:587?starttls=1"
    assert found["digest_from"] == "watch@example.org"
    assert found["digest_to"] == "variable@example.org", "what no connection says stays"


def test_without_connections_the_variables_hold(
    airflow: AirflowProcess, common: dict[str, str]
) -> None:
    found = airflow.work(
        "settings",
        **common,
        MINERALWATCH_SLACK_TOKEN="xoxb-variable",
        MINERALWATCH_WEBHOOK_SECRETS='{"desk": "from the variable"}',
        AIRFLOW_CONN_MINERALWATCH_WEBHOOKS=json.dumps({"conn_type": "generic"}),
    )
    assert found["database_url"] == common["MINERALWATCH_DATABASE_URL"]
    assert found["slack_token"] == "xoxb-variable"
    assert found["smtp_url"] is None
    assert found["webhook_secrets"] == {"desk": "from the variable"}, "an empty one says nothing"


def test_a_connection_to_sqlite_and_to_an_encrypted_mail_server(
    airflow: AirflowProcess, common: dict[str, str]
) -> None:
    found = airflow.work(
        "settings",
        **common,
        AIRFLOW_CONN_MINERALWATCH_WEBHOOKS=json.dumps(
            {"conn_type": "generic", "extra": {"desk": "from the extra field"}}
        ),
        AIRFLOW_CONN_MINERALWATCH_DB=json.dumps({"conn_type": "sqlite", "host": "/data/m.sqlite3"}),
        AIRFLOW_CONN_MINERALWATCH_SMTP=json.dumps({"conn_type": "smtp", "host": "mail.example"}),
    )
    assert found["database_url"] == "sqlite:////data/m.sqlite3"
    assert found["smtp_url"] == "smtps://mail.example"
    assert found["webhook_secrets"] == {"desk": "from the extra field"}
