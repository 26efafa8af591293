"""Asking a feed: one conditional GET, with every outcome a value.

fetch(url) ──> _hop ──> 304 → NotModified
                 │  ──> 2xx → body, inflated within the limit → Fetched
                 │  ──> 301 302 303 307 308 → the next hop, through the same guard
                 └  ──> else, or any error of the network stack → Failed(kind, words)
"""

import asyncio
import re
import socket
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from types import TracebackType
from typing import Self
from urllib.parse import quote, urljoin, urlsplit

import aiohttp
from yarl import URL

from pipeline.collect.addresses import AddressGuard, ForbiddenAddressError, GuardedResolver
from pipeline.collect.answers import BadUrlError, failed_error, failed_status
from pipeline.collect.body import read_body
from schemas.feed import Failed, FailureKind, Fetched, FetchResult, NotModified

MAX_HOPS = 5
_PERMANENT = frozenset({301, 308})
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_NOT_MODIFIED = 304
# Of a POST only these two ask for the same request elsewhere; after the others it would be a GET.
_POST_REDIRECTS = frozenset({307, 308})
_MAX_POST_ANSWER = 10_000
_MAX_URL = 4000
_MAX_HEADER_BYTES = 16 * 1024
_MAX_HEADERS = 128
_CONNECT_SHARE = 0.5
_READ_SHARE = 0.5
_ACCEPT = (
    "application/atom+xml, application/rss+xml, application/rdf+xml, application/feed+json,"
    " application/xml;q=0.9, text/xml;q=0.9, */*;q=0.1"
)
_HOST_UNSAFE = re.compile(r"[\s<>\"{}|\\^`\x00-\x1f]")
_OLD_IPV4 = re.compile(r"(?:0x[0-9a-f]*|\d+)(?:\.(?:0x[0-9a-f]*|\d+)){0,3}", re.IGNORECASE)
_PLAIN_URL = re.compile(
    r"https?://(?:(?:[a-z0-9-]+\.)+[a-z]{2,24}|(?:(?:0|[1-9]\d{0,2})\.){3}(?:0|[1-9]\d{0,2}))"
    r"(?::[1-9]\d{0,3})?/(?!/)[A-Za-z0-9/._~-]*(?:\?[A-Za-z0-9/._~&=-]+)?"
)
"""An address that is asked as it is written; nearly all are."""
_URL_SAFE = "/:?#[]@!$&'()*+,;=%-._~"


@dataclass(frozen=True, slots=True)
class Hop:
    """Where a redirect leads."""

    to: str
    permanent: bool


@dataclass(frozen=True, slots=True)
class Posted:
    """A 2xx answer to a form that was sent; ``url`` is the address that answered."""

    url: str
    status: int


class Fetcher:
    """Fetches feeds; an async context manager around aiohttp.

    Args:
        timeout_s: seconds for one fetch in all, redirects and body included; a connection, and
            each wait for the next bytes, may take half of it.
        max_bytes: limit of a body, as sent and after decompression.
        concurrency: how many fetches run at once; others wait, without their time running.
        allow_private: let private and loopback addresses be asked.
        user_agent: how we name ourselves.
        allow_networks: networks that are let through although they are private.
        accept: what is asked for (the Accept header); feeds, where it is not said.
    """

    def __init__(
        self,
        *,
        timeout_s: float = 30.0,
        max_bytes: int = 10_000_000,
        concurrency: int = 100,
        allow_private: bool = False,
        user_agent: str = "mineralwatch",
        allow_networks: Sequence[str] = (),
        accept: str = _ACCEPT,
    ) -> None:
        self.concurrency = concurrency
        self.guard = AddressGuard.of(allow_private=allow_private, allowed=allow_networks)
        self._timeout_s = timeout_s
        self._max_bytes = max_bytes
        self._headers = {
            "User-Agent": user_agent,
            "Accept": accept,
            "Accept-Encoding": "gzip, deflate",
        }
        self._slots = asyncio.Semaphore(concurrency)
        self._sessions: dict[bool, aiohttp.ClientSession] = {}

    async def __aenter__(self) -> Self:
        resolver = GuardedResolver(self.guard)
        # Thousands of hosts asked once each would use up the file descriptors with connections
        # that stay open, and servers that are asked to close them do not all do so.
        for keep_alive in (False, True):
            self._sessions[keep_alive] = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(
                    limit=0,  # the semaphore is the limit; waiting here would cost fetch time
                    resolver=resolver,
                    ttl_dns_cache=300,
                    socket_factory=self.guard.open_socket,
                    force_close=not keep_alive,
                ),
                timeout=aiohttp.ClientTimeout(
                    total=None,
                    sock_connect=self._timeout_s * _CONNECT_SHARE,
                    sock_read=self._timeout_s * _READ_SHARE,
                ),
                cookie_jar=aiohttp.DummyCookieJar(),
                auto_decompress=False,
                max_line_size=_MAX_HEADER_BYTES,
                max_field_size=_MAX_HEADER_BYTES,
                max_headers=_MAX_HEADERS,
            )
        self._resolver = resolver
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        sessions, self._sessions = self._sessions, {}
        for session in sessions.values():
            await session.close()
        await self._resolver.close()

    async def fetch(
        self,
        url: str,
        *,
        etag: str | None = None,
        last_modified: str | None = None,
        now: datetime | None = None,
        keep_alive: bool = False,
    ) -> FetchResult:
        """Ask ``url`` once, following at most five redirects.

        Args:
            url: of the feed; http or https.
            etag: the validator of the last answer, sent as If-None-Match.
            last_modified: the other validator, sent as If-Modified-Since.
            now: what a Retry-After date is taken against where the answer has no Date.
            keep_alive: leave the connection open, because the host will soon be asked again.

        Raises:
            RuntimeError: the Fetcher is used outside ``async with``.
        """
        if not self._sessions:
            raise RuntimeError("a Fetcher is used within `async with`")
        session = self._sessions[keep_alive]
        conditions = {"If-None-Match": etag, "If-Modified-Since": last_modified}
        headers = {name: value for name, value in conditions.items() if value}
        async with self._slots:
            started = time.perf_counter()
            try:
                async with asyncio.timeout(self._timeout_s):
                    result = await self._follow(session, url, headers, now or datetime.now(UTC))
            except TimeoutError as error:
                result = self._late(url, error, started)
            except Exception as error:  # noqa: BLE001 - a feed's fault is a value; the kind names it
                result = failed_error(url, error)
            return replace(result, seconds=time.perf_counter() - started)

    async def post_form(self, url: str, form: Mapping[str, str]) -> Posted | Failed:
        """Send ``form`` to ``url``, by the same guard, slots and time limit as a fetch.

        Redirects 307 and 308 are followed, at most five. Failed carries the first words of what the
        server answered; a form and its secrets are in no message.

        Raises:
            RuntimeError: the Fetcher is used outside ``async with``.
        """
        if not self._sessions:
            raise RuntimeError("a Fetcher is used within `async with`")
        async with self._slots:
            started = time.perf_counter()
            try:
                async with asyncio.timeout(self._timeout_s):
                    return await self._post(self._sessions[False], url, form)
            except TimeoutError as error:
                return self._late(url, error, started)
            except Exception as error:  # noqa: BLE001 - a server's fault is a value; the kind names it
                return failed_error(url, error)

    async def _post(
        self, session: aiohttp.ClientSession, url: str, form: Mapping[str, str]
    ) -> Posted | Failed:
        here = url
        for _ in range(MAX_HOPS + 1):
            async with session.post(
                _checked(here, self.guard), headers=self._headers, data=form, allow_redirects=False
            ) as response:
                names = _names(response)
                status = response.status
                if 200 <= status < 300:  # noqa: PLR2004 - the successful statuses
                    return Posted(here, status)
                hop = _hop(here, status, names) if status in _POST_REDIRECTS else None
                if hop is None:
                    return await _refused_form(url, response, names)
            if isinstance(hop, Failed):
                return hop
            here = hop.to
        return _looped(url, f"more than {MAX_HOPS} redirects")

    async def ask(self, url: str, *, now: datetime | None = None) -> FetchResult | Hop:
        """Ask ``url`` once, under the same guard and limits; a redirect is told, not followed.

        Raises:
            RuntimeError: the Fetcher is used outside ``async with``.
        """
        if not self._sessions:
            raise RuntimeError("a Fetcher is used within `async with`")
        async with self._slots:
            started = time.perf_counter()
            try:
                async with asyncio.timeout(self._timeout_s):
                    moment = now or datetime.now(UTC)
                    return await self._ask(self._sessions[False], url, {}, moment)
            except TimeoutError as error:
                return self._late(url, error, started)
            except Exception as error:  # noqa: BLE001 - a page's fault is a value; the kind names it
                return failed_error(url, error)

    def _late(self, url: str, error: TimeoutError, started: float) -> Failed:
        if isinstance(error, aiohttp.SocketTimeoutError):
            silent = self._timeout_s * _READ_SHARE
            words = f"the server fell silent: nothing came for {silent:g} s"
            return Failed(url=url, kind=FailureKind.TIMEOUT, message=words)
        if isinstance(error, aiohttp.ServerTimeoutError):
            return failed_error(url, error)
        spent = time.perf_counter() - started
        words = f"no whole answer within {self._timeout_s:g} s (gave up after {spent:.1f} s)"
        return Failed(url=url, kind=FailureKind.TIMEOUT, message=words)

    async def _follow(
        self, session: aiohttp.ClientSession, url: str, headers: dict[str, str], now: datetime
    ) -> FetchResult:
        seen = {url}
        here, moved, permanent = url, None, True
        for _ in range(MAX_HOPS + 1):
            result = await self._ask(session, here, headers, now)
            if not isinstance(result, Hop):
                if moved is None or isinstance(result, Failed):
                    return result
                return replace(result, moved_to=moved)
            permanent = permanent and result.permanent
            here = result.to
            moved = here if permanent else None
            if here in seen:
                return _looped(url, f"the redirects lead back to {here[:200]}")
            seen.add(here)
        return _looped(url, f"more than {MAX_HOPS} redirects")

    async def _ask(
        self, session: aiohttp.ClientSession, url: str, headers: dict[str, str], now: datetime
    ) -> FetchResult | Hop:
        target = _checked(url, self.guard)
        async with session.get(
            target, headers=self._headers | headers, allow_redirects=False
        ) as response:
            names = _names(response)
            status = response.status
            if status == _NOT_MODIFIED:
                return NotModified(url=url, headers=names)
            if status in _REDIRECTS:
                return _hop(url, status, names)
            if not 200 <= status < 300:  # noqa: PLR2004 - the successful statuses
                return failed_status(url, status, names, now)
            body = await read_body(response.content.iter_any(), names, max_bytes=self._max_bytes)
            return Fetched(url=url, status=status, body=body, headers=names)


def _names(response: aiohttp.ClientResponse) -> dict[str, str]:
    """Header names in lower case. Of several, the last counts; of Link headers all, in one list."""
    names = {name.lower(): value for name, value in response.headers.items()}
    if "link" in names:
        names["link"] = ", ".join(response.headers.getall("Link"))
    return names


async def _refused_form(
    url: str, response: aiohttp.ClientResponse, names: Mapping[str, str]
) -> Failed:
    failed = failed_status(url, response.status, names, datetime.now(UTC))
    told = " ".join(
        (await response.content.read(_MAX_POST_ANSWER)).decode("utf-8", "replace").split()
    )
    plain = names.get("content-type", "").startswith("text/plain")
    return replace(failed, message=f"{failed.message}: {told[:200]}") if plain and told else failed


def _checked(url: str, guard: AddressGuard) -> URL:
    """Return ``url`` as it is to be asked.

    Raises:
        BadUrlError: it is not an http address.
        ForbiddenAddressError: its port is refused.
    """
    if len(url) > _MAX_URL:
        raise BadUrlError(f"longer than {_MAX_URL} characters")
    try:
        target = _target(url.strip())
    except ValueError as error:
        raise BadUrlError(str(error)) from error
    refusal = guard.port_refusal(target.port or 0)
    if refusal:
        raise ForbiddenAddressError(refusal)
    return target


def _target(url: str) -> URL:
    return URL(url if _PLAIN_URL.fullmatch(url) else _normal(url), encoded=True)


def _normal(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"}:
        raise BadUrlError(f"the scheme is {parts.scheme[:20]!r}, not http or https")
    if not parts.hostname or _HOST_UNSAFE.search(parts.netloc):
        raise BadUrlError(f"{parts.netloc[:100]!r} names no host")
    login, at, _ = parts.netloc.rpartition("@")
    host = f"{login}{at}{_host(parts.hostname)}" + (
        f":{parts.port}" if parts.port is not None else ""
    )
    # Already percent-encoded parts are left as they are: servers compare them byte by byte.
    rest = quote(parts._replace(scheme="", netloc="", fragment="").geturl(), safe=_URL_SAFE)
    return f"{parts.scheme}://{host}{rest if rest.startswith('/') else '/' + rest}"


def _host(name: str) -> str:
    if not name.isascii():  # also digits and dots of other scripts, which become ASCII's
        name = name.encode("idna").decode("ascii")
    name = name.removesuffix(".")
    if _OLD_IPV4.fullmatch(name):  # 2130706433, 0x7f.1, 0177.0.0.1: the C library reads them
        try:
            return socket.inet_ntoa(socket.inet_aton(name))
        except OSError:
            return name
    return f"[{name}]" if ":" in name else name


def _hop(url: str, status: int, headers: dict[str, str]) -> Hop | Failed:
    location = headers.get("location", "").strip()
    if not location:
        words = f"HTTP {status}: a redirect that does not say where to"
        return Failed(url=url, kind=FailureKind.PROTOCOL, message=words, status=status)
    return Hop(to=urljoin(url, location).partition("#")[0], permanent=status in _PERMANENT)


def _looped(url: str, words: str) -> Failed:
    return Failed(url=url, kind=FailureKind.REDIRECT_LOOP, message=words)
