"""The envelope of a Slack message: what chat.postMessage takes beside channel and thread."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

EVENT_TYPE: Final = "mineralwatch_alert"
"""The type of the metadata by which a message is found again in a channel's history."""


def slack_message(
    *, text: str, blocks: Sequence[Mapping[str, Any]], about: Mapping[str, str | int]
) -> dict[str, Any]:
    """Return the payload.

    Args:
        text: what notifications and screen readers say, escaped.
        blocks: as JSON.
        about: the metadata's payload; ``key`` is how the message is found again.
    """
    return {
        "text": text,
        "blocks": list(blocks),
        "metadata": {"event_type": EVENT_TYPE, "event_payload": dict(about)},
        "unfurl_links": False,
        "unfurl_media": False,
    }
