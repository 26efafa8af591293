"""The form of what operators read, whatever it is about: for Slack, e-mail and the preview folder.

A notice is a title and groups of lines, each group with a piece of advice.
"""

import html
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pipeline.notify import blocks
from pipeline.notify.email import email_payload
from pipeline.notify.render import EVENT_TYPE, FALLBACK
from pipeline.notify.text import clean, link, mrkdwn, safe_url, trim, units
from schemas.alert import Channel, Destination
from schemas.digest import RenderedDigest

SHOWN = 25
"""Lines of a group that a message shows; the others are counted."""
_ROOM = 2200
"""Of the 3,000 characters that a section of Slack may have; five fit in 13,000."""
_SLACK_GROUPS = 5
_NAME = 120


@dataclass(frozen=True, slots=True)
class Line:
    """What is said of one thing; with ``url`` its name is a link."""

    name: str
    reason: str
    url: str | None = None
    mend: str = ""


@dataclass(frozen=True, slots=True)
class Group:
    """Lines under one head."""

    head: str
    lines: Sequence[Line]
    advice: str = ""


@dataclass(frozen=True, slots=True)
class Notice:
    """What operators are told."""

    kind: str
    """``feeds``, ``watch`` or ``test``, for programs that read a Slack message's metadata."""
    title: str
    groups: Sequence[Group]
    see: str
    """Where more is to be seen."""
    reason_room: int = 240
    """Characters of a reason that are shown."""
    list_name: str = "operators"
    """By which mail programs sort it."""


def render_notice(
    notice: Notice, destination: Destination, *, key: str, sender: str, now: datetime
) -> dict[str, Any]:
    """Return the payload of the outbox message.

    Args:
        notice: with at least one group of at least one line.
        destination: the channel decides the form.
        key: of the outbox message.
        sender: from whom an e-mail comes.
        now: the time of the message.
    """
    if destination.channel is Channel.SLACK:
        return _slack(notice, key)
    text = _text(notice)
    if destination.channel is Channel.PREVIEW:
        return {"title": notice.title, "text": text}
    rendered = RenderedDigest(subject=notice.title, html=_html(notice), text=text)
    recipients = destination.address.split(",")
    return email_payload(
        rendered, sender=sender, recipients=recipients, sent_at=now, list_name=notice.list_name
    )


def _slack(notice: Notice, key: str) -> dict[str, Any]:
    built = [blocks.header(notice.title)]
    for group in notice.groups[:_SLACK_GROUPS]:
        lines = [f"*{group.head}*"]
        room = _ROOM
        for one in group.lines[:SHOWN]:
            line = _slack_line(one, notice.reason_room)
            room -= units(line) + 1
            if room < 0:
                break
            lines.append(line)
        more = len(group.lines) - len(lines) + 1
        lines += [f"• and {more} more"] if more else []
        built.append(blocks.section("\n".join(lines)))
        if group.advice:
            built.append(blocks.context(group.advice))
    if left := [group.head for group in notice.groups[_SLACK_GROUPS:]]:
        built.append(blocks.context(f"And: {', '.join(left)}"))
    built.append(blocks.context(notice.see))
    for block in built:
        block.validate_json()
    first = notice.groups[0].lines[0]
    return {
        "text": trim(f"{mrkdwn(notice.title, 300)}. {mrkdwn(first.reason, 300)}", FALLBACK),
        "blocks": [block.to_dict() for block in built],
        "metadata": {"event_type": EVENT_TYPE, "event_payload": {"key": key, "kind": notice.kind}},
        "unfurl_links": False,
        "unfurl_media": False,
    }


def _slack_line(line: Line, room: int) -> str:
    name = link(line.url, line.name, 600) if line.url else mrkdwn(line.name, _NAME)
    reason = mrkdwn(line.reason, room)
    return f"• {name}: {reason}" if name else f"• {reason}"


def _text(notice: Notice) -> str:
    lines = [notice.title, ""]
    for group in notice.groups:
        lines.append(f"{group.head}:")
        for line in group.lines[:SHOWN]:
            name = f"{trim(clean(line.name), _NAME)}: " if line.name else ""
            lines.append(f"  - {name}{trim(clean(line.reason), notice.reason_room)}")
            if address := safe_url(line.url):
                lines.append(f"    {address}")
            if line.mend:
                lines.append(f"    mend: {clean(line.mend)}")
        if len(group.lines) > SHOWN:
            lines.append(f"  - and {len(group.lines) - SHOWN} more")
        if group.advice:
            lines.append(f"  {group.advice}")
        lines.append("")
    return "\n".join([*lines, notice.see, ""])


def _html(notice: Notice) -> str:
    parts = [f"<h1 style='font-size:20px'>{html.escape(notice.title)}</h1>"]
    for group in notice.groups:
        items = "".join(
            f"<li>{_html_line(line, notice.reason_room)}</li>" for line in group.lines[:SHOWN]
        )
        if len(group.lines) > SHOWN:
            items += f"<li>and {len(group.lines) - SHOWN} more</li>"
        advice = f"<p>{html.escape(group.advice)}</p>" if group.advice else ""
        parts.append(f"<h2 style='font-size:16px'>{group.head}</h2><ul>{items}</ul>{advice}")
    body = "".join(parts) + f"<p>{html.escape(notice.see)}</p>"
    return (
        "<!doctype html><html lang='en'><head><meta charset='utf-8'>"
        f"<title>{html.escape(notice.title)}</title></head>"
        f"<body style='font-family:sans-serif'>{body}</body></html>"
    )


def _html_line(line: Line, room: int) -> str:
    reason = html.escape(trim(clean(line.reason), room))
    if not line.name:
        return reason
    name = html.escape(trim(clean(line.name), _NAME))
    address = safe_url(line.url)
    shown = f'<a href="{html.escape(address)}">{name}</a>' if address else name
    mend = f"<br><small>{html.escape(clean(line.mend))}</small>" if line.mend else ""
    return f"<strong>{shown}</strong>: {reason}{mend}"
