"""What the fields of an entry may hold, whatever the format it was read from."""

import re
from urllib.parse import urljoin

MAX_ENTRIES = 2000
MAX_TITLE = 500
MAX_SUMMARY = 5000
MAX_NAME = 200
MAX_LINK = 4000
_LANGUAGE = re.compile(r"^([a-z]{2,3})(?:[-_].*)?$")
# Codes that publishers use for a language although they are a country's.
_MISNAMED = {"ua": "uk", "kz": "kk", "cz": "cs", "jp": "ja", "cn": "zh", "kg": "ky"}


def language_code(text: str) -> str | None:
    """Return the two- or three-letter code of a language tag, or None where it is none."""
    match = _LANGUAGE.match(text.strip().lower())
    return _MISNAMED.get(match.group(1), match.group(1)) if match else None


def http_link(text: str, base: str) -> str | None:
    """Return ``text`` as an absolute http address, or None where it is none."""
    link = text.strip()
    if not link or len(link) > MAX_LINK:
        return None
    try:
        link = urljoin(base, link)
    except ValueError:
        return None
    return link if link.lower().startswith(("http://", "https://")) else None
