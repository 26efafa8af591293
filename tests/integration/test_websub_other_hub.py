"""The subscriber against a hub that others wrote: Flask-WebSub's."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from flask import Flask
from flask_websub.hub import Hub, SQLite3HubStorage
from werkzeug.serving import make_server

from pipeline.settings import Settings
from pipeline.stages.websub import choose
from tests.websub_world import World, world


class Tasks:
    """As much of Celery as the hub uses: what is put off runs in a thread."""

    def __init__(self) -> None:
        self._pool = ThreadPoolExecutor(1)
        self._done: list[Future[Any]] = []

    def task(self, *, bind: bool = False, **_options: object) -> Callable[..., Any]:
        def wrap(work: Callable[..., Any]) -> Any:
            me = SimpleNamespace(request=SimpleNamespace(retries=0), retry=self._give_up)

            def delay(*args: Any) -> None:
                self._done.append(self._pool.submit(work, *([me] if bind else []), *args))

            return SimpleNamespace(delay=delay)

        return wrap

    @staticmethod
    def _give_up(**_options: object) -> None:
        raise AssertionError("the subscriber did not take it")

    def settle(self) -> None:
        """Wait for what was put off; raise what it raised."""
        while self._done:
            self._done.pop(0).result(timeout=30)


class OtherHub:
    """The hub, served on a port of its own."""

    def __init__(self, folder: Path) -> None:
        self.tasks = Tasks()
        self.storage = SQLite3HubStorage(str(folder / "hub.sqlite3"))
        self.hub = Hub(self.storage, celery=self.tasks, SIGNATURE_ALGORITHM="sha512")
        flask = Flask("hub")
        flask.config["PUBLISH_SUPPORTED"] = True
        flask.register_blueprint(self.hub.build_blueprint(url_prefix="/hub"))
        self._server = make_server("127.0.0.1", 0, flask, threaded=True)
        self.url = f"http://127.0.0.1:{self._server.port}/hub"
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()

    def publish(self, topic: str) -> None:
        """Let the hub fetch the topic and send it to all who hold a subscription."""
        self.hub.send_change_notification.delay(topic)
        self.tasks.settle()
        self.tasks.settle()

    def callbacks(self, topic: str) -> list[str]:
        return [row[0] for row in self.storage.get_callbacks(topic)]

    def close(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


@pytest.fixture
def other(tmp_path: Path) -> Iterator[OtherHub]:
    hub = OtherHub(tmp_path)
    yield hub
    hub.close()


@pytest.fixture
def watch(make_settings: Callable[..., Settings], tmp_path: Path) -> Iterator[World]:
    # That hub goes by the clock of the machine, and only by it.
    with world(make_settings, tmp_path, datetime.now(UTC)) as made:
        yield made


def test_subscribe_renew_deliver_and_unsubscribe(watch: World, other: OtherHub) -> None:
    links = f'<{other.url}>; rel="hub", <{watch.feed}>; rel="self"'

    def show(*titles: str) -> None:
        document = watch.document(*titles, hub=None)
        watch.server.serve("/feed", document, headers={"Link": links})

    show("a")
    watch.poll()
    assert watch.websub().counts["subscribed"] == 1
    other.tasks.settle()
    (live,) = watch.subscriptions()
    assert live.is_live(watch.clock.at)
    assert live.lease_s == 864_000
    assert other.callbacks(watch.feed) == [live.callback]

    show("b", "a")
    other.publish(watch.feed)
    watch.receiver.drain()
    assert watch.titles() == ["a", "b"]
    assert watch.subscriptions()[0].deliveries == 1

    watch.clock.go(days=6)
    assert watch.websub().counts["renewed"] == 1
    other.tasks.settle()
    assert watch.subscriptions()[0].verified_at == watch.clock.at
    assert other.callbacks(watch.feed) == [live.callback]

    choose(watch.app.context(watch.clock.at), watch.feed, subscribe=False)
    other.tasks.settle()
    assert other.callbacks(watch.feed) == []


def test_a_denial_is_understood(watch: World, other: OtherHub) -> None:
    other.hub.register_validator(lambda *_: "not for you")
    watch.show("a", hub=other.url)
    watch.poll()
    watch.websub()
    other.tasks.settle()
    assert watch.subscriptions()[0].last_error == "the hub denies it: not for you"
