"""The receiver as a FastAPI application, to be mounted anywhere or served alone.

    GET  …/{token}  verification or denial ─> thread: row ─> the challenge, or 404
    POST …/{token}  content ─> thread: row, signature, "the feed is due" ─> 200
                      └─> queue ─> parse worker ─> thread: articles, poll record ─> on_new

It may run in another server's event loop: the database and signatures are worked at in threads of
its own, documents in a process, and nothing is opened before the first request.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, ExitStack, asynccontextmanager
from datetime import UTC, datetime
from typing import Any, TypeVar

from fastapi import FastAPI, Request, Response
from fastapi.responses import PlainTextResponse
from starlette.requests import ClientDisconnect

from pipeline.app import App
from pipeline.collect.pool import ParsePool
from pipeline.collect.push import Verification, takes_content
from pipeline.errors import PipelineError
from pipeline.log import get_logger
from pipeline.stages import deliveries
from pipeline.stages.deliveries import Delivery, Receipt
from pipeline.store.migrate import require_current

MAX_WAITING = 64_000_000
"""Bytes of bodies that wait to be read; what comes on top of them is left to the next poll."""

_THREADS = 4
_BUSY = {"Retry-After": "60"}
_PLAIN = {"X-Content-Type-Options": "nosniff", "Cache-Control": "no-store"}
_T = TypeVar("_T")
_log = get_logger(__name__)


def build_receiver(
    opener: Callable[[], AbstractContextManager[App]],
    *,
    on_new: Callable[[int], None] | None = None,
    clock: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> FastAPI:
    """Build the application.

    Args:
        opener: opens the app, at the first request and in a thread.
        on_new: called in a thread with the number of articles that a delivery added or changed.
        clock: tells the time (UTC).
    """
    receiver = Receiver(opener, on_new=on_new, clock=clock)
    api = FastAPI(
        title="mineralwatch WebSub receiver",
        lifespan=receiver.lifespan,
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
    )
    # Whatever path a proxy leaves before it, the token is the last part.
    api.add_api_route("/{path:path}", receiver.verification, methods=["GET"], response_model=None)
    api.add_api_route("/{path:path}", receiver.content, methods=["POST"], response_model=None)
    api.state.receiver = receiver
    return api


class Receiver:
    """The two endpoints and what they share; ``lifespan`` starts and ends the work behind them."""

    def __init__(
        self,
        opener: Callable[[], AbstractContextManager[App]],
        *,
        on_new: Callable[[int], None] | None,
        clock: Callable[[], datetime],
    ) -> None:
        self._opener = opener
        self._on_new = on_new
        self._clock = clock
        self._waiting: asyncio.Queue[Delivery] = asyncio.Queue()
        self._waiting_bytes = 0
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="websub")
        self._opening = asyncio.Lock()
        self._open = ExitStack()
        self._app: App | None = None

    @asynccontextmanager
    async def lifespan(self, _api: FastAPI) -> AsyncIterator[None]:
        """Run the worker behind the endpoints; what still waits at the end is left to a poll."""
        worker = asyncio.create_task(self._work())
        try:
            yield
        finally:
            worker.cancel()
            await asyncio.gather(worker, return_exceptions=True)
            self._threads.shutdown()
            self._open.close()

    async def drained(self) -> None:
        """Wait until every body that came is stored."""
        await self._waiting.join()

    async def verification(self, request: Request) -> Response:
        """Echo the challenge of a hub that verifies what we asked; note a denial; else 404."""
        query = request.query_params
        said = Verification(
            mode=query.get("hub.mode", ""),
            topic=query.get("hub.topic", ""),
            challenge=query.get("hub.challenge", ""),
            lease_seconds=query.get("hub.lease_seconds", ""),
            reason=query.get("hub.reason", ""),
        )
        try:
            app = await self._opened()
            agreed = await self._in_thread(
                deliveries.confirm, app.context(self._clock()), _token(request), said
            )
        except PipelineError as error:
            return _unavailable(error)
        if not agreed:
            return PlainTextResponse("nothing of the kind was asked for", 404, _PLAIN)
        return PlainTextResponse(said.challenge if said.mode != "denied" else "", 200, _PLAIN)

    async def content(self, request: Request) -> Response:
        """Take what a hub sends; 200 also where the signature is wrong, as the Recommendation asks.

        404 for a callback that never was, 410 for one that is over (the hub may forget it), 413 for
        more bytes than a feed may have, 503 while the database cannot be used: the hub tries again.
        """
        try:
            app = await self._opened()
            known = await self._in_thread(
                deliveries.find, app.context(self._clock()), _token(request)
            )
            if known is None:
                return Response(status_code=404)
            if not takes_content(known):
                return Response(status_code=410)
            body = await self._read(request, app)
            if isinstance(body, Response):
                if body.status_code == 413:  # noqa: PLR2004
                    why = f"its hub sent more than {app.settings.max_feed_bytes:,} bytes"
                    await self._in_thread(
                        deliveries.note_unread, app.context(self._clock()), known, why
                    )
                return body
            return await self._take(app, _delivery(known, body, request), request)
        except PipelineError as error:
            return _unavailable(error)

    async def _take(self, app: App, delivery: Delivery, request: Request) -> Response:
        receipt = await self._in_thread(
            deliveries.receive,
            app.context(self._clock()),
            delivery,
            request.headers.getlist("x-hub-signature"),
        )
        if receipt is Receipt.TAKEN:
            if self._waiting_bytes + len(delivery.body) <= MAX_WAITING:
                self._waiting_bytes += len(delivery.body)
                self._waiting.put_nowait(delivery)
            else:
                _log.warning("websub_left_to_poll", feed=delivery.subscription.feed_name)
        return Response(status_code=200)

    async def _read(self, request: Request, app: App) -> bytes | Response:
        """The whole body, or the answer to one that is too large, too slow, or breaks off."""
        limit = app.settings.max_feed_bytes
        announced = request.headers.get("content-length", "")
        if announced.isdecimal() and int(announced[:20]) > limit:
            return Response(status_code=413, headers={"Connection": "close"})
        body = bytearray()
        try:
            async with asyncio.timeout(app.settings.fetch_timeout_s):
                async for chunk in request.stream():
                    body += chunk
                    if len(body) > limit:
                        return Response(status_code=413, headers={"Connection": "close"})
        except TimeoutError:
            return Response(status_code=408, headers={"Connection": "close"})
        except ClientDisconnect:
            return Response(status_code=400)
        return bytes(body)

    async def _work(self) -> None:
        """Store one body after the other; a fault costs one body, and its feed is due already."""
        first = await self._waiting.get()
        app = await self._opened()
        async with ParsePool(min(app.settings.parse_processes, 1)) as pool:
            delivery = first
            while True:
                try:
                    await self._store(app, delivery, pool)
                except Exception:  # noqa: BLE001 - the next body must not suffer; it is logged whole
                    feed = delivery.subscription.feed_name
                    _log.error("websub_broke", feed=feed, exc_info=True)
                finally:
                    self._waiting_bytes -= len(delivery.body)
                    self._waiting.task_done()
                delivery = await self._waiting.get()

    async def _store(self, app: App, delivery: Delivery, pool: ParsePool) -> None:
        report = await deliveries.store_delivery(app.context(self._clock()), delivery, pool)
        _log.info(report.line())
        fresh = report.counts["new"] + report.counts["edited"]
        if not fresh or self._on_new is None:
            return
        try:
            await self._in_thread(self._on_new, fresh)
        except Exception:  # noqa: BLE001 - the articles are stored; who reads them has a clock too
            _log.error("websub_wake_failed", exc_info=True)

    async def _opened(self) -> App:
        """The app, opened once it is needed.

        Raises:
            PipelineError: it cannot be opened, or the database is not ready; the next call tries
                again.
        """
        async with self._opening:
            if self._app is None:
                self._app = await self._in_thread(self._enter)
            return self._app

    def _enter(self) -> App:
        with ExitStack() as stack:
            app = stack.enter_context(self._opener())
            require_current(app.database)
            self._open = stack.pop_all()
        return app

    async def _in_thread(self, work: Callable[..., _T], *args: Any) -> _T:
        return await asyncio.get_running_loop().run_in_executor(self._threads, work, *args)


def _token(request: Request) -> str:
    return str(request.path_params["path"]).rstrip("/").rpartition("/")[2]


def _delivery(known: Any, body: bytes, request: Request) -> Delivery:
    return Delivery(
        subscription=known,
        body=body,
        content_type=request.headers.get("content-type"),
        content_encoding=request.headers.get("content-encoding", ""),
    )


def _unavailable(error: PipelineError) -> Response:
    """The hub tries again; what is wrong is for the log, not for strangers."""
    _log.error("websub_unavailable", why=error.message, mend=error.mend)
    return PlainTextResponse("try again later", 503, _BUSY)
