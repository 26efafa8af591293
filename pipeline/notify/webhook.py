"""Sending to webhooks: signed JSON over HTTP, as docs/webhooks.md says to receivers.

build body → sign with the time → POST ─▶ 2xx                          Sent
                                       ─▶ 429, 5xx, no answer          Retry, with the same key
                                       ─▶ 3xx, other 4xx               Parked, with the mend
"""

import asyncio
import hashlib
import hmac
import json
import socket
import ssl
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Final
from urllib.parse import quote

import aiohttp

from pipeline.log import get_logger, mask
from pipeline.notify.webhook_answers import Answer, outcome
from pipeline.notify.webhook_config import Webhook, is_private
from schemas.alert import Delivery, OutboxMessage, Parked, Retry

log = get_logger(__name__)

CONNECT_S: Final = 5.0
MAX_ANSWER: Final = 2048
"""Bytes of an answer that are read: enough for the receiver's reason."""
WORDS_S: Final = 2.0
"""For an answer's body, once its status is known."""
REST_S: Final = 60.0
"""A webhook that did not answer in time is left alone for so long, so that the messages behind it
do not each wait for it."""


@dataclass(slots=True)
class _Refused:
    """A public address that http:// led to."""

    host: str = ""


class WebhookSender:
    """Sends outbox messages to webhooks.

    A webhook cannot be asked whether an event arrived. An event whose answer was lost is sent again
    with the same key, and receivers pass over a key that they know.
    """

    def __init__(
        self,
        webhooks: Mapping[str, Webhook],
        *,
        user_agent: str = "mineralwatch",
        timeout_s: float = 10.0,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._webhooks = dict(webhooks)
        self._user_agent = user_agent
        self._timeout_s = timeout_s
        self._clock = clock
        self._rests_until: dict[str, float] = {}

    def send(self, message: OutboxMessage) -> Delivery:
        """Send ``message`` to the webhook that its address names."""
        webhook = self._webhooks.get(message.address)
        if webhook is None:
            return Parked(
                f"no webhook {message.address!r} with a secret is known; mend: name it under "
                "webhooks in routes.yaml, its secret in MINERALWATCH_WEBHOOK_SECRETS"
            )
        wait = self._rests_until.get(webhook.name, 0.0) - self._clock()
        if wait > 0:
            reason = f"not tried: {_named(webhook)} did not answer in time just now"
            return Retry(reason, after_s=min(wait, REST_S), uncertain=message.uncertain)
        try:
            body = body_of(message)
        except (TypeError, ValueError) as error:
            return Parked(f"it cannot be written as JSON: {error}; mend: report it with its key")
        return asyncio.run(self._tried(webhook, message, body))

    async def _tried(self, webhook: Webhook, message: OutboxMessage, body: bytes) -> Delivery:
        """Say in words what hindered; uncertain is what may have arrived all the same."""
        refused = _Refused()
        at = int(self._clock())
        headers = {
            "Content-Type": "application/json; charset=utf-8",
            "User-Agent": self._user_agent,
            "X-Mineralwatch-Timestamp": str(at),
            "X-Mineralwatch-Signature": signature(webhook.secret, at, body),
            "X-Mineralwatch-Key": quote(message.key, safe=_IN_HEADER),
        }
        try:
            answer = await self._post(webhook, body, headers, refused)
        except (
            aiohttp.ClientConnectorError,
            aiohttp.ConnectionTimeoutError,
            ssl.SSLError,
        ) as error:
            if refused.host:
                return Parked(
                    f"{_named(webhook)} is at {refused.host}, a public address, and its url begins "
                    "with http://; mend: write https:// in routes.yaml"
                )
            if isinstance(error, TimeoutError):
                self._rest(webhook)
            reason = f"{_named(webhook)} could not be reached: {_words(error)}"
            return Retry(mask(reason), uncertain=message.uncertain)
        except TimeoutError:
            self._rest(webhook)
            reason = f"{_named(webhook)} did not answer within {self._timeout_s:g} s"
            return Retry(reason, uncertain=True)
        except (aiohttp.ClientError, OSError) as error:
            reason = f"{_named(webhook)} broke off before it had answered: {_words(error)}"
            return Retry(mask(reason), uncertain=True)
        return outcome(answer, named=_named(webhook), key=message.key, now=self._clock())

    async def _post(
        self, webhook: Webhook, body: bytes, headers: Mapping[str, str], refused: _Refused
    ) -> Answer:
        """Send and read the head of the answer, and as much of its body as gives a reason."""

        def open_socket(info: aiohttp.AddrInfoType) -> socket.socket:
            host = str(info[4][0])
            if webhook.is_plain and not is_private(host):
                refused.host = host
                raise OSError(f"{host} is a public address")
            return socket.socket(family=info[0], type=info[1], proto=info[2])

        trust = True if webhook.is_plain else self._trust
        connector = aiohttp.TCPConnector(ssl=trust, force_close=True, socket_factory=open_socket)
        limit = aiohttp.ClientTimeout(
            total=self._timeout_s, sock_connect=min(CONNECT_S, self._timeout_s)
        )
        async with (
            aiohttp.ClientSession(
                connector=connector, timeout=limit, auto_decompress=False
            ) as session,
            session.post(
                webhook.url, data=body, headers=headers, allow_redirects=False
            ) as response,
        ):
            return Answer(response.status, dict(response.headers), await _head(response.content))

    @cached_property
    def _trust(self) -> ssl.SSLContext:
        """The authorities of this machine; reading them takes a while, so once."""
        return ssl.create_default_context()

    def _rest(self, webhook: Webhook) -> None:
        self._rests_until[webhook.name] = self._clock() + REST_S


_IN_HEADER: Final = "!#$&'()*+,-./:;=?@[]_~"


def body_of(message: OutboxMessage) -> bytes:
    """Return the bytes that are sent and signed: the payload, with the outbox's key in it.

    Raises:
        ValueError: it holds what JSON or UTF-8 cannot.
        TypeError: the same.
    """
    whole = {**message.payload, "key": message.key}
    text = json.dumps(whole, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return text.encode()


def signature(secret: str, timestamp: int, body: bytes) -> str:
    """Return ``v1=`` and the HMAC-SHA256 of ``<timestamp>.<body>`` in hexadecimal.

    The time is signed with the body, so that one who saw an event cannot send it again later.
    """
    signed = f"{timestamp}.".encode() + body
    return "v1=" + hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()


async def _head(content: aiohttp.StreamReader) -> bytes:
    """What comes of the body within limits; the status has decided already."""
    found = b""
    try:
        async with asyncio.timeout(WORDS_S):
            while len(found) < MAX_ANSWER:
                chunk = await content.read(MAX_ANSWER - len(found))
                if not chunk:
                    break
                found += chunk
    except (TimeoutError, aiohttp.ClientError, OSError) as error:
        log.debug("no_words", error=mask(str(error)))
    return found


def _named(webhook: Webhook) -> str:
    return f"the webhook {webhook.name!r} ({webhook.host})"


def _words(error: BaseException) -> str:
    if isinstance(error, TimeoutError):
        return "no connection in time"
    if isinstance(error, aiohttp.ServerDisconnectedError):
        return "the connection was closed"
    return str(error) or type(error).__name__
