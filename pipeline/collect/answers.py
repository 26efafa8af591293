"""What an HTTP status or a network error means for a feed, in a kind and in words."""

import asyncio
import re
import socket
import ssl
from collections.abc import Mapping
from datetime import datetime
from http import HTTPStatus

import aiohttp

from pipeline.collect.addresses import ForbiddenAddressError
from pipeline.collect.body import CutOffError, EncodingError, TooLargeError
from pipeline.collect.wishes import http_date
from schemas.feed import Failed, FailureKind

MAX_RETRY_AFTER_S = 30 * 86_400
_MAX_WORDS = 300
_PASSWORD = re.compile(r"(?<=://)[^/@\s]*@")
_STATUS_WORDS = {
    401: "the server asks for a login",
    403: "the server refuses us",
    404: "there is nothing at this address",
    405: "the server does not let this address be read",
    406: "the server has no form of it that we read",
    408: "the server gave up waiting for the request",
    410: "it is gone for good",
    429: "the server asks for fewer requests",
    451: "the server withholds it for legal reasons",
    500: "the server has a fault",
    502: "the server behind the gateway has a fault",
    503: "the server is overloaded or under maintenance",
    504: "the server behind the gateway did not answer",
}


class BadUrlError(ValueError):
    """An address that cannot be asked; the text says why."""


def retry_after_seconds(headers: Mapping[str, str], now: datetime) -> int | None:
    """Read Retry-After: seconds, or an HTTP date (RFC 9110, 10.2.3); None where there is none.

    A date is taken against the answer's own Date where it has one, so that a server with a wrong
    clock is understood, else against ``now``. At most thirty days, never negative.
    """
    text = headers.get("retry-after", "").strip()
    if not text:
        return None
    if text.isdecimal():
        return min(int(text[:12]), MAX_RETRY_AFTER_S)
    until = http_date(text)
    if until is None:
        return None
    seconds = (until - (http_date(headers.get("date", "")) or now)).total_seconds()
    return max(0, min(int(seconds), MAX_RETRY_AFTER_S))


def failed_status(url: str, status: int, headers: Mapping[str, str], now: datetime) -> Failed:
    """Return the failure that a status other than 2xx and 304 stands for."""
    words = _STATUS_WORDS.get(status) or _phrase(status)
    return Failed(
        url=url,
        kind=_status_kind(status),
        message=f"HTTP {status}: {words}",
        status=status,
        retry_after_s=retry_after_seconds(headers, now),
    )


def _status_kind(status: int) -> FailureKind:
    special = {
        HTTPStatus.REQUEST_TIMEOUT: FailureKind.TIMEOUT,
        HTTPStatus.GONE: FailureKind.GONE,
        HTTPStatus.TOO_MANY_REQUESTS: FailureKind.RATE_LIMITED,
    }
    if status in special:
        return special[HTTPStatus(status)]
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return FailureKind.SERVER_ERROR
    if status >= HTTPStatus.BAD_REQUEST:
        return FailureKind.CLIENT_ERROR
    return FailureKind.PROTOCOL


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase.lower()
    except ValueError:
        return "no status that HTTP knows"


def failed_error(url: str, error: Exception) -> Failed:
    """Return the failure that an exception of the network stack stands for."""
    kind, words = _meaning(error)
    words = _PASSWORD.sub("***@", words)
    return Failed(url=url, kind=kind, message=words[:_MAX_WORDS])


def _meaning(error: Exception) -> tuple[FailureKind, str]:
    if isinstance(error, aiohttp.ClientConnectorCertificateError):
        return FailureKind.TLS, f"no secure connection: {_told(error.certificate_error)}"
    if isinstance(error, aiohttp.ClientConnectorError):
        return _meaning_of_connect(error)
    for kinds, kind, words in _MEANINGS:
        if isinstance(error, kinds):
            return kind, f"{words}: {_told(error)}" if words else _told(error)
    return FailureKind.INTERNAL, f"{type(error).__name__}: {_told(error)}"


def _meaning_of_connect(error: aiohttp.ClientConnectorError) -> tuple[FailureKind, str]:
    cause = error.os_error
    if isinstance(cause, ForbiddenAddressError):
        return FailureKind.FORBIDDEN_ADDRESS, str(cause)
    if isinstance(error, aiohttp.ClientConnectorDNSError):
        return FailureKind.DNS, f"the name {error.host} was not found: {_told(cause)}"
    if isinstance(error, aiohttp.ClientSSLError | ssl.SSLError):
        return FailureKind.TLS, f"no secure connection: {_told(cause)}"
    if isinstance(cause, ConnectionResetError):
        return FailureKind.RESET, "the server broke the connection while it was being made"
    return FailureKind.CONNECT, f"no connection to {error.host}:{error.port}: {_told(cause)}"


_MEANINGS: tuple[tuple[type[Exception] | tuple[type[Exception], ...], FailureKind, str], ...] = (
    (ForbiddenAddressError, FailureKind.FORBIDDEN_ADDRESS, ""),
    (TooLargeError, FailureKind.TOO_LARGE, "the answer is too large"),
    (EncodingError, FailureKind.BAD_ENCODING, ""),
    (CutOffError, FailureKind.RESET, ""),
    (aiohttp.SocketTimeoutError, FailureKind.TIMEOUT, "the server fell silent"),
    (asyncio.TimeoutError, FailureKind.TIMEOUT, "no connection in time"),
    ((aiohttp.ClientSSLError, ssl.SSLError), FailureKind.TLS, "no secure connection"),
    (aiohttp.ClientPayloadError, FailureKind.RESET, "the answer was cut off"),
    (aiohttp.ServerDisconnectedError, FailureKind.RESET, "the server hung up without an answer"),
    (aiohttp.ClientResponseError, FailureKind.PROTOCOL, "the answer is not proper HTTP"),
    ((aiohttp.InvalidURL, BadUrlError), FailureKind.BAD_URL, "not an address that can be asked"),
    (ConnectionResetError, FailureKind.RESET, "the server broke the connection"),
    (socket.gaierror, FailureKind.DNS, "the name was not found"),
    ((aiohttp.ClientConnectionError, OSError), FailureKind.CONNECT, "the connection failed"),
    (aiohttp.ClientError, FailureKind.PROTOCOL, "the exchange failed"),
)


def _told(error: BaseException) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return error.verify_message
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    if isinstance(error, aiohttp.ClientResponseError):
        return error.message.strip().partition("\n")[0]
    return str(error).strip().partition("\n")[0] or type(error).__name__
