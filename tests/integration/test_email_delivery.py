"""The e-mail sender against a real SMTP server on loopback."""

import base64
import socket
from datetime import timedelta
from email import message_from_bytes, policy
from email.utils import parsedate_to_datetime

import pytest

from pipeline.demo.mail_catcher import MailCatcher
from pipeline.notify.email import EmailSender, email_payload, message_id, parse_smtp_url
from pipeline.notify.email_alert import render_email_alert
from schemas.alert import Channel, Parked, Retry, Sent
from tests.notify_shapes import NOW, content, message, rendered

KEY = "digest:daily:2025-05-01"
SENDER = "Minerals watch <watch@example.org>"


@pytest.fixture
def mail(tmp_path):
    with MailCatcher(tmp_path / "mail") as catcher:
        yield catcher


def digest(recipients=("reader@example.org",), edition=None, **given):
    payload = email_payload(
        edition or rendered(), sender=SENDER, recipients=recipients, sent_at=NOW
    )
    return message(Channel.EMAIL, key=KEY, address="daily", payload=payload, **given)


def sender(mail, timeout_s=5.0):
    return EmailSender(parse_smtp_url(mail.url), timeout_s)


def test_an_edition_arrives_whole(mail):
    delivery = sender(mail).send(digest(["a@example.org", "B <b@example.org>"]))
    (caught,) = mail.messages
    assert delivery == Sent(external_id=message_id(KEY, "example.org"))
    assert caught.recipients == ("a@example.org", "b@example.org")
    assert caught.sender == "watch@example.org"
    read = message_from_bytes(caught.path.read_bytes(), policy=policy.default)
    assert read["Subject"] == "Signed: Київ і Вашингтон — Minerals watch, 1 May"
    assert read["Message-ID"] == delivery.external_id
    assert parsedate_to_datetime(read["Date"]) == NOW
    assert read["List-Unsubscribe"] == "<mailto:watch@example.org?subject=unsubscribe>"
    assert read["Auto-Submitted"] == "auto-generated"
    assert read.get_body(("plain",)).get_content().rstrip() == "Підписано"
    assert read.get_body(("html",)).get_content().rstrip() == rendered().html


def alert(**given):
    payload = render_email_alert(content(), sender=SENDER)
    return message(Channel.EMAIL, payload=payload, **given)


def test_an_alert_goes_to_its_address_with_the_time_at_which_it_is_sent(mail):
    client = EmailSender(parse_smtp_url(mail.url), clock=lambda: NOW)
    client.send(alert(address="a@example.org,b@example.org", created_at=NOW - timedelta(hours=9)))
    (caught,) = mail.messages
    assert caught.recipients == ("a@example.org", "b@example.org")
    read = message_from_bytes(caught.path.read_bytes(), policy=policy.default)
    assert parsedate_to_datetime(read["Date"]) == NOW, "it waited for the morning"


@pytest.mark.parametrize(
    ("thread_id", "named"),
    [
        ("<own@mail.example>", "<own@mail.example>"),
        (None, message_id("root", "example.org")),
        ("1714.0001\r\nBcc: x@evil.example", message_id("root", "example.org")),
    ],
)
def test_a_reply_names_the_first_message_as_it_was_sent_or_by_its_key(mail, thread_id, named):
    reply = alert(address="a@example.org", thread_key="root", thread_id=thread_id)
    assert isinstance(sender(mail).send(reply), Sent)
    read = message_from_bytes(mail.messages[0].path.read_bytes(), policy=policy.default)
    assert (read["In-Reply-To"], read["References"], read["Bcc"]) == (named, named, None)


def test_images_go_with_the_page_that_shows_them(mail):
    sender(mail).send(digest())
    read = message_from_bytes(mail.messages[0].path.read_bytes(), policy=policy.default)
    assert read.get_content_type() == "multipart/alternative"
    _text, related = read.iter_parts()
    assert related.get_content_type() == "multipart/related"
    _html, image = related.iter_parts()
    assert image["Content-ID"] == "<trend@mineralwatch>"
    assert image.get_content() == rendered().images[0][1]


def test_no_line_is_longer_than_mail_allows(mail):
    long_line = rendered(html=f"<html><body>{'слово ' * 5000}</body></html>")
    sender(mail).send(digest(edition=long_line))
    raw = mail.messages[0].path.read_bytes()
    assert max(len(line) for line in raw.split(b"\r\n")) <= 998


def test_a_subject_cannot_add_headers(mail):
    sender(mail).send(digest(edition=rendered(subject="News\r\nBcc: x@evil.example")))
    read = message_from_bytes(mail.messages[0].path.read_bytes(), policy=policy.default)
    assert read["Bcc"] is None
    assert read["Subject"] == "News Bcc: x@evil.example"
    assert mail.messages[0].recipients == ("reader@example.org",)


@pytest.mark.parametrize("answer", ["451 4.3.0 try later", "421 4.3.2 going down"])
def test_a_passing_refusal_is_tried_again(mail, answer):
    mail.answer_next(answer)
    delivery = sender(mail).send(digest())
    assert isinstance(delivery, Retry)
    assert not delivery.uncertain
    assert answer[:3] in delivery.reason
    assert isinstance(sender(mail).send(digest()), Sent)


def test_a_lasting_refusal_is_parked_with_the_servers_words(mail):
    mail.answer_next("554 5.7.1 no mail from here")
    delivery = sender(mail).send(digest())
    assert isinstance(delivery, Parked)
    assert "554" in delivery.reason
    assert "no mail from here" in delivery.reason
    assert "mend" in delivery.reason


def test_a_lost_answer_is_uncertain_and_the_copy_has_the_same_id(mail):
    mail.answer_next("drop")
    lost = sender(mail).send(digest())
    assert isinstance(lost, Retry)
    assert lost.uncertain
    assert isinstance(sender(mail).send(digest(uncertain=True)), Sent)
    assert len({caught.message_id for caught in mail.messages}) == 1


def test_a_refused_connection_is_tried_again():
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        url = f"smtp://127.0.0.1:{held.getsockname()[1]}"
        delivery = EmailSender(parse_smtp_url(url)).send(digest())
    assert isinstance(delivery, Retry)
    assert not delivery.uncertain


def test_a_server_that_says_nothing_is_tried_again():
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        url = f"smtp://127.0.0.1:{silent.getsockname()[1]}"
        delivery = EmailSender(parse_smtp_url(url), timeout_s=0.2).send(digest())
    assert isinstance(delivery, Retry)
    assert not delivery.uncertain


@pytest.mark.parametrize(
    ("recipients", "change"),
    [([], {}), (["not an address"], {}), (["ы@example.org"], {}), (["a@x.org"], {"html": None})],
)
def test_what_cannot_be_made_into_a_message_is_parked(mail, recipients, change):
    waiting = digest(recipients)
    payload = {k: v for k, v in waiting.payload.items() if k not in change}
    delivery = sender(mail).send(message(Channel.EMAIL, key=KEY, payload=payload))
    assert isinstance(delivery, Parked)
    assert mail.messages == []


@pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS")
def test_login_is_used_and_a_wrong_one_is_parked(tmp_path):
    with MailCatcher(tmp_path, user="watch", password="p@ss") as mail:
        right = parse_smtp_url(f"smtp://watch:p%40ss@127.0.0.1:{mail.port}")
        wrong = parse_smtp_url(f"smtp://watch:other@127.0.0.1:{mail.port}")
        assert isinstance(EmailSender(right).send(digest()), Sent)
        delivery = EmailSender(wrong).send(digest())
        assert isinstance(delivery, Parked)
        assert "check the user and the password" in delivery.reason
        assert "other" not in delivery.reason


def test_starttls_that_the_server_does_not_know_is_parked(mail):
    delivery = EmailSender(parse_smtp_url(mail.url + "?starttls=1")).send(digest())
    assert isinstance(delivery, Parked)
    assert "starttls" in delivery.reason.lower()
    assert mail.messages == []


@pytest.mark.parametrize("implicit", [False, True])
def test_tls_is_used_and_an_untrusted_certificate_is_not(
    tmp_path, certificate, implicit, monkeypatch
):
    path, context = certificate
    with MailCatcher(tmp_path / "mail", tls=context, implicit_tls=implicit) as mail:
        base = f"127.0.0.1:{mail.port}"
        url = f"smtps://{base}" if implicit else f"smtp://{base}?starttls=1"
        client = EmailSender(parse_smtp_url(url))
        refused = client.send(digest())
        assert isinstance(refused, Retry)
        assert "certificate" in refused.reason
        assert mail.messages == []
        monkeypatch.setenv("SSL_CERT_FILE", str(path))
        assert isinstance(client.send(digest()), Sent)
        assert len(mail.messages) == 1


def test_the_catcher_writes_pages_that_a_browser_can_show(mail):
    sender(mail).send(digest())
    (caught,) = mail.wait_for(1, timeout_s=5)
    image = base64.b64encode(rendered().images[0][1]).decode()
    assert f"data:image/png;base64,{image}" in caught.html_path.read_text(encoding="utf-8")
    assert caught.html_path.name in (mail.folder / "index.html").read_text(encoding="utf-8")
