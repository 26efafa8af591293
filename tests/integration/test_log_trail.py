"""What a command logs: a story's way by its id, as lines or as JSON, and no secret in it."""

import json
import os
import re
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, time
from pathlib import Path

import pytest
from sqlalchemy.engine import make_url

from pipeline.demo.newsroom import Newsroom, NewsroomThread
from pipeline.demo.samples import Format, Outlet, SampleItem
from pipeline.demo.slack_server import SlackServer, SlackServerThread
from schemas.feed import FeedKind

COMMAND = Path(sys.executable).parent / "mineralwatch"
ROOT = Path(__file__).parents[2]
TOKEN = "xoxb-1234-of-the-desk"

BOTH = """
routes:
  - name: all
    when: {min_significance: 1}
    to: [{channel: slack, address: default}, {channel: email, address: default}]
"""

Run = Callable[..., str]


def item(number: int, title: str) -> SampleItem:
    return SampleItem(
        id=f"item-{number}",
        title=title,
        summary="The ministers signed the memorandum on critical minerals on Monday.",
        outlet="Daily",
        feed="daily",
        language="en",
        day=0,
        time=time(8),
        event=f"event-{number}",
        relevant=True,
    )


ITEMS = (
    item(1, "Titanium beats Cobalt in cup final"),
    item(2, "Japan and Kazakhstan sign memorandum on rare earths"),
    item(3, "Zambia and the European Union sign agreement on copper and cobalt"),
)


@pytest.fixture
def slack() -> Iterator[SlackServer]:
    with SlackServerThread(channels=["minerals"], token=TOKEN) as server:
        yield server


@pytest.fixture
def run(tmp_path: Path, sqlite_url: str, slack: SlackServer) -> Iterator[Run]:
    """`mineralwatch run --once` on three items; what it logged."""
    outlet = Outlet("daily", "Daily", "en", "global", FeedKind.NEWS, 2, Format.RSS)
    newsroom = Newsroom(items=(), outlets=(outlet,), clock=lambda: datetime.now(UTC))
    for one in ITEMS:
        newsroom.publish(one)
    with NewsroomThread(newsroom):
        env = {
            "PATH": os.environ["PATH"],
            "HOME": str(tmp_path),
            "PYTHONPATH": str(ROOT),
            "MINERALWATCH_DATABASE_URL": sqlite_url,
            "MINERALWATCH_FEEDS_FILE": str(newsroom.feeds_yaml(tmp_path / "feeds.yaml")),
            "MINERALWATCH_ALLOW_PRIVATE_NETWORKS": "1",
            "MINERALWATCH_PARSE_PROCESSES": "0",
            "MINERALWATCH_SLACK_TOKEN": TOKEN,
            "MINERALWATCH_SLACK_CHANNEL": "#minerals",
            "MINERALWATCH_SLACK_BASE_URL": slack.base_url,
        }

        def call(code: int = 0, **extra: str) -> str:
            done = subprocess.run(
                [str(COMMAND), "run", "--once"],
                env=env | extra,
                cwd=tmp_path,
                capture_output=True,
                text=True,
                check=False,
                timeout=120,
            )
            assert done.returncode == code, done.stderr
            assert TOKEN not in done.stdout + done.stderr
            return done.stderr

        yield call


def lines_of(log: str, pattern: str) -> list[str]:
    """What ``grep -w`` finds."""
    return [line for line in log.splitlines() if re.search(rf"(?<!\w){pattern}(?!\w)", line)]


def test_a_grep_by_story_finds_its_way_from_poll_to_delivery(run: Run, slack: SlackServer) -> None:
    log = run()
    for message in slack.messages:
        assert message.metadata is not None
        story = str(message.metadata["event_payload"]["key"]).split(":")[1]
        opened, queued, sent = lines_of(log, f"story={story}")
        assert "opened a story" in opened
        assert "polled=" in opened
        assert "queued" in queued
        assert f"id={message.ts}" in sent
        (alert,) = re.findall(r"alert=\d+", queued)
        assert lines_of(log, alert) == [queued, sent]
        (article,) = re.findall(r"article=(\d+)", opened)
        way = lines_of(log, f"article={article}")
        assert [line in (opened, queued, sent) for line in way] == [False, True, True, True]
        assert "relevant" in way[0]
        (came,) = lines_of(log, "articles came")
        assert article in re.findall(r'articles="([\d ]+)"', came)[0].split()
    assert len(slack.messages) == 2


def test_as_json_each_line_is_an_object_with_the_ids_as_numbers(run: Run) -> None:
    log = run(MINERALWATCH_LOG_FORMAT="json")
    events = [json.loads(line) for line in log.splitlines()]
    assert {"at", "level", "logger", "event"} <= set.intersection(*map(set, events))
    told = [one["event"] for one in events if one.get("story") == 1]
    assert told == ["opened a story", "queued", "sent"]
    assert all(datetime.fromisoformat(one["at"]).tzinfo for one in events)


def test_no_secret_is_in_what_a_pass_logs_prints_or_writes(
    run: Run, slack: SlackServer, postgres_url: str, tmp_path: Path
) -> None:
    """Slack refuses, the mail server is down, and the database's address has a password."""
    secrets = {
        "smtp": "of-the-mail-server-4711",
        "database": "of-the-database-1234",
        "webhook": "of-the-webhook-0815-and-more",
    }
    slack._token = "xoxb-another"
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "routes.yaml").write_text(BOTH)
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        log = run(
            code=1,
            MINERALWATCH_LOG_FORMAT="json",
            MINERALWATCH_CONFIG_DIR=str(tmp_path / "config"),
            MINERALWATCH_DATABASE_URL=make_url(postgres_url)
            .set(password=secrets["database"])
            .render_as_string(hide_password=False),
            MINERALWATCH_SMTP_URL=f"smtp://watch:{secrets['smtp']}@127.0.0.1:"
            f"{nobody.getsockname()[1]}",
            MINERALWATCH_DIGEST_TO="reader@example.org",
            MINERALWATCH_WEBHOOK_SECRETS=json.dumps({"desk": secrets["webhook"]}),
        )
    assert "invalid_auth" in log
    assert "the mail server" in log
    written = [path.read_bytes() for path in (tmp_path / "var").rglob("*") if path.is_file()]
    for secret in (TOKEN, *secrets.values()):
        assert secret not in log
        assert not [text for text in written if secret.encode() in text]
