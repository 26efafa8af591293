"""Buttons that are links: they open a page, and nothing of ours listens to them."""

import re
from typing import Final

from slack_sdk.models.blocks import ActionsBlock, Block, LinkButtonElement, PlainTextObject

from pipeline.notify.blocks import Room, source_name
from pipeline.notify.text import plain, safe_url
from schemas.alert import AlertContent

BUTTON: Final = 75
"""Slack's limit for the text of a button."""
OTHERS: Final = 3

_GROUP: Final = re.compile(r"S[A-Z0-9]{2,20}")


def buttons(content: AlertContent, room: Room) -> list[Block]:
    """``Read at …`` and up to three other sources, or no block where no address may be shown.

    Nor is there one where the routes file wants none.

    An address is left out where it does not fit among those before it. ``action_id`` is ``read``
    for the article and ``source_1`` to ``source_3`` for the others, the same after an edit.
    """
    if not content.link_buttons:
        return []
    left = room.links
    told: list[LinkButtonElement] = []
    seen: set[str] = set()
    if (address := safe_url(content.url)) and len(address) <= left:
        seen.add(address)
        left -= len(address)
        name = source_name(content.outlet, content.url)
        told.append(_button(f"Read at {name}", address, "read"))
    others = 0
    for outlet, url in content.sources:
        address = safe_url(url)
        if address is None or address in seen or len(address) > left or others == OTHERS:
            continue
        seen.add(address)
        left -= len(address)
        others += 1
        told.append(_button(source_name(outlet, url), address, f"source_{others}"))
    return [ActionsBlock(elements=told)] if told else []


def mention(content: AlertContent) -> str:
    """``<!subteam^S0123ABC>`` for the user group to be called, or nothing for what is no id."""
    group = content.mention or ""
    return f"<!subteam^{group}>" if _GROUP.fullmatch(group) else ""


def _button(name: str, address: str, action_id: str) -> LinkButtonElement:
    text = PlainTextObject(text=plain(name, BUTTON), emoji=False)
    return LinkButtonElement(text=text, url=address, action_id=action_id)
