"""What the director asks of Airflow, and when: against a stand-in for its REST API."""

import io
import json
import smtplib
import threading
from datetime import UTC, datetime, time, timedelta
from email.message import EmailMessage
from pathlib import Path

import pytest
from aiohttp import web
from rich.console import Console
from slack_sdk import WebClient

from pipeline import app
from pipeline.demo.director import Director
from pipeline.demo.local_servers import CHANNEL, local_servers
from pipeline.demo.narrator import Narrator
from pipeline.demo.newsroom import Newsroom
from pipeline.demo.samples import Outlet, SampleItem
from pipeline.demo.server_thread import ServerThread
from pipeline.demo.slack_server import DEMO_TOKEN
from pipeline.settings import load_settings
from pipeline.store import feeds
from pipeline.up.run import UpInfo
from schemas.feed import FeedKind

LIVE = SampleItem(
    id="i1", title="Signed", summary="s", outlet="Wire", feed="wire", language="en", day=0,
    time=time(12), event=None, relevant=True, live=0,
)  # fmt: skip
OUTLETS = [Outlet("wire", "Wire", "en", "global", FeedKind.NEWS, 1)]


class AirflowStandIn(ServerThread):
    """Takes logins and runs; ``on_run`` is told of each run."""

    def __init__(self, on_run=None, *, broken: bool = False) -> None:
        self.runs: list[str] = []
        self.refused = threading.Event()
        self._broken = broken
        self._on_run = on_run
        api = web.Application()
        api.router.add_post("/auth/token", self._log_in)
        api.router.add_post("/api/v2/dags/{dag}/dagRuns", self._run_dag)
        super().__init__(api)

    async def _log_in(self, _request: web.Request) -> web.Response:
        return web.json_response({"access_token": "t"}, status=201)

    async def _run_dag(self, request: web.Request) -> web.Response:
        assert request.headers["Authorization"] == "Bearer t"
        assert json.loads(await request.text())["logical_date"] is None
        if self._broken:
            self.refused.set()
            raise web.HTTPInternalServerError(text="down")
        self.runs.append(request.match_info["dag"])
        if self._on_run is not None:
            self._on_run(request.match_info["dag"])
        return web.json_response({"dag_run_id": "r"})


@pytest.fixture
def servers(tmp_path: Path):
    with local_servers(tmp_path / "run", Newsroom([LIVE], OUTLETS)) as running:
        app.migrate(load_settings(**running.settings))
        yield running


def info(url: str, home: Path) -> UpInfo:
    return UpInfo(url, "admin", "p", home, home, home, 1.0)


def mail(servers) -> None:
    message = EmailMessage()
    message["Subject"], message["From"], message["To"] = "Digest", "a@x.example", "b@x.example"
    message.set_content("text")
    with smtplib.SMTP("127.0.0.1", servers.mail.port) as client:
        client.send_message(message)


def post(servers) -> None:
    client = WebClient(DEMO_TOKEN, base_url=servers.slack.base_url)
    client.chat_postMessage(channel=f"#{CHANNEL}", text="Signed")


def next_polls(servers) -> list[datetime | None]:
    with app.open_app(load_settings(**servers.settings)) as opened:  # noqa: SIM117
        with opened.database.read() as session:
            return [
                h.next_poll_at for h in feeds.feed_health(now=datetime.now(UTC), session=session)
            ]


def test_digest_after_the_first_alert_then_live_news_polled_early(servers):
    finished = threading.Event()
    later = datetime.now(UTC) + timedelta(minutes=5)
    with app.open_app(load_settings(**servers.settings)) as opened:
        opened.run("poll")
    assert all(at is not None and at > datetime.now(UTC) for at in next_polls(servers))

    def on_run(dag: str) -> None:
        if dag == "daily_digest":
            threading.Thread(target=mail, args=(servers,)).start()

    told = io.StringIO()
    with (
        AirflowStandIn(on_run) as airflow,
        Narrator(servers.slack, servers.mail, Console(file=told)) as narrator,
    ):
        director = Director(servers, narrator, finished=finished.set, round_s=0.05, settle_s=0.05)
        director.start(info(airflow.url, servers.home))
        post(servers)
        assert finished.wait(20)
        director.stop()
    assert airflow.runs == ["daily_digest", "poll_feeds"]
    assert [story.item.id for story in servers.newsroom.stories("wire")] == ["i1"]
    assert all(at is not None and at < later - timedelta(minutes=4) for at in next_polls(servers))
    assert "that was all of it" in told.getvalue()


def test_stopping_ends_the_wait_for_an_alert_at_once(servers):
    finished = threading.Event()
    with AirflowStandIn() as airflow:
        narrator = Narrator(servers.slack, servers.mail, Console(file=io.StringIO()))
        director = Director(servers, narrator, finished=finished.set)
        director.start(info(airflow.url, servers.home))
        director.stop()
    assert airflow.runs == []
    assert not finished.is_set()


def test_an_airflow_that_is_going_down_is_no_fault_of_the_demo(servers):
    told = io.StringIO()
    asked = threading.Event()
    with (
        AirflowStandIn(broken=True) as airflow,
        Narrator(servers.slack, servers.mail, Console(file=told)) as narrator,
    ):
        director = Director(servers, narrator, finished=asked.set)
        post(servers)
        director.start(info(airflow.url, servers.home))
        assert airflow.refused.wait(10)
        director.stop()
    assert "cannot go on" not in told.getvalue()
    assert not asked.is_set()
