"""The receiver served alone, renewing the subscriptions by its own clock."""

import asyncio
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import uvicorn

from pipeline.app import App, open_app
from pipeline.errors import PermanentError, PipelineError
from pipeline.log import get_logger
from pipeline.receiver.application import build_receiver
from pipeline.settings import Settings
from pipeline.store.migrate import require_current

_log = get_logger(__name__)


class _Server(uvicorn.Server):
    """Says when it listens: a hub that is asked before would verify in vain."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.up = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            self.up.set()


def serve(
    settings: Settings,
    *,
    host: str,
    port: int,
    renew_s: int,
    listening: Callable[[str, int], None],
) -> None:
    """Serve until SIGINT or SIGTERM.

    Args:
        settings: in force.
        host: address to listen on.
        port: to listen on; 0 lets the system choose.
        renew_s: seconds between runs of the stage ``websub``; 0 leaves it to others.
        listening: called with the address once it listens.

    Raises:
        PipelineError: a setting is wrong, or the database is not ready; nothing was started.
        PermanentError: the port cannot be had.
    """
    with open_app(settings) as app:
        require_current(app.database)
        asyncio.run(_serve(app, _listen(host, port), renew_s, listening))


def _listen(host: str, port: int) -> socket.socket:
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        return socket.create_server((host, port), family=family)
    except OSError as error:
        raise PermanentError(
            f"port {port} of {host} cannot be had: {error}",
            mend="choose another with --port, or end what holds it",
        ) from error


async def _serve(
    app: App, listener: socket.socket, renew_s: int, listening: Callable[[str, int], None]
) -> None:
    @contextmanager
    def opened() -> Iterator[App]:
        yield app

    config = uvicorn.Config(
        build_receiver(opened),
        access_log=False,  # callbacks are secrets
        log_level="warning",
        server_header=False,
        timeout_graceful_shutdown=10,
    )
    server = _Server(config)
    renewing = asyncio.create_task(_renew(app, server, renew_s, listening, listener))
    try:
        await server.serve(sockets=[listener])
    finally:
        renewing.cancel()
        with suppress(asyncio.CancelledError):
            await renewing


async def _renew(
    app: App,
    server: _Server,
    renew_s: int,
    listening: Callable[[str, int], None],
    listener: socket.socket,
) -> None:
    await server.up.wait()
    listening(*listener.getsockname()[:2])
    while renew_s:
        try:
            await asyncio.to_thread(app.run, "websub")
        except PipelineError as error:
            _log.error("websub_renewal_failed", why=error.message, mend=error.mend)
        except Exception:  # noqa: BLE001 - hubs are still answered; the next renewal may do better
            _log.error("websub_renewal_broke", exc_info=True)
        await asyncio.sleep(renew_s)
