"""The digest's short form for a Slack channel: news, top stories, the state of the watch."""

from collections.abc import Sequence
from typing import Any, Final

from slack_sdk.models.blocks import Block

from pipeline.notify.blocks import Room, context, fitted, header, listed, section
from pipeline.notify.digest_words import faults, figures, ordered_moves, quiet, watch_lines
from pipeline.notify.render import EVENT_TYPE, FALLBACK
from pipeline.notify.text import link, mrkdwn, trim
from pipeline.notify.words import stage_word
from schemas.digest import Digest, DigestStory, StageMove

MOVES: Final = 8
STORIES: Final = 5
_PART: Final = 2400
"""Of the 3,000 characters that a section may have."""


def digest_slack_payload(digest: Digest, *, subject: str, key: str) -> dict[str, Any]:
    """Return the payload of the Slack message of an edition: at most some screens long.

    Args:
        digest: the edition.
        subject: its e-mail's, which says the news in a line.
        key: of the outbox message; it is kept in the message, by which a lost answer is found out.
    """
    return {
        "text": trim(mrkdwn(subject, 600), FALLBACK),
        "blocks": fitted(lambda room: _blocks(digest, subject, room)),
        "metadata": {"event_type": EVENT_TYPE, "event_payload": {"key": key, "kind": "digest"}},
        "unfurl_links": False,
        "unfurl_media": False,
    }


def _blocks(digest: Digest, subject: str, room: Room) -> Sequence[Block]:
    built = [header(subject)]
    share = room.themes / Room().themes
    limit = int(_PART * share)
    built += [section(f"⚠️ *{mrkdwn(fault.long, room.summary)}*") for fault in faults(digest)]
    if said := quiet(digest):
        built.append(section(mrkdwn(said, room.summary)))
    if digest.moves:
        lines = [_move(move, room) for move in ordered_moves(digest.moves)]
        built.append(section(_part("What changed", lines, MOVES, limit)))
    if digest.top:
        lines = [_story(story, room) for story in digest.top]
        built.append(section(_part("Top stories", lines, STORIES, limit)))
    if digest.week is not None:
        week = digest.week
        told = f"The week: {week.stories:,} stories, {week.stories_before:,} in the one before"
        built.append(context(told))
    built.append(context("  ·  ".join(f"{number} {label}" for number, label in figures(digest))))
    built.append(context(mrkdwn(watch_lines(digest.watch)[0], room.summary)))
    return built


def _part(head: str, lines: Sequence[str], most: int, limit: int) -> str:
    """A head and whole lines below it; what is left out is counted."""
    shown = [f"• {line}" for line in lines[:most]]
    told = listed(
        shown, limit, joint="\n", rest="\n• and {} more", beyond=max(0, len(lines) - most)
    )
    return f"*{head}*\n{told}"


def _move(move: StageMove, room: Room) -> str:
    name = link(move.url, move.agreement_name, room.field)
    before = stage_word(move.previous)
    arrow = f"{mrkdwn(before, 40)} → " if before else ""
    return f"{name}: {arrow}*{mrkdwn(move.stage, 40)}*"


def _story(item: DigestStory, room: Room) -> str:
    url = next((url for _outlet, url in item.links if url), None)
    outlets = item.independent or len(item.story.outlets)
    told = f" · {outlets:,} independent outlets" if outlets > 1 else ""
    return f"{link(url, item.story.title or '(no title)', room.field)}{told}"
