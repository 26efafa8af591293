"""Identity of an article: one address for the many in which the same article is met.

The result is for comparing, not for visiting: the scheme is always https and ``www.`` is gone.
"""

import hashlib
import re
from functools import lru_cache
from urllib.parse import urlsplit

from pipeline.collect.percent import normal_path, normal_query
from pipeline.collect.redirectors import opaque_news_token, target_of
from pipeline.collect.tracking import is_tracking, telling_fragment, without_escaped_and
from schemas.feed import FeedEntry

MAX_IDENTITY = 2000
_MAX_HOST = 253
_HASH_CHARS = 64

_VARIANT_LABELS = frozenset({"www", "amp", "m", "mobile"})
_MOBILE_LABELS = frozenset({"m", "mobile"})
_SESSION = re.compile(r";(?:jsessionid|phpsessid|sid)=[^/;]*", re.IGNORECASE)
_AMP_TAIL = re.compile(r"/amp(?:\.html?)?$|/amphtml$|\.amp(?=\.html?$)|\.amp$", re.IGNORECASE)
_AMP_HEAD = re.compile(r"^/amp(?=/.)", re.IGNORECASE)
_REMEMBERED = 4096
"""Addresses: an item's is asked for as link, as guid and as mark, all in one go."""
_PARTIAL_ESCAPE = re.compile(r"%[0-9A-F]?$")
_NEVER_IN_URL = re.compile("[\x00-\x20\x7f\ud800-\udfff]")
_HOST_UNSAFE = re.compile(r"[^a-z0-9.\-_\[\]:]")


@lru_cache(maxsize=_REMEMBERED)
def canonical_url(url: str) -> str:
    """Return the identity of the article at ``url``: idempotent, at most 2000 characters.

    Scheme and host in lower case, https for http, no default port, user or ``www.``, ``m.``,
    ``amp.``; tracking parameters dropped, the others kept and sorted; no fragment but one that
    names an article; percent-encoding and dot segments normal; no trailing slash, no AMP in the
    path; host in IDNA. A redirector's link that holds its target (Google News of the older sort,
    AMP caches) is the target's. What is not an http address is returned as it is, blanks escaped.
    """
    text = url
    while True:  # a target, like a path without AMP, is shorter than what holds it: this ends
        parts = _split(text)
        if parts is None:
            return _bounded(_NEVER_IN_URL.sub(_escaped, text.strip()))
        host, port, path, query, fragment = parts
        news = opaque_news_token(host, path)
        if news:  # the query says which edition was read
            path, query = f"/rss/articles/{news}", []
        tail = (f"?{'&'.join(query)}" if query else "") + (f"#{fragment}" if fragment else "")
        target = target_of(host, path, query)
        if target is None:
            plain = _without_amp(path)
            if plain == path:
                return _bounded(f"https://{host}{port}{path}{tail}")
            target = f"https://{host}{port}{plain}{tail}"
        text = target


def article_identity(entry: FeedEntry, feed_url: str) -> str:
    """Return what makes an item the same item at the next poll.

    Its canonical address; without one (or where the link is only a site's front page), a ``urn:``
    from the feed and the guid, or from the feed and a hash of title and summary. Google News gives
    an article several opaque links: there a ``urn:`` from outlet, headline and date.
    """
    if entry.link and entry.link.lower().startswith(("http://", "https://")):
        identity = canonical_url(entry.link)
        if not _front_page(identity):
            return _headline_identity(entry, identity) or identity
    return own_identity(entry, feed_url)


def own_identity(entry: FeedEntry, feed_url: str) -> str:
    """Return an identity that owes nothing to the link: of the feed, and the guid or the text."""
    guid = (entry.guid or "").strip()
    kind, own = ("guid", guid) if guid else ("text", f"{entry.title}\x1f{entry.summary}")
    return f"urn:mineralwatch:{kind}:" + _digest(f"{canonical_url(feed_url)}\x1f{own}")


def _headline_identity(entry: FeedEntry, identity: str) -> str | None:
    host, _, path = identity.removeprefix("https://").partition("/")
    outlet = canonical_url(entry.source_url) if entry.source_url else entry.source_name
    if not (opaque_news_token(host, f"/{path}") and outlet and entry.title and entry.published):
        return None
    told = "\x1f".join((outlet, entry.title, entry.published.isoformat()))
    return "urn:mineralwatch:headline:" + _digest(told)


def _split(url: str) -> tuple[str, str, str, list[str], str] | None:
    """Host, ``:port`` or nothing, path, parts of the query, fragment; None if no http address."""
    text = url.strip().replace("\\", "/")
    if text.startswith("//"):
        text = "https:" + text
    try:
        parts = urlsplit(text)
        port = parts.port
        host = _host(parts.hostname or "")
    except ValueError:
        return None
    if parts.scheme not in {"http", "https"} or not host or len(host) > _MAX_HOST:
        return None
    shown = "" if port in {None, 80, 443} else f":{port}"
    fragment = telling_fragment("&".join(map(normal_query, parts.fragment.split("&"))))
    return host, shown, _path(parts.path), _query(parts.query), fragment


def _host(host: str) -> str:
    host = host.strip().rstrip(".").lower()
    if not host.isascii():
        try:
            host = host.encode("idna").decode("ascii").lower()
        except UnicodeError as error:
            raise ValueError(host) from error
    if ":" in host:
        host = f"[{host}]"
    if _HOST_UNSAFE.search(host):
        raise ValueError(host)
    labels = host.split(".")
    while len(labels) > 2 and labels[0] in _VARIANT_LABELS:  # noqa: PLR2004 - m.me stays m.me
        del labels[0]
    while len(labels) > 3 and labels[1] in _MOBILE_LABELS:  # noqa: PLR2004 - en.m.wikipedia.org
        del labels[1]
    return ".".join(labels)


def _path(path: str) -> str:
    kept: list[str] = []
    for segment in normal_path(_SESSION.sub("", path)).split("/"):
        if segment == "..":
            del kept[-1:]
        elif segment not in {"", "."}:
            kept.append(segment)
    return "/" + "/".join(kept)


def _without_amp(path: str) -> str:
    shorter = _AMP_HEAD.sub("", _AMP_TAIL.sub("", path))
    return shorter if shorter != "" else path


def _query(query: str) -> list[str]:
    parts = (normal_query(without_escaped_and(part)) for part in query.split("&"))
    return sorted({part for part in parts if part and not is_tracking(part)})


def _front_page(identity: str) -> bool:
    return identity.endswith("/") and identity.count("/") == 3  # noqa: PLR2004 - https://host/


def _bounded(text: str) -> str:
    if len(text) <= MAX_IDENTITY:
        return text
    head = _PARTIAL_ESCAPE.sub("", text[: MAX_IDENTITY - _HASH_CHARS - 1])
    # "~" sorts after every other character of a URL, so that the query stays sorted.
    return f"{head}~{_digest(text)}"


def _escaped(match: re.Match[str]) -> str:
    return "".join(f"%{byte:02X}" for byte in match.group().encode("utf-8", "surrogatepass"))


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
