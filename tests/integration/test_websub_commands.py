"""`mineralwatch websub …` as a user calls it, and the receiver as a process of its own."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from pipeline.cli import app
from pipeline.store import subscriptions
from pipeline.store.engine import open_database
from tests.feed_server import FeedServer
from tests.websub_hub import Hub

ATOM = "http://www.w3.org/2005/Atom"


@pytest.fixture
def server() -> Iterator[FeedServer]:
    with FeedServer() as running:
        yield running


@pytest.fixture
def hub(server: FeedServer) -> Hub:
    hub = Hub(server)
    links = f"<a:link rel='hub' href='{hub.url}'/>"
    server.serve(
        "/feed",
        f"<rss version='2.0' xmlns:a='{ATOM}'><channel><title>F</title>{links}"
        "<item><title>a</title><link>https://news.example/a</link></item></channel></rss>",
    )
    return hub


@pytest.fixture
def variables(sqlite_url: str, server: FeedServer, tmp_path: Path) -> dict[str, str]:
    file = tmp_path / "feeds.yaml"
    file.write_text(f"feeds:\n  - {{name: Wire, url: '{server.url('/feed')}'}}\n")
    return {
        "MINERALWATCH_DATABASE_URL": sqlite_url,
        "MINERALWATCH_FEEDS_FILE": str(file),
        "MINERALWATCH_ALLOW_PRIVATE_NETWORKS": "1",
        "MINERALWATCH_PARSE_PROCESSES": "0",
        "MINERALWATCH_WEBSUB_CALLBACK_URL": "http://127.0.0.1:1/websub",
    }


@pytest.fixture
def cli(variables: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    for name, value in {**variables, "COLUMNS": "220"}.items():
        monkeypatch.setenv(name, value)
    return lambda *args: CliRunner().invoke(app, list(args))


def test_list_names_no_secret_and_follows_what_happens(
    cli: Callable[..., Result], hub: Hub, server: FeedServer, sqlite_url: str
) -> None:
    assert cli("poll").exit_code == 0
    assert "not asked" in cli("websub", "list").stdout
    hub.silent = True
    assert cli("websub", "renew").exit_code == 0
    (form,) = hub.requests
    told = cli("websub", "list", "--json").stdout
    (line,) = json.loads(told)
    assert (line["state"], line["hub"], line["topic"]) == ("asked", hub.url, server.url("/feed"))
    database = open_database(sqlite_url)
    with database.read() as session:
        (one,) = subscriptions.list_subscriptions(session=session)
    database.close()
    assert form["hub.callback"].endswith(one.token)
    assert one.token not in told
    assert one.secret not in told
    assert cli("websub", "unsubscribe", server.url("/feed")).exit_code == 0
    assert "paused" in cli("websub", "list").stdout


def test_a_hub_that_refuses_is_exit_code_1_with_the_reason(
    cli: Callable[..., Result], hub: Hub
) -> None:
    cli("poll")
    hub.refuse = (400, "no such topic")
    done = cli("websub", "renew")
    assert done.exit_code == 1
    assert "no such topic" in done.stdout
    assert "no such topic" in cli("websub", "list").stdout


def test_wrong_use_is_exit_code_2(
    cli: Callable[..., Result], hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    done = cli("websub", "subscribe", "https://other.example/feed")
    assert done.exit_code == 2
    assert "no hub is known" in done.stderr
    monkeypatch.delenv("MINERALWATCH_WEBSUB_CALLBACK_URL")
    done = cli("websub", "subscribe", "https://other.example/feed")
    assert done.exit_code == 2
    assert "MINERALWATCH_WEBSUB_CALLBACK_URL" in done.stderr
    assert cli("websub", "renew").exit_code == 0, "nothing to do is no failure"


def test_a_taken_port_is_named(cli: Callable[..., Result], server: FeedServer) -> None:
    done = cli("websub", "serve", "--port", str(server.port))
    assert done.exit_code == 1
    assert "cannot be had" in done.stderr


def test_served_alone_it_subscribes_takes_and_stops(
    cli: Callable[..., Result], hub: Hub, server: FeedServer, variables: dict[str, str]
) -> None:
    cli("poll")
    command = [
        str(Path(sys.executable).with_name("mineralwatch")),
        "websub",
        "serve",
        "--port",
        "0",
    ]
    env = {**os.environ, **variables}
    # Its port is known only once it listens; the hub is told another address and maps it.
    with subprocess.Popen(command, env=env, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        lines = iter(process.stderr.readline, "")
        url = next(line.split()[-1] for line in lines if "listening on" in line)
        hub.callback = lambda given: given.replace("http://127.0.0.1:1", url)
        assert any("websub: subscribed=1" in line for line in lines)
        hub.settle()
        assert [mode for mode, status in hub.verifications if status == 200] == ["subscribe"]
        hub.publish(
            server.url("/feed"),
            "<rss version='2.0'><channel><item><title>b</title><link>https://news.example/b</link>"
            "</item></channel></rss>",
        )
        assert hub.answers == [200]
        assert any("delivery: feeds=1 new=1" in line for line in lines)
        process.send_signal(signal.SIGTERM)
        rest = process.stderr.read()
        assert process.wait(20) in {0, -signal.SIGTERM}, rest
    assert "Traceback" not in rest
