"""Percent-encoding in its one normal form (RFC 3986, section 6.2.2)."""

import re

_UNRESERVED = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
_TRIPLET_OR_OTHER = {
    kind: re.compile(rf"%[0-9A-Fa-f]{{2}}|[^A-Za-z0-9\-._~{re.escape(safe)}]")
    for kind, safe in {"path": "/:@!$&'()*+,;=", "query": "/:@!$'()*,;=?"}.items()
}


def normal_path(path: str) -> str:
    """Return ``path`` with needless escapes undone and needed ones made, in upper case."""
    return _TRIPLET_OR_OTHER["path"].sub(_one, path)


def normal_query(part: str) -> str:
    """The same for one ``name=value`` of a query; ``+`` is written ``%20``."""
    return _TRIPLET_OR_OTHER["query"].sub(_one, part.replace("+", "%20"))


def _one(match: re.Match[str]) -> str:
    text = match.group()
    if len(text) == 3:  # noqa: PLR2004 - "%XX"
        byte = int(text[1:], 16)
        return chr(byte) if byte in _UNRESERVED else text.upper()
    return "".join(f"%{byte:02X}" for byte in text.encode("utf-8", "surrogatepass"))
