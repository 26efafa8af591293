"""A feed server on loopback that behaves as it is told: well, badly, or not at all.

Paths are given to it as aiohttp handlers or as ready answers; it counts who asked for what.
"""

import asyncio
import threading
from collections import Counter
from collections.abc import Awaitable, Callable
from types import TracebackType
from typing import Self, TypeAlias

from aiohttp import web

Handler: TypeAlias = Callable[[web.Request], Awaitable[web.StreamResponse]]


class FeedServer:
    """Runs in a thread with a loop of its own; a context manager.

    ``host`` may be any loopback address: 127.0.0.2 is another machine as far as a guard can tell.
    """

    def __init__(self, host: str = "127.0.0.1") -> None:
        self.host = host
        self.port = 0
        self.asked: Counter[str] = Counter()
        self.requests: list[web.BaseRequest] = []
        self.peers: list[tuple[str, int]] = []
        self._handlers: dict[str, Handler] = {}
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._runner: web.ServerRunner | None = None

    def __enter__(self) -> Self:
        self._thread.start()
        self._call(self._start())
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._call(self._stop())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    @property
    def loop(self) -> asyncio.AbstractEventLoop:
        """The loop that it runs in."""
        return self._loop

    def url(self, path: str) -> str:
        return f"http://{self.host}:{self.port}{path}"

    def on(self, path: str, handler: Handler) -> str:
        """Answer ``path`` with ``handler``; returns the URL."""
        self._handlers[path] = handler
        return self.url(path)

    def serve(
        self,
        path: str,
        body: bytes | str = b"",
        *,
        status: int = 200,
        content_type: str = "application/xml",
        headers: dict[str, str] | None = None,
    ) -> str:
        """Answer ``path`` with this body; an ETag in ``headers`` is honoured. Returns the URL."""
        data = body.encode() if isinstance(body, str) else body
        given = {"Content-Type": content_type} | (headers or {})

        async def answer(request: web.Request) -> web.StreamResponse:
            etag = given.get("ETag")
            if etag and request.headers.get("If-None-Match") == etag:
                return web.Response(status=304, headers={"ETag": etag})
            modified = given.get("Last-Modified")
            if modified and request.headers.get("If-Modified-Since") == modified:
                return web.Response(status=304)
            return web.Response(status=status, body=data, headers=given)

        return self.on(path, answer)

    def redirect(self, path: str, to: str, *, status: int = 301) -> str:
        """Redirect ``path`` to ``to``. Returns the URL."""
        return self.serve(path, status=status, headers={"Location": to})

    def _call(self, work: Awaitable[None]) -> None:
        async def run() -> None:
            await work

        asyncio.run_coroutine_threadsafe(run(), self._loop).result(timeout=10)

    async def _start(self) -> None:
        self._runner = web.ServerRunner(
            web.Server(self._answer, access_log=None), shutdown_timeout=0.1
        )
        await self._runner.setup()
        site = web.TCPSite(self._runner, self.host, 0)
        await site.start()
        self.port = self._runner.addresses[0][1]

    async def _stop(self) -> None:
        assert self._runner is not None
        await self._runner.cleanup()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:  # answers that hang on purpose
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    async def _answer(self, request: web.BaseRequest) -> web.StreamResponse:
        self.asked[request.path] += 1
        self.requests.append(request)
        if request.transport is not None:
            self.peers.append(request.transport.get_extra_info("peername")[:2])
        handler = self._handlers.get(request.path)
        if handler is None:
            return web.Response(status=404, text="nothing here")
        return await handler(request)  # type: ignore[arg-type]
