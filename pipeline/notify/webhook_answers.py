"""What a receiver's answer means for the event: sent, try again, or parked with the mend. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from types import MappingProxyType
from typing import Final
from urllib.parse import urlsplit

from pipeline.log import mask
from pipeline.notify.text import clean, safe_url, trim
from schemas.alert import Delivery, Parked, Retry, Sent

_WORDS: Final = 200
_AGES_S: Final = 1e9
"""Seconds: more than any pause that is kept (``next_attempt``), and still a date that there is."""
_ASKS_FOR_A_PAUSE: Final = frozenset({429, 503})
_PASSING: Final = frozenset({408, 425, 429})
"""Of 4xx: a request that came too slowly, too early or too often may be repeated (RFC 9110 15.5.9,
RFC 8470 5.2, RFC 6585 4)."""

_TRUST: Final = (
    "the receiver checks the signature by the same secret that is in "
    "MINERALWATCH_WEBHOOK_SECRETS, and its clock is right"
)
_URL: Final = "see that the webhook's url in routes.yaml is that of the receiver"
_MENDS: Final = MappingProxyType(
    {
        400: "see in the receiver's log what it did not understand (docs/webhooks.md)",
        401: f"see that {_TRUST}",
        403: f"see that {_TRUST}",
        404: _URL,
        405: f"{_URL}, and takes POST",
        410: "the receiver is gone for good: take the webhook out of routes.yaml, or write its new "
        "url there",
        413: "let the receiver take bodies of up to 512 KiB",
        415: "let the receiver take application/json",
        422: "see in the receiver's log what it did not understand (docs/webhooks.md)",
    }
)


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer, of its body the beginning."""

    status: int
    headers: Mapping[str, str]
    body: bytes = b""


def outcome(answer: Answer, *, named: str, key: str, now: float) -> Delivery:
    """Return what became of the event ``key``.

    Args:
        answer: of the receiver.
        named: the webhook, for people.
        key: of the event.
        now: the time, in Unix seconds: Retry-After may be a date.
    """
    status = answer.status
    if 200 <= status < 300:  # noqa: PLR2004 - 2xx
        return Sent(external_id=key, detail={"status": str(status)})
    told = f"{named} answered {_phrase(status)}"
    if status in _PASSING or status >= 500:  # noqa: PLR2004 - 5xx
        after = _retry_after(answer, now) if status in _ASKS_FOR_A_PAUSE else None
        return Retry(told + _said(answer), after_s=after)
    if 300 <= status < 400:  # noqa: PLR2004 - 3xx
        return Parked(f"{told}; redirects are not followed; mend: {_new_place(answer)}")
    mend = _MENDS.get(status, "see in the receiver's log why it refused the event")
    return Parked(f"{told}{_said(answer)}; mend: {mend}")


def _phrase(status: int) -> str:
    try:
        return f"{status} {HTTPStatus(status).phrase}"
    except ValueError:
        return str(status)


def _said(answer: Answer) -> str:
    said = trim(clean(mask(answer.body.decode("utf-8", "replace"))), _WORDS)
    return f": {said}" if said else ""


def _new_place(answer: Answer) -> str:
    """Of the new address the host alone: the rest may be a secret."""
    location = safe_url(_header(answer, "location"))
    host = f" ({urlsplit(location).hostname} is named)" if location else ""
    return f"write the receiver's new url{host} under webhooks in routes.yaml"


def _retry_after(answer: Answer, now: float) -> float | None:
    """Seconds, or a date (RFC 9110 10.2.3); None where there is none that can be read."""
    given = _header(answer, "retry-after").strip()
    if given.isascii() and given.isdigit():
        return min(float(given), _AGES_S)
    try:
        at = parsedate_to_datetime(given)
    except (ValueError, OverflowError):
        return None
    return max(0.0, (at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp() - now)


def _header(answer: Answer, name: str) -> str:
    return next((value for key, value in answer.headers.items() if key.lower() == name), "")
