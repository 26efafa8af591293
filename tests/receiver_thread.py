"""The WebSub receiver served by uvicorn from a thread, on a port of its own."""

import asyncio
import socket
import threading
from types import TracebackType
from typing import Self

import uvicorn
from fastapi import FastAPI


class ReceiverThread:
    """A context manager; the socket listens from the start, so that ``url`` is known before."""

    def __init__(self) -> None:
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        self._up = threading.Event()
        self._server: uvicorn.Server | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._api: FastAPI | None = None

    def serve(self, api: FastAPI) -> Self:
        """Serve ``api`` from now on."""
        self._api = api
        self._server = uvicorn.Server(uvicorn.Config(api, log_level="warning", access_log=False))
        self._thread = threading.Thread(target=lambda: asyncio.run(self._run()), daemon=True)
        self._thread.start()
        assert self._up.wait(10)
        return self

    async def _run(self) -> None:
        assert self._server is not None
        self._loop = asyncio.get_running_loop()
        self._loop.call_soon(self._up.set)
        await self._server.serve(sockets=[self._socket])

    def drain(self) -> None:
        """Wait until every body that came is stored."""
        assert self._api is not None
        assert self._loop is not None
        work = self._api.state.receiver.drained()
        asyncio.run_coroutine_threadsafe(work, self._loop).result(timeout=30)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._server is not None and self._thread is not None:
            self._server.should_exit = True
            self._thread.join(20)
        self._socket.close()
