"""A server on loopback that speaks the part of Slack's Web API that mineralwatch uses.

It is strict where Slack is: tokens, scopes, channels, threads, block limits, rate limits. It can
be told to fail as networks fail. ``GET /`` shows the channels to a person, ``GET /messages.json``
to a program.
"""

import asyncio
import json
import threading
import time
from collections import defaultdict, deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Any

from aiohttp import web

from pipeline.demo.server_thread import ServerThread
from pipeline.demo.slack_page import page
from pipeline.demo.slack_workspace import ALL_SCOPES, Answer, SlackMessage, Workspace, error

DEMO_TOKEN = "xoxb-demo"  # noqa: S105 - opens nothing but this server
_CSP = "default-src 'none'; style-src 'unsafe-inline'"


@dataclass(frozen=True, slots=True)
class _Fault:
    """What happens to a call instead of its answer; ``accept`` where it is carried out first."""

    kind: str
    accept: bool
    status: int = 500


class SlackServer:
    """The server; ``start`` and ``stop`` are called in the loop that serves it.

    Args:
        token: the only token that is let in.
        channels: names of the channels; ids are C0000000001 and so on, in this order.
        scopes: what the token may do.
        interval_s: the least time between two messages of one channel; 0 sets no limit.
        clock: seconds since 1970; rate limits and message ids go by it.
    """

    def __init__(
        self,
        *,
        token: str = DEMO_TOKEN,
        channels: Sequence[str] = ("minerals",),
        scopes: frozenset[str] = ALL_SCOPES,
        interval_s: float = 0.0,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.workspace = Workspace(channels, clock=clock, scopes=scopes)
        self.calls: list[str] = []
        """The methods called, in order."""
        self.url = ""
        self._token = token
        self._interval_s = interval_s
        self._clock = clock
        self._faults: dict[str, deque[_Fault]] = defaultdict(deque)
        self._last_post: dict[str, float] = {}
        self._changed = threading.Condition()
        self._release = asyncio.Event()
        self._runner: web.AppRunner | None = None
        self._methods: dict[str, Callable[[dict[str, Any]], Answer]] = {
            "auth.test": self.workspace.auth_test,
            "chat.postMessage": self.workspace.post_message,
            "chat.update": self.workspace.update,
            "conversations.history": self.workspace.history,
            "conversations.replies": self.workspace.replies,
            "conversations.list": self.workspace.list_channels,
            "reactions.get": self.workspace.get_reactions,
        }

    @property
    def base_url(self) -> str:
        """What MINERALWATCH_SLACK_BASE_URL is set to."""
        return f"{self.url}/api/"

    @property
    def messages(self) -> list[SlackMessage]:
        """The messages that stand, oldest first."""
        return list(self.workspace.messages)

    def app(self) -> web.Application:
        """The application, for a server that runs elsewhere."""
        app = web.Application(client_max_size=2**21)
        app.add_routes(
            [
                web.route("*", "/api/{method}", self._api),
                web.get("/", self._page),
                web.get("/messages.json", self._messages),
            ]
        )
        return app

    async def start(self, host: str = "127.0.0.1", port: int = 0) -> None:
        """Listen; port 0 takes a free one. ``url`` is known afterwards."""
        self._runner = web.AppRunner(self.app(), access_log=None, shutdown_timeout=1.0)
        await self._runner.setup()
        site = web.TCPSite(self._runner, host, port)
        await site.start()
        bound = self._runner.addresses[0][1]
        self.url = f"http://{host}:{bound}"

    async def stop(self) -> None:
        """Let go of calls that hang, and close."""
        self._release.set()
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    def fail_next(
        self, count: int = 1, *, status: int = 500, method: str = "chat.postMessage"
    ) -> None:
        """Answer the next calls with ``status`` and a page of HTML; nothing is carried out."""
        self._faults[method].extend([_Fault("fail", accept=False, status=status)] * count)

    def drop_next(
        self, count: int = 1, *, accept: bool = True, method: str = "chat.postMessage"
    ) -> None:
        """Close the next calls' connections with no answer, carried out or not."""
        self._faults[method].extend([_Fault("drop", accept=accept)] * count)

    def hang_next(
        self, count: int = 1, *, accept: bool = True, method: str = "chat.postMessage"
    ) -> None:
        """Never answer the next calls, carried out or not."""
        self._faults[method].extend([_Fault("hang", accept=accept)] * count)

    def fail_no_more(self) -> None:
        """Forget the faults that no call has met yet."""
        for faults in self._faults.values():
            faults.clear()

    def wait_for(self, count: int, timeout_s: float) -> list[SlackMessage]:
        """Wait in another thread until ``count`` messages stand; return those that do."""
        with self._changed:
            self._changed.wait_for(lambda: len(self.workspace.messages) >= count, timeout_s)
        return self.messages

    def react(self, ts: str, name: str, user: str) -> bool:
        """Put a reader's reaction on a message; False where it is there already.

        Raises:
            KeyError: no message has that ``ts``.
        """
        return self.workspace.message(ts).reactions.add(name, user)

    def unreact(self, ts: str, name: str, user: str) -> bool:
        """Take a reader's reaction off; False where there is none.

        Raises:
            KeyError: no message has that ``ts``.
        """
        return self.workspace.message(ts).reactions.remove(name, user)

    async def _api(self, request: web.Request) -> web.StreamResponse:
        method = request.match_info["method"]
        self.calls.append(method)
        faults = self._faults[method]
        fault = faults.popleft() if faults else None
        if fault is not None and not fault.accept:
            return await self._broken(request, fault)
        response = await self._answer(request, method)
        with self._changed:
            self._changed.notify_all()
        return response if fault is None else await self._broken(request, fault)

    async def _answer(self, request: web.Request, method: str) -> web.Response:
        refused = self._token_fault(request)
        if refused is not None:
            return web.json_response(refused)
        call = self._methods.get(method)
        if call is None:
            return web.json_response(error("unknown_method", req_method=method))
        try:
            read = method.startswith(("conversations.", "reactions.get"))
            args = await _arguments(request, json_taken=not read)
        except ValueError:
            return web.json_response(error("invalid_json"))
        if method == "chat.postMessage" and (limited := self._limited(args)) is not None:
            return limited
        told = call(args)
        if told["ok"] and method == "chat.postMessage":
            self._last_post[told["channel"]] = self._clock()
        scopes = ",".join(sorted(self.workspace.scopes))
        return web.json_response(told, headers={"X-OAuth-Scopes": scopes})

    def _token_fault(self, request: web.Request) -> Answer | None:
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        if scheme != "Bearer" or not token:
            return error("not_authed")
        return None if token == self._token else error("invalid_auth")

    def _limited(self, args: dict[str, Any]) -> web.Response | None:
        """Slack lets a channel have about one message a second; others are not held up by it."""
        channel = self.workspace.channel(str(args.get("channel") or ""))
        if not self._interval_s or channel is None or channel.id not in self._last_post:
            return None
        wait = self._last_post[channel.id] + self._interval_s - self._clock()
        if wait <= 0:
            return None
        headers = {"Retry-After": str(max(1, round(wait)))}
        return web.json_response(error("ratelimited"), status=429, headers=headers)

    async def _broken(self, request: web.Request, fault: _Fault) -> web.Response:
        if fault.kind == "fail":
            page_ = "<html><body>Something went wrong</body></html>"
            return web.Response(status=fault.status, text=page_, content_type="text/html")
        if fault.kind == "hang":
            await self._release.wait()
        if request.transport is not None:
            request.transport.abort()
        return web.Response(status=503)

    async def _page(self, _request: web.Request) -> web.Response:
        html = page(self.workspace.channels, self.messages)
        headers = {"Content-Security-Policy": _CSP}
        return web.Response(text=html, content_type="text/html", headers=headers)

    async def _messages(self, _request: web.Request) -> web.Response:
        told = [{"channel": message.channel.name, **message.to_json()} for message in self.messages]
        return web.json_response({"messages": told})


class SlackServerThread:
    """A SlackServer in a thread with a loop of its own, for programs that are not asynchronous.

    ``with SlackServerThread(channels=["minerals"]) as slack: … slack.messages``; the options are
    those of SlackServer.
    """

    def __init__(self, *, port: int = 0, **options: Any) -> None:
        self.server = SlackServer(**options)
        self._thread = ServerThread(self.server.app(), port=port)

    def __enter__(self) -> SlackServer:
        self._thread.__enter__()
        self.server.url = self._thread.url
        return self.server

    def __exit__(
        self,
        kind: type[BaseException] | None,
        fault: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._thread.__exit__(kind, fault, trace)


async def _arguments(request: web.Request, *, json_taken: bool) -> dict[str, Any]:
    """The call's arguments: query, form, or JSON where the method takes it.

    Raises:
        ValueError: the body is not the JSON object that it says it is.
    """
    args: dict[str, Any] = dict(request.query)
    if request.content_type == "application/json":
        if not json_taken:
            return args
        # slack_sdk says JSON of a call without arguments, and sends no body; Slack takes that.
        body = json.loads(await request.text() or "{}")
        if not isinstance(body, dict):
            raise ValueError("not an object")
        return {**args, **body}
    return {**args, **await request.post()}
