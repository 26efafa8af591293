"""The webhook sender against a real HTTP server on loopback that checks, or misbehaves."""

import json
import socket
import threading

import jsonschema
import pytest

from pipeline.notify.webhook import WebhookSender
from pipeline.notify.webhook_config import Webhook
from pipeline.notify.webhook_event import render_webhook
from schemas.alert import Channel, Parked, Retry, Sent
from schemas.jsonschema import json_schema
from tests.notify_shapes import content, message
from tests.webhook_receiver import NOW, SECRET, Receiver

KEY = "story:12:new:webhook:desk"


@pytest.fixture
def receiver():
    with Receiver() as served:
        yield served


class Clock:
    """The sender's time."""

    def __init__(self):
        self.at = NOW

    def __call__(self):
        return self.at


def event(key=KEY, **given):
    payload = render_webhook(content(key=key))
    return message(Channel.WEBHOOK, key=key, address="desk", payload=payload, **given)


def sender(url, *, secret=SECRET, timeout_s=5.0, clock=None):
    hook = Webhook("desk", url, secret)
    return WebhookSender({"desk": hook}, timeout_s=timeout_s, clock=clock or Clock())


def test_an_event_arrives_signed_and_in_the_shape_of_its_schema(receiver):
    delivery = sender(receiver.url).send(event())
    assert delivery == Sent(external_id=KEY, detail={"status": "204"})
    (got,) = receiver.seen
    assert receiver.kept == {KEY: got.body}
    assert got.path == "/hook"
    assert got.headers["Content-Type"] == "application/json; charset=utf-8"
    jsonschema.validate(json.loads(got.body), json_schema("alert_event"))
    assert json.loads(got.body) == render_webhook(content(key=KEY))


@pytest.mark.parametrize("late_s", [-301, 301])
def test_the_receiver_refuses_an_old_event_and_one_of_the_future(receiver, late_s):
    receiver.now = NOW + late_s
    assert isinstance(sender(receiver.url).send(event()), Parked)
    assert receiver.kept == {}


def test_the_receiver_refuses_a_changed_body_time_or_signature(receiver):
    sender(receiver.url).send(event())
    (got,) = receiver.seen
    headers = dict(got.headers)
    assert receiver.check(headers, got.body, SECRET, now=NOW)
    for changed in (
        {"X-Mineralwatch-Timestamp": str(int(NOW) + 1)},
        {"X-Mineralwatch-Timestamp": "²"},
        {"X-Mineralwatch-Signature": ""},
        {"X-Mineralwatch-Signature": "é"},
    ):
        assert not receiver.check({**headers, **changed}, got.body, SECRET, now=NOW)
    assert not receiver.check(headers, got.body + b" ", SECRET, now=NOW)
    assert not receiver.check({}, got.body, SECRET, now=NOW)


def test_another_secret_is_parked_with_the_mend_and_is_not_shown(receiver):
    delivery = sender(receiver.url, secret="another secret, as long").send(event())
    assert isinstance(delivery, Parked)
    assert "401 Unauthorized" in delivery.reason
    assert "MINERALWATCH_WEBHOOK_SECRETS" in delivery.reason
    assert "another secret" not in delivery.reason
    assert receiver.kept == {}


def test_the_outboxs_key_is_the_events_whatever_the_payload_has(receiver):
    sender(receiver.url).send(event(key="story:12:new:webhook:бюро"))
    (got,) = receiver.seen
    assert json.loads(got.body)["key"] == "story:12:new:webhook:бюро"
    assert got.headers["X-Mineralwatch-Key"] == "story:12:new:webhook:%D0%B1%D1%8E%D1%80%D0%BE"
    stale = message(Channel.WEBHOOK, key="own", address="desk", payload={"key": "other"})
    sender(receiver.url).send(stale)
    assert json.loads(receiver.seen[1].body) == {"key": "own"}


def test_a_lost_answer_is_uncertain_and_the_copy_has_key_and_body_of_the_first(receiver):
    clock = Clock()
    receiver.scripts.append("take and break")
    lost = sender(receiver.url, clock=clock).send(event())
    assert isinstance(lost, Retry)
    assert lost.uncertain
    assert "broke off" in lost.reason
    clock.at = receiver.now = NOW + 3600
    assert isinstance(sender(receiver.url, clock=clock).send(event(uncertain=True)), Sent)
    first, second = receiver.seen
    assert first.headers["X-Mineralwatch-Key"] == second.headers["X-Mineralwatch-Key"]
    assert first.body == second.body
    assert len(receiver.kept) == 1


@pytest.mark.parametrize("status", [500, 502, 504, 599, 408, 425])
def test_a_fault_that_may_pass_is_tried_again(receiver, status):
    receiver.scripts.append((status, {"Retry-After": "9"}, b"the disk is full"))
    delivery = sender(receiver.url).send(event())
    assert isinstance(delivery, Retry)
    assert delivery.after_s is None, "by the outbox's own rhythm"
    assert str(status) in delivery.reason
    assert "the disk is full" in delivery.reason
    assert isinstance(sender(receiver.url).send(event()), Sent)


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize(
    ("asked", "after_s"),
    [
        ("120", 120),
        ("Thu, 01 May 2025 12:01:00 GMT", 60),
        ("Thu, 01 May 2025 11:00:00 GMT", 0),
        ("Thu, 01 May 2025 12:01:00 -0000", 60),
        ("soon", None),
        ("-5", None),
        ("9" * 400, 1e9),
        ("0" * 20 + "7", 7),
        ("Thu, 01 May 2025 12:01:00 +" + "9" * 30, None),
    ],
)
def test_a_receiver_gets_the_pause_that_it_asks_for(receiver, status, asked, after_s):
    receiver.scripts.append((status, {"Retry-After": asked}, b""))
    delivery = sender(receiver.url).send(event())
    assert isinstance(delivery, Retry)
    assert delivery.after_s == after_s


@pytest.mark.parametrize("status", [300, 301, 302, 303, 304, 307, 308])
def test_redirects_are_not_followed(receiver, status):
    elsewhere = f"http://127.0.0.1:{receiver.port}/elsewhere?token=s3cret"
    receiver.scripts.append((status, {"Location": elsewhere, "Content-Length": "0"}, b""))
    delivery = sender(receiver.url).send(event())
    assert isinstance(delivery, Parked)
    assert "routes.yaml" in delivery.reason
    assert "127.0.0.1 is named" in delivery.reason
    assert "s3cret" not in delivery.reason
    assert [got.path for got in receiver.seen] == ["/hook"]


@pytest.mark.parametrize(
    ("status", "mend"),
    [
        (400, "log"),
        (403, "secret"),
        (404, "url in routes.yaml"),
        (405, "takes POST"),
        (410, "take the webhook out of routes.yaml"),
        (413, "512 KiB"),
        (418, "log"),
    ],
)
def test_a_refusal_is_parked_with_the_receivers_words_and_the_mend(receiver, status, mend):
    words = "n\u200bo <b>such</b> \x00 event " + "x" * 5000
    receiver.scripts.append((status, {}, words.encode()))
    delivery = sender(receiver.url).send(event())
    assert isinstance(delivery, Parked)
    assert str(status) in delivery.reason
    assert "no <b>such</b> event" in delivery.reason
    assert len(delivery.reason) < 600
    assert mend in delivery.reason.split("mend: ")[1]


def test_one_that_hangs_is_uncertain_and_holds_up_nobody_behind_it(receiver):
    clock = Clock()
    client = sender(receiver.url, timeout_s=0.3, clock=clock)
    receiver.scripts.append("hang")
    first = client.send(event())
    assert isinstance(first, Retry)
    assert first.uncertain
    assert "0.3 s" in first.reason
    second = client.send(event(key="other"))
    assert isinstance(second, Retry)
    assert second.after_s == 60
    assert not second.uncertain
    assert len(receiver.seen) == 1, "the second was not even tried"
    clock.at = receiver.now = NOW + 61
    receiver.released.set()
    assert isinstance(client.send(event(key="other")), Sent)


def test_an_answer_that_drips_ends_in_time():
    """Each byte comes well within the time-out; the whole would take for ever."""
    over = threading.Event()

    def drip():
        connection, _ = served.accept()
        with connection:
            connection.recv(100_000)
            connection.sendall(b"HTTP/1.1 200 OK\r\nX: ")
            try:
                while not over.wait(0.02):
                    connection.sendall(b"x")
            except OSError:
                return

    with socket.create_server(("127.0.0.1", 0)) as served:
        thread = threading.Thread(target=drip)
        thread.start()
        url = f"http://127.0.0.1:{served.getsockname()[1]}/"
        delivery = sender(url, timeout_s=0.5).send(event())
        over.set()
        thread.join()
    assert isinstance(delivery, Retry)
    assert delivery.uncertain


def test_an_endless_body_of_an_answer_is_not_read_to_its_end():
    """2xx is 2xx, whatever comes after it."""
    sent = []

    def pour():
        connection, _ = served.accept()
        with connection:
            connection.recv(100_000)
            connection.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
            try:
                while len(sent) < 10_000:
                    connection.sendall(b"10000\r\n" + b"x" * 65536 + b"\r\n")
                    sent.append(65536)
            except OSError:
                return

    with socket.create_server(("127.0.0.1", 0)) as served:
        thread = threading.Thread(target=pour)
        thread.start()
        delivery = sender(f"http://127.0.0.1:{served.getsockname()[1]}/").send(event())
        thread.join()
    assert isinstance(delivery, Sent)
    assert sum(sent) < 20_000_000


@pytest.mark.parametrize("said", [b"SSH-2.0-OpenSSH_9.6\r\n", b"", b"HTTP/1.1 2x0 OK\r\n\r\n"])
def test_what_is_not_http_is_tried_again(said):
    def speak():
        connection, _ = served.accept()
        with connection:
            connection.recv(100_000)
            connection.sendall(said)

    with socket.create_server(("127.0.0.1", 0)) as served:
        thread = threading.Thread(target=speak)
        thread.start()
        delivery = sender(f"http://127.0.0.1:{served.getsockname()[1]}/").send(event())
        thread.join()
    assert isinstance(delivery, Retry)
    assert delivery.uncertain


def test_a_refused_connection_is_tried_again_and_certainly_did_not_arrive():
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{held.getsockname()[1]}/"
        delivery = sender(url).send(event())
        again = sender(url).send(event(uncertain=True))
    assert isinstance(delivery, Retry)
    assert not delivery.uncertain
    assert "desk" in delivery.reason
    assert isinstance(again, Retry)
    assert again.uncertain, "an earlier attempt may have arrived"


def test_http_to_a_public_address_is_refused_before_anything_is_sent():
    """A name may lead anywhere: the address is looked at when the connection is made."""
    delivery = sender("http://192.88.100.1/hook").send(event())
    assert isinstance(delivery, Parked)
    assert "192.88.100.1, a public address" in delivery.reason
    assert "https://" in delivery.reason


@pytest.fixture
def tls(certificate):
    with Receiver(tls=certificate[1]) as served:
        yield served


def test_tls_is_used_and_an_untrusted_certificate_is_not(tls, certificate, monkeypatch):
    refused = sender(tls.url).send(event())
    assert isinstance(refused, Retry)
    assert not refused.uncertain
    assert "certificate" in refused.reason
    assert tls.seen == []
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate[0]))
    assert isinstance(sender(tls.url).send(event()), Sent)
    assert len(tls.kept) == 1


def test_a_webhook_that_is_not_known_any_more_is_parked(receiver):
    gone = message(Channel.WEBHOOK, key=KEY, address="old", payload={})
    delivery = sender(receiver.url).send(gone)
    assert isinstance(delivery, Parked)
    assert "'old'" in delivery.reason
    assert "routes.yaml" in delivery.reason


@pytest.mark.parametrize("payload", [{"a": float("nan")}, {"a": object()}, {"a": "\ud800"}])
def test_what_is_not_json_is_parked(receiver, payload):
    wrong = message(Channel.WEBHOOK, key=KEY, address="desk", payload=payload)
    assert isinstance(sender(receiver.url).send(wrong), Parked)
    assert receiver.seen == []


def test_no_secret_is_shown_by_the_shape_that_carries_it():
    hook = Webhook("desk", "https://x.example/", SECRET)
    assert SECRET not in repr(hook)
