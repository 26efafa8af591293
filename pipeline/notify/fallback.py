"""The ``text`` of a Slack message: what notifications and screen readers say."""

from typing import Final

from pipeline.notify import blocks
from pipeline.notify.buttons import mention
from pipeline.notify.kinds import BEFORE, and_listed, reports, standing_told
from pipeline.notify.text import mrkdwn
from pipeline.notify.words import stage_word
from schemas.alert import AlertContent, AlertKind, Standing

FALLBACK: Final = 4000
"""Slack recommends no more (https://docs.slack.dev/reference/methods/chat.postMessage)."""


def fallback(content: AlertContent) -> str:
    """Return the message in one paragraph of escaped text, in at most 4,000 UTF-16 units."""
    title = mrkdwn(content.title, 400) or "(no title)"
    outlet = mrkdwn(blocks.source_name(content.outlet, content.url), 100)
    match content.kind:
        case AlertKind.OUTLET:
            return _outlets(content)
        case AlertKind.STAGE:
            changes = blocks.changed(content, 600)
            move = blocks.stage_move(content).replace("*", "")
            told = f"Changed: {changes}" if changes else f"Stage {move or 'not known any more'}"
            return f"{told}: {title} ({outlet})"
        case AlertKind.MERGED | AlertKind.RETRACTED:
            return f"{standing_told(content, 600).replace('*', '')} ({title})"
        case _:
            return _story(content, title, outlet)


def _story(content: AlertContent, title: str, outlet: str) -> str:
    if content.standing is not Standing.STANDS:
        note = standing_told(content, 600).replace("*", "")
        return f"{BEFORE[content.standing]}{title} ({outlet}). {note}"
    called = mention(content)
    stage = mrkdwn(stage_word(content.stage).capitalize(), 40)
    parts = [
        called,
        f"{stage}: {title} ({outlet})" if stage else f"{title} ({outlet})",
    ]
    told = " ".join(part for part in parts if part)
    if summary := mrkdwn(content.summary, 1000):
        told += f". {summary}"
    if content.kind is AlertKind.UPDATE and (changes := blocks.changed(content, 600)):
        told += f" Updated: {changes}"
    return told


def _outlets(content: AlertContent) -> str:
    told = reports(content)
    names = dict.fromkeys(blocks.source_name(r.outlet, r.url) for r in told[: blocks.MOST])
    shown = and_listed([mrkdwn(name, 100) for name in names], 1000, beyond=blocks.beyond(told))
    title = next((title for r in told if (title := mrkdwn(r.title, 400))), "(no title)")
    return f"Also reported by {shown}: {title}"
