"""Where a web page says its feeds are, and where such sites keep them.

The ways, the surest first: ``<link rel="alternate">`` with a feed's type (the HTML standard,
section 4.6.7.1), an HTTP Link header (RFC 8288), ordinary links that look like a feed's, and the
paths that common software uses.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urljoin, urlsplit

from lxml import html as lxml_html
from lxml.etree import LxmlError

from pipeline.collect.charset import decode
from pipeline.collect.fields import http_link
from schemas.kept_feed import Candidate, FoundBy

MAX_CANDIDATES = 12
"""Addresses of a page that are asked: more than that is a list of feeds, not a site's own."""
MAX_PAGE = 3_000_000
"""Characters of a page that are read; the head comes first."""
COMMON_PATHS = (
    "feed",
    "rss",
    "rss.xml",
    "feed.xml",
    "atom.xml",
    "index.xml",
    "feed/rss",
    "rss/all.xml",
    "rss/news",
    "feeds/posts/default",
    "feed.json",
    "index.rss",
    "news/rss",
    "news/feed",
)
"""WordPress, Ghost, Drupal, Hugo, Jekyll, Blogger, Bitrix and what newsrooms write by hand."""

_TYPES = re.compile(
    r"application/(?:rss|atom|rdf)\+xml|application/(?:feed\+)?json|text/xml", re.IGNORECASE
)
_SURE_TYPES = re.compile(r"application/(?:rss|atom|rdf)\+xml|application/feed\+json", re.IGNORECASE)
_LOOKS_LIKE = re.compile(
    r"(?:^|[/._?=&-])(?:rss\d?|feeds?|atom|rdf)(?:$|[/._?=&-])|\.(?:rss|atom|rdf)$", re.IGNORECASE
)
_NOT_ITS_OWN = re.compile(
    r"(?:^|\.)(?:feedly|facebook|twitter|x|inoreader|netvibes|bloglines|subtome|linkedin|reddit)\.com$",
    re.IGNORECASE,
)
_NO_FEED = re.compile(
    r"\.(?:jpe?g|png|gif|svg|css|js|pdf|zip|mp[34])$|/wp-json/|/oembed", re.IGNORECASE
)
_COMMENTS = re.compile(r"comments?\b|/comments/|комментари|коментар", re.IGNORECASE)
# One link of a Link header: <target> and its parameters up to the comma before the next <.
_HEADER_LINK = re.compile(r"<([^<>]{1,4000})>((?:[^,<\"]|\"[^\"]{0,400}\"|,(?!\s*<)){0,2000})")
_PARAMETER = re.compile(r";\s*([\w*-]{1,20})\s*=\s*(?:\"([^\"]{0,400})\"|([^\s;,\"]{1,400}))")


def links_in_page(body: bytes, *, url: str, headers: Mapping[str, str]) -> tuple[Candidate, ...]:
    """Return the addresses at which a page says its feeds are, the likeliest first.

    Feeds of comments come last. At most MAX_CANDIDATES; nothing raises, whatever the page holds.

    Args:
        body: decompressed bytes.
        url: the address that answered; links are taken against it, or against the page's ``base``.
        headers: of the answer, names in lower case.
    """
    found: dict[str, Candidate] = {}
    root = _parsed(body, headers.get("content-type"))
    base = _base(root, url)
    for candidate in (
        *_link_elements(root, base),
        *_link_header(headers.get("link", ""), url),
        *_anchors(root, base),
    ):
        found.setdefault(candidate.url, candidate)
    found.pop(url.partition("#")[0], None)
    ranked = sorted(
        found.values(), key=lambda one: bool(_COMMENTS.search(f"{one.url} {one.title}"))
    )
    return tuple(ranked[:MAX_CANDIDATES])


def common_paths(url: str) -> tuple[Candidate, ...]:
    """Return the usual addresses of feeds at the page's site, under the page's folder first."""
    parts = urlsplit(url)
    root = f"{parts.scheme}://{parts.netloc}/"
    folder = urljoin(url, parts.path if parts.path.endswith("/") else f"{parts.path}/")
    own = [f"{folder}{path}" for path in COMMON_PATHS[:2]] if folder != root else []
    addresses = [*own, *(f"{root}{path}" for path in COMMON_PATHS)]
    return tuple(Candidate(address, FoundBy.PATH) for address in dict.fromkeys(addresses))


def _parsed(body: bytes, content_type: str | None) -> Any:
    """The root element as lxml has it, or None where nothing could be read as a page."""
    text, _ = decode(body, content_type)
    # Bytes, not text: of text lxml refuses a page that begins with an XML declaration.
    data = text[:MAX_PAGE].encode("utf-8", "replace")
    if not data.strip():
        return None
    options: dict[str, Any] = {"encoding": "utf-8", "no_network": True, "remove_comments": True}
    parser = lxml_html.HTMLParser(**options)  # type: ignore[no-untyped-call]
    try:
        return lxml_html.document_fromstring(data, parser=parser)  # type: ignore[no-untyped-call]
    except (LxmlError, ValueError):
        return None


def _base(root: Any, url: str) -> str:
    if root is not None:
        for element in root.iter("base"):
            return http_link(element.get("href") or "", url) or url
    return url


def _link_elements(root: Any, base: str) -> Iterator[Candidate]:
    for element in root.iter("link") if root is not None else ():
        rel = (element.get("rel") or "").lower().split()
        kind = (element.get("type") or "").partition(";")[0].strip()
        is_feed = ("alternate" in rel and _TYPES.fullmatch(kind)) or "feed" in rel
        if is_feed and not _NO_FEED.search(element.get("href") or ""):
            yield from _candidate(element.get("href"), base, FoundBy.LINK, element.get("title"))


def _link_header(value: str, url: str) -> Iterator[Candidate]:
    for target, rest in _HEADER_LINK.findall(value[:20_000]):
        given = {name.lower(): quoted or bare for name, quoted, bare in _PARAMETER.findall(rest)}
        is_alternate = "alternate" in given.get("rel", "").lower().split()
        if is_alternate and _SURE_TYPES.fullmatch(given.get("type", "")):
            yield from _candidate(target, url, FoundBy.HEADER, given.get("title"))


def _anchors(root: Any, base: str) -> Iterator[Candidate]:
    for element in root.iter("a") if root is not None else ():
        href = _web(element.get("href"))
        parts = urlsplit(http_link(href, base) or "")
        tail = parts.path + (f"?{parts.query}" if parts.query else "")
        kind = element.get("type") or ""
        if _SURE_TYPES.fullmatch(kind) or (
            _LOOKS_LIKE.search(tail)
            and not _NO_FEED.search(parts.path)
            and not _NOT_ITS_OWN.search(parts.hostname or "")
        ):
            title = element.get("title") or element.text_content()
            yield from _candidate(href, base, FoundBy.ANCHOR, title)


def _web(href: str | None) -> str:
    """``feed:`` addresses, as some sites write them for readers, are web addresses."""
    text = (href or "").strip()
    return re.sub(r"^feed:(?=https?:)|^feed:(?=//)", "", text, flags=re.IGNORECASE)


def _candidate(
    href: str | None, base: str, found_by: FoundBy, title: str | None
) -> Iterator[Candidate]:
    address = http_link(_web(href), base)
    if address:
        name = " ".join((title or "").split())[:200]
        yield Candidate(address.partition("#")[0], found_by, name)
