"""Web links (RFC 8288) as HTTP headers carry them, and the WebSub advert that they make.

WebSub (W3C Recommendation, 23 January 2018), 4 Discovery: the Link headers come first; only where
they name no hub is the document looked at.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from pipeline.collect.fields import http_link
from schemas.feed import ParsedFeed
from schemas.subscription import Advert

MAX_HUBS = 5
_MAX_HEADER = 16 * 1024
_TARGET = re.compile(r"[\s,]*<([^>]*)>")
_PARAMETER = re.compile(
    r"\s*;\s*([!#$%&'*+.^_`|~\w-]+)\s*(?:=\s*(?:\"((?:[^\"\\]|\\.)*)\"|([^\s;,\"]*)))?"
)
_REST = re.compile(r"[^,]*")
_ESCAPED = re.compile(r"\\(.)")


@dataclass(frozen=True, slots=True)
class WebLink:
    """A link's target as it is written, and its relation types in lower case."""

    target: str
    relations: frozenset[str]


def web_links(header: str) -> tuple[WebLink, ...]:
    """Read the value of a Link header (of several, joined by commas); RFC 8288, appendix B.2.

    What cannot be read is left out. A link with an ``anchor`` speaks of another resource and is
    left out too (3.2 there). Linear in the length of the header, of which 16 KB are read.
    """
    links = []
    at, header = 0, header[:_MAX_HEADER]
    while match := _TARGET.match(header, at):
        at = match.end()
        parameters: dict[str, str] = {}
        while found := _PARAMETER.match(header, at):
            name, quoted, token = found.groups()
            value = _ESCAPED.sub(r"\1", quoted) if quoted is not None else token or ""
            parameters.setdefault(name.lower(), value)  # of two `rel`, the first counts (3.3)
            at = found.end()
        at = _REST.match(header, at).end()  # type: ignore[union-attr]
        if "anchor" not in parameters:
            relations = frozenset(parameters.get("rel", "").lower().split())
            links.append(WebLink(match.group(1).strip(), relations))
    return tuple(links)


def header_advert(headers: Mapping[str, str], url: str) -> Advert | None:
    """Return what the Link headers advertise, or None where they name no hub.

    Args:
        headers: of the answer, names in lower case.
        url: the address that answered: base of relative links, and the topic where the answer
            gives no other.
    """
    links = web_links(headers.get("link", ""))
    hubs = _absolute([link.target for link in links if "hub" in link.relations], url)
    if not hubs:
        return None
    topics = _absolute([link.target for link in links if "self" in link.relations], url)
    return Advert(hubs, topics[0] if topics else url)


def feed_advert(headers: Mapping[str, str], parsed: ParsedFeed, url: str) -> Advert:
    """Return what an answer advertises: by its headers, else by its document; no hubs if neither.

    A hub without a topic happens: the address that answered is what publishers then mean.
    """
    told = header_advert(headers, url)
    if told is not None:
        return told
    return Advert(parsed.hubs, parsed.self_url or url) if parsed.hubs else Advert()


def document_links(links: object, url: str) -> tuple[tuple[str, ...], str | None]:
    """Return (hubs, own address) of a feed's links, as feedparser gives those of the channel."""
    hubs: list[str] = []
    own: list[str] = []
    for link in links if isinstance(links, list) else []:
        target, relations = link.get("href"), str(link.get("rel", "")).lower().split()
        if isinstance(target, str):
            hubs += [target] if "hub" in relations else []
            own += [target] if "self" in relations else []
    addresses = _absolute(own, url)
    return _absolute(hubs, url), addresses[0] if addresses else None


def _absolute(targets: list[str], base: str) -> tuple[str, ...]:
    """The web addresses among ``targets``, each once, at most five: a feed may name a thousand."""
    found = (http_link(target, base) for target in targets[: MAX_HUBS * 4])
    return tuple(dict.fromkeys(link for link in found if link))[:MAX_HUBS]
