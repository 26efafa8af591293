"""A desk whose watch may fail: the app with one feed, a Slack, a mail server, a clock."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import update

from pipeline.app import App, open_app
from pipeline.demo.mail_catcher import MailCatcher
from pipeline.demo.slack_server import DEMO_TOKEN, SlackServer, SlackServerThread
from pipeline.settings import Settings
from pipeline.stages.note_task import note_task as note
from pipeline.store import messages, outbox, watch_episodes
from schemas.alert import Channel
from schemas.tables import OutboxRow
from schemas.watch import WatchEpisode
from tests.feed_server import FeedServer

BEGAN = datetime(2026, 5, 4, 9, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
RSS = "<rss version='2.0'><channel><title>f</title></channel></rss>"


@dataclass
class Desk:
    """The app with one feed; a clock that goes when told to."""

    app: App
    feeds: FeedServer
    slack: SlackServer
    mail: MailCatcher | None
    at: datetime = BEGAN

    def later(self, minutes: float) -> None:
        self.at += minutes * MINUTE

    def run(self, stage: str, **params: Any) -> dict[str, int]:
        return dict(self.app.run(stage, now=self.at, **params).counts)

    def look(self) -> int:
        return self.run("watch")["told"]

    def queue(
        self,
        key: str,
        *,
        to: str = "minerals",
        due: timedelta = timedelta(0),
        thread: str | None = None,
    ) -> None:
        """A message to Slack, due so long from now."""
        payload = {"text": key, "blocks": []}
        with self.app.database.write() as session:
            message = messages.NewMessage(key, Channel.SLACK, to, payload, thread)
            messages.add_message(message, now=self.at, session=session)
            session.execute(
                update(OutboxRow)
                .where(OutboxRow.key == key)
                .values(due_at=self.at + due, next_attempt_at=self.at + due)
            )

    def fails(self, task: str, error: str = "it broke") -> bool:
        return note(self.app.database, task, now=self.at, error=error)

    def works(self, task: str) -> bool:
        return note(self.app.database, task, now=self.at)

    def notices(self) -> list[str]:
        """The first words of what operators read in Slack."""
        ours = [m for m in self.slack.messages if m.channel.name == "ops"]
        return [str(message.blocks[0]["text"]["text"]) for message in ours]

    def previews(self) -> list[str]:
        paths = self.app.settings.outbox_dir.glob("*.txt")
        return [path.read_text().splitlines()[0] for path in sorted(paths)]

    def lines(self) -> list[outbox.OutboxLine]:
        with self.app.database.read() as session:
            return outbox.list_outbox(session=session)

    def episodes(self) -> list[WatchEpisode]:
        with self.app.database.read() as session:
            return watch_episodes.list_watch_episodes(since=BEGAN, session=session)


@contextmanager
def failure_desks(
    database_url: str, make_settings: Callable[..., Settings], tmp_path: Path
) -> Iterator[Callable[..., Desk]]:
    """What opens a desk; all that it opened is closed at the end."""
    with ExitStack() as stack:
        feeds = stack.enter_context(FeedServer())
        slack = stack.enter_context(SlackServerThread(channels=["minerals", "ops"]))

        def opened(*, operators: str = "[{address: ops}]", mail: bool = False) -> Desk:
            config = tmp_path / "config"
            config.mkdir()
            address = feeds.serve("/wire", RSS)
            (config / "feeds.yaml").write_text(f"feeds: [{{name: wire, url: '{address}'}}]\n")
            (config / "routes.yaml").write_text(f"routes: []\noperators: {operators}\n")
            given: dict[str, Any] = {}
            catcher = None
            if mail:
                catcher = stack.enter_context(MailCatcher(tmp_path / "mail"))
                given = {"smtp_url": catcher.url, "digest_to": "desk@example.org"}
            settings = make_settings(
                database_url=database_url,
                config_dir=config,
                slack_token=DEMO_TOKEN,
                slack_base_url=slack.base_url,
                slack_channel="#minerals",
                digest_from="watch@example.org",
                **given,
            )
            return Desk(stack.enter_context(open_app(settings)), feeds, slack, catcher)

        yield opened
