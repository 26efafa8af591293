"""A WebSub hub on loopback, by the W3C Recommendation, that can also misbehave when told to.

It takes requests with 202 and verifies the intent afterwards, keeps leases, signs what it sends,
tries again what was not taken, and drops a subscription whose callback answers 410.
"""

import asyncio
import hashlib
import hmac
import secrets
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, TypeAlias
from urllib.parse import urlencode, urlsplit

import aiohttp
from aiohttp import web

from tests.feed_server import FeedServer

Key: TypeAlias = tuple[str, str]
"""Topic and callback: what makes a subscription one (section 2)."""


@dataclass
class Held:
    """A subscription as the hub holds it."""

    secret: str | None
    expires_at: datetime


@dataclass
class Hub:
    """Served by ``server`` at /hub; ``url`` is its address."""

    server: FeedServer
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    max_lease_s: int = 10 * 86_400
    method: str = "sha256"
    retries: int = 3
    deny: dict[str, str] = field(default_factory=dict)
    """Topic → reason for which it is denied."""
    refuse: tuple[int, str] | None = None
    """Status and text with which every request is refused."""
    hasty: bool = False
    """Verify before the request is answered, as hubs of old did."""
    callback: Callable[[str], str] = lambda given: given
    """Where a callback really is, for a receiver whose port was not known before."""
    silent: bool = False
    """Take requests, and never verify."""
    held: dict[Key, Held] = field(default_factory=dict)
    requests: list[dict[str, str]] = field(default_factory=list)
    verifications: list[tuple[str, int]] = field(default_factory=list)
    """Mode and status of each verification or denial."""
    answers: list[int] = field(default_factory=list)
    """Status of each attempt to deliver."""
    _work: set["asyncio.Task[None]"] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.url = self.server.on("/hub", self.request)

    # ---- requests (5.1) ------------------------------------------------------------------------

    async def request(self, request: web.Request) -> web.StreamResponse:
        """Take a request to subscribe or unsubscribe."""
        form = {name: str(value) for name, value in (await request.post()).items()}
        self.requests.append(form)
        fault = self._fault(request, form)
        if fault:
            return web.Response(status=400, text=fault)
        if self.refuse is not None:
            return web.Response(status=self.refuse[0], text=self.refuse[1])
        if self.hasty:
            await self._consider(form)
        else:
            self._later(self._consider(form))
        return web.Response(status=202, text="to be verified")

    def _fault(self, request: web.Request, form: dict[str, str]) -> str | None:
        if request.method != "POST":
            return "POST it"
        if request.content_type != "application/x-www-form-urlencoded":
            return f"the content type is {request.content_type}"
        for name in ("hub.callback", "hub.topic"):
            if urlsplit(form.get(name, "")).scheme not in {"http", "https"}:
                return f"{name} is no address"
        if form.get("hub.mode") not in {"subscribe", "unsubscribe"}:
            return "hub.mode is neither subscribe nor unsubscribe"
        if not form.get("hub.lease_seconds", "1").isdecimal():
            return "hub.lease_seconds is no positive decimal integer"
        if len(form.get("hub.secret", "").encode()) >= 200:
            return "hub.secret has 200 bytes or more"
        return None

    def _later(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._work.add(task)
        task.add_done_callback(self._work.discard)

    # ---- validation and verification (5.2, 5.3) ------------------------------------------------

    async def _consider(self, form: dict[str, str]) -> None:
        mode, topic = form["hub.mode"], form["hub.topic"]
        callback = self.callback(form["hub.callback"])
        if self.silent:
            return
        if mode == "subscribe" and topic in self.deny:
            await self._denied(topic, callback)
            return
        lease = min(int(form.get("hub.lease_seconds", self.max_lease_s)), self.max_lease_s)
        said = {"hub.mode": mode, "hub.topic": topic}
        if mode == "subscribe":
            said["hub.lease_seconds"] = str(lease)
        if not await self.verify(callback, said):
            return  # the state is left as it was
        if mode == "subscribe":
            until = self.clock() + timedelta(seconds=lease)
            self.held[topic, callback] = Held(form.get("hub.secret"), until)
        else:
            self.held.pop((topic, callback), None)

    async def verify(self, callback: str, said: dict[str, str]) -> bool:
        """Whether the subscriber echoes the challenge."""
        challenge = secrets.token_urlsafe(16) + "&é"
        status, body = await self._get(callback, said | {"hub.challenge": challenge})
        self.verifications.append((said["hub.mode"], status))
        return 200 <= status < 300 and body == challenge

    async def _denied(self, topic: str, callback: str) -> None:
        said = {"hub.mode": "denied", "hub.topic": topic, "hub.reason": self.deny[topic]}
        status, _ = await self._get(callback, said)
        self.verifications.append(("denied", status))
        self.held.pop((topic, callback), None)

    async def _get(self, callback: str, said: dict[str, str]) -> tuple[int, str]:
        mark = "&" if urlsplit(callback).query else "?"
        async with (
            aiohttp.ClientSession() as session,
            session.get(callback + mark + urlencode(said), allow_redirects=False) as response,
        ):
            return response.status, await response.text()

    # ---- content (7, 8) ------------------------------------------------------------------------

    def publish(self, topic: str, body: str | bytes, **more: Any) -> None:
        """Send ``body`` to all who hold a lease on ``topic``, and wait until that is done.

        Keyword arguments: ``signature`` in place of the right one (None: no header),
        ``content_type``, ``headers``.
        """
        data = body.encode() if isinstance(body, str) else body
        for (of, callback), held in list(self.held.items()):
            if of == topic and held.expires_at > self.clock():
                self.run(self._deliver((of, callback), held, data, **more))

    async def _deliver(
        self,
        key: Key,
        held: Held,
        data: bytes,
        *,
        signature: str | None = "right",
        content_type: str = "application/rss+xml",
        headers: dict[str, str] | None = None,
    ) -> None:
        given = {
            "Content-Type": content_type,
            "Link": f'<{self.url}>; rel="hub", <{key[0]}>; rel="self"',
            **(headers or {}),
        }
        if held.secret is not None and signature == "right":
            digest = hmac.new(held.secret.encode(), data, getattr(hashlib, self.method))
            given["X-Hub-Signature"] = f"{self.method}={digest.hexdigest()}"
        elif signature not in {None, "right"}:
            given["X-Hub-Signature"] = str(signature)
        for _ in range(self.retries):
            async with (
                aiohttp.ClientSession() as session,
                session.post(key[1], data=data, headers=given, allow_redirects=False) as response,
            ):
                self.answers.append(response.status)
            if 200 <= response.status < 300:
                return
            if response.status == 410:
                break
        self.held.pop(key, None)

    # ---- for tests -----------------------------------------------------------------------------

    def run(self, work: Coroutine[Any, Any, Any]) -> Any:
        """Do ``work`` in the server's loop, and wait for it."""
        return asyncio.run_coroutine_threadsafe(work, self.server.loop).result(timeout=30)

    def settle(self) -> None:
        """Wait until all that was put off is done."""

        async def wait() -> None:
            while self._work:
                await asyncio.gather(*self._work)

        self.run(wait())
