"""Writing feeds for other readers: OPML 2.0, or a feeds.yaml. What pipeline.opml reads back."""

import re
from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from email.utils import format_datetime
from enum import Enum
from xml.etree.ElementTree import Element, SubElement, indent, tostring

import yaml

from pipeline.opml import PREFIX
from schemas.config import FeedConfig

NAMESPACE = "urn:mineralwatch:feeds"
_ELSEWHERE = frozenset({"name", "url", "language", "site"})
"""Fields for which OPML has attributes of its own."""
_NO_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML 1.0 cannot carry at all, not even escaped (section 2.2, Char)."""
_NO_LABEL = re.compile(r"[,/]")


def to_opml(feeds: Iterable[FeedConfig], *, title: str, now: datetime) -> str:
    """Return an OPML 2.0 document: a folder for each region, a feed an outline.

    ``text`` and ``title`` are the name, ``htmlUrl`` the site; region, kind and tier are in
    ``category``, as the specification has it, and exactly (with whatever else is not as usual) in
    attributes of ours.
    """
    # Set as a plain attribute: the prefix is declared, and the reader needs no namespaces.
    root = Element("opml", {"version": "2.0", f"xmlns:{PREFIX.rstrip(':')}": NAMESPACE})
    head = SubElement(root, "head")
    SubElement(head, "title").text = _xml(title)
    SubElement(head, "dateCreated").text = format_datetime(now)
    body = SubElement(root, "body")
    folders: defaultdict[str, list[FeedConfig]] = defaultdict(list)
    for feed in feeds:
        folders[feed.region].append(feed)
    for region in sorted(folders):
        folder = SubElement(body, "outline", {"text": _xml(region), "title": _xml(region)})
        for feed in folders[region]:
            SubElement(folder, "outline", _attributes(feed))
    indent(root)
    return tostring(root, encoding="unicode", xml_declaration=True) + "\n"


def to_yaml(feeds: Iterable[FeedConfig]) -> str:
    """Return a feeds.yaml; what is as usual is left out of each line."""
    lines = [
        {"name": feed.name, "url": feed.url, **feed.model_dump(mode="json", exclude_defaults=True)}
        for feed in feeds
    ]
    return yaml.safe_dump({"feeds": lines}, allow_unicode=True, sort_keys=False, width=100)


def _attributes(feed: FeedConfig) -> dict[str, str]:
    name = _xml(feed.name)
    given = {"type": "rss", "text": name, "title": name, "xmlUrl": _xml(feed.url)}
    if feed.site:
        given["htmlUrl"] = _xml(feed.site)
    given["language"] = feed.language
    labels = (("region", feed.region), ("kind", feed.kind.value), ("tier", str(feed.tier)))
    told = [(key, _NO_LABEL.sub(" ", _xml(value))) for key, value in labels]
    given["category"] = ",".join(f"/{key}/{value}" for key, value in told if value)
    for field, info in FeedConfig.model_fields.items():
        value = getattr(feed, field)
        if field not in _ELSEWHERE and (value != info.default or field == "region"):
            given[f"{PREFIX}{field}"] = _xml(_plain(value))
    return given


def _plain(value: object) -> str:
    if isinstance(value, Enum):
        return str(value.value)
    return str(value).lower() if isinstance(value, bool) else str(value)


def _xml(text: str) -> str:
    return _NO_XML.sub("\ufffd", text)
