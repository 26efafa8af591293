"""What the narrator says of messages that real clients send."""

import io
import smtplib
from email.message import EmailMessage
from pathlib import Path

import pytest
from rich.console import Console
from slack_sdk import WebClient

from pipeline.demo.mail_catcher import MailCatcher
from pipeline.demo.narrator import Narrator
from pipeline.demo.slack_server import DEMO_TOKEN, SlackServerThread


@pytest.fixture
def slack():
    with SlackServerThread(channels=["minerals"]) as server:
        yield server


@pytest.fixture
def mail(tmp_path: Path):
    with MailCatcher(tmp_path / "mail") as catcher:
        yield catcher


@pytest.fixture
def seconds():
    return [0.0]


@pytest.fixture
def told():
    return io.StringIO()


@pytest.fixture
def narrator(slack, mail, seconds, told):
    console = Console(file=told, width=200)
    return Narrator(slack, mail, console, clock=lambda: seconds[0])


def send_mail(mail: MailCatcher, subject: str) -> None:
    message = EmailMessage()
    message["Subject"], message["From"], message["To"] = subject, "a@x.example", "b@x.example"
    message.set_content("text")
    with smtplib.SMTP("127.0.0.1", mail.port) as client:
        client.send_message(message)


def test_the_first_alert_is_marked_and_timed(slack, narrator, seconds, told):
    client = WebClient(DEMO_TOKEN, base_url=slack.base_url)
    seconds[0] = 12.5
    parent = client.chat_postMessage(channel="#minerals", text="Signed &amp; sealed [bold]")
    narrator.look()
    assert narrator.first_alert_s == 12.5
    assert narrator.alerted.is_set()
    assert not narrator.mailed.is_set()
    seconds[0] = 20.0
    client.chat_postMessage(channel="#minerals", text="Also reported", thread_ts=parent["ts"])
    narrator.look()
    assert narrator.first_alert_s == 12.5
    lines = told.getvalue().splitlines()
    assert lines == [
        "  12.5 s  the first alert:",
        "  12.5 s  #minerals: Signed & sealed [bold]",
        "  20.0 s    ↳ in its thread: Also reported",
    ]


def test_an_edited_message_is_told_once(slack, narrator, told):
    client = WebClient(DEMO_TOKEN, base_url=slack.base_url)
    parent = client.chat_postMessage(channel="#minerals", text="Agreed")
    narrator.look()
    client.chat_update(channel=parent["channel"], ts=parent["ts"], text="Signed")
    narrator.look()
    narrator.look()
    assert told.getvalue().count("edited: Signed") == 1


def test_the_first_digest_is_marked_and_timed(mail, narrator, seconds, told):
    seconds[0] = 30.0
    send_mail(mail, "Minerals watch")
    narrator.look()
    assert narrator.first_digest_s == 30.0
    assert narrator.mailed.is_set()
    assert "mail to b@x.example: Minerals watch" in told.getvalue()


def test_it_watches_by_itself_and_misses_nothing_at_the_end(slack, mail, narrator, told):
    client = WebClient(DEMO_TOKEN, base_url=slack.base_url)
    with narrator:
        client.chat_postMessage(channel="#minerals", text="one")
        assert narrator.alerted.wait(10)
        client.chat_postMessage(channel="#minerals", text="two")
    assert "two" in told.getvalue()
