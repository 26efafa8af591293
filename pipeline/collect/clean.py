"""HTML of unknown origin to plain text that is safe to store, match and show."""

import html
import re
import unicodedata

import nh3

_MAX_PASSES = 2
_HTML_PER_CHAR = 20
# Elements that end a word even where no blank stands beside them.
_BLOCK = re.compile(
    r"<(?=/?(?:p|br|div|li|ul|ol|tr|td|th|table|h[1-6]|hr|blockquote|section|article|header|footer"
    r"|figure|figcaption|dd|dt|dl|pre|img|option)\b)",
    re.IGNORECASE,
)
_MARKUP = re.compile(
    r"</?(?:p|br|div|span|a|b|i|em|strong|u|li|ul|ol|table|tr|td|h[1-6]|img|font|blockquote"
    r"|script|style|iframe)(?:\s[^<>]*)?/?>|&(?:nbsp|amp|quot|lt|gt|#\d{2,6});",
    re.IGNORECASE,
)
# Controls, soft hyphen, zero-width and bidirectional marks, tag characters, lone surrogates,
# private use and non-characters: nothing that a reader sees, much that hides text from matching.
_INVISIBLE = re.compile(
    "[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f"
    "\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164\ud800-\udfff\ue000-\uf8ff\ufe00-\ufe0f\ufeff"
    "\uffa0\ufff0-\ufffb\ufffe\uffff\U000e0000-\U000e0fff]"
)
_BLANKS = re.compile(r"\s+")


def to_text(source: str, limit: int) -> str:
    """Return the text of ``source`` on one line, of at most ``limit`` characters.

    Tags go and their text stays (not that of scripts and styles); block elements part words;
    entities become characters, twice escaped markup too; Unicode is composed (NFC).
    """
    text = source[: limit * _HTML_PER_CHAR]
    if "<" in text or "&" in text:
        text = _strip(text) if "<" in text else html.unescape(text)
        for _ in range(_MAX_PASSES - 1):
            if not _MARKUP.search(text):
                break
            text = _strip(text)
    plain = " ".join(text.split())
    if not (plain.isascii() and plain.isprintable()):
        text = _INVISIBLE.sub("", text)
        plain = _BLANKS.sub(" ", unicodedata.normalize("NFC", text)).strip()
    text = plain
    return text if len(text) <= limit else _cut(text, limit)


def _strip(text: str) -> str:
    return html.unescape(nh3.clean(_BLOCK.sub(" <", text), tags=set()))


def _cut(text: str, limit: int) -> str:
    """Cut at the last blank, unless that costs more than a tenth."""
    head = text[:limit]
    at = head.rfind(" ", limit - limit // 10)
    return head[:at] if at > 0 and text[limit] != " " else head.rstrip()
