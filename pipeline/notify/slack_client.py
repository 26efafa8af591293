"""Slack's Web API as sender and reader of reactions use it."""

import logging
import re
from collections.abc import Mapping
from typing import Any, Final

from slack_sdk import WebClient
from slack_sdk.web import SlackResponse

CHANNEL_ID: Final = re.compile(r"[CDG][A-Z0-9]{7,}")
"""Slack posts to names too, but shows the history of ids only."""
BASE_URL: Final = "https://slack.com/api/"
TIMEOUT_S: Final = 15.0
LISTED: Final = {"limit": 1000, "types": "public_channel,private_channel"}
"""What conversations.list is asked for."""

_QUIET: Final = logging.getLogger("pipeline.notify.slack_client.sdk")
_QUIET.setLevel(logging.CRITICAL)  # failures are ours to tell, without the request's headers


def slack_client(token: str, base_url: str, timeout_s: float) -> WebClient:
    """Return a client that tries once: whether and when to try again is decided by its caller."""
    return WebClient(
        token=token,
        base_url=base_url,
        timeout=timeout_s,  # type: ignore[arg-type]  # goes to urllib, which takes a float
        retry_handlers=[],
        logger=_QUIET,
    )


def ask(client: WebClient, method: str, asked: Mapping[str, Any]) -> SlackResponse:
    """Call by POST with a form: every method takes it, and no proxy keeps what it answers.

    Raises:
        SlackApiError: Slack refused; OSError and others where it cannot be reached.
    """
    return client.api_call(method, data=dict(asked))


def next_cursor(answer: SlackResponse) -> str | None:
    """Where the next page begins, or None after the last."""
    return (answer.get("response_metadata") or {}).get("next_cursor") or None
