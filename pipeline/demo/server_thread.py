"""An aiohttp application served from a thread while a ``with`` block runs."""

import asyncio
import threading
from types import TracebackType
from typing import Self

from aiohttp import web

from pipeline.errors import PermanentError

START_S = 10.0
SHUTDOWN_S = 0.5


class ServerThread:
    """Serve ``app`` on 127.0.0.1; with ``port`` 0 the system chooses a free one.

    Raises (on entering):
        PermanentError: the port cannot be had.
    """

    def __init__(self, app: web.Application, *, port: int = 0) -> None:
        self._app = app
        self._port = port
        self._up = threading.Event()
        self._error: OSError | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stop: asyncio.Event | None = None
        self._thread = threading.Thread(target=self._run, name=type(self).__name__, daemon=True)
        self.url = ""

    def started(self) -> None:
        """Called on entering, once ``url`` is known."""

    def __enter__(self) -> Self:
        self._thread.start()
        if not self._up.wait(START_S):
            raise PermanentError(f"a local server did not start within {START_S:.0f} s")
        if self._error is not None:
            raise PermanentError(
                f"port {self._port} of 127.0.0.1 cannot be had: {self._error}",
                mend="choose another port, or end what holds it",
            ) from self._error
        self.started()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._loop is not None and self._stop is not None:
            self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join()

    def _run(self) -> None:
        asyncio.run(self._serve())

    async def _serve(self) -> None:
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        runner = web.AppRunner(
            self._app, access_log=None, handler_cancellation=True, shutdown_timeout=SHUTDOWN_S
        )
        await runner.setup()
        try:
            site = web.TCPSite(runner, "127.0.0.1", self._port)
            await site.start()
            self.url = f"http://127.0.0.1:{_port_of(runner)}"
            self._up.set()
            await self._stop.wait()
        except OSError as error:
            self._error = error
        finally:
            self._up.set()
            await runner.cleanup()


def _port_of(runner: web.AppRunner) -> int:
    return int(runner.addresses[0][1])
