"""Block Kit blocks of an alert, each within Slack's limits.

Limits are those of Slack's Block Kit reference (https://docs.slack.dev/reference/block-kit):
header 150 characters, section text 3,000, ten fields of 2,000, ten elements of a context, 25 of
actions, button text 75, 50 blocks. The blocks of one message together stay under 13,000
characters of JSON text, beyond which Slack answers ``msg_blocks_too_long`` (observed at 13,172 to
13,297), so each part has a ``Room`` well under its own limit, and all parts get less where the
whole is too long.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit

from slack_sdk.models.blocks import (
    Block,
    ContextBlock,
    HeaderBlock,
    MarkdownTextObject,
    PlainTextObject,
    SectionBlock,
)

from pipeline.notify.text import clean, head, link, mrkdwn, plain, safe_url, units
from pipeline.notify.words import counted, significance_word, stage_word, state_with_flag
from schemas.alert import AlertContent

HEADER: Final = 150
NAME: Final = 80
MAX_BLOCKS: Final = 50
MAX_JSON: Final = 12_900
MOST: Final = 60
"""Items of a list that are looked at; no part has room for so many, and the rest is counted."""

_MARK: Final = {3: "🔴", 2: "🟠", 1: "⚪"}
_SHARES: Final = (1.0, 0.7, 0.5, 0.3, 0.15)


@dataclass(frozen=True, slots=True)
class Room:
    """How long the parts of a message may be, in UTF-16 units of mrkdwn."""

    summary: int = 600
    field: int = 500
    themes: int = 2000
    quote: int = 240
    sources: int = 1200
    reason: int = 600
    links: int = 2400
    """The addresses of all buttons together."""

    def scaled(self, share: float) -> "Room":
        """The same with ``share`` of each part."""
        return Room(*(int(getattr(self, name) * share) for name in self.__slots__))


def fitted(build: Callable[[Room], Sequence[Block]]) -> list[dict[str, Any]]:
    """Return the blocks that ``build`` makes, as JSON, with the most room that Slack takes.

    Raises:
        SlackObjectFormationError: a block breaks a limit that slack_sdk knows; a fault of ours.
    """
    told: list[dict[str, Any]] = []
    for share in _SHARES:
        built = build(Room().scaled(share))
        for block in built:
            block.validate_json()
        told = [block.to_dict() for block in built]
        if json_units(told) <= MAX_JSON:
            break
    return told


def json_units(value: object) -> int:
    """The length of ``value`` as JSON text, in UTF-16 units."""
    return units(json.dumps(value, ensure_ascii=False))


def header(title: str, before: str = "") -> Block:
    """The headline: what happened, in one line, ``before`` (ours) in front of it."""
    told = plain(f"{before}{head(title)}", HEADER)
    if told.strip() == before.strip():
        told = f"{before}(no title)"
    return HeaderBlock(text=PlainTextObject(text=told, emoji=False))


def section(text: str) -> Block:
    """A paragraph of mrkdwn that is already safe."""
    return SectionBlock(text=_literal(text))


def fields(pairs: Sequence[tuple[str, str]]) -> Block:
    """Up to ten labelled values in two columns; values are already safe mrkdwn."""
    return SectionBlock(fields=[_literal(f"*{label}*\n{value}") for label, value in pairs[:10]])


def context(text: str) -> Block:
    """Small print; ``text`` is already safe mrkdwn."""
    return ContextBlock(elements=[_literal(text)])


def facts(content: AlertContent, room: Room) -> list[tuple[str, str]]:
    """The labelled values of an alert; what is not known is left out."""
    states = [state_with_flag(code) for code in content.parties[:MOST]]
    told = [
        ("Agreement", mrkdwn(content.agreement_name or "", room.field)),
        ("Stage", stage_move(content)),
        ("States", _named(states, room, beyond=beyond(content.parties))),
        (
            mrkdwn(content.subject, NAME) or "Minerals",
            _named(content.minerals, room, beyond=beyond(content.minerals)),
        ),
        ("Money", _named(content.money, room)),
        ("Significance", significance(content, room)),
    ]
    return [(label, value) for label, value in told if value]


def stage_move(content: AlertContent) -> str:
    """``negotiating → *signed*``, ``*signed*`` where nothing is known of before, or nothing."""
    now = mrkdwn(stage_word(content.stage), 40)
    before = mrkdwn(stage_word(content.previous_stage or ""), 40)
    if not now:
        return ""
    return f"*{now}*" if before in {"", now} else f"{before} → *{now}*"


def mark(content: AlertContent) -> str:
    """The coloured mark of the significance."""
    return _MARK.get(content.significance, "⚪")


def significance(content: AlertContent, room: Room) -> str:
    """The mark and the word for the significance, with the reasons for it."""
    told = f"{mark(content)} {significance_word(content.significance)}"
    reasons = [
        reason for item in content.reasons[:MOST] if (reason := mrkdwn(item, room.field // 2))
    ]
    return f"{told}: {listed(reasons, room.field - 40, joint='; ')}" if reasons else told


def themes(content: AlertContent, room: Room, *, struck: bool = False) -> str:
    """A line for each theme with the words it was read from; whole lines only."""
    lines: list[str] = []
    for _id, title, quote in content.themes[:MOST]:
        name, told = mrkdwn(title, NAME), mrkdwn(quote, room.quote)
        if not name:
            continue
        line = f"*{name}*: “{told}”" if told else f"*{name}*"
        lines.append(f"• {strike(line) if struck else line}")
    return listed(
        lines, room.themes, joint="\n", rest="\n• and {} more", beyond=beyond(content.themes)
    )


def sources(content: AlertContent, room: Room) -> str:
    """Who reported it, the first seen first, as links; whole entries only."""
    half = room.sources // 2
    named = content.sources or ((content.outlet, content.url),)
    linked = [link(url, source_name(outlet, url), half) for outlet, url in named[:MOST]]
    told = f"First seen at {linked[0]}"
    if linked[1:]:
        told += f"; also {listed(linked[1:], room.sources - units(told), beyond=beyond(named))}"
    if content.outlets > 1:
        told += f" · {counted(content.outlets, 'independent outlet')}"
    return told


def source_name(outlet: str, url: str | None) -> str:
    """The outlet's name, or the host of its address where it has none that can be shown."""
    address = safe_url(url)
    host = urlsplit(address).hostname if address else None
    return clean(head(outlet)) or host or "a source without a name"


def why(route: str, reason: str, room: Room) -> str:
    """The route that sent it and why."""
    route = mrkdwn(route, NAME)
    told = f"Sent by route *{route or 'without a name'}*"
    shown = mrkdwn(reason, room.reason)
    return f"{told}: {shown}" if shown else told


def looked_after(content: AlertContent, room: Room) -> str:
    """The same with who looks after the route."""
    told = why(content.route, content.route_reason, room)
    owner = mrkdwn(content.owner, NAME)
    return f"{told} · looked after by {owner}" if owner else told


def changed(content: AlertContent, limit: int) -> str:
    """``negotiating → signed; significance 2 → 3``: whole changes only."""
    told = [change for item in content.changes[:MOST] if (change := mrkdwn(item, limit // 2))]
    return listed(told, limit, joint="; ")


def when(content: AlertContent) -> str:
    """The time of publication, in the reader's own time zone where Slack can show it."""
    at = content.published_at
    return f"<!date^{int(at.timestamp())}^{{date_short_pretty}} {{time}}|{at:%-d %b %Y, %H:%M} UTC>"


def strike(text: str) -> str:
    """``text``, already safe, struck through; bold inside is given up, since Slack may trip."""
    return f"~{text.replace('*', '')}~"


def listed(
    items: Sequence[str],
    limit: int,
    *,
    joint: str = ", ",
    rest: str = " and {} more",
    beyond: int = 0,
) -> str:
    """Return whole items (safe already) within ``limit`` units; what is left out is counted.

    ``beyond`` is how many there are beside ``items``.
    """
    told = ""
    for index, item in enumerate(items):
        longer = f"{told}{joint}{item}" if told else item
        left = len(items) - index - 1 + beyond
        if units(longer) + (len(rest.format(f"{left:,}")) if left else 0) > limit:
            count = f"{left + 1:,}"
            return f"{told}{rest.format(count)}" if told else f"{count} in all"
        told = longer
    return f"{told}{rest.format(f'{beyond:,}')}" if beyond and told else told


def beyond(items: Sequence[object]) -> int:
    """How many of a list are not looked at."""
    return max(0, len(items) - MOST)


def _named(words: Sequence[str], room: Room, *, beyond: int = 0) -> str:
    named = [name for word in words[:MOST] if (name := mrkdwn(word, 120))]
    return listed(named, room.field, beyond=beyond)


def _literal(text: str) -> MarkdownTextObject:
    """``verbatim``: Slack makes no links or mentions of its own out of the text."""
    return MarkdownTextObject(text=text, verbatim=True)
