"""The app behind the pages: opened at the first request, and opened anew now and then."""

import threading
import time
from collections.abc import Callable
from contextlib import ExitStack

from pipeline.app import App, open_app
from pipeline.settings import Settings
from pipeline.store.migrate import require_current

REOPEN_S = 60.0
"""A server runs for weeks: YAML that was edited, or mended, is read after a minute."""


class Opened:
    """Hands out the app; threads share it."""

    def __init__(
        self,
        settings: Callable[[], Settings],
        *,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._settings = settings
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._open = ExitStack()
        self._app: App | None = None
        self._since = 0.0

    def app(self) -> App:
        """The app, with the packaged configuration where the user's cannot be read.

        Raises:
            PipelineError: it cannot be opened, or the database is not ready; the next call tries
                again.
        """
        with self._lock:
            now = self._monotonic()
            if self._app is None or now - self._since >= REOPEN_S:
                with ExitStack() as stack:
                    fresh = stack.enter_context(open_app(self._settings(), careful=True))
                    require_current(fresh.database)
                    kept = stack.pop_all()
                # Requests under way keep their connections: only idle ones are closed.
                self._open.close()
                self._open, self._app, self._since = kept, fresh, now
            return self._app

    def close(self) -> None:
        """Give the connections back."""
        with self._lock:
            self._open.close()
            self._app = None
