"""The Slack blocks of each kind of alert: the message of a story, and the replies in its thread."""

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from slack_sdk.models.blocks import Block

from pipeline.notify import blocks
from pipeline.notify.blocks import Room
from pipeline.notify.buttons import buttons, mention
from pipeline.notify.text import clean, head, link, mrkdwn, trim, units
from pipeline.notify.words import joined
from schemas.alert import AlertContent, AlertKind, Report, Standing

BEFORE: Final[Mapping[Standing, str]] = {
    Standing.STANDS: "",
    Standing.MERGED: "Part of another story: ",
    Standing.RETRACTED: "Retracted: ",
}
"""What a headline begins with."""
NOTE: Final = 600


def build(content: AlertContent, room: Room) -> list[Block]:
    """Return the blocks of an alert.

    NEW and UPDATE give the whole message as the story stands (``content.standing``), so that an
    edit puts one in the place of the other; the other kinds are replies in its thread.

    Raises:
        KeyError: DIGEST, which is no message of a story.
    """
    return _BUILD[content.kind](content, room)


def reports(content: AlertContent) -> tuple[Report, ...]:
    """The articles that a reply of kind OUTLET tells of."""
    return content.reports or (Report(content.outlet, content.url, content.title),)


def standing_told(content: AlertContent, limit: int) -> str:
    """How a story that does not stand by itself stands, in a line that is safe in a paragraph."""
    note = mrkdwn(content.standing_note, limit)
    if content.standing is Standing.RETRACTED or content.kind is AlertKind.RETRACTED:
        return f"*Retracted:* {note}" if note else "*Retracted.* Do not rely on it."
    told = "*Part of another story*"
    return f"{told}: “{note}”" if note else f"{told}, which is told in a message of its own."


def _story(content: AlertContent, room: Room) -> list[Block]:
    stands = content.standing is Standing.STANDS
    retracted = content.standing is Standing.RETRACTED
    built: list[Block] = []
    if stands and (called := mention(content)):
        built.append(blocks.section(called))
    built.append(blocks.header(content.title, BEFORE[content.standing]))
    if content.kind is AlertKind.UPDATE and (told := blocks.changed(content, room.reason)):
        built.append(blocks.context(f"Updated: {told}"))
    if not stands:
        built.append(blocks.section(standing_told(content, min(NOTE, room.reason))))
    if summary := mrkdwn(content.summary, room.summary):
        built.append(blocks.section(blocks.strike(summary) if retracted else summary))
    facts = blocks.facts(content, room)
    if retracted:
        facts = [(label, blocks.strike(value)) for label, value in facts]
    built.append(blocks.fields(facts))
    if told := blocks.themes(content, room, struck=retracted):
        built.append(blocks.section(f"*Themes*\n{told}"))
    built += buttons(content, room)
    built.append(blocks.context(f"{blocks.sources(content, room)} · {blocks.when(content)}"))
    built.append(blocks.context(blocks.looked_after(content, room)))
    return built


def _outlet(content: AlertContent, room: Room) -> list[Block]:
    told = reports(content)
    if len(told) == 1:
        return [blocks.section(_one_report(told[0], room)), blocks.context(blocks.when(content))]
    outlets = dict.fromkeys(blocks.source_name(r.outlet, r.url) for r in told[: blocks.MOST])
    names = [f"*{mrkdwn(name, blocks.NAME)}*" for name in outlets]
    lines = [f"• {_linked(report, room)}" for report in told[: blocks.MOST]]
    beyond = blocks.beyond(told)
    shown = blocks.listed(lines, room.themes, joint="\n", rest="\n• and {} more", beyond=beyond)
    return [
        blocks.section(f"Also reported by {and_listed(names, room.reason, beyond=beyond)}"),
        blocks.section(shown),
        blocks.context(blocks.when(content)),
    ]


def _stage(content: AlertContent, room: Room) -> list[Block]:
    changes = blocks.changed(content, room.reason)
    move = blocks.stage_move(content)
    told = f"*Changed:* {changes}" if changes else f"*Stage:* {move or 'not known any more'}"
    if name := mrkdwn(content.agreement_name or "", 200):
        told += f" · {name}"
    if quote := mrkdwn(content.stage_quote or content.title, 300):
        told += f"\n“{quote}”"
    name = blocks.source_name(content.outlet, content.url)
    return [
        blocks.section(told),
        blocks.context(f"{link(content.url, name, room.sources)} · {blocks.when(content)}"),
        blocks.context(blocks.looked_after(content, room)),
    ]


def _standing(content: AlertContent, room: Room) -> list[Block]:
    """The reply by which those who follow the thread hear that the story does not stand."""
    told = standing_told(content, min(NOTE, room.reason))
    title = mrkdwn(content.title, room.field)
    if title and content.kind is AlertKind.RETRACTED:
        told += f"\n{blocks.strike(f'“{title}”')}"
    return [blocks.section(told), blocks.context(blocks.looked_after(content, room))]


_BUILD: Final[Mapping[AlertKind, Callable[[AlertContent, Room], list[Block]]]] = {
    AlertKind.NEW: _story,
    AlertKind.UPDATE: _story,
    AlertKind.OUTLET: _outlet,
    AlertKind.STAGE: _stage,
    AlertKind.MERGED: _standing,
    AlertKind.RETRACTED: _standing,
}


def and_listed(names: Sequence[str], limit: int, *, beyond: int = 0) -> str:
    """``A, B and C`` of whole names, or ``A, B and 7 more`` where they do not fit."""
    told = joined(tuple(names))
    fits = units(told) <= limit and not beyond
    return told if fits else blocks.listed(names, limit, beyond=beyond)


def _one_report(report: Report, room: Room) -> str:
    name = blocks.source_name(report.outlet, report.url)
    told = f"Also reported by {link(report.url, name, room.sources)}"
    title = mrkdwn(report.title, room.field)
    return f"{told}: “{title}”" if title else told


def _linked(report: Report, room: Room) -> str:
    """The title as a link, and who has it."""
    name = blocks.source_name(report.outlet, report.url)
    title = trim(clean(head(report.title)), room.quote)
    if not title:
        return link(report.url, name, room.themes // 2)
    return f"{link(report.url, title, room.themes // 2)} ({mrkdwn(name, blocks.NAME)})"
