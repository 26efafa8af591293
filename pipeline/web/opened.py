"""The app behind the pages: opened at the first request, and anew where its configuration changed.

Loading the YAML takes a second: once a minute it is looked whether a file changed, and only then is
it loaded.
"""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Final, TypeAlias

from pipeline.app import App, open_app
from pipeline.garbage import set_aside, set_aside_no_more
from pipeline.settings import Settings
from pipeline.store.migrate import require_current

LOOK_S: Final = 60.0
"""A server runs for weeks: what was edited, or mended, is seen after a minute."""

_Seen: TypeAlias = tuple[Settings, tuple[tuple[str, int, int], ...]]


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
        self._seen: _Seen | None = None
        self._looked_at = 0.0

    def app(self) -> App:
        """The app, with the packaged configuration where the user's cannot be read.

        Raises:
            PipelineError: it cannot be opened, or the database is not ready; the next call tries
                again.
        """
        with self._lock:
            now = self._monotonic()
            if self._app is not None and now - self._looked_at < LOOK_S:
                return self._app
            seen = _seen(self._settings())
            if self._app is None or seen != self._seen:
                self._app = self._enter(seen[0])
                set_aside()
            self._seen, self._looked_at = seen, now
            return self._app

    def _enter(self, settings: Settings) -> App:
        with ExitStack() as stack:
            fresh = stack.enter_context(open_app(settings, careful=True))
            require_current(fresh.database)
            kept = stack.pop_all()
        # Requests under way keep their connections: only idle ones are closed.
        self._open.close()
        self._open = kept
        return fresh

    def close(self) -> None:
        """Give the connections back."""
        with self._lock:
            self._open.close()
            self._app = None
            set_aside_no_more()


def _seen(settings: Settings) -> _Seen:
    """The settings, and of each file of the user's configuration when it was written."""
    return settings, tuple(sorted(_files(settings)))


def _files(settings: Settings) -> Iterator[tuple[str, int, int]]:
    folder, file = settings.config_dir, settings.feeds_file
    paths: list[Path] = list(folder.rglob("*")) if folder is not None else []
    for path in [*paths, *([file] if file is not None else [])]:
        with suppress(OSError):  # it is gone: that is a change too
            told = path.stat()
            yield str(path), told.st_mtime_ns, told.st_size
