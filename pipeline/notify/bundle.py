"""Several stories in one message: those of a batch, or the rest of an hour that was full."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final

from slack_sdk.models.blocks import Block

from pipeline.notify import blocks
from pipeline.notify.blocks import Room
from pipeline.notify.buttons import mention
from pipeline.notify.message import slack_message
from pipeline.notify.readable import line, stage_moved
from pipeline.notify.text import clean, head, link, mrkdwn, safe_url, trim, units
from pipeline.notify.words import counted, joined, significance_word, state_name, state_with_flag
from schemas.alert import AlertContent, AlertKind

ENTRIES: Final = 40
"""Stories shown at most: one block each, with five blocks over."""
TEXT: Final = 3000
IDS: Final = 100

_TAIL: Final = 1600
"""Units of JSON kept for head and foot: mention, headline, "and N more", the route's words."""


def render_bundle(
    contents: Sequence[AlertContent], *, key: str, route: str, reason: str, more: bool
) -> dict[str, Any]:
    """Return the arguments of chat.postMessage for several new stories, the weightiest first.

    Args:
        contents: the stories, one at least.
        key: the message's key in the outbox.
        route: the title or name of the route.
        reason: why they come together, in words.
        more: they are what a limit of messages an hour left over; else a batch.

    Raises:
        ValueError: there is no story.
    """
    ranked = _ranked(contents)
    return slack_message(
        text=_text(ranked, route, more=more),
        blocks=blocks.fitted(lambda room: _blocks(ranked, room, route, reason, more=more)),
        about={
            "key": key,
            "kind": AlertKind.NEW.value,
            "route": trim(clean(head(route)), blocks.NAME),
            "story_ids": ",".join(str(content.story_id) for content in ranked[:IDS]),
        },
    )


def render_bundle_preview(
    contents: Sequence[AlertContent], *, key: str, route: str, reason: str, more: bool
) -> str:
    """Return the same as a readable text.

    Raises:
        ValueError: there is no story.
    """
    ranked = _ranked(contents)
    told = [_headline(len(ranked), line(route), more=more), ""]
    for content in ranked:
        name = line(content.outlet) or "a source without a name"
        facts = [
            f"{significance_word(content.significance)} ({content.significance} of 3)",
            ": ".join(part for part in _plain_steps(content) if part),
            joined(tuple(line(state_name(code)) for code in content.parties)),
            name,
        ]
        told.append(f"- {line(content.title) or '(no title)'}")
        told.append(f"  {' · '.join(fact for fact in facts if fact)}")
        if address := safe_url(content.url):
            told.append(f"  {address}")
    return "\n".join(
        [*told, "", f"Sent by route {line(route)}: {line(reason)}", f"Key: {line(key)}", ""]
    )


def _ranked(contents: Sequence[AlertContent]) -> list[AlertContent]:
    """The weightiest first, so that what is left out is the least; else in the order given."""
    if not contents:
        raise ValueError("a message of several stories needs one story at least")
    return sorted(contents, key=lambda content: -content.significance)


def _headline(count: int, route: str, *, more: bool) -> str:
    if more:
        return f"and {count:,} more in the last hour"
    told = counted(count, "development")
    return f"{told}: {route}" if route else told


def _blocks(
    ranked: Sequence[AlertContent], room: Room, route: str, reason: str, *, more: bool
) -> list[Block]:
    built: list[Block] = []
    called = list(dict.fromkeys(told for content in ranked if (told := mention(content))))
    if called:
        built.append(blocks.section(" ".join(called[:5])))
    built.append(blocks.header(_headline(len(ranked), trim(clean(head(route)), 100), more=more)))
    left = blocks.MAX_JSON - _TAIL
    shown = 0
    for content in ranked[:ENTRIES]:
        entry = blocks.section(_entry(content, room))
        left -= blocks.json_units(entry.to_dict()) + 2
        if left < 0:
            break
        built.append(entry)
        shown += 1
    if shown < len(ranked):
        built.append(blocks.context(f"and {len(ranked) - shown:,} more"))
    built.append(blocks.context(blocks.why(route, reason, replace(room, reason=room.reason // 2))))
    return built


def _entry(content: AlertContent, room: Room) -> str:
    """The mark, the title as a link, and in a second line how far it is, who, and who says so."""
    title = trim(clean(head(content.title)), room.quote) or "(no title)"
    states = [mrkdwn(state_with_flag(code), blocks.NAME) for code in content.parties[: blocks.MOST]]
    name = mrkdwn(content.agreement_name or "", room.quote // 2)
    facts = [
        ": ".join(part for part in (name, blocks.stage_move(content)) if part),
        blocks.listed(states, room.quote, beyond=blocks.beyond(content.parties)),
        mrkdwn(blocks.source_name(content.outlet, content.url), blocks.NAME),
    ]
    told = f"{blocks.mark(content)} {link(content.url, title, room.sources)}"
    return f"{told}\n{' · '.join(fact for fact in facts if fact)}"


def _plain_steps(content: AlertContent) -> tuple[str, str]:
    return line(content.agreement_name or ""), stage_moved(content)


def _text(ranked: Sequence[AlertContent], route: str, *, more: bool) -> str:
    called = dict.fromkeys(told for content in ranked if (told := mention(content)))
    lead = _headline(len(ranked), mrkdwn(route, blocks.NAME), more=more)
    titles = [
        f"{mrkdwn(content.title, 200) or '(no title)'} "
        f"({mrkdwn(blocks.source_name(content.outlet, content.url), blocks.NAME)})"
        for content in ranked[: blocks.MOST]
    ]
    told = " ".join([*list(called)[:5], lead])
    room = TEXT - units(told)
    return f"{told}. {blocks.listed(titles, room, joint='; ', beyond=blocks.beyond(ranked))}"
