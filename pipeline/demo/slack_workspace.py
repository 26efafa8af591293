"""A Slack workspace in memory: channels, messages, threads, and what each call answers.

Answers are plain mappings, as the Web API gives them; ``SlackServer`` puts them on the wire.
"""

import base64
import binascii
import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from pipeline.demo.slack_blocks import MAX_BLOCKS_JSON, block_faults
from pipeline.demo.slack_reactions import USERS_SHOWN, Reactions

Answer = dict[str, Any]

ALL_SCOPES: Final = frozenset(
    {"chat:write", "channels:history", "channels:read", "metadata.message:read", "reactions:read"}
)
MAX_TEXT: Final = 40_000
_TS: Final = re.compile(r"\d+\.\d{6}")
_BOT: Final = {"user": "U0MINERALW", "bot_id": "B0MINERALW", "team": "T0MINERALW"}


@dataclass(slots=True)
class SlackChannel:
    """A channel; the bot can post where it is a member."""

    id: str
    name: str
    archived: bool = False
    member: bool = True


@dataclass(slots=True)
class SlackMessage:
    """A message as the workspace keeps it."""

    channel: SlackChannel
    ts: str
    text: str
    blocks: list[Any] = field(default_factory=list)
    thread_ts: str | None = None
    broadcast: bool = False
    metadata: Mapping[str, Any] | None = None
    edits: int = 0
    reactions: Reactions = field(default_factory=Reactions)

    def to_json(self, *, with_metadata: bool = True, users: int | None = None) -> Answer:
        """The message as conversations.history shows it, at most ``users`` to a reaction."""
        told: Answer = {"type": "message", **_BOT, "ts": self.ts, "text": self.text}
        if self.blocks:
            told["blocks"] = self.blocks
        if self.thread_ts is not None:
            told["thread_ts"] = self.thread_ts
        if self.edits:
            told["edited"] = {"user": _BOT["user"], "ts": self.ts}
        if self.reactions.given:
            told["reactions"] = self.reactions.to_json(shown=users)
        if with_metadata and self.metadata is not None:
            told["metadata"] = self.metadata
        return told


class Workspace:
    """Channels and their messages; ``clock`` gives seconds since 1970."""

    def __init__(
        self,
        channels: Sequence[str],
        *,
        clock: Callable[[], float],
        scopes: frozenset[str] = ALL_SCOPES,
    ) -> None:
        self.channels = [
            SlackChannel(id=f"C{number:010d}", name=name.removeprefix("#"))
            for number, name in enumerate(channels, start=1)
        ]
        self.messages: list[SlackMessage] = []
        self.scopes = scopes
        self.users_shown = USERS_SHOWN
        """How many users of a reaction are shown where not all are asked for."""
        self._clock = clock
        self._last_us = 0
        self._deleted: set[str] = set()

    def channel(self, address: str, *, by_name: bool = True) -> SlackChannel | None:
        """The channel with that id, or with that name where names are taken."""
        name = address.removeprefix("#")
        for channel in self.channels:
            if channel.id == address or (by_name and channel.name == name):
                return channel
        return None

    def delete(self, ts: str) -> None:
        """Delete a message; replies to it are posted into the channel from then on, as in Slack."""
        self.messages = [message for message in self.messages if message.ts != ts]
        self._deleted.add(ts)

    def message(self, ts: str) -> SlackMessage:
        """The message with that id.

        Raises:
            KeyError: there is none.
        """
        for message in self.messages:
            if message.ts == ts:
                return message
        raise KeyError(ts)

    def auth_test(self, _args: Mapping[str, Any]) -> Answer:
        """auth.test."""
        return {
            "ok": True,
            "url": "https://demo.slack.com/",
            "team": "Demo",
            "user": "mineralwatch",
            "team_id": _BOT["team"],
            "user_id": _BOT["user"],
            "bot_id": _BOT["bot_id"],
        }

    def post_message(self, args: Mapping[str, Any]) -> Answer:
        """chat.postMessage."""
        if (refused := self._needs("chat:write")) is not None:
            return refused
        channel = self.channel(str(args.get("channel") or ""))
        if (refused := _closed(channel) or content_fault(args)) is not None or channel is None:
            return refused or error("channel_not_found")
        thread = args.get("thread_ts")
        if thread is not None:
            if not isinstance(thread, str):
                return error("invalid_thread_ts")
            if thread in self._deleted:
                thread = None
            elif self._message(channel, thread) is None:
                return error("thread_not_found")
        message = SlackMessage(
            channel=channel,
            ts=self._next_ts(),
            text=str(args.get("text") or ""),
            blocks=as_json(args.get("blocks")) or [],
            thread_ts=thread,
            broadcast=bool(args.get("reply_broadcast")),
            metadata=as_json(args.get("metadata")),
        )
        self.messages.append(message)
        return {
            "ok": True,
            "channel": channel.id,
            "ts": message.ts,
            "message": message.to_json(),
        }

    def update(self, args: Mapping[str, Any]) -> Answer:
        """chat.update: text and blocks replaced, metadata kept unless given."""
        if (refused := self._needs("chat:write")) is not None:
            return refused
        channel = self.channel(str(args.get("channel") or ""), by_name=False)
        if (refused := _closed(channel) or content_fault(args)) is not None or channel is None:
            return refused or error("channel_not_found")
        message = self._message(channel, str(args.get("ts")))
        if message is None:
            return error("message_not_found")
        message.text = str(args.get("text") or "")
        message.blocks = as_json(args.get("blocks")) or []
        message.metadata = as_json(args.get("metadata")) or message.metadata
        message.edits += 1
        return {"ok": True, "channel": channel.id, "ts": message.ts, "text": message.text}

    def history(self, args: Mapping[str, Any]) -> Answer:
        """conversations.history: top-level messages, newest first."""
        channel, refused = self._readable(args)
        if channel is None:
            return refused
        shown = [
            message
            for message in reversed(self.messages)
            if message.channel is channel and (message.thread_ts is None or message.broadcast)
        ]
        return self._page(shown, args)

    def replies(self, args: Mapping[str, Any]) -> Answer:
        """conversations.replies: the first message and its replies, oldest first."""
        channel, refused = self._readable(args)
        if channel is None:
            return refused
        parent = self._message(channel, str(args.get("ts")))
        if parent is None:
            return error("thread_not_found")
        shown = [
            message
            for message in self.messages
            if message is parent or message.thread_ts == parent.ts
        ]
        return self._page(shown, args)

    def get_reactions(self, args: Mapping[str, Any]) -> Answer:
        """reactions.get: of a message, top-level or reply; ``full`` asks for every user."""
        if (refused := self._needs("reactions:read")) is not None:
            return refused
        if not args.get("channel") or not args.get("timestamp"):
            return error("no_item_specified")
        channel = self.channel(str(args["channel"]), by_name=False)
        if channel is None or not channel.member:
            return error("channel_not_found" if channel is None else "not_in_channel")
        if not _TS.fullmatch(str(args["timestamp"])):
            return error("bad_timestamp")
        message = self._message(channel, str(args["timestamp"]))
        if message is None:
            return error("message_not_found")
        shown = None if _true(args.get("full")) else self.users_shown
        told = message.to_json(with_metadata=False, users=shown)
        return {"ok": True, "type": "message", "channel": channel.id, "message": told}

    def list_channels(self, _args: Mapping[str, Any]) -> Answer:
        """conversations.list."""
        if (refused := self._needs("channels:read")) is not None:
            return refused
        return {
            "ok": True,
            "channels": [
                {
                    "id": channel.id,
                    "name": channel.name,
                    "is_channel": True,
                    "is_private": False,
                    "is_archived": channel.archived,
                    "is_member": channel.member,
                }
                for channel in self.channels
            ],
            "response_metadata": {"next_cursor": ""},
        }

    def _readable(self, args: Mapping[str, Any]) -> tuple[SlackChannel | None, Answer]:
        """History is shown of ids only, to members with the scope."""
        if (refused := self._needs("channels:history")) is not None:
            return None, refused
        channel = self.channel(str(args.get("channel") or ""), by_name=False)
        if channel is None:
            return None, error("channel_not_found")
        if not channel.member:
            return None, error("not_in_channel")
        return channel, {}

    def _page(self, shown: list[SlackMessage], args: Mapping[str, Any]) -> Answer:
        inclusive = _true(args.get("inclusive"))
        oldest, latest = _seconds(args.get("oldest")), _seconds(args.get("latest"))
        kept = [
            message
            for message in shown
            if (oldest is None or _after(message, oldest, inclusive))
            and (latest is None or _after_ts(latest, message, inclusive))
        ]
        start = _from_cursor(args.get("cursor"))
        if start is None:
            return error("invalid_cursor")
        limit = min(999, max(1, int(args.get("limit") or 100)))
        with_metadata = (
            _true(args.get("include_all_metadata")) and "metadata.message:read" in self.scopes
        )
        more = start + limit < len(kept)
        return {
            "ok": True,
            "messages": [
                message.to_json(with_metadata=with_metadata, users=self.users_shown)
                for message in kept[start : start + limit]
            ],
            "has_more": more,
            "response_metadata": {"next_cursor": _cursor(start + limit) if more else ""},
        }

    def _message(self, channel: SlackChannel, ts: str) -> SlackMessage | None:
        for message in self.messages:
            if message.channel is channel and message.ts == ts:
                return message
        return None

    def _needs(self, scope: str) -> Answer | None:
        if scope in self.scopes:
            return None
        return error("missing_scope", needed=scope, provided=",".join(sorted(self.scopes)))

    def _next_ts(self) -> str:
        """The time with six decimals, never the same twice: it is the message's id."""
        self._last_us = max(self._last_us + 1, int(self._clock() * 1_000_000))
        return f"{self._last_us // 1_000_000}.{self._last_us % 1_000_000:06d}"


def error(code: str, **more: Any) -> Answer:
    """A refusal as the Web API words it."""
    return {"ok": False, "error": code, **more}


def as_json(value: Any) -> Any:
    """A value that a form carries as JSON text, or a JSON body as it is."""
    return json.loads(value) if isinstance(value, str) else value


def content_fault(args: Mapping[str, Any]) -> Answer | None:
    """What is wrong with text, blocks and metadata of a message, if anything."""
    text = str(args.get("text") or "")
    try:
        blocks, metadata = as_json(args.get("blocks")), as_json(args.get("metadata"))
    except ValueError:
        return error("invalid_blocks_format")
    if not text and not blocks:
        return error("no_text")
    if len(text) > MAX_TEXT:
        return error("msg_too_long")
    if blocks is not None:
        if faults := block_faults(blocks):
            return error("invalid_blocks", response_metadata={"messages": faults})
        if len(json.dumps(blocks, ensure_ascii=False)) > MAX_BLOCKS_JSON:
            return error("msg_blocks_too_long")
    if metadata is not None and not (
        isinstance(metadata, Mapping)
        and isinstance(metadata.get("event_type"), str)
        and isinstance(metadata.get("event_payload"), Mapping)
    ):
        return error("invalid_metadata_format")
    return None


def _closed(channel: SlackChannel | None) -> Answer | None:
    if channel is None:
        return error("channel_not_found")
    if channel.archived:
        return error("is_archived")
    return None if channel.member else error("not_in_channel")


def _true(value: object) -> bool:
    return str(value).lower() in {"1", "true"}


def _seconds(value: object) -> float | None:
    return float(str(value)) if value not in {None, ""} else None


def _after(message: SlackMessage, oldest: float, inclusive: bool) -> bool:
    return float(message.ts) > oldest or (inclusive and float(message.ts) == oldest)


def _after_ts(latest: float, message: SlackMessage, inclusive: bool) -> bool:
    return latest > float(message.ts) or (inclusive and float(message.ts) == latest)


def _cursor(start: int) -> str:
    return base64.b64encode(f"from:{start}".encode()).decode()


def _from_cursor(cursor: object) -> int | None:
    if not cursor:
        return 0
    try:
        told = base64.b64decode(str(cursor), validate=True).decode()
        return int(told.removeprefix("from:"))
    except (binascii.Error, ValueError):
        return None
