"""Text from feeds made safe to show: invisible characters out, markup escaped, lengths held.

Feed text is hostile until shown otherwise: it may carry Slack mentions (``<!channel>``), marks
that reverse the reading direction, characters of no width that hide words, and any length.
"""

import re
import unicodedata
from urllib.parse import quote, urlsplit

ELLIPSIS = "…"
MAX_URL = 2000
MAX_READ = 20_000
"""Characters of a text that are looked at: seven times the longest limit that Slack has."""
_LAST_SINGLE = 0xFFFF
"""The last code point that UTF-16 writes in one unit."""

_HIDDEN_LETTERS = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0")
"""Characters that are letters or marks by category, and show as nothing."""
_INVISIBLE = frozenset({"Cc", "Cf", "Co", "Cs", "Cn"})
_MAX_MARKS = 4
"""Combining marks kept on one letter; Vietnamese and Arabic need two or three."""
_SENTENCE_END = re.compile(r"[.!?…。！？](?=[\s\"'”’»)]|$)[\"'”’»)]*")
_MRKDWN = str.maketrans({"*": "∗", "~": "∼", "`": "'", "|": "¦"})
_EMOJI_CODE = re.compile(r":(?=[a-z0-9_+'-]*[a-z_+-])([a-z0-9_+'-]+):")
"""``:rotating_light:``, which Slack shows as a picture; ``10:30:45`` is none."""
_QUOTE_SIGN = re.compile(r"^[>\s]+")
_UNDERSCORES = re.compile(r"_+")
_SAFE_IN_URL = "!#$&'()*+,-./:;=?@[]_~%"


def clean(text: str) -> str:
    """Return ``text`` on one line, with no control, bidi, invisible or unassigned characters."""
    if text.isascii() and text.isprintable():
        return " ".join(text.split())
    kept: list[str] = []
    marks = 0
    for char in text:
        if char.isspace():
            kept.append(" ")
            continue
        category = unicodedata.category(char)
        if category in _INVISIBLE or char in _HIDDEN_LETTERS:
            continue
        marks = marks + 1 if category in {"Mn", "Me"} else 0
        if marks <= _MAX_MARKS:
            kept.append(char)
    return " ".join("".join(kept).split())


def head(text: str) -> str:
    """Return what of ``text`` is looked at, so that a megabyte costs no more than a page."""
    return text[:MAX_READ]


def escape(text: str) -> str:
    """Escape the three characters that Slack gives a meaning: ``&``, ``<`` and ``>``."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def units(text: str) -> int:
    """Return the length in UTF-16 code units, the stricter of the ways in which Slack may count."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def trim(text: str, limit: int) -> str:
    """Return ``text`` in at most ``limit`` units, cut after a sentence or else between words.

    A cut is marked with ``…``. A sentence border counts where it keeps at least half of what fits.
    """
    if units(text) <= limit:
        return text
    if limit <= len(ELLIPSIS) + 1:
        return ""
    room = _take(text, limit - 2)
    ends = [match.end() for match in _SENTENCE_END.finditer(room)]
    if ends and ends[-1] * 2 >= len(room):
        return f"{room[: ends[-1]]} {ELLIPSIS}"
    if not text[len(room) : len(room) + 1].isspace():
        space = room.rfind(" ")
        if space * 2 >= len(room):
            room = room[:space]
    return room.rstrip(" ,;:–—-") + ELLIPSIS


def mrkdwn(text: str, limit: int) -> str:
    """Return feed text for a mrkdwn object: cleaned, literal, escaped, in at most ``limit`` units.

    Characters that Slack reads as formatting are shown as their look-alikes, so that a title with
    ``*``, ``:boom:`` or a leading ``>`` in it cannot change how the message is set.
    """
    told = clean(head(text)).translate(_MRKDWN)
    told = _EMOJI_CODE.sub(r"∶\1∶", _UNDERSCORES.sub(_inner_only, told))
    return _fit(_QUOTE_SIGN.sub(_no_quote, told), limit)


def plain(text: str, limit: int) -> str:
    """Return feed text for a plain_text object: cleaned, escaped, in at most ``limit`` units.

    Slack keeps the three escaped characters as entities in plain text too, and shows them as
    themselves; what is escaped already stays so.
    """
    return _fit(clean(head(text)), limit)


def safe_url(url: str | None) -> str | None:
    """Return ``url`` where it is a web address that may be shown as a link, else None.

    Only http and https with a host name pass; an address with a user name before the host
    (``https://bank.example@evil.example``) does not. Characters that end a link in Slack or HTML
    are percent-encoded.
    """
    if url is None or len(url) > MAX_URL:
        return None
    if any(char.isspace() or unicodedata.category(char) == "Cc" for char in url):
        return None
    if clean(url) != url:
        return None
    try:
        parts = urlsplit(url)
        host = parts.hostname
    except ValueError:
        return None
    if parts.scheme.lower() not in {"http", "https"} or not host or "@" in parts.netloc:
        return None
    if not re.fullmatch(r"[\w.:\[\]-]+", parts.netloc):
        return None
    safe = parts.scheme.lower() + quote(url[len(parts.scheme) :], safe=_SAFE_IN_URL)
    return safe if len(safe) <= MAX_URL else None


def link(url: str | None, label: str, limit: int) -> str:
    """Return a Slack link with ``label``, or the label alone where there is no safe address.

    The whole is at most ``limit`` units; an address too long for that is left out.
    """
    address = safe_url(url)
    if address is not None:
        address = escape(address)
        room = limit - len(address) - 3
        shown = mrkdwn(label, room) if room >= min(20, units(label)) else ""
        if shown:
            return f"<{address}|{shown}>"
    return mrkdwn(label, limit)


def slug(text: str, limit: int = 60) -> str:
    """Return ``text`` as part of a file name: lower-case letters and digits joined by hyphens.

    ``limit`` is in bytes of UTF-8, as file systems count.
    """
    words = re.findall(r"[^\W_]+", clean(text).lower())
    told = ""
    for word in words:
        joined = f"{told}-{word}" if told else word
        if len(joined.encode()) > limit:
            break
        told = joined
    return told or "".join(words[:1]).encode()[:limit].decode(errors="ignore")


def _inner_only(found: re.Match[str]) -> str:
    """Underscores at the edge of a word set it in italics; inside one they are letters."""
    before, after = (
        found.string[max(0, found.start() - 1) : found.start()],
        found.string[found.end() : found.end() + 1],
    )
    return found[0] if before.isalnum() and after.isalnum() else ""


def _no_quote(found: re.Match[str]) -> str:
    """Slack sets a line that begins with ``&gt;`` as a quotation; a look-alike begins none."""
    return found[0].replace(">", "›")


def _fit(text: str, limit: int) -> str:
    """Trim before escaping, so that no entity is cut and the escaped text fits."""
    text = text[: limit + 2]  # a unit is a character or half of one: what follows is cut anyway
    room = limit
    while True:
        told = escape(trim(text, room))
        over = units(told) - limit
        if over <= 0:
            return told
        room -= max(1, over // len("&amp;"))


def _take(text: str, limit: int) -> str:
    """The longest head of ``text`` within ``limit`` units; never half of a surrogate pair."""
    if units(text[:limit]) <= limit:
        return text[:limit]
    used = 0
    for index, char in enumerate(text):
        used += 2 if ord(char) > _LAST_SINGLE else 1
        if used > limit:
            return text[:index]
    return text
