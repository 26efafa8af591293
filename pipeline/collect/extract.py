"""A page's HTML to the text of its article, by trafilatura; runs in the worker processes.

trafilatura (A. Barbaresi, "Trafilatura: A Web Scraping Library and Command-Line Tool for Text
Discovery and Extraction", ACL 2021) finds the article among menus, teasers and comments.
"""

import re
from collections.abc import Mapping
from typing import Any

from trafilatura import bare_extraction, load_html

from pipeline.collect.charset import decode
from pipeline.collect.clean import to_text
from pipeline.collect.wordings import WORDINGS, said
from schemas.page import Extracted, Refusal

MAX_TEXT = 20_000
"""Characters kept of an article: several times what is read of it."""

_HTML_TYPES = frozenset({"", "text/html", "application/xhtml+xml", "application/xml", "text/xml"})
_OTHER = ((b"%PDF-", "a PDF"), (b"PK\x03\x04", "a ZIP archive"), (b"\x89PNG", "a picture"))
_META = re.compile(
    rb"""<meta[^>]{0,200}?charset\s*=\s*["']?\s*([A-Za-z0-9._:-]{1,40})""", re.IGNORECASE
)
_META_WITHIN = 4096
_NOT_FREE = re.compile(r'"isAccessibleForFree"\s*:\s*"?false\b', re.IGNORECASE)
_ENOUGH = 200
_PARAGRAPH = 10_000
_VISIBLE = 200_000
_UNSEEN = frozenset({"script", "style", "noscript", "template"})


def not_a_page(headers: Mapping[str, str], body: bytes) -> str | None:
    """Say in words what an answer is, where it is not a page of HTML; None where it is."""
    kind = headers.get("content-type", "").partition(";")[0].strip().lower()
    for magic, words in _OTHER:
        if body.startswith(magic):
            return f"{words}, not a page of HTML"
    if kind not in _HTML_TYPES:
        return f"{kind[:60]!r}, not a page of HTML"
    return None


def extract(body: bytes, content_type: str | None) -> Extracted:
    """Return the article's text, a paragraph a line, and what the page as a whole says of itself.

    The text is empty where the page is not HTML or has no article.
    """
    source = decode(body, _labelled(body, content_type))[0]
    tree = load_html(source.replace("\x00", ""))
    if tree is None:
        return Extracted("")
    signs = _signs(tree, source)
    text = _article(tree, precise=True)
    if len(text) < _ENOUGH:
        again = load_html(source.replace("\x00", ""))
        looser = _article(again, precise=False) if again is not None else ""
        text = max(text, looser, key=len)
    return Extracted(text, signs)


def _labelled(body: bytes, content_type: str | None) -> str | None:
    """The content type with the charset that the page itself states, where the server has none."""
    found = _META.search(body[:_META_WITHIN])
    if found is None or "charset" in (content_type or "").lower():
        return content_type
    return f"{content_type or 'text/html'}; charset={found.group(1).decode('ascii')}"


def _article(tree: Any, *, precise: bool) -> str:
    found = bare_extraction(
        tree, include_comments=False, include_tables=False, favor_precision=precise
    )
    text = getattr(found, "text", None) or ""
    lines = (to_text(_escaped(line), _PARAGRAPH) for line in text.splitlines())
    return _bounded([line for line in lines if line])


def _escaped(line: str) -> str:
    """Text that must not be taken for markup when it is cleaned: “x < y” stays as it is."""
    return line.replace("&", "&amp;").replace("<", "&lt;") if "<" in line or "&" in line else line


def _bounded(lines: list[str]) -> str:
    """Whole paragraphs up to the limit."""
    kept: list[str] = []
    left = MAX_TEXT
    for line in lines:
        if len(line) > left:
            break
        kept.append(line)
        left -= len(line) + 1
    return "\n".join(kept or [line[:MAX_TEXT] for line in lines[:1]])


def _signs(tree: Any, source: str) -> frozenset[Refusal]:
    pieces: list[str] = []
    size = 0
    for element in tree.iter():
        if isinstance(element.tag, str) and element.tag not in _UNSEEN and element.text:
            pieces.append(element.text)
            size += len(element.text)
        if element.tail:
            pieces.append(element.tail)
            size += len(element.tail)
        if size > _VISIBLE:
            break
    visible = " ".join(pieces)
    found = {kind for kind in WORDINGS if said(kind, visible)}
    if _NOT_FREE.search(source):
        found.add(Refusal.PAYWALL)
    return frozenset(found)
