"""A real Airflow with one feed, a Slack and a mail server of the test's own."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipeline.demo.mail_catcher import MailCatcher
from pipeline.demo.slack_server import DEMO_TOKEN, SlackServer, SlackServerThread
from tests.e2e.news_feed import Feed
from tests.e2e.running import Running, bare_environment
from tests.e2e.secret_words import SMTP_PASSWORD, WEBHOOK_SECRET
from tests.feed_server import FeedServer
from tests.otlp_receiver import OtlpReceiver


@pytest.fixture
def slack() -> Iterator[SlackServer]:
    with SlackServerThread(channels=["minerals"]) as server:
        yield server


@pytest.fixture
def mail(tmp_path: Path) -> Iterator[MailCatcher]:
    with MailCatcher(tmp_path / "mail", user="watch", password=SMTP_PASSWORD) as catcher:
        yield catcher


@pytest.fixture
def collector() -> Iterator[OtlpReceiver]:
    with OtlpReceiver() as receiver:
        yield receiver


@pytest.fixture
def feed() -> Iterator[Feed]:
    with FeedServer() as server:
        yield Feed(server)


@pytest.fixture
def env(
    tmp_path: Path,
    bytecode: Path,
    slack: SlackServer,
    mail: MailCatcher,
    collector: OtlpReceiver,
) -> dict[str, str]:
    return {
        **bare_environment(tmp_path, bytecode),
        **collector.environment,
        "MINERALWATCH_ALLOW_PRIVATE_NETWORKS": "1",
        "MINERALWATCH_SLACK_TOKEN": DEMO_TOKEN,
        "MINERALWATCH_SLACK_BASE_URL": slack.base_url,
        "MINERALWATCH_SLACK_CHANNEL": "#minerals",
        "MINERALWATCH_SMTP_URL": f"smtp://watch:{SMTP_PASSWORD}@127.0.0.1:{mail.port}",
        "MINERALWATCH_WEBHOOK_SECRETS": json.dumps({"desk": WEBHOOK_SECRET}),
        "MINERALWATCH_DIGEST_TO": "reader@example.org",
    }


@pytest.fixture
def running(tmp_path: Path, env: dict[str, str], feed: Feed) -> Iterator[Running]:
    feeds = tmp_path / "feeds.yaml"
    feeds.write_text(f"feeds:\n  - name: News\n    url: {feed.url}\n")
    with Running("--home", "var", "--feeds", "feeds.yaml", env=env, cwd=tmp_path) as started:
        started.wait_up()
        yield started
