"""Sending to Slack, and asking Slack what became of a message whose answer was lost."""

import errno
import http.client
import socket
import ssl
import time
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final
from urllib.error import URLError

from slack_sdk.errors import SlackApiError, SlackClientError

from pipeline.log import get_logger, mask
from pipeline.notify.slack_client import (
    BASE_URL,
    CHANNEL_ID,
    LISTED,
    TIMEOUT_S,
    ask,
    next_cursor,
    slack_client,
)
from pipeline.notify.slack_errors import SETTLED_EDITS, refusal
from schemas.alert import Action, Delivery, OutboxMessage, Parked, Retry, Sent

log = get_logger(__name__)

PAGE: Final = 100
MAX_PAGES: Final = 20
SEARCH_S: Final = 120.0
"""A search ends within this, well before the claim does: another sender would search too."""
CLOCK_SKEW_S: Final = 120
"""How far our clock may be ahead of Slack's when its history is searched from our time on."""

_UNREACHABLE: Final = frozenset({errno.EHOSTUNREACH, errno.ENETUNREACH, errno.ECONNREFUSED})


class SlackSender:
    """Sends outbox messages with chat.postMessage.

    slack_sdk's own retries are off: whether and when to try again is the outbox's decision.
    The bot's scopes: ``chat:write``; and to find a message again after a lost answer
    ``channels:history`` (``groups:history`` for private channels), ``metadata.message:read``, and
    ``channels:read`` (``groups:read``) where channels are given by name.
    """

    def __init__(self, token: str, base_url: str = BASE_URL, timeout_s: float = TIMEOUT_S) -> None:
        self._client = slack_client(token, base_url, timeout_s)
        self._ids: dict[str, str] = {}

    def send(self, message: OutboxMessage) -> Delivery:
        """Send ``message``; where an earlier attempt may have arrived, look for that one first."""
        if message.address == "default":
            return Parked(
                "no Slack channel is set; mend: set MINERALWATCH_SLACK_CHANNEL to a channel's "
                "name or id, then retry the message"
            )
        if message.thread_key is not None and message.thread_id is None:
            reason = f"waits for the first message of its thread, {message.thread_key}"
            return Retry(reason, uncertain=message.uncertain)
        if message.action is Action.UPDATE:
            # To edit it twice is no harm: nothing is to be asked before.
            return _outcome(lambda: self._edit(message), asking=False) or Retry("no answer")
        if message.uncertain:
            found = _outcome(lambda: self._find(message), asking=True)
            if found is not None:
                return found
        return _outcome(lambda: self._post(message), asking=False) or Retry("no answer")

    def _post(self, message: OutboxMessage) -> Sent:
        payload = _with_key(message)
        answer = self._client.chat_postMessage(
            channel=message.address, thread_ts=message.thread_id, **payload
        )
        channel = str(answer["channel"])
        self._ids[message.address] = channel
        detail = {"channel": channel}
        posted: dict[str, Any] = answer.get("message") or {}
        if message.thread_id is not None and posted.get("thread_ts") != message.thread_id:
            # Slack puts a reply to a deleted message into the channel, and says so only here.
            log.warning("reply_left_its_thread", key=message.key, channel=channel)
            detail["unthreaded"] = "the first message of its thread is gone"
        return Sent(external_id=str(answer["ts"]), detail=detail)

    def _edit(self, message: OutboxMessage) -> Sent:
        """Replace the first message of the thread; one that is gone or closed is left alone."""
        root = {**message.payload, "metadata": _root_metadata(message)}
        channel = message.thread_place or self._channel_id(message.address) or message.address
        ts = str(message.thread_id)
        try:
            self._client.chat_update(channel=channel, ts=ts, **_editable(root))
        except SlackApiError as error:
            code = str(error.response.get("error"))
            if code not in SETTLED_EDITS:
                raise
            log.info("not_edited", key=message.key, channel=channel, why=code)
            return Sent(ts, {"channel": channel, "unedited": code})
        return Sent(ts, {"channel": channel})

    def _find(self, message: OutboxMessage) -> Delivery | None:
        """Look for a message that carries our key; None where there is none."""
        channel = self._channel_id(message.address)
        if channel is None:
            return Parked(
                f"Slack has no channel named {message.address!r} in which to look whether it "
                "arrived; mend: give the channel's id, or invite the bot to it"
            )
        if message.thread_id is not None:
            found = self._search(message, "conversations.replies", channel)
            if found is not None:
                return found
        return self._search(message, "conversations.history", channel)

    def _search(self, message: OutboxMessage, method: str, channel: str) -> Delivery | None:
        asked: dict[str, Any] = {"channel": channel, "limit": PAGE, "include_all_metadata": True}
        if method == "conversations.replies":
            asked["ts"] = message.thread_id
        if message.created_at is not None:
            asked["oldest"] = f"{message.created_at.timestamp() - CLOCK_SKEW_S:.6f}"
        until = time.monotonic() + SEARCH_S
        for _ in range(MAX_PAGES):
            if time.monotonic() > until:
                return Retry("Slack's history is slow; it is searched again later", uncertain=True)
            try:
                answer = ask(self._client, method, asked)
            except SlackApiError as error:
                if error.response.get("error") == "thread_not_found":
                    return None
                raise
            ts = _among(answer.get("messages") or [], message.key)
            if ts is not None:
                log.info("found_again", key=message.key, channel=channel)
                return Sent(ts, {"channel": channel, "found": "yes"})
            cursor = next_cursor(answer)
            if not cursor:
                return None
            asked["cursor"] = cursor
        if message.created_at is None:
            return None
        return Parked(
            f"among {PAGE * MAX_PAGES:,} later messages in {message.address} it cannot be told "
            "whether it arrived; mend: look in the channel, then retry or drop it"
        )

    def _channel_id(self, address: str) -> str | None:
        """Slack posts to names, but shows the history of ids only."""
        if CHANNEL_ID.fullmatch(address):
            return address
        name = address.removeprefix("#")
        cursor: str | None = None
        while address not in self._ids:
            page = {"cursor": cursor} if cursor else {}
            answer = ask(self._client, "conversations.list", {**LISTED, **page})
            for channel in answer.get("channels") or []:
                if channel.get("name") == name:
                    self._ids[address] = str(channel["id"])
            cursor = next_cursor(answer)
            if not cursor:
                break
        return self._ids.get(address)


def _outcome(call: Callable[[], Delivery | None], *, asking: bool) -> Delivery | None:
    """Run ``call``; say what a failure of it means for the message.

    While ``asking`` for an earlier attempt, a failure leaves that attempt uncertain.
    """
    try:
        return call()
    except SlackApiError as error:
        told = refusal(error.response, asking=asking)
        log.info("slack_refused", reason=told.reason, asking=asking)
        return told
    except (OSError, http.client.HTTPException, SlackClientError, ValueError) as error:
        reason = mask(f"Slack could not be reached: {_words(error)}")
        log.info("slack_unreachable", reason=reason, asking=asking)
        return Retry(reason, uncertain=asking or not _never_left(error))


def _with_key(message: OutboxMessage) -> dict[str, Any]:
    """The payload with the outbox's key in its metadata: an alert may have several messages."""
    payload = dict(message.payload)
    metadata = payload.get("metadata") or {"event_type": "mineralwatch_alert", "event_payload": {}}
    carried = {**metadata.get("event_payload", {}), "key": message.key}
    payload["metadata"] = {**metadata, "event_payload": carried}
    return payload


def _among(posted: Iterable[dict[str, Any]], key: str) -> str | None:
    """The id of the message that carries the key, or None."""
    return next((str(one["ts"]) for one in posted if _key(one) == key), None)


def _root_metadata(message: OutboxMessage) -> dict[str, Any]:
    """The key of the message that is edited: it is found by that one, edited or not."""
    metadata = message.payload.get("metadata") or {"event_type": "mineralwatch_alert"}
    return {
        **metadata,
        "event_payload": {**metadata.get("event_payload", {}), "key": message.thread_key},
    }


def _editable(payload: Mapping[str, Any]) -> dict[str, Any]:
    """What chat.update takes of the arguments of chat.postMessage."""
    return {name: payload[name] for name in ("text", "blocks", "metadata") if name in payload}


def _key(posted: dict[str, Any]) -> object:
    payload = (posted.get("metadata") or {}).get("event_payload") or {}
    return payload.get("key")


def _never_left(error: Exception) -> bool:
    """True where the request cannot have reached Slack: no name, no connection, no trust."""
    reason = error.reason if isinstance(error, URLError) else error
    if isinstance(reason, socket.gaierror | ssl.SSLCertVerificationError):
        return True
    return isinstance(reason, OSError) and reason.errno in _UNREACHABLE


def _words(error: Exception) -> str:
    reason = error.reason if isinstance(error, URLError) else error
    if isinstance(reason, TimeoutError):
        return "no answer in time"
    if isinstance(reason, http.client.RemoteDisconnected | ConnectionError):
        return "the connection was refused or dropped" + (f" ({reason})" if str(reason) else "")
    return str(reason) or type(reason).__name__
