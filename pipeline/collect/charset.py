"""Bytes of a feed to text, by what they are rather than by what they are said to be.

Feeds are mislabelled in both directions (UTF-8 announced as ISO-8859-1 by a server's default,
windows-1251 announced as UTF-8 by a template). Bytes that are valid UTF-8 are taken as UTF-8; the
labels are asked only where they are not.
"""

import codecs
import re

_BOMS = (
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
# How "<?" and "<r" look without a byte order mark (XML 1.0, appendix F).
_SHAPES = (
    (re.compile(rb"<\x00\x00\x00[^\x00]"), "utf-32-le"),
    (re.compile(rb"\x00\x00\x00<"), "utf-32-be"),
    (re.compile(rb"<\x00[^\x00]\x00"), "utf-16-le"),
    (re.compile(rb"\x00<\x00[^\x00]"), "utf-16-be"),
    (re.compile(rb"\x4c\x6f\xa7\x94"), "cp037"),
)
_DECLARED = re.compile(rb"""<\?xml[^>]{0,200}?encoding\s*=\s*["']([A-Za-z0-9._:-]{1,40})["']""")
_SERVED = re.compile(r"""charset\s*=\s*["']?([A-Za-z0-9._:-]{1,40})""", re.IGNORECASE)
_HEAD = 1024
_HIGH_RUN = re.compile(rb"[\x80-\xff]+")
_CYRILLIC_RUN = 2.5
_FEW = 0.02
# Decoders that make markup out of bytes that do not look like it; no feed needs them.
_NEVER = frozenset({"utf-7", "unicode_escape", "raw_unicode_escape", "idna", "punycode"})
_SEVEN_BIT = re.compile(r"iso2022|hz")
_SUPERSETS = {"gb2312": "gb18030", "gbk": "gb18030", "iso8859-1": "cp1252"}


def decode(body: bytes, content_type: str | None) -> tuple[str, str | None]:
    """Return the text of ``body``, and in words what was wrong with its labels (or None).

    Never fails: what no decoder takes becomes U+FFFD.
    """
    for mark, codec in _BOMS:
        if body.startswith(mark):
            return body[len(mark) :].decode(codec, "replace"), None
    for shape, codec in _SHAPES:
        if shape.match(body):
            return body.decode(codec, "replace"), None
    labels = _labels(body, content_type)
    for codec in labels:
        if _SEVEN_BIT.match(codec) and (b"\x1b" in body or b"~{" in body):
            return body.decode(codec, "replace"), None
    try:
        return body.decode("utf-8"), None
    except UnicodeDecodeError:
        return _not_utf8(body, labels)


def _labels(body: bytes, content_type: str | None) -> list[str]:
    """Python's names of the encodings that the document and the server state."""
    declared = _DECLARED.match(body[:_HEAD].lstrip())
    served = _SERVED.search(content_type or "")
    stated = [declared.group(1).decode("ascii")] if declared else []
    stated += [served.group(1)] if served else []
    known = []
    for name in stated:
        try:
            codec = codecs.lookup(name)
        except LookupError:
            continue
        # Codecs such as zip or rot13 are no encodings of text.
        if codec._is_text_encoding and codec.name not in _NEVER:
            known.append(_SUPERSETS.get(codec.name, codec.name))
    return known


def _not_utf8(body: bytes, labels: list[str]) -> tuple[str, str | None]:
    lossy = body.decode("utf-8", "replace")
    high = sum(len(run) for run in _HIGH_RUN.findall(body))
    if lossy.count("�") <= max(1, int(high * _FEW)):
        return lossy, "a few bytes are not UTF-8"
    guess = _guess(body)
    for codec in labels:
        # Every byte is valid in windows-1252, the label of servers that were never set up.
        if codec == "utf-8" or (codec == "cp1252" and guess != codec):
            continue
        try:
            return body.decode(codec), None
        except (UnicodeDecodeError, ValueError):
            continue
    return body.decode(guess, "replace"), f"its encoding is mislabelled; read as {guess}"


def _guess(body: bytes) -> str:
    """Whole words of high bytes are Cyrillic; single ones are accented Latin."""
    runs = _HIGH_RUN.findall(body)
    mean = sum(map(len, runs)) / len(runs)
    return "cp1251" if mean >= _CYRILLIC_RUN else "cp1252"
