"""The frame of an alert's e-mail: simple HTML with its styles in the elements, and the payload."""

from collections.abc import Sequence
from html import escape
from typing import Any, Final

LIST: Final = "alerts"
UNTITLED: Final = "(no title)"
SMALL: Final = "font-size:13px;color:#666"


def alert_payload(*, subject: str, html: str, text: str, sender: str) -> dict[str, Any]:
    """Return the JSON-safe payload; to whom it goes and when is the outbox's row to say."""
    return {
        "subject": subject,
        "html": html,
        "text": text,
        "images": {},
        "sender": sender,
        "list": LIST,
    }


def page(title: str, parts: Sequence[str]) -> str:
    """Return the whole page; title and parts are escaped already."""
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{title}</title></head>'
        '<body style="font-family:sans-serif;font-size:15px;line-height:1.45;max-width:640px">'
        f"{''.join(parts)}</body></html>"
    )


def anchor(address: str | None, shown: str) -> str:
    """Return a link around what is escaped already; ``address`` is one that ``safe_url`` gave."""
    return f'<a href="{escape(address)}">{shown}</a>' if address else shown


def bullets(heading: str, items: Sequence[str]) -> str:
    """Return a list under its heading; the items are escaped already."""
    entries = "".join(f"<li>{item}</li>" for item in items)
    return f'<h2 style="font-size:16px;margin:20px 0 4px">{heading}</h2><ul>{entries}</ul>'
