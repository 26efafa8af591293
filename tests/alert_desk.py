"""A desk with a Slack of its own: reports come in with their meaning given, alerts go out.

Judgement is a fake's (the report says itself what it means), all else is the real thing: stories,
rules, outbox, and a server that speaks Slack's protocol on loopback.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import yaml

from pipeline.app import App, open_app
from pipeline.demo.slack_server import DEMO_TOKEN, SlackServer, SlackServerThread
from pipeline.demo.slack_workspace import SlackMessage
from pipeline.settings import Settings
from pipeline.stages import assess as assess_stage
from pipeline.stages import link as link_stage
from pipeline.stages.deliver import deliver
from pipeline.store import articles, assessments, outbox
from pipeline.store.outbox import OutboxLine
from schemas.article import NewArticle
from schemas.report import StageReport
from tests.fakes import RULESET, FakeAssessor, Meaning

MINUTE = timedelta(minutes=1)


@dataclass
class Desk:
    """Time goes on when it is told to, and by the real seconds that sending takes."""

    app: App
    slack: SlackServer
    at: datetime
    assessor: FakeAssessor = field(default_factory=lambda: FakeAssessor({}))
    _numbers: Iterator[int] = field(default_factory=lambda: count(1))

    def report(
        self,
        title: str,
        meaning: Meaning | None = None,
        *,
        outlet: str = "one.example",
        url: str | None = None,
        **more: Any,
    ) -> StageReport:
        """A report comes in, is read and worked into a story; returns what linking did."""
        number = next(self._numbers)
        address = url or f"https://{outlet}/{number}"
        self.assessor.meanings[title] = meaning or Meaning()
        new = NewArticle(
            canonical_url=address,
            url=address,
            title=title,
            summary=more.pop("summary", ""),
            language=more.pop("language", "en"),
            outlet=outlet,
            published_at=self.at - more.pop("age", MINUTE),
            dated=True,
            content_hash=str(number),
        )
        with self.app.database.write() as session:
            articles.store_articles([new], feed_id=None, now=self.at, session=session, **more)
        return self.link()

    def reread(self, title: str, meaning: Meaning | None) -> StageReport:
        """A report is read anew and means something else; None: nothing of ours."""
        if meaning is None:
            self.assessor.meanings.pop(title)
        else:
            self.assessor.meanings[title] = meaning
        with self.app.database.write() as session:
            known = articles.articles_after(
                0, since=self.at - timedelta(days=30), limit=500, session=session
            )
            ids = [article.id for article in known if article.title == title]
            assessments.drop_readings(ids, ruleset=RULESET, session=session)
        return self.link()

    def link(self) -> StageReport:
        """Read what waits, work it into stories."""
        context = self.app.context(self.at)
        assess_stage.assess(context, self.assessor)  # type: ignore[arg-type]
        return link_stage.link(context, RULESET)

    def deliver(self, later: timedelta = timedelta(0)) -> StageReport:
        """Time goes on, and what is due by then is sent."""
        self.at += later
        return deliver(self.app.context(self.at), self.app.senders)

    def lines(self) -> list[OutboxLine]:
        """The outbox, the oldest first."""
        with self.app.database.read() as session:
            return outbox.list_outbox(session=session)[::-1]

    def top(self) -> list[SlackMessage]:
        """The messages that stand in channels by themselves."""
        return [message for message in self.slack.messages if message.thread_ts is None]

    def replies(self, to: SlackMessage) -> list[SlackMessage]:
        """The replies in a thread."""
        return [message for message in self.slack.messages if message.thread_ts == to.ts]


def told(message: SlackMessage) -> str:
    """All words of a message."""
    return f"{message.text} {message.blocks}"


@contextmanager
def alert_desk(
    make_settings: Callable[..., Settings],
    folder: Path,
    now: datetime,
    routes: Sequence[Mapping[str, Any]],
    *,
    channels: Sequence[str] = ("minerals", "second"),
    interval_s: float = 0.0,
    **settings: Any,
) -> Iterator[Desk]:
    """A desk whose routes.yaml holds ``routes``; Slack's clock is the desk's."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "routes.yaml").write_text(yaml.safe_dump({"routes": list(routes)}))
    desk: Desk | None = None

    def clock() -> float:
        return (desk.at if desk else now).timestamp()

    with SlackServerThread(channels=channels, clock=clock, interval_s=interval_s) as slack:
        made = make_settings(
            config_dir=folder,
            slack_token=DEMO_TOKEN,
            slack_base_url=slack.base_url,
            slack_channel="minerals",
            **settings,
        )
        with open_app(made) as app:
            desk = Desk(app, slack, now)
            yield desk
