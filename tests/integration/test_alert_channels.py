"""Alerts through the outbox to a webhook and by e-mail, over real HTTP and SMTP, on both databases.

What is queued here is what routes queue: the payload of ``render_payload`` for a destination of
``alert_destination``.
"""

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

import pytest
from typer.testing import CliRunner

from pipeline.app import App, open_app
from pipeline.cli import app as command_line
from pipeline.demo.mail_catcher import CaughtMail, MailCatcher
from pipeline.errors import ConfigError
from pipeline.notify.destinations import alert_destination
from pipeline.notify.email import message_id
from pipeline.notify.render import render_payload
from pipeline.settings import Settings
from pipeline.store import messages, outbox
from schemas.alert import AlertContent, AlertKind, Channel, OutboxState, Standing
from schemas.report import StageReport
from schemas.routes import RouteTo
from tests.notify_shapes import content
from tests.webhook_receiver import SECRET, Receiver

SENDER = "Minerals watch <watch@example.org>"


@dataclass
class Desk:
    """The app with a receiver and a mail server, and the time that it goes by."""

    app: App
    receiver: Receiver
    mail: MailCatcher
    at: datetime

    def queue(self, told: AlertContent, to: RouteTo, thread_key: str | None = None) -> str:
        """Put the alert into the outbox as a route would; returns its key."""
        settings = self.app.settings
        destination = alert_destination(
            to,
            slack=settings.slack_token is not None,
            slack_channel=settings.slack_channel,
            mail=settings.smtp_url is not None,
            recipients=settings.recipients,
        )
        key = f"story:{told.story_id}:{told.kind.value}:{destination.channel.value}:{to.address}"
        message = messages.NewMessage(
            key=key,
            channel=destination.channel,
            address=destination.address,
            payload=render_payload(told, destination.channel, sender=settings.digest_from),
            thread_key=thread_key,
        )
        with self.app.database.write() as session:
            assert messages.add_message(message, now=self.at, session=session)
        return key

    def deliver(self, later: timedelta = timedelta(hours=2)) -> StageReport:
        self.at += later
        return self.app.run("deliver", now=self.at)

    def lines(self) -> dict[str, outbox.OutboxLine]:
        with self.app.database.read() as session:
            return {line.key: line for line in outbox.list_outbox(session=session)}


@pytest.fixture
def routes(tmp_path: Path) -> Callable[[str], Path]:
    """A configuration folder in which one route sends to the webhook ``desk`` at this address."""

    def write(url: str) -> Path:
        folder = tmp_path / "config"
        folder.mkdir(exist_ok=True)
        text = json.dumps({
            "routes": [{"name": "all", "to": [{"channel": "webhook", "address": "desk"}]}],
            "webhooks": [{"name": "desk", "url": url}],
            "operators": [],
        })  # fmt: skip
        (folder / "routes.yaml").write_text(text, encoding="utf-8")
        return folder

    return write


@pytest.fixture
def desk(
    database_url: str,
    make_settings: Callable[..., Settings],
    routes: Callable[[str], Path],
    tmp_path: Path,
) -> Iterator[Desk]:
    with ExitStack() as stack:
        # The sender signs with the time of the machine.
        receiver = stack.enter_context(Receiver(now=datetime.now(UTC).timestamp()))
        mail = stack.enter_context(MailCatcher(tmp_path / "mail"))
        settings = make_settings(
            database_url=database_url,
            config_dir=routes(receiver.url),
            webhook_secrets={"desk": SECRET},
            smtp_url=mail.url,
            digest_from=SENDER,
            digest_to="reader@example.org, other@example.org",
        )
        app = stack.enter_context(open_app(settings))
        yield Desk(app, receiver, mail, datetime(2026, 5, 4, 12, 0, tzinfo=UTC))


WEBHOOK = RouteTo(channel=Channel.WEBHOOK, address="desk")
EMAIL = RouteTo(channel=Channel.EMAIL)


def test_an_event_whose_answer_was_lost_is_kept_once_by_its_receiver(desk: Desk) -> None:
    key = desk.queue(content(), WEBHOOK)
    desk.receiver.scripts.append("take and break")
    assert desk.deliver().counts["failed"] == 1
    assert desk.deliver().counts["sent"] == 1
    assert len(desk.receiver.seen) == 2
    assert set(desk.receiver.kept) == {key}
    assert json.loads(desk.receiver.kept[key])["key"] == key
    assert desk.lines()[key].state == OutboxState.SENT.value


def test_a_pause_that_a_receiver_asks_for_is_kept(desk: Desk) -> None:
    desk.queue(content(), WEBHOOK)
    desk.receiver.scripts.append((429, {"Retry-After": "7200"}, b""))
    desk.deliver()
    desk.deliver(timedelta(seconds=7100))
    assert len(desk.receiver.seen) == 1
    desk.deliver(timedelta(seconds=200))
    assert len(desk.receiver.kept) == 1


def test_a_refused_event_is_parked_until_it_is_retried_by_hand(desk: Desk) -> None:
    key = desk.queue(content(), WEBHOOK)
    desk.receiver.scripts.append((410, {}, b""))
    report = desk.deliver()
    assert report.counts["parked"] == 1
    assert "take the webhook out" in (desk.lines()[key].last_error or "")
    desk.deliver()
    assert len(desk.receiver.seen) == 1
    with desk.app.database.write() as session:
        outbox.retry_parked(now=desk.at, session=session)
    desk.deliver()
    assert set(desk.receiver.kept) == {key}


def test_a_reply_comes_after_the_event_that_it_follows(desk: Desk) -> None:
    first = desk.queue(content(), WEBHOOK)
    reply = desk.queue(content(kind=AlertKind.STAGE), WEBHOOK, thread_key=first)
    desk.receiver.scripts.append((500, {}, b""))
    desk.deliver()
    assert desk.receiver.kept == {}
    assert len(desk.receiver.seen) == 1
    desk.deliver()
    assert list(desk.receiver.kept) == [first, reply]


def read(caught: CaughtMail) -> EmailMessage:
    mail = message_from_bytes(caught.path.read_bytes(), policy=policy.default)
    assert isinstance(mail, EmailMessage)
    return mail


def test_an_alert_arrives_by_mail_and_says_the_news(desk: Desk) -> None:
    key = desk.queue(content(stage_quote="The two sides signed."), EMAIL)
    assert desk.deliver().counts["sent"] == 1
    (caught,) = desk.mail.messages
    mail = read(caught)
    assert caught.recipients == ("reader@example.org", "other@example.org")
    assert mail["Subject"] == "Signed: Kyiv and Washington sign the minerals agreement"
    assert mail["Message-ID"] == message_id(key, "example.org")
    assert mail["In-Reply-To"] is None
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["List-Id"] == "mineralwatch alerts <alerts.mineralwatch.example.org>"
    text = mail.get_body(("plain",))
    page = mail.get_body(("html",))
    assert text is not None
    assert page is not None
    for part in (text.get_content(), page.get_content()):
        for told in (
            "UA–US Reconstruction Investment Fund",
            "negotiating → signed",
            "Ukraine and United States",
            "lithium and titanium",
            "USD 150 million",
            "major (3 of 3): signed between states",
            "The two sides signed.",
            "a joint fund",
            "https://example.org/signed",
            "Sent by route major: significance 3",
        ):
            assert told in part, told


@pytest.mark.parametrize(
    ("given", "subject", "said"),
    [
        (
            {"kind": AlertKind.STAGE, "changes": ("agreed → signed",)},
            "Agreed → signed: Kyiv and",
            "What changed: agreed → signed",
        ),
        (
            {
                "kind": AlertKind.MERGED,
                "standing": Standing.MERGED,
                "standing_note": "US and Ukraine sign",
            },
            "Part of another story: Kyiv and",
            "This story is part of another now: US and Ukraine sign",
        ),
        (
            {
                "kind": AlertKind.RETRACTED,
                "standing": Standing.RETRACTED,
                "standing_note": "the agency withdrew it",
            },
            "Retracted: Kyiv and",
            "This story does not stand: the agency withdrew it",
        ),
    ],
)
def test_what_becomes_of_a_story_goes_into_its_thread(
    desk: Desk, given: dict[str, object], subject: str, said: str
) -> None:
    first = desk.queue(content(), EMAIL)
    desk.queue(content(**given), EMAIL, thread_key=first)
    desk.deliver()
    root, reply = (read(caught) for caught in desk.mail.messages)
    assert reply["In-Reply-To"] == reply["References"] == root["Message-ID"]
    assert reply["Message-ID"] != root["Message-ID"]
    assert str(reply["Subject"]).startswith(subject)
    for kind in ("plain", "html"):
        part = reply.get_body((kind,))
        assert part is not None
        assert said in part.get_content()


def test_a_mail_whose_answer_was_lost_is_the_same_mail_again(desk: Desk) -> None:
    desk.queue(content(), EMAIL)
    desk.mail.answer_next("drop")
    desk.deliver()
    desk.deliver()
    first, second = desk.mail.messages
    assert first.message_id == second.message_id


def test_a_webhook_without_its_secret_stops_everything_before_it_starts(
    make_settings: Callable[..., Settings], routes: Callable[[str], Path]
) -> None:
    settings = make_settings(config_dir=routes("https://desk.example/hook"))
    with (
        pytest.raises(ConfigError, match="'desk', which has no secret"),
        open_app(settings),
    ):
        pass


def test_plain_http_stops_everything_unless_private_networks_are_allowed(
    make_settings: Callable[..., Settings], routes: Callable[[str], Path]
) -> None:
    given = {"config_dir": routes("http://127.0.0.1/"), "webhook_secrets": {"desk": SECRET}}
    with open_app(make_settings(**given)):
        pass
    settings = make_settings(**given, allow_private_networks=False)
    with pytest.raises(ConfigError, match="begins with http://"), open_app(settings):
        pass


def test_no_secret_of_a_webhook_is_shown(
    monkeypatch: pytest.MonkeyPatch, routes: Callable[[str], Path], desk: Desk
) -> None:
    monkeypatch.setenv("MINERALWATCH_CONFIG_DIR", str(routes("https://desk.example/hook")))
    monkeypatch.setenv("MINERALWATCH_WEBHOOK_SECRETS", json.dumps({"desk": SECRET}))
    shown = CliRunner().invoke(command_line, ["config", "show"])
    assert "MINERALWATCH_WEBHOOK_SECRETS = desk: ***" in shown.output
    assert SECRET not in shown.output
    key = desk.queue(content(), WEBHOOK)
    desk.receiver.scripts.append((400, {}, f"your secret is {SECRET}".encode()))
    desk.deliver()
    assert (desk.lines()[key].last_error or "").count("your secret is ***") == 1
