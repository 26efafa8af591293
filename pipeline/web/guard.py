"""What keeps other sites out: a token in each form, the sender's origin, and headers.

A page of another site can send a POST in the name of whoever is logged in here. It cannot read our
pages, so it does not know the token; and the browser says where a POST comes from.
"""

import hashlib
import hmac
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final
from urllib.parse import urlsplit

LIFETIME: Final = timedelta(hours=12)
"""Of a token: a form that stood open for a working day can still be sent."""
_AHEAD: Final = timedelta(minutes=5)

HEADERS: Final[Mapping[str, str]] = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; script-src 'self'; "
    "img-src 'self' data:; frame-src 'self'; form-action 'self'; frame-ancestors 'self'; "
    "base-uri 'none'",
    "X-Content-Type-Options": "nosniff",
    # The origin has to be in a POST: no-referrer would make it "null".
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


def make_token(user: str, *, secret: bytes, now: datetime) -> str:
    """Return a token that is good for ``user`` until LIFETIME is over."""
    made = str(int(now.timestamp()))
    return f"{made}.{_signature(user, made, secret)}"


def is_token(token: str, user: str, *, secret: bytes, now: datetime) -> bool:
    """Tell whether ``token`` was made for ``user``, by us and lately."""
    made, _, signature = token.partition(".")
    if not (made.isascii() and made.isdecimal() and len(made) <= 12):  # noqa: PLR2004
        return False
    if not hmac.compare_digest(signature.encode(), _signature(user, made, secret).encode()):
        return False
    age = now.timestamp() - int(made)
    return -_AHEAD.total_seconds() <= age <= LIFETIME.total_seconds()


def _signature(user: str, made: str, secret: bytes) -> str:
    told = f"mineralwatch form\n{made}\n{user}".encode()
    return hmac.new(secret, told, hashlib.sha256).hexdigest()


def is_own_origin(headers: Mapping[str, str]) -> bool:
    """Tell whether a request comes from a page of this server.

    Browsers send Sec-Fetch-Site over https and on localhost, and Origin with every POST. A request
    with neither is refused: it is no browser's.
    """
    site = headers.get("sec-fetch-site")
    if site is not None and site != "same-origin":
        return False
    origin = headers.get("origin")
    if origin is None:
        return site == "same-origin"
    try:
        sender = urlsplit(origin).netloc
    except ValueError:
        return False
    # A proxy may speak https to the browser and http to us: the host is compared, not the scheme.
    return bool(sender) and sender.lower() == headers.get("host", "").lower()
