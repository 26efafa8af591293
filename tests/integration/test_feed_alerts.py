"""A feed that falls silent or dies is told once: polls over real HTTP, on both databases."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, update
from sqlalchemy.orm import Session

from pipeline.app import App, open_app
from pipeline.demo.mail_catcher import MailCatcher
from pipeline.demo.slack_server import SlackServer, SlackServerThread
from pipeline.settings import Settings
from pipeline.stages import keep_feeds
from pipeline.stages.feed_alerts import tell_of_feeds
from pipeline.store import feeds, outbox
from schemas.report import StageReport
from schemas.tables import FeedRow
from tests.feed_server import FeedServer

DAY = timedelta(days=1)
BEGAN = datetime(2026, 5, 4, 9, 0, tzinfo=UTC)


@dataclass
class Desk:
    """Feeds on loopback, the app, and a clock that goes when told to."""

    server: FeedServer
    open: Callable[..., Any]
    at: datetime = BEGAN
    published: dict[str, list[datetime]] = field(default_factory=dict)

    def publish(self, name: str, *ages: timedelta) -> None:
        """Let ``name`` have items of these ages besides those that it has."""
        dates = self.published.setdefault(name, [])
        dates += [self.at - age for age in ages]
        items = "".join(
            f"<item><title>{name} {n}</title><link>https://{name}.example/{n}</link>"
            f"<pubDate>{format_datetime(at)}</pubDate></item>"
            for n, at in enumerate(dates)
        )
        body = f'<rss version="2.0"><channel><title>{name}</title>{items}</channel></rss>'
        self.server.serve(f"/{name}", body)

    def poll(self, app: App, later: timedelta = DAY) -> StageReport:
        self.at += later
        return app.run("poll", now=self.at, everything=True)


@pytest.fixture
def desk(
    database_url: str, make_settings: Callable[..., Settings], tmp_path: Path
) -> Iterator[Desk]:
    with FeedServer() as server:

        def opened(*names: str, **given: object) -> Any:
            file = tmp_path / "feeds.yaml"
            lines = (f"  - {{name: {name}, url: '{server.url(f'/{name}')}'}}\n" for name in names)
            file.write_text("feeds:\n" + "".join(lines))
            settings = make_settings(database_url=database_url, feeds_file=file, **given)
            return open_app(settings)

        yield Desk(server, opened)


HOURLY = tuple(timedelta(hours=n) for n in range(30))


def titles(app: App) -> list[str]:
    """What waits or was sent, the oldest first."""
    with app.database.read() as session:
        lines = outbox.list_outbox(session=session)
    folder = app.settings.outbox_dir
    assert all(line.channel == "preview" for line in lines)
    app.run("deliver")
    return [
        next(folder.glob(f"*{line.key.split(':')[2]}*")).read_text().splitlines()[0]
        for line in reversed(lines)
    ]


def test_silence_is_told_once_and_again_only_after_news_came(desk: Desk) -> None:
    with desk.open("wire") as app:
        desk.publish("wire", *HOURLY)
        assert "told" not in desk.poll(app).counts
        for _ in range(3):
            assert "told" not in desk.poll(app).counts
        assert desk.poll(app).counts["told"] == 1
        for _ in range(5):
            assert "told" not in desk.poll(app).counts
        assert titles(app) == ["Feed silent: wire"]
        desk.publish("wire", timedelta(0))
        assert desk.poll(app, timedelta(hours=1)).counts["told"] == 1
        assert titles(app) == ["Feed silent: wire", "Feed back: wire"]
        for _ in range(3):
            assert "told" not in desk.poll(app).counts
        desk.poll(app)
        assert titles(app)[2:] == ["Feed silent: wire"]
        with app.database.read() as session:
            [health] = feeds.feed_health(now=desk.at, session=session)
        assert health.state == "silent"
        assert "usually news comes every" in health.reason
        assert health.usual_gap_s is not None


def test_a_weekly_feed_is_left_its_weeks(desk: Desk) -> None:
    with desk.open("weekly") as app:
        desk.publish("weekly", *(7 * n * DAY for n in range(12)))
        for _ in range(22):
            assert "told" not in desk.poll(app).counts
        assert desk.poll(app).counts["told"] == 1


def test_a_dead_feed_is_told_once_with_what_to_do_and_so_is_its_return(desk: Desk) -> None:
    with desk.open("gone", "good") as app:
        desk.server.serve("/gone", status=410)
        desk.publish("good", *HOURLY)
        assert "told" not in desk.poll(app).counts
        desk.publish("good", timedelta(0))
        assert desk.poll(app).counts["told"] == 1
        desk.publish("good", timedelta(0))
        assert "told" not in desk.poll(app).counts
        app.run("deliver")
        [file] = app.settings.outbox_dir.glob("*.txt")
        text = file.read_text()
        assert "Dead:" in text
        assert "HTTP 410: it is gone for good (2 times in a row)" in text
        assert "mend: remove it" in text
        desk.publish("gone", timedelta(0))
        desk.publish("good", timedelta(0))
        assert desk.poll(app).counts["told"] == 1
        assert titles(app)[1:] == ["Feed back: gone"]


def test_when_the_network_is_down_that_is_one_message_and_its_end_another(desk: Desk) -> None:
    names = [f"f{n}" for n in range(10)]
    with desk.open(*names) as app:
        for name in names:
            desk.publish(name, *HOURLY[:3])
        desk.poll(app)
        with app.database.write() as session:
            states = feeds.due_feeds(now=desk.at, everything=True, session=session)
        port = desk.server.port
        _move(app, states, port, 1)  # nobody listens there
        counts = [desk.poll(app, timedelta(hours=6)).counts.get("told", 0) for _ in range(14)]
        assert sum(counts) == 1
        assert counts[0] == 1
        _move(app, states, 1, port)
        for name in names:
            desk.publish(name, timedelta(0))
        assert desk.poll(app, timedelta(hours=1)).counts["told"] == 1
        told = titles(app)
        assert told == ["Feeds: Most feeds cannot be reached", "Feeds: Feeds can be reached again"]


def _move(app: App, states: Any, old: int, new: int) -> None:
    assert states
    with app.database.write() as session:
        session.execute(
            update(FeedRow).values(
                current_url=func.replace(FeedRow.current_url, f":{old}/", f":{new}/")
            )
        )


def test_many_that_fall_silent_at_once_are_one_message(desk: Desk) -> None:
    names = [f"f{n}" for n in range(15)]
    with desk.open(*names) as app:
        for name in names:
            desk.publish(name, *HOURLY)
        desk.poll(app)
        told = [desk.poll(app).counts.get("told", 0) for _ in range(5)]
        assert sum(told) == 1
        assert titles(app) == ["Feeds: 15 silent"]


def test_a_trickle_is_folded_after_three_messages(desk: Desk) -> None:
    names = [f"f{n}" for n in range(7)]
    with desk.open(*names) as app:
        for place, name in enumerate(names):
            # Their patience ends ten minutes after one another.
            desk.publish(name, *(age + place * timedelta(minutes=10) for age in HOURLY))
        desk.at = BEGAN
        for name in names:
            app.run("poll", now=desk.at, urls=[desk.server.url(f"/{name}")])
            desk.at += timedelta(minutes=10)
        desk.at = BEGAN + 3 * DAY
        counts = [desk.poll(app, timedelta(minutes=10)).counts.get("told", 0) for _ in range(8)]
        assert sum(counts) == 3
        assert desk.poll(app, timedelta(hours=6)).counts["told"] == 1
        assert titles(app)[3] == "Feeds: 4 silent"


def test_two_that_look_at_the_same_time_tell_once(desk: Desk) -> None:
    with desk.open("wire") as app:
        desk.publish("wire", *HOURLY)
        for _ in range(4):
            desk.poll(app)
        with app.database.write() as session:  # as a poll leaves it, before anyone has looked
            _answered(session, desk.at + DAY)
            [state] = feeds.due_feeds(now=desk.at, everything=True, session=session)
        context = app.context(desk.at + DAY)
        together = threading.Barrier(4)

        def look(_: int) -> int:
            together.wait(timeout=20)
            return tell_of_feeds(context, [state.feed_id])

        with ThreadPoolExecutor(4) as pool:
            assert sum(pool.map(look, range(4))) == 1
        assert titles(app) == ["Feed silent: wire"]


def _answered(session: Session, at: datetime) -> None:
    session.execute(update(FeedRow).values(last_success_at=at))


def test_pausing_ends_an_episode_without_a_word(desk: Desk) -> None:
    with desk.open("wire") as app:
        desk.publish("wire", *HOURLY)
        for _ in range(6):
            desk.poll(app)
        keep_feeds.pause(app.context(desk.at), ["wire"], until=None, reason=None)
        desk.at += 30 * DAY
        assert "told" not in app.run("poll", now=desk.at).counts
        keep_feeds.resume(app.context(desk.at), ["wire"])
        assert "told" not in desk.poll(app, timedelta(hours=1)).counts
        assert titles(app) == ["Feed silent: wire"]


def test_to_slack_and_by_mail_as_the_file_says(desk: Desk, tmp_path: Path) -> None:
    config = tmp_path / "config"
    config.mkdir()
    (config / "routes.yaml").write_text(
        "routes: []\noperators:\n  - {channel: slack, address: '#ops'}\n"
        "  - {channel: email, address: ops@example.org}\n"
    )
    with (
        SlackServerThread(channels=["ops", "minerals"], interval_s=0.0) as slack,
        MailCatcher(tmp_path / "mail") as mail,
    ):
        slack._token = "xoxb-demo-token"
        settings = _channels(slack, mail)
        with desk.open("wire", config_dir=config, **settings) as app:
            desk.publish("wire", *HOURLY)
            for _ in range(9):
                desk.poll(app)
            assert app.run("deliver", now=desk.at).counts["sent"] == 2
            assert app.run("deliver", now=desk.at).counts["sent"] == 0
        [message] = slack.messages
        assert message.text.startswith("Feed silent: wire")
        [letter] = list((tmp_path / "mail").rglob("*.eml"))
        text = letter.read_text()
        assert "Feed silent: wire" in text
        assert "ops@example.org" in text


def _channels(slack: SlackServer, mail: MailCatcher) -> dict[str, Any]:
    return {
        "slack_token": "xoxb-demo-token",
        "slack_base_url": slack.base_url,
        "slack_channel": "#minerals",
        "smtp_url": mail.url,
        "digest_from": "watch@example.org",
    }


def test_nobody_is_told_where_the_file_names_nobody(desk: Desk, tmp_path: Path) -> None:
    config = tmp_path / "config"
    config.mkdir()
    (config / "routes.yaml").write_text("routes: []\noperators: []\n")
    with desk.open("wire", config_dir=config) as app:
        desk.publish("wire", *HOURLY)
        for _ in range(9):
            assert "told" not in desk.poll(app).counts
        assert titles(app) == []
