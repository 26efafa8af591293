"""From what happened to what is shown: Slack messages and readable text files."""

from collections.abc import Sequence
from typing import Any, Final

from pipeline.notify import blocks
from pipeline.notify.bundle import render_bundle, render_bundle_preview
from pipeline.notify.email_alert import render_email_alert
from pipeline.notify.email_bundle import render_email_bundle
from pipeline.notify.fallback import FALLBACK, fallback
from pipeline.notify.kinds import build
from pipeline.notify.message import EVENT_TYPE, slack_message
from pipeline.notify.readable import render_preview
from pipeline.notify.text import clean, head, trim
from pipeline.notify.webhook_event import render_webhook
from schemas.alert import AlertContent, Channel

__all__ = [
    "EVENT_TYPE",
    "FALLBACK",
    "MAX_BLOCKS",
    "fallback",
    "render_bundle",
    "render_bundle_payload",
    "render_bundle_preview",
    "render_payload",
    "render_preview",
    "render_slack",
]

MAX_BLOCKS: Final = blocks.MAX_BLOCKS


def render_slack(content: AlertContent) -> dict[str, Any]:
    """Return the arguments of chat.postMessage for an alert, but for channel and thread.

    What UPDATE gives is what NEW gave, as the story stands now: chat.update puts ``text`` and
    ``blocks`` in the place of the old ones.
    """
    return slack_message(
        text=fallback(content),
        blocks=blocks.fitted(lambda room: build(content, room)),
        about={
            "key": content.key,
            "kind": content.kind.value,
            "story_id": content.story_id,
            "route": trim(clean(head(content.route)), blocks.NAME),
        },
    )


def render_payload(content: AlertContent, channel: Channel, *, sender: str = "") -> dict[str, Any]:
    """Return the payload of the outbox message that carries this alert by ``channel``.

    Args:
        content: what happened.
        channel: decides the form.
        sender: from whom an e-mail comes.
    """
    match channel:
        case Channel.SLACK:
            return render_slack(content)
        case Channel.WEBHOOK:
            return render_webhook(content)
        case Channel.EMAIL:
            return render_email_alert(content, sender=sender)
    return {"title": clean(content.title), "text": render_preview(content)}


def render_bundle_payload(
    contents: Sequence[AlertContent],
    channel: Channel,
    *,
    key: str,
    route: str,
    reason: str,
    more: bool,
    sender: str = "",
) -> dict[str, Any]:
    """Return the payload of a message of several stories.

    Args:
        contents: the stories, one at least.
        channel: decides the form; a webhook has no such form.
        key: the message's key in the outbox.
        route: the title or name of the route.
        reason: why they come together, in words.
        more: they are what a limit of messages an hour left over; else a batch.
        sender: from whom an e-mail comes.

    Raises:
        ValueError: there is no story, or the channel is a webhook.
    """
    match channel:
        case Channel.SLACK:
            return render_bundle(contents, key=key, route=route, reason=reason, more=more)
        case Channel.EMAIL:
            return render_email_bundle(
                contents, route=route, reason=reason, more=more, sender=sender
            )
        case Channel.WEBHOOK:
            raise ValueError("a webhook is told of each story by itself")
    text = render_bundle_preview(contents, key=key, route=route, reason=reason, more=more)
    return {"title": clean(route), "text": text}
