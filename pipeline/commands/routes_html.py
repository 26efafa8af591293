"""The messages of a back-test as a page, set as Slack sets them."""

from pathlib import Path

from pipeline.demo.slack_page import page
from pipeline.demo.slack_workspace import SlackChannel, SlackMessage
from schemas.backtest import Backtest, WouldSend


def write_page(file: Path, found: Backtest) -> None:
    """Write the page; messages of other channels than Slack show their text."""
    channels: dict[str, SlackChannel] = {}
    messages: dict[str, SlackMessage] = {}
    for number, one in enumerate(found.sent, start=1):
        name = f"{one.to.channel.value}:{one.to.address}"
        channel = channels.setdefault(name, SlackChannel(id=f"C{len(channels):010d}", name=name))
        root = messages.get(one.thread_key or "")
        if one.kind == "update" and root is not None:
            _edit(root, one)
            continue
        messages[one.key] = SlackMessage(
            channel=channel,
            ts=f"{one.at.timestamp():.0f}.{number:06d}",
            text=_text(one),
            blocks=list(one.payload.get("blocks") or ()),
            thread_ts=root.ts if root else None,
            broadcast=one.broadcast,
        )
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(page(list(channels.values()), list(messages.values())), encoding="utf-8")


def _edit(root: SlackMessage, one: WouldSend) -> None:
    root.text, root.edits = _text(one), root.edits + 1
    root.blocks = list(one.payload.get("blocks") or ())


def _text(one: WouldSend) -> str:
    return str(one.payload.get("text") or one.payload.get("title") or one.payload.get("subject"))
