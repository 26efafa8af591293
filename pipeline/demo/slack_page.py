"""The Slack server's page for people: channels with their messages, threads nested."""

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from html import escape, unescape
from typing import Any
from urllib.parse import urlsplit

from pipeline.demo.slack_workspace import SlackChannel, SlackMessage

_STYLE = """
:root { color-scheme: light dark; --line: #e2e2e2; --soft: #616061; --paper: #fff; --ink: #1d1c1d;
  --side: #3f0e40; --link: #1264a3; --mark: #fbf3e0; }
@media (prefers-color-scheme: dark) { :root { --line: #35373b; --soft: #ababad; --paper: #1a1d21;
  --ink: #e6e6e7; --side: #19171d; --link: #6cb0e6; --mark: #3b3320; } }
* { box-sizing: border-box; }
body { margin: 0; display: flex; min-height: 100vh; background: var(--paper); color: var(--ink);
  font: 15px/1.47 Lato, "Segoe UI", "Helvetica Neue", Arial, sans-serif; }
nav { flex: 0 0 200px; background: var(--side); color: #e8dfe8; padding: 20px 16px; }
nav b { display: block; margin-bottom: 14px; font-size: 17px; }
nav a { display: block; color: inherit; text-decoration: none; padding: 3px 0; }
main { flex: 1; min-width: 0; padding: 8px 24px 40px; max-width: 860px; }
h2 { font-size: 18px; margin: 18px 0 6px; padding-bottom: 8px;
  border-bottom: 1px solid var(--line); }
article { display: flex; gap: 10px; padding: 10px 0; }
.face { flex: 0 0 36px; height: 36px; border-radius: 6px; background: #2e7d6b; color: #fff;
  font-weight: 700; text-align: center; line-height: 36px; }
.body { flex: 1; min-width: 0; overflow-wrap: anywhere; }
.who { font-weight: 700; } .who small { font-weight: 400; color: var(--soft); margin-left: 6px; }
h3 { font-size: 18px; line-height: 1.3; margin: 6px 0; }
p { margin: 6px 0; white-space: pre-line; }
.fields { display: grid; grid-template-columns: 1fr 1fr; gap: 8px 16px; margin: 8px 0; }
.fields p { margin: 0; }
.small { color: var(--soft); font-size: 13px; }
a { color: var(--link); } hr { border: 0; border-top: 1px solid var(--line); }
.thread { margin: 8px 0 0; padding-left: 12px; border-left: 3px solid var(--line); }
.thread > b { font-size: 13px; color: var(--link); }
.buttons { display: flex; flex-wrap: wrap; gap: 8px; margin: 8px 0; }
.buttons a, .buttons span { border: 1px solid var(--line); border-radius: 4px; padding: 4px 12px;
  font-size: 14px; font-weight: 700; color: var(--ink); text-decoration: none; max-width: 100%; }
.from { font-size: 13px; color: var(--soft); }
.reactions span { display: inline-block; padding: 0 8px; margin: 2px 4px 0 0; font-size: 13px;
  border: 1px solid var(--line); border-radius: 12px; }
.mention { background: var(--mark); } .none { color: var(--soft); }
@media (max-width: 640px) { nav { display: none; } .fields { grid-template-columns: 1fr; } }
"""

_EMOJI = {
    "white_check_mark": "✅",
    "heavy_check_mark": "✔️",
    "+1": "👍",
    "x": "❌",
    "heavy_multiplication_x": "✖️",
    "-1": "👎",
    "eyes": "👀",
    "tada": "🎉",
}
_ANGLE = re.compile(r"<([^<>]*)>")
_FORMATS = (
    (re.compile(r"(?<![\w*])\*(?=\S)([^*\n]+?)(?<=\S)\*(?![\w*])"), r"<strong>\1</strong>"),
    (re.compile(r"(?<!\w)_(?=\S)([^_\n]+?)(?<=\S)_(?!\w)"), r"<em>\1</em>"),
    (re.compile(r"(?<![\w~])~(?=\S)([^~\n]+?)(?<=\S)~(?![\w~])"), r"<s>\1</s>"),
    (re.compile(r"`([^`\n]+)`"), r"<code>\1</code>"),
)


def page(channels: Sequence[SlackChannel], messages: Sequence[SlackMessage]) -> str:
    """Return the whole page; every text of a message is escaped."""
    links = "".join(f'<a href="#{escape(c.name)}"># {escape(c.name)}</a>' for c in channels)
    rooms = "".join(_room(channel, messages) for channel in channels)
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width"><meta http-equiv="refresh" content="5">'
        f"<title>Slack endpoint on loopback</title><style>{_STYLE}</style></head><body>"
        f"<nav><b>Demo workspace</b>{links}</nav><main>{rooms}</main></body></html>"
    )


def mrkdwn_html(text: str) -> str:
    """Return Slack's mrkdwn as HTML."""
    kept: list[str] = []

    def angle(match: re.Match[str]) -> str:
        kept.append(_angle(match[1]))
        return f"\0{len(kept) - 1}\0"

    told = escape(unescape(_ANGLE.sub(angle, text.replace("\0", ""))), quote=False)
    for pattern, html in _FORMATS:
        told = pattern.sub(html, told)
    return re.sub("\0(\\d+)\0", lambda match: kept[int(match[1])], told)


def _room(channel: SlackChannel, messages: Sequence[SlackMessage]) -> str:
    own = [message for message in messages if message.channel is channel]
    by_ts = {message.ts: message for message in own}
    told = "".join(
        _broadcast(message, by_ts.get(message.thread_ts))
        if message.thread_ts is not None
        else _message(message, [reply for reply in own if reply.thread_ts == message.ts])
        for message in own
        if message.thread_ts is None or message.broadcast
    )
    empty = '<p class="none">No messages yet.</p>'
    name = escape(channel.name)
    return f'<section id="{name}"><h2># {name}</h2>{told or empty}</section>'


def _broadcast(message: SlackMessage, parent: SlackMessage | None) -> str:
    """A reply that was sent to the channel too, where it came up."""
    title = _short(parent.text) if parent else "a message that is gone"
    return _message(message, [], before=f"replied to a thread: {escape(title, quote=False)}")


def _short(text: str, limit: int = 60) -> str:
    told = unescape(_ANGLE.sub("", text)).strip()
    return told if len(told) <= limit else f"{told[:limit].rstrip()}…"


def _message(message: SlackMessage, replies: Sequence[SlackMessage], *, before: str = "") -> str:
    at = datetime.fromtimestamp(float(message.ts), UTC)
    edited = '<span class="from">(edited)</span>' if message.edits else ""
    if message.broadcast and not before:
        before = "also sent to the channel"
    origin = f'<div class="from">{before}</div>' if before else ""
    body = _blocks(message.blocks) or f"<p>{mrkdwn_html(message.text)}</p>"
    thread = ""
    if replies:
        count = f"{len(replies)} repl{'y' if len(replies) == 1 else 'ies'}"
        inner = "".join(_message(reply, []) for reply in replies)
        thread = f'<div class="thread"><b>{count}</b>{inner}</div>'
    return (
        '<article><div class="face">M</div><div class="body"><div class="who">mineralwatch'
        f"<small>{at:%d %b %H:%M:%S} UTC</small></div>{origin}{body}{edited}"
        f"{_reactions(message)}{thread}"
        "</div></article>"
    )


def _reactions(message: SlackMessage) -> str:
    """A pill each: the sign, where it is one of the usual ones, else its name; and how many."""
    given = message.reactions.given
    pills = "".join(
        f'<span title="{escape(", ".join(users))}">'
        f"{_EMOJI.get(name.partition('::')[0]) or escape(f':{name}:')} {len(users)}</span>"
        for name, users in given.items()
    )
    return f'<div class="reactions">{pills}</div>' if pills else ""


def _blocks(blocks: Iterable[Mapping[str, Any]]) -> str:
    return "".join(_block(block) for block in blocks)


def _block(block: Mapping[str, Any]) -> str:
    kind = block.get("type")
    if kind == "header":
        return f"<h3>{_text(block['text'])}</h3>"
    if kind == "section":
        told = f"<p>{_text(block['text'])}</p>" if "text" in block else ""
        cells = "".join(f"<p>{_text(cell)}</p>" for cell in block.get("fields") or [])
        return told + (f'<div class="fields">{cells}</div>' if cells else "")
    if kind == "context":
        inner = " ".join(_text(item) for item in block["elements"] if "text" in item)
        return f'<p class="small">{inner}</p>'
    if kind == "actions":
        inner = "".join(_button(item) for item in block["elements"])
        return f'<div class="buttons">{inner}</div>'
    return "<hr>" if kind == "divider" else ""


def _button(button: Mapping[str, Any]) -> str:
    label, url = _text(button["text"]), str(button.get("url", ""))
    if urlsplit(url).scheme not in {"http", "https"}:
        return f"<span>{label}</span>"
    return f'<a href="{escape(url)}" rel="noopener noreferrer" target="_blank">{label}</a>'


def _text(value: Mapping[str, Any]) -> str:
    text = str(value.get("text", ""))
    if value.get("type") == "mrkdwn":
        return mrkdwn_html(text)
    return escape(unescape(text), quote=False)


def _angle(inner: str) -> str:
    """A link, a date or a mention, as written between ``<`` and ``>``."""
    target, _, label = inner.partition("|")
    if target.startswith("!date^"):
        return escape(unescape(label))
    if target.startswith("!subteam^"):
        label = label or f"@{target.removeprefix('!subteam^')}"
    if target.startswith(("!", "@", "#")):
        return f'<span class="mention">{escape(unescape(label or target))}</span>'
    address = unescape(target)
    shown = escape(unescape(label or target), quote=False)
    if urlsplit(address).scheme not in {"http", "https", "mailto"}:
        return shown
    return f'<a href="{escape(address)}" rel="noopener noreferrer" target="_blank">{shown}</a>'
