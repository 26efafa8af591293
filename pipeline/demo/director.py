"""Moves the demo along beside a running Airflow: the first digest, then live news."""

import threading
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

from pipeline import app
from pipeline.demo.local_servers import LocalServers
from pipeline.demo.narrator import Narrator
from pipeline.errors import PipelineError
from pipeline.settings import load_settings
from pipeline.store import feeds
from pipeline.up.api import AirflowApi
from pipeline.up.run import FIRST_DAG, UpInfo
from schemas.feed import PollOutcome, PollRecord

FIRST_S = 150.0
"""How long the first alert, and then the first digest, are waited for before going on."""
DOWN_S = 30.0
"""An Airflow that is being stopped may refuse a call this long before it is gone."""
_LOOK_S = 0.2


class Director:
    """Works in a thread from ``start`` until all is told or ``stop`` is called.

    Args:
        servers: of this run.
        narrator: knows what has come, and says what is done.
        finished: called when all sample news has been told.
        round_s: seconds between two polls while live news comes out.
        settle_s: seconds after the last of them, for what it found to be read and sent.
    """

    def __init__(
        self,
        servers: LocalServers,
        narrator: Narrator,
        *,
        finished: Callable[[], None],
        round_s: float = 20.0,
        settle_s: float = 25.0,
    ) -> None:
        self._servers = servers
        self._narrator = narrator
        self._finished = finished
        self._round_s = round_s
        self._settle_s = settle_s
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self, info: UpInfo) -> None:
        """Begin: Airflow is healthy and its first poll is on its way."""
        api = AirflowApi(info.url, username=info.username, password=info.password)
        self._thread = threading.Thread(
            target=self._direct, args=(api,), name="director", daemon=True
        )
        self._thread.start()

    def stop(self) -> None:
        """End at once."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join()

    def _direct(self, api: AirflowApi) -> None:
        try:
            self._show(api)
        except PipelineError as error:
            if self._stop.wait(DOWN_S):
                return
            # Airflow goes on and is worth looking at; only the demo's own hand is missing.
            self._narrator.say(f"the demo cannot go on: {error}", style="bold red")
        if not self._stop.is_set():
            self._finished()

    def _show(self, api: AirflowApi) -> None:
        say = self._narrator.say
        say("Airflow polls a month of sample news")
        if not self._came(self._narrator.alerted):
            say("no alert yet; going on", style="yellow")
        if self._stop.is_set():
            return
        say("the morning's digest is asked for now")
        api.trigger("daily_digest")
        if not self._came(self._narrator.mailed):
            say("no digest yet; going on", style="yellow")
        if self._stop.is_set():
            return
        say("news comes out live from here")
        self._servers.newsroom.start_live()
        over = False
        while not over and not self._stop.wait(self._round_s):
            over = not self._servers.newsroom.held()
            self._make_due()
            api.trigger(FIRST_DAG)
        if not self._stop.wait(self._settle_s):
            say("that was all of it", style="bold")

    def _came(self, event: threading.Event) -> bool:
        """Wait until it has come, in vain for FIRST_S at most; True too where we are to stop."""
        deadline = time.monotonic() + FIRST_S
        while not self._stop.is_set() and time.monotonic() < deadline:
            if event.wait(_LOOK_S):
                return True
        return self._stop.is_set()

    def _make_due(self) -> None:
        """Let Airflow's next run poll the feeds that carry live news, five minutes too early.

        A poll under way may write a feed's state first; then an older ETag is sent once more, and
        what comes back is known already.
        """
        now = datetime.now(UTC)
        settings = load_settings(**self._servers.settings)
        with app.open_app(settings) as opened, opened.database.write() as session:
            urls = self._servers.newsroom.live_feeds()
            feeds.save_states(
                [
                    (
                        replace(state, next_poll_at=now),
                        PollRecord(state.feed_id, now, PollOutcome.NOT_MODIFIED),
                    )
                    for state in feeds.due_feeds(now=now, urls=urls, session=session)
                ],
                session=session,
            )
