"""What a document is, before any parser sees it: its root, its DTD, what a parser must not meet."""

import re
import sys
from dataclasses import dataclass, replace
from html.entities import html5

_BLANKS = re.compile(r"\s*")
_HTML_DTD = re.compile(r"<!doctype\s+html\b", re.IGNORECASE)
_NAME = re.compile(r"[A-Za-z_][\w.:-]{0,100}")
_DTD_MARK = re.compile(r"<!--|<\?|[\"'\[\]>]")
_ENTITY = re.compile(r"<!ENTITY\b([^>]{0,400})>?", re.IGNORECASE)
# An entity that stands for one short text, without reference to another.
_PLAIN_ENTITY = re.compile(
    r"\s+([A-Za-z_]\w{0,40})\s+(?:\"((?:&#\w{1,8};|[^&%\"<]){0,32})\"|'((?:&#\w{1,8};|[^&%'<]){0,32})')\s*"
)
# The public lists of HTML's entities, as old feeds declare them; they are never loaded.
_PUBLIC_LIST = re.compile(r"\s+%\s+\w{1,40}\s+PUBLIC\s+[\"']-//W3C//ENTITIES ", re.IGNORECASE)
_MAX_ENTITIES = 300
# XML knows five names; feeds use HTML's too, and one of them would cost the strict parser.
_HTML_NAME = re.compile(r"&(?!(?:amp|lt|gt|quot|apos);)([A-Za-z][A-Za-z0-9]{1,31};)")
# References to what is no character: controls, numbers too high, and the halves of a pair that
# some software writes for an emoji. Any of them stops a parser.
_ODD_NUMBER = (
    r"&#(?:0*(?:[12]?\d|3[01]|5[5-7]\d{3}|[1-9]\d{6,})"
    r"|[xX]0*(?:1?[\da-fA-F]|[dD][89a-fA-F][\da-fA-F]{2}|[1-9a-fA-F][\da-fA-F]{5,}));"
)
_ODD_NUMBERS = re.compile(f"{_ODD_NUMBER}(?:{_ODD_NUMBER})*")
_FEED_START = re.compile(r"<\?xml\b|<rss\b|<feed\b|<rdf:RDF\b", re.IGNORECASE)
_ILLEGAL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")
_JUNK_LIMIT = 64 * 1024
PAGE_ROOTS = frozenset({"html", "head", "body"})
HTML_ROOTS = PAGE_ROOTS | {"br", "b", "p", "div", "span", "table", "script", "center", "h1"}
FEED_ROOTS = frozenset({"rss", "feed", "rdf:rdf", "rdf", "channel"})


@dataclass(frozen=True, slots=True)
class Document:
    """A document's text from its first mark on, without its DTD, and what its head says."""

    text: str
    root: str
    """Name of the root element in lower case, or nothing where there is none."""
    is_html: bool
    bomb: str | None
    """What its DTD declares that a parser must not meet, in words."""
    entities: str = ""
    """A DTD of the harmless entities that it declares, one a line, or nothing."""
    junk: bool = False
    """Something stood before the feed and was cut off."""


def read_document(text: str) -> Document:
    """Look at the head of ``text``; linear in its length, whatever it holds.

    Characters that XML forbids are dropped: one of them would cost the whole feed. So is what
    stands before a feed (a PHP warning, a blank page).
    """
    text = _ILLEGAL.sub("", text).lstrip("\ufeff \t\r\n")
    text = _ODD_NUMBERS.sub(_mended, _HTML_NAME.sub(_numbered, text))
    found = _scan(text)
    if found.bomb or found.root in FEED_ROOTS or found.root in PAGE_ROOTS or text[:1] == "{":
        return found
    start = _FEED_START.search(text, 1, _JUNK_LIMIT)
    inner = _scan(text[start.start() :]) if start else found
    return replace(inner, junk=True) if inner.root in FEED_ROOTS else found


def _scan(text: str) -> Document:
    """Walk over declaration, comments, instructions and DTDs to the root element."""
    at, bomb, entities, html = 0, None, "", False
    kept: list[str] = []
    kept_to = 0
    while True:
        at = _BLANKS.match(text, at).end()  # type: ignore[union-attr]
        if text.startswith("<?", at):
            at = _after(text, "?>", at)
        elif text.startswith("<!--", at):
            at = _after(text, "-->", at)
        elif text[at : at + 9].upper() == "<!DOCTYPE":
            kept.append(text[kept_to:at])
            kept_to = _dtd_end(text, at)
            dtd, at = text[at:kept_to], kept_to
            html = html or _HTML_DTD.match(dtd) is not None
            declared, worst = _declarations(dtd)
            entities, bomb = entities or declared, bomb or worst
        else:
            break
    name = _NAME.match(text, at + 1) if text.startswith("<", at) else None
    root = name.group().lower() if name else ""
    is_html = root in HTML_ROOTS or (html and root not in FEED_ROOTS)
    return Document("".join([*kept, text[kept_to:]]), root, is_html, bomb, entities)


def _numbered(match: re.Match[str]) -> str:
    return "".join(f"&#{ord(char)};" for char in html5.get(match.group(1), "")) or match.group()


def _mended(match: re.Match[str]) -> str:
    """Join halves to whole characters; drop what is none."""
    units = [number[2:-1] for number in re.findall(r"&#[^;]+;", match.group())]
    codes = [int(unit[1:], 16) if unit[0] in "xX" else int(unit[:12]) for unit in units]
    text = "".join(chr(code) for code in codes if code <= sys.maxunicode)
    whole = text.encode("utf-16", "surrogatepass").decode("utf-16", "ignore")
    return "".join(f"&#{ord(char)};" for char in _ILLEGAL.sub("", whole))


def _after(text: str, mark: str, at: int) -> int:
    found = text.find(mark, at)
    return len(text) if found < 0 else found + len(mark)


def _dtd_end(text: str, at: int) -> int:
    """The place after the ``>`` that ends the DTD at ``at``; the end where nothing does."""
    depth = 0
    at += 2
    while match := _DTD_MARK.search(text, at):
        mark = match.group()
        at = match.end()
        if mark in {"<!--", "<?", '"', "'"}:
            at = _after(text, {"<!--": "-->", "<?": "?>"}.get(mark, mark), at)
        elif mark == "[":
            depth += 1
        elif mark == "]":
            depth = max(0, depth - 1)
        elif depth == 0:
            return at
    return len(text)


def _declarations(dtd: str) -> tuple[str, str | None]:
    """Return a DTD of its harmless entities, and in words what is not harmless."""
    kept: list[str] = []
    for number, match in enumerate(_ENTITY.finditer(dtd)):
        plain = _PLAIN_ENTITY.fullmatch(match.group(1))
        if number >= _MAX_ENTITIES:
            return "", f"more than {_MAX_ENTITIES} entities are declared"
        if plain:
            value = plain.group(2) if plain.group(2) is not None else plain.group(3)
            kept.append(f'<!ENTITY {plain.group(1)} "{value.replace(chr(34), "&#34;")}">')
        elif not _PUBLIC_LIST.match(match.group(1)):
            return "", f"it declares the entity {match.group(1).strip()[:60]!r}"
    return ("<!DOCTYPE feed [\n" + "\n".join(kept) + "\n]>\n" if kept else ""), None
