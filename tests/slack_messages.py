"""What a Slack message must be, asked of three: its JSON Schema, the demo server, slack_sdk."""

import json
from pathlib import Path

import jsonschema
from slack_sdk.models.blocks import Block

from pipeline.demo.slack_workspace import content_fault
from pipeline.notify.text import units

_PATH = Path(__file__).parents[1] / "schemas" / "json" / "slack-message.schema.json"
_VALIDATOR = jsonschema.Draft202012Validator(json.loads(_PATH.read_text(encoding="utf-8")))
MAX_TEXT = 4000


def schema_faults(message):
    """What the JSON Schema has against a message."""
    errors = _VALIDATOR.iter_errors(message)
    return [f"{error.json_path}: {error.message[:200]}" for error in errors]


def faults(message):
    """What is wrong with a message, as words; nothing where Slack would take it."""
    found = schema_faults(message)
    if (refused := content_fault(message)) is not None:
        found.append(json.dumps(refused)[:500])
    for block in Block.parse_all(message["blocks"]):
        block.validate_json()
    if not 0 < units(message["text"]) <= MAX_TEXT:
        found.append(f"text of {units(message['text'])} units")
    json.dumps(message, ensure_ascii=False).encode()
    return found


def all_texts(message):
    """Every text of a message that a reader sees, those of buttons too."""
    yield message["text"]
    yield from block_texts(message)


def block_texts(message):
    """The texts of its blocks alone."""
    for block in message["blocks"]:
        for part in [block.get("text"), *block.get("fields", []), *block.get("elements", [])]:
            if part:
                yield part["text"]["text"] if part["type"] == "button" else part["text"]


def mrkdwn_texts(message):
    """The texts of its blocks that Slack reads formatting in."""
    for block in message["blocks"]:
        parts = [block.get("text"), *block.get("fields", []), *block.get("elements", [])]
        yield from (part["text"] for part in parts if part and part["type"] == "mrkdwn")


def told(message):
    """The texts of its blocks, a line each."""
    return "\n".join(block_texts(message))


def buttons(message):
    """(action_id, text, address) of each button."""
    return [
        (item["action_id"], item["text"]["text"], item["url"])
        for block in message["blocks"]
        if block["type"] == "actions"
        for item in block["elements"]
    ]
