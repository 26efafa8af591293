"""Signatures of what a hub sends: X-Hub-Signature (WebSub, 8 Authenticated Content Distribution).

The header is ``method=hex``, the HMAC of the body as sent, keyed by the subscription's secret.
"""

import hashlib
import hmac
import re

METHODS = ("sha256", "sha384", "sha512", "sha1")
"""The recognised names. SHA-1 is accepted, as the Recommendation has it: most hubs sign by it, and
what breaks its collision resistance does not touch HMAC (RFC 6194, 3.3)."""

_HEX = re.compile(r"[0-9a-fA-F]+")


def signature_fault(body: bytes, headers: list[str], secret: str) -> str | None:
    """Return why ``body`` is not to be believed, in words, or None where its signature is right.

    Args:
        body: as it was sent, compressed or not.
        headers: the values of every X-Hub-Signature header. A hub may sign by several methods; all
            that are recognised must be right, so that a strong one cannot be outbid by a weak one.
        secret: of the subscription.
    """
    given = [part.strip() for header in headers for part in header.split(",") if part.strip()]
    if not given:
        return "it is not signed"
    known = 0
    for part in given[: len(METHODS)]:
        method, _, digest = part.partition("=")
        method, digest = method.strip().lower(), digest.strip()
        if method not in METHODS:
            continue
        known += 1
        right = hmac.new(secret.encode(), body, getattr(hashlib, method)).hexdigest()
        if not _HEX.fullmatch(digest) or not hmac.compare_digest(right, digest.lower()):
            return f"its {method} signature is wrong"
    return None if known else f"it is signed by no known method: {given[0][:20]!r}"
