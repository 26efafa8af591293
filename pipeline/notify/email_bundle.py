"""Several stories in one e-mail: those of a batch, or the rest of an hour that was full."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Any, Final

from pipeline.notify.email_page import SMALL, UNTITLED, alert_payload, anchor, page
from pipeline.notify.text import clean, safe_url, trim
from pipeline.notify.words import counted, joined, significance_word, stage_word, state_name
from schemas.alert import AlertContent

MOST: Final = 60
"""Stories that are named; the others are counted. So many of usual length stay under the 102 KB of
HTML at which Gmail cuts a message off."""
_SUBJECT: Final = 150
_TITLE: Final = 300
_FACTS: Final = 300
_WHY: Final = 500


@dataclass(frozen=True, slots=True)
class _Entry:
    """A story in two lines; cleaned, not escaped."""

    title: str
    facts: str
    address: str | None


def render_email_bundle(
    contents: Sequence[AlertContent], *, route: str, reason: str, more: bool, sender: str
) -> dict[str, Any]:
    """Return the payload of the outbox message that carries several new stories by e-mail.

    Args:
        contents: the stories, one at least; the weightiest come first.
        route: the title or name of the route.
        reason: why they come together, in words.
        more: they are what a limit of messages an hour left over; else a batch.
        sender: from whom it comes.

    Raises:
        ValueError: there is no story.
    """
    if not contents:
        raise ValueError("a message of several stories needs one story at least")
    ranked = sorted(contents, key=lambda content: -content.significance)
    head = _head(len(ranked), clean(route), more=more)
    entries = [_entry(content) for content in ranked[:MOST]]
    rest = f"and {len(ranked) - MOST} more" if len(ranked) > MOST else ""
    why = trim(f"Sent by route {clean(route)}: {clean(reason)}", _WHY)
    return alert_payload(
        subject=trim(f"{head}: {entries[0].title}", _SUBJECT),
        html=_html(head, entries, rest, why),
        text=_text(head, entries, rest, why),
        sender=sender,
    )


def _head(count: int, route: str, *, more: bool) -> str:
    if more:
        return f"And {count:,} more in the last hour"
    told = counted(count, "development")
    return trim(f"{told} ({route})" if route else told, _SUBJECT // 2)


def _entry(content: AlertContent) -> _Entry:
    facts = (
        f"{significance_word(content.significance)} ({content.significance} of 3)",
        clean(stage_word(content.stage)),
        clean(content.agreement_name or ""),
        joined(tuple(clean(state_name(code)) for code in content.parties)),
        clean(content.outlet),
    )
    return _Entry(
        title=trim(clean(content.title), _TITLE) or UNTITLED,
        facts=trim(" · ".join(fact for fact in facts if fact), _FACTS),
        address=safe_url(content.url),
    )


def _text(head: str, entries: Sequence[_Entry], rest: str, why: str) -> str:
    lines = [head, ""]
    for entry in entries:
        lines += [f"- {entry.title}", f"  {entry.facts}"]
        lines += [f"  {entry.address}"] if entry.address else []
    lines += [f"- {rest}"] if rest else []
    return "\n".join([*lines, "", why, ""])


def _html(head: str, entries: Sequence[_Entry], rest: str, why: str) -> str:
    items = [
        f'<li style="margin-bottom:8px">{anchor(entry.address, escape(entry.title))}<br>'
        f'<span style="{SMALL}">{escape(entry.facts)}</span></li>'
        for entry in entries
    ]
    items += [f"<li>{escape(rest)}</li>"] if rest else []
    parts = [
        f'<h1 style="font-size:20px;margin:0 0 12px">{escape(head)}</h1>',
        f"<ul>{''.join(items)}</ul>",
        f'<p style="{SMALL}">{escape(why)}</p>',
    ]
    return page(escape(head), parts)
