"""What operators read of feeds: for Slack, e-mail and the preview folder."""

import html
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from pipeline.notify import blocks
from pipeline.notify.email import email_payload
from pipeline.notify.feed_alerts import in_order
from pipeline.notify.render import EVENT_TYPE, FALLBACK
from pipeline.notify.text import clean, link, mrkdwn, safe_url, trim, units
from schemas.alert import Channel, Destination
from schemas.digest import RenderedDigest
from schemas.feed_watch import ChangeKind, FeedChange

SHOWN = 25
"""Feeds of a kind that a message names; the others are counted."""
_ROOM = 2400
"""Of the 3,000 characters that a section of Slack may have; five of them stay under 13,000."""
_REASON = 240
_HEADS = {
    ChangeKind.OUTAGE: "Most feeds cannot be reached",
    ChangeKind.OUTAGE_OVER: "Feeds can be reached again",
    ChangeKind.DEAD: "Dead",
    ChangeKind.SILENT: "Silent",
    ChangeKind.RECOVERED: "Back",
}
_ADVICE = {
    ChangeKind.OUTAGE: "Is the network of this machine up, and its DNS? The feeds are asked on.",
    ChangeKind.DEAD: "They are asked on, rarely. Open the sites: `mineralwatch feeds add SITE` "
    "finds a feed that has moved, `feeds remove` and `feeds pause` end the asking.",
    ChangeKind.SILENT: "They answer, but have nothing new. Where a site has newer items, its feed "
    "has moved or is broken.",
}
_SEE = "All feeds with reason and mend: mineralwatch feeds health"


def render_feed_news(
    changes: Sequence[FeedChange],
    destination: Destination,
    *,
    key: str,
    sender: str,
    now: datetime,
) -> dict[str, Any]:
    """Return the payload of the outbox message that tells ``changes``, at least one.

    Args:
        changes: what is told.
        destination: the channel decides the form.
        key: of the outbox message.
        sender: from whom an e-mail comes.
        now: the time of the message.
    """
    title = subject(changes)
    if destination.channel is Channel.SLACK:
        return _slack(changes, title, key)
    text = _text(changes, title)
    if destination.channel is Channel.PREVIEW:
        return {"title": title, "text": text}
    rendered = RenderedDigest(subject=title, html=_html(changes, title), text=text)
    recipients = destination.address.split(",")
    return email_payload(
        rendered, sender=sender, recipients=recipients, sent_at=now, list_name="operators"
    )


def subject(changes: Sequence[FeedChange]) -> str:
    """Return what happened, in a line: ``Feeds: 2 dead, 1 silent, 3 back``."""
    groups = in_order(changes)
    [kind, of] = groups[0]
    if len(changes) == 1 and changes[0].url is not None:
        return f"Feed {_HEADS[kind].lower()}: {trim(clean(of[0].name), 80)}"
    told = [
        _HEADS[kind] if of[0].url is None else f"{len(of)} {_HEADS[kind].lower()}"
        for kind, of in groups
    ]
    return f"Feeds: {', '.join(told)}"


def _slack(changes: Sequence[FeedChange], title: str, key: str) -> dict[str, Any]:
    built = [blocks.header(title)]
    for kind, of in in_order(changes):
        lines = [f"*{_HEADS[kind]}*"]
        room = _ROOM
        for change in of[:SHOWN]:
            line = _slack_line(change)
            room -= units(line) + 1
            if room < 0:
                break
            lines.append(line)
        lines += [f"• and {more} more"] if (more := len(of) - len(lines) + 1) else []
        built.append(blocks.section("\n".join(lines)))
        if advice := _ADVICE.get(kind):
            built.append(blocks.context(advice))
    built.append(blocks.context(_SEE))
    for block in built:
        block.validate_json()
    first = changes[0]
    return {
        "text": trim(f"{mrkdwn(title, 300)}. {mrkdwn(first.reason, 300)}", FALLBACK),
        "blocks": [block.to_dict() for block in built],
        "metadata": {"event_type": EVENT_TYPE, "event_payload": {"key": key, "kind": "feeds"}},
        "unfurl_links": False,
        "unfurl_media": False,
    }


def _slack_line(change: FeedChange) -> str:
    name = link(change.url, change.name, 600) if change.url else ""
    reason = mrkdwn(change.reason, _REASON)
    return f"• {name}: {reason}" if name else f"• {reason}"


def _text(changes: Sequence[FeedChange], title: str) -> str:
    lines = [title, ""]
    for kind, of in in_order(changes):
        lines.append(f"{_HEADS[kind]}:")
        for change in of[:SHOWN]:
            name = f"{trim(clean(change.name), 120)}: " if change.url else ""
            lines.append(f"  - {name}{trim(clean(change.reason), _REASON)}")
            if address := safe_url(change.url):
                lines.append(f"    {address}")
            if change.mend:
                lines.append(f"    mend: {clean(change.mend)}")
        if len(of) > SHOWN:
            lines.append(f"  - and {len(of) - SHOWN} more")
        if advice := _ADVICE.get(kind):
            lines.append(f"  {advice}")
        lines.append("")
    return "\n".join([*lines, _SEE, ""])


def _html(changes: Sequence[FeedChange], title: str) -> str:
    parts = [f"<h1 style='font-size:20px'>{html.escape(title)}</h1>"]
    for kind, of in in_order(changes):
        items = "".join(f"<li>{_html_line(change)}</li>" for change in of[:SHOWN])
        if len(of) > SHOWN:
            items += f"<li>and {len(of) - SHOWN} more</li>"
        advice = f"<p>{html.escape(_ADVICE[kind])}</p>" if kind in _ADVICE else ""
        parts.append(f"<h2 style='font-size:16px'>{_HEADS[kind]}</h2><ul>{items}</ul>{advice}")
    body = "".join(parts) + f"<p>{html.escape(_SEE)}</p>"
    return (
        "<!doctype html><html lang='en'><head><meta charset='utf-8'>"
        f"<title>{html.escape(title)}</title></head>"
        f"<body style='font-family:sans-serif'>{body}</body></html>"
    )


def _html_line(change: FeedChange) -> str:
    reason = html.escape(trim(clean(change.reason), _REASON))
    if not change.url:
        return reason
    name = html.escape(trim(clean(change.name), 120))
    address = safe_url(change.url)
    shown = f'<a href="{html.escape(address)}">{name}</a>' if address else name
    mend = f"<br><small>{html.escape(clean(change.mend))}</small>" if change.mend else ""
    return f"<strong>{shown}</strong>: {reason}{mend}"
