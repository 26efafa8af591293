"""Alerts that were sent to a Slack on loopback, and the rows that say so."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select, update

from pipeline.demo.slack_server import DEMO_TOKEN, SlackServer
from pipeline.notify.slack import SlackSender
from pipeline.store import articles, messages, stories
from pipeline.store.engine import Database
from schemas.alert import Alert, AlertKind, Channel, Destination, OutboxState, Sent
from schemas.article import NewArticle
from schemas.assessment import Stage
from schemas.story import Story
from schemas.tables import ArticleRow, CarriedRow, OutboxRow
from tests.notify_shapes import message

PLACE = "C0000000001"


@dataclass(frozen=True)
class Told:
    """A message that was sent: its row, its id in Slack, the alerts that it carries."""

    outbox_id: int
    ts: str
    alerts: tuple[int, ...]
    story_id: int


class Teller:
    """Stores stories with alerts and posts their messages, without the stages' pace."""

    def __init__(self, database: Database, slack: SlackServer, now: datetime) -> None:
        self.database, self.slack, self.now = database, slack, now
        self._sender = SlackSender(DEMO_TOKEN, slack.base_url, 5.0)
        self._count = 0

    def story(self, title: str, themes: Sequence[str] = ("supply_chains",)) -> int:
        made = Story(
            id=0,
            title=title,
            opened_at=self.now,
            last_at=self.now,
            agreement=None,
            stage=Stage.SIGNED,
            significance=3,
            themes=tuple(themes),
            parties=("KZ",),
            minerals=(),
        )
        with self.database.write() as session:
            return stories.save_story(made, session=session).id

    def article(self, title: str, summary: str = "") -> int:
        address = f"https://example.org/{title.replace(' ', '-')}"
        made = NewArticle(
            canonical_url=address,
            url=address,
            title=title,
            summary=summary,
            language="en",
            outlet="example.org",
            published_at=self.now - timedelta(hours=1),
            dated=True,
            content_hash=title,
        )
        with self.database.write() as session:
            articles.store_articles([made], feed_id=None, now=self.now, session=session)
            found = session.scalar(select(ArticleRow.id).where(ArticleRow.canonical_url == address))
        assert found is not None
        return found

    def alert(
        self,
        story_id: int,
        *,
        route: str = "major",
        kind: AlertKind = AlertKind.NEW,
        article_id: int | None = None,
        detail: str = "",
    ) -> int:
        to = Destination(Channel.SLACK, "minerals")
        key = f"{route}:{kind}:{story_id}:{detail or article_id}"
        made = Alert(key, kind, story_id, route, (to,), "because", article_id)
        with self.database.write() as session:
            alert_id = messages.add_alert(made, now=self.now, session=session)
        assert alert_id is not None
        return alert_id

    def message(
        self,
        *alerts: int,
        address: str = "minerals",
        place: str | None = PLACE,
        root: "Told | None" = None,
        at: datetime | None = None,
        state: OutboxState = OutboxState.SENT,
    ) -> Told:
        """Post a message that carries the alerts; one that is not sent is only noted."""
        self._count += 1
        key = f"message:{self._count}"
        with self.database.write() as session:
            thread = session.get_one(OutboxRow, root.outbox_id).key if root else None
            added = messages.NewMessage(
                key, Channel.SLACK, address, {"text": key}, thread_key=thread
            )
            messages.add_message(added, now=at or self.now, session=session)
            row = session.scalars(select(OutboxRow).where(OutboxRow.key == key)).one()
            session.add_all(CarriedRow(outbox_id=row.id, alert_id=alert) for alert in alerts)
            outbox_id = row.id
        ts = self._post(outbox_id, key, address, root, at, place, state)
        return Told(outbox_id, ts, alerts, 0)

    def _post(
        self,
        outbox_id: int,
        key: str,
        address: str,
        root: "Told | None",
        at: datetime | None,
        place: str | None,
        state: OutboxState,
    ) -> str:
        ts = None
        if state is OutboxState.SENT:
            sent = self._sender.send(
                message(
                    id=outbox_id,
                    key=key,
                    address=address,
                    payload={"text": key},
                    thread_key="root" if root else None,
                    thread_id=root.ts if root else None,
                )
            )
            assert isinstance(sent, Sent), sent
            ts = sent.external_id
        values = {"state": state.value, "external_id": ts, "external_place": place}
        with self.database.write() as session:
            session.execute(
                update(OutboxRow)
                .where(OutboxRow.id == outbox_id)
                .values(sent_at=(at or self.now) if ts else None, **values)
            )
        return ts or ""

    def tell(
        self,
        title: str,
        *,
        route: str = "major",
        themes: Sequence[str] = ("supply_chains",),
        summary: str = "",
        address: str = "minerals",
        place: str | None = PLACE,
        at: datetime | None = None,
    ) -> Told:
        """A story with one article, one alert, one message."""
        story_id = self.story(title, themes)
        article_id = self.article(title, summary)
        alert_id = self.alert(story_id, route=route, article_id=article_id)
        told = self.message(alert_id, address=address, place=place, at=at)
        return Told(told.outbox_id, told.ts, told.alerts, story_id)

    def react(self, told: Told, *given: tuple[str, str]) -> None:
        """(user, name) each."""
        for user, name in given:
            assert self.slack.react(told.ts, name, user)
