"""Addresses that only lead elsewhere: where the link itself holds the target, it is read out.

Nothing is asked over the network. A link that hides its target (Google News since 2024, short
links) is no redirector here.
"""

import base64
import binascii
import re
from urllib.parse import unquote

# Redirectors by host and path, and the parameters that may hold the target.
_TARGET_PARAMETERS: dict[tuple[str, str], tuple[str, ...]] = {
    ("google.com", "/url"): ("url", "q"),
    ("news.google.com", "/news/url"): ("url",),
    ("translate.google.com", "/translate"): ("u",),
    ("bing.com", "/news/apiclick.aspx"): ("url",),
    ("l.facebook.com", "/l.php"): ("u",),
    ("lm.facebook.com", "/l.php"): ("u",),
    ("l.messenger.com", "/l.php"): ("u",),
    ("l.instagram.com", "/"): ("u",),
    ("vk.com", "/away.php"): ("to",),
    ("youtube.com", "/redirect"): ("q",),
    ("out.reddit.com", ""): ("url",),
    ("duckduckgo.com", "/l"): ("uddg",),
    ("t.umblr.com", "/redirect"): ("z",),
    ("slack-redir.net", "/link"): ("url",),
    ("disq.us", "/url"): ("url",),
    ("steamcommunity.com", "/linkfilter"): ("url", "u"),
    ("click.linksynergy.com", ""): ("murl",),
    ("exit.sc", "/"): ("url",),
    ("gate.sc", "/"): ("url",),
}
# The same under any host: a path that says what it does, a parameter that holds an address.
_LEAVING = re.compile(
    r"(?:.*/)?/?(?:redirect|redir|rd|out|outgoing|away|exit|click|goto|linkout|leave)(?:\.\w{3,4})?",
    re.IGNORECASE,
)
_LEAVING_PARAMETERS = (
    "url", "u", "to", "target", "dest", "destination", "redirect_url", "goto", "link", "remoteurl"
)  # fmt: skip
_GOOGLE = re.compile(r"google\.(?:com?\.)?[a-z]{2,3}")
_SAFE_LINKS = ".safelinks.protection.outlook.com"
_BARE_QUERY = frozenset({"href.li", "anonym.to", "nullrefer.com", "dereferer.me"})
_INSIDE_PATH = re.compile(r"[/*~](https?):/+([^/]+\.[^/]+(?:/.*)?)$", re.IGNORECASE)
_YAHOO = re.compile(r"/RU=([^/]+)")
_HTTP = re.compile(rb"https?://[\x21-\x7e]+")
_GOOGLE_NEWS = re.compile(r"/(?:articles|read)/([A-Za-z0-9_-]+)$")
_MAX_TOKEN = 4000
# What AMP's caches add to the query of the page that they show.
_OF_THE_CACHE = frozenset({"csi", "referrer", "viewerurl", "share"})
# Feedsportal wrote the target into the path, a zero and a letter for what a path cannot hold.
_FEEDSPORTAL = {
    "A": "0", "B": ".", "C": "/", "D": "?", "E": "-", "F": "=", "G": "&", "H": ",", "I": "_",
    "J": "%", "K": "+", "L": "http://", "M": "https://", "N": ".com", "O": ".co.uk", "P": ";",
    "Q": "|", "R": ":", "S": "www.", "T": "#", "U": "$", "V": "~", "W": "!", "X": "(", "Y": ")",
}  # fmt: skip
_FEEDSPORTAL_CODE = re.compile(r"0([A-Z])")


def target_of(host: str, path: str, query: list[str]) -> str | None:
    """Return the address that a redirector's link holds, or None where it is none.

    Args:
        host: in lower case, without ``www.``.
        path: percent-encoded, without a slash at its end.
        query: percent-encoded ``name=value`` parts.
    """
    return _in_query(host, path, query) or _in_path(host, path, query)


def opaque_news_token(host: str, path: str) -> str | None:
    """Return the token of a link of Google News, of the sort that may hide its target."""
    match = _GOOGLE_NEWS.search(path) if host == "news.google.com" else None
    return match.group(1) if match else None


def _in_query(host: str, path: str, query: list[str]) -> str | None:
    if not query:
        return None
    family = "google.com" if _GOOGLE.fullmatch(host) else host
    names = _TARGET_PARAMETERS.get((family, path)) or _TARGET_PARAMETERS.get((host, ""))
    if names is None and host.endswith(_SAFE_LINKS):
        names = ("url",)
    if names is None and _LEAVING.fullmatch(path):
        names = _LEAVING_PARAMETERS
    if names is not None:
        values = {name.lower(): value for name, _, value in (p.partition("=") for p in query)}
        return next((t for name in names if (t := _http(unquote(values.get(name, ""))))), None)
    return _http(unquote("&".join(query))) if host in _BARE_QUERY and path == "/" else None


def _in_path(host: str, path: str, query: list[str]) -> str | None:
    if _GOOGLE.fullmatch(host) and path.startswith("/amp/"):
        return _amp_viewer(path.removeprefix("/amp/"), query)
    if host.endswith(".cdn.ampproject.org") or host == "bing-amp.com":
        return _amp_cache(path, query)
    if host == "news.google.com":
        match = _GOOGLE_NEWS.search(path)
        return _google_news(match.group(1)) if match else None
    if host.endswith("feedsportal.com"):
        return _feedsportal(path)
    if host.endswith(".translate.goog"):
        return _translated(host.removesuffix(".translate.goog"), path, query)
    if host == "go.theregister.com" and path.startswith("/feed/"):
        return _with_query("https://" + path.removeprefix("/feed/"), query)
    if host == "r.search.yahoo.com":
        match = _YAHOO.search(path)
        return _http(unquote(match.group(1))) if match else None
    match = _INSIDE_PATH.search(unquote(path) if "%3A" in path else path)
    return _with_query(f"{match.group(1)}://{match.group(2)}", query) if match else None


def _http(text: str) -> str | None:
    return text if text.lower().startswith(("http://", "https://")) else None


def _with_query(address: str, query: list[str]) -> str:
    kept = [part for part in query if part.partition("=")[0].lower() not in _OF_THE_CACHE]
    return address + (f"?{'&'.join(kept)}" if kept else "")


def _amp_viewer(rest: str, query: list[str]) -> str | None:
    """``/amp/s/host/path`` shows ``https://host/path``."""
    rest = rest.removeprefix("s/")
    return _with_query("https://" + rest, query) if "." in rest.split("/", 1)[0] else None


def _amp_cache(path: str, query: list[str]) -> str | None:
    """``/c/s/host/path`` and ``/v/s/host/path`` are cached copies of ``https://host/path``."""
    match = re.match(r"/[a-z]{1,4}/(?:s/)?([^/]+\.[^/]+.*)", path)
    return _with_query("https://" + match.group(1), query) if match else None


def _translated(name: str, path: str, query: list[str]) -> str | None:
    """``www-example-com.translate.goog`` shows ``www.example.com``; ``--`` is a hyphen."""
    host = name.replace("--", "\0").replace("-", ".").replace("\0", "-")
    kept = [part for part in query if not part.startswith("_x_tr_")]
    return _with_query(f"https://{host}{path}", kept) if "." in host else None


def _feedsportal(path: str) -> str | None:
    """``/c/33/f/1/s/2/l/0Lx0Borg0Ca/story01.htm`` led to ``http://x.org/a``."""
    for segment in path.split("/"):
        if segment.startswith(("0L", "0M")):
            text = _FEEDSPORTAL_CODE.sub(
                lambda code: _FEEDSPORTAL.get(code.group(1), code.group()), segment
            )
            return None if "feedsportal.com" in text else _http(text)
    return None


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
