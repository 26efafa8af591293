"""Identity of an article: one address for the many in which the same article is met.

The result is for comparing, not for visiting: the scheme is always https and ``www.`` is gone.
"""

import hashlib
import re
from urllib.parse import urlsplit

from pipeline.collect.percent import normal_path, normal_query
from pipeline.collect.redirectors import target_of
from schemas.feed import FeedEntry

MAX_IDENTITY = 2000
_MAX_HOST = 253
_HASH_CHARS = 64

# Parameters that say how the reader came, never what is read.
_TRACKING = re.compile(
    r"""
    (?:utm|pk|mtm|piwik|matomo|hsa)[_-].*
    | (?:fb|g|d|y|ys|tw|tt)clid | msclkid | gbraid | wbraid | gclsrc | igshid | igsh | srsltid
    | mc_[ce]id | mkt_tok | _g[al] | _hsenc | _hsmi | hsctatracking | oly_(?:anon|enc)_id
    | vero_(?:id|conv) | wickedid | s_cid | cmpid | ncid | [oi]cid | xtor | ref_(?:src|url)
    | at_(?:medium|campaign|custom\d) | wt\.mc_id | smid | traffic_source | __twitter_impression
    | __source | guccounter | guce_referrer(?:_sig)? | spm | _openstat | rb_clickid | amp
    """,
    re.VERBOSE,
)
# Parameters that are tracking only with such a value: ``from=rss`` but not ``from=2024-01-01``.
_FEED_VALUES = frozenset(
    {"rss", "feed", "rssfeed", "rss_feed", "feeds", "atom", "google-news", "amp"}
)
_FEED_NAMES = frozenset(
    {"from", "ref", "source", "src", "partner", "emc", "feed", "via", "cmp", "outputtype"}
)
_VARIANT_LABELS = frozenset({"www", "amp", "m", "mobile"})
_SESSION = re.compile(r";(?:jsessionid|phpsessid|sid)=[^/;]*", re.IGNORECASE)
_AMP_TAIL = re.compile(r"/amp$|\.amp(?=\.html?$)")
_PARTIAL_ESCAPE = re.compile(r"%[0-9A-F]?$")
_NEVER_IN_URL = re.compile("[\x00-\x20\x7f\ud800-\udfff]")
_HOST_UNSAFE = re.compile(r"[^a-z0-9.\-_\[\]:]")


def canonical_url(url: str) -> str:
    """Return the identity of the article at ``url``: idempotent, at most 2000 characters.

    Scheme and host in lower case, https for http, no default port, user, fragment or ``www.``,
    ``m.``, ``amp.``; tracking parameters dropped, the others kept and sorted; percent-encoding and
    dot segments normal; no trailing slash; host in IDNA. A redirector's link that holds its target
    (Google News of the older sort, AMP caches) is the target's. What is not an http address is
    returned as it is, blanks escaped.
    """
    text = url
    while True:  # a target is shorter than the link that holds it, so this ends
        parts = _split(text)
        if parts is None:
            return _bounded(_NEVER_IN_URL.sub(_escaped, text.strip()))
        host, port, path, query = parts
        target = target_of(host, path, query)
        if target is None:
            break
        text = target
    joined = f"https://{host}{port}{path}" + (f"?{'&'.join(query)}" if query else "")
    return _bounded(joined)


def article_identity(entry: FeedEntry, feed_url: str) -> str:
    """Return what makes an item the same item at the next poll.

    Its canonical address; without one (or where the link is only a site's front page), a ``urn:``
    from the feed and the guid, or from the feed and a hash of title and summary.
    """
    if entry.link and entry.link.lower().startswith(("http://", "https://")):
        identity = canonical_url(entry.link)
        if not _front_page(identity):
            return identity
    guid = (entry.guid or "").strip()
    kind, own = ("guid", guid) if guid else ("text", f"{entry.title}\x1f{entry.summary}")
    return f"urn:mineralwatch:{kind}:" + _digest(f"{canonical_url(feed_url)}\x1f{own}")


def _split(url: str) -> tuple[str, str, str, list[str]] | None:
    """Host, ``:port`` or nothing, path, parts of the query; None where it is no http address."""
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
    return host, shown, _path(parts.path), _query(parts.query)


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
    return ".".join(labels)


def _path(path: str) -> str:
    kept: list[str] = []
    for segment in normal_path(_SESSION.sub("", path)).split("/"):
        if segment == "..":
            del kept[-1:]
        elif segment not in {"", "."}:
            kept.append(segment)
    joined = "/" + "/".join(kept)
    while (shorter := _AMP_TAIL.sub("", joined).rstrip("/")) not in {joined, ""}:
        joined = shorter
    return joined


def _query(query: str) -> list[str]:
    parts = (normal_query(part) for part in query.split("&"))
    return sorted({part for part in parts if part and not _is_tracking(part)})


def _is_tracking(part: str) -> bool:
    name, _, value = part.lower().partition("=")
    return _TRACKING.fullmatch(name) is not None or (name in _FEED_NAMES and value in _FEED_VALUES)


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
