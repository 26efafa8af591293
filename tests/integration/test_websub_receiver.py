"""The receiver when things go wrong around it: overload, no database, slow and broken senders."""

import asyncio
import logging
import socket
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from pipeline import log
from pipeline.app import App, open_app
from pipeline.collect.pool import ParsePool
from pipeline.errors import StoreError
from pipeline.receiver import application
from pipeline.receiver.application import build_receiver
from pipeline.settings import Settings
from pipeline.stages import deliveries
from pipeline.store import feeds
from schemas.report import StageReport
from tests.receiver_thread import ReceiverThread
from tests.websub_world import World, world


@pytest.fixture(autouse=True)
def _logged() -> None:
    """What is logged is written as a line, which caplog has."""
    log.configure(to_stderr=False)


@pytest.fixture
def lite(make_settings: Callable[..., Settings], tmp_path: Path, now: datetime) -> Iterator[World]:
    with world(make_settings, tmp_path, now, fetch_timeout_s=0.5) as made:
        yield made


def speak(url: str, request: str) -> int:
    """The status of the answer to these bytes, which may be less than a request."""
    address = urlsplit(url)
    with socket.create_connection((str(address.hostname), address.port or 0), timeout=10) as line:
        line.sendall(request.encode())
        return int(line.makefile().readline().split()[1])


def test_what_is_too_much_at_once_is_left_to_the_next_poll(
    lite: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    lite.subscribed("a")
    monkeypatch.setattr(application, "MAX_WAITING", 0)
    lite.publish(lite.document("b"))
    assert lite.hub.answers == [200]
    assert lite.titles() == ["a"]
    assert lite.wait() == timedelta(0), "it is due at once: so it would be after a crash"
    lite.show("b", "a")
    lite.poll()
    assert lite.titles() == ["a", "b"]


def test_a_fault_of_ours_costs_one_body_and_is_told(
    lite: World, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    lite.subscribed("a")

    async def breaks(*_: object) -> None:
        raise ZeroDivisionError

    with monkeypatch.context() as patch, caplog.at_level(logging.ERROR):
        patch.setattr(deliveries, "store_delivery", breaks)
        lite.publish(lite.document("b"))
    assert "ZeroDivisionError" in caplog.text
    assert lite.wait() == timedelta(0)
    lite.publish(lite.document("c"))
    assert lite.titles() == ["a", "c"]


def test_who_cannot_be_woken_loses_nothing(
    make_settings: Callable[..., Settings],
    tmp_path: Path,
    now: datetime,
    caplog: pytest.LogCaptureFixture,
) -> None:
    def fails(_count: int) -> None:
        raise ZeroDivisionError

    with world(make_settings, tmp_path, now, on_new=fails) as made:
        made.subscribed("a")
        with caplog.at_level(logging.ERROR):
            made.publish(made.document("b"))
            made.publish(made.document("c"))
        assert caplog.text.count("websub_wake_failed") == 2
        assert made.titles() == ["a", "b", "c"]


def test_a_database_that_is_not_there_is_503_until_it_is(
    make_settings: Callable[..., Settings], tmp_path: Path
) -> None:
    settings = make_settings()
    faults = [StoreError("it is down", mend="start it")]

    def opener() -> AbstractContextManager[App]:
        if faults:
            raise faults.pop()
        return open_app(settings)

    with ReceiverThread() as receiver:
        receiver.serve(build_receiver(opener))
        get = "GET /x?hub.mode=subscribe HTTP/1.1\r\nHost: x\r\n\r\n"
        assert speak(receiver.url, get) == 503
        assert speak(receiver.url, get) == 404
        post = "POST /x HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n"
        assert speak(receiver.url, post) == 404


def test_tables_that_are_missing_are_503(
    make_settings: Callable[..., Settings], tmp_path: Path
) -> None:
    settings = make_settings(database_url=f"sqlite:///{tmp_path / 'empty.sqlite3'}")
    with ReceiverThread() as receiver:
        receiver.serve(build_receiver(lambda: open_app(settings)))
        post = "POST /x HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n"
        assert speak(receiver.url, post) == 503


def test_senders_that_stall_boast_or_break_off(lite: World) -> None:
    live = lite.subscribed("a")
    path = urlsplit(str(live.callback)).path
    head = f"POST {path} HTTP/1.1\r\nHost: x\r\n"
    stalls = head + "Content-Length: 100\r\n\r\n<rss>"
    assert speak(lite.receiver.url, stalls) == 408
    boasts = head + "Content-Length: 100001\r\n\r\n"
    assert speak(lite.receiver.url, boasts) == 413
    stranger = "POST /websub/guess HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n"
    assert speak(lite.receiver.url, stranger) == 404, "before it has sent a byte"
    chunks = head + "Transfer-Encoding: chunked\r\n\r\n" + f"{100_001:x}\r\n" + "x" * 100_001
    assert speak(lite.receiver.url, chunks) == 413


def test_a_feed_disabled_meanwhile_stores_nothing(lite: World) -> None:
    live = lite.subscribed("a")
    with lite.app.database.write() as session:
        feeds.sync_feeds([], keep_others=False, now=lite.clock.at, session=session)
    delivery = deliveries.Delivery(live, lite.document("b").encode())

    async def store() -> StageReport:
        context = lite.app.context(lite.clock.at)
        async with ParsePool(0) as pool:
            return await deliveries.store_delivery(context, delivery, pool)

    report = asyncio.run(store())
    assert report.counts == {"feeds": 0, "new": 0, "edited": 0}
    assert lite.titles() == ["a"]
