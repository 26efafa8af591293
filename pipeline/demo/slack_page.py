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
.mention { background: var(--mark); } .none { color: var(--soft); }
@media (max-width: 640px) { nav { display: none; } .fields { grid-template-columns: 1fr; } }
"""

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
    first = [message for message in own if message.thread_ts is None]
    told = "".join(
        _message(message, [reply for reply in own if reply.thread_ts == message.ts])
        for message in first
    )
    empty = '<p class="none">No messages yet.</p>'
    name = escape(channel.name)
    return f'<section id="{name}"><h2># {name}</h2>{told or empty}</section>'


def _message(message: SlackMessage, replies: Sequence[SlackMessage]) -> str:
    at = datetime.fromtimestamp(float(message.ts), UTC)
    edited = " (edited)" if message.edits else ""
    body = _blocks(message.blocks) or f"<p>{mrkdwn_html(message.text)}</p>"
    thread = ""
    if replies:
        count = f"{len(replies)} repl{'y' if len(replies) == 1 else 'ies'}"
        inner = "".join(_message(reply, []) for reply in replies)
        thread = f'<div class="thread"><b>{count}</b>{inner}</div>'
    return (
        '<article><div class="face">M</div><div class="body"><div class="who">mineralwatch'
        f"<small>{at:%d %b %H:%M:%S} UTC{edited}</small></div>{body}{thread}</div></article>"
    )


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
    return "<hr>" if kind == "divider" else ""


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
    if target.startswith(("!", "@", "#")):
        return f'<span class="mention">{escape(unescape(label or target))}</span>'
    address = unescape(target)
    shown = escape(unescape(label or target), quote=False)
    if urlsplit(address).scheme not in {"http", "https", "mailto"}:
        return shown
    return f'<a href="{escape(address)}" rel="noopener noreferrer" target="_blank">{shown}</a>'
