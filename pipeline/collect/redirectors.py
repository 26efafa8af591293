"""Addresses that only lead elsewhere: where the link itself holds the target, it is read out."""

import base64
import binascii
import re
from urllib.parse import unquote

_TARGET_PARAMETERS: dict[tuple[str, str], tuple[str, ...]] = {
    ("google.com", "/url"): ("url", "q"),
    ("bing.com", "/news/apiclick.aspx"): ("url",),
    ("l.facebook.com", "/l.php"): ("u",),
}
_HTTP = re.compile(rb"https?://[\x21-\x7e]+")
_GOOGLE_NEWS = re.compile(r"/(?:rss/)?articles/([A-Za-z0-9_-]+)$")
_MAX_TOKEN = 4000


def target_of(host: str, path: str, query: list[str]) -> str | None:
    """Return the address that a redirector's link holds, or None where it is none.

    Args:
        host: in lower case, without ``www.``.
        path: percent-encoded.
        query: percent-encoded ``name=value`` parts.
    """
    names = _TARGET_PARAMETERS.get((host, path))
    if names:
        values = dict(part.partition("=")[::2] for part in query)
        return next((t for name in names if (t := _http(unquote(values.get(name, ""))))), None)
    if host == "google.com" and path.startswith("/amp/"):
        return _amp_viewer(path.removeprefix("/amp/"))
    if host.endswith(".cdn.ampproject.org"):
        return _amp_cache(path)
    if host == "news.google.com":
        match = _GOOGLE_NEWS.search(path)
        return _google_news(match.group(1)) if match else None
    return None


def _http(text: str) -> str | None:
    return text if text.lower().startswith(("http://", "https://")) else None


def _amp_viewer(rest: str) -> str | None:
    """``/amp/s/host/path`` shows ``https://host/path``."""
    rest = rest.removeprefix("s/")
    return "https://" + rest if "." in rest.split("/", 1)[0] else None


def _amp_cache(path: str) -> str | None:
    """``/c/s/host/path`` and ``/v/s/host/path`` are cached copies of ``https://host/path``."""
    match = re.match(r"/[a-z]{1,4}/(?:s/)?([^/]+\.[^/]+.*)", path)
    return "https://" + match.group(1) if match else None


def _google_news(token: str) -> str | None:
    """Older tokens are base64 of a record with the address in it; newer ones are opaque."""
    if len(token) > _MAX_TOKEN:
        return None
    try:
        record = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))
    except binascii.Error:
        return None
    match = _HTTP.search(record)
    return match.group().decode("ascii") if match else None
