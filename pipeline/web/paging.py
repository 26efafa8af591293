"""The key of a list's next part in an address: it is opaque, and a garbled one is the beginning."""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import datetime
from typing import Any

from schemas.paging import Key

_LONG = 2000


def write_key(key: Key) -> str:
    """The key as it stands in an address."""
    told = [{"at": part.isoformat()} if isinstance(part, datetime) else part for part in key]
    packed = json.dumps(told, ensure_ascii=False, separators=(",", ":")).encode()
    return urlsafe_b64encode(packed).decode().rstrip("=")


def read_key(text: str, *kinds: type) -> Key | None:
    """The key that ``write_key`` wrote; None where it is none with parts of these ``kinds``."""
    if not text or len(text) > _LONG:
        return None
    try:
        told = json.loads(urlsafe_b64decode(text.encode() + b"=" * (-len(text) % 4)))
        key = tuple(_part(part) for part in told)
    except (ValueError, TypeError, KeyError):
        return None
    fits = len(key) == len(kinds) and all(
        type(part) is kind for part, kind in zip(key, kinds, strict=True)
    )
    return key if fits else None


def _part(part: Any) -> Any:
    if not isinstance(part, dict):
        return part
    at = datetime.fromisoformat(part["at"])
    if at.tzinfo is None:
        raise ValueError("a time without a zone")
    return at
