"""The JSON Schemas of the YAML files and of what is sent out: a section each, and the file."""

import json
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "schemas" / "json"
_HEAD = """# Files and their schemas

Each YAML file of the configuration, the event that webhooks get and the messages to Slack have a
JSON Schema, made from the shapes in `schemas`. The first line of a packaged YAML file names
its schema, so that editors complete and check while you type. `mineralwatch config check` checks
what schemas cannot: that ids agree across files, and that examples are read as they say.

"""


def page() -> str:
    """The page; the files are beside it under ``files/json``."""
    return "\n".join([_HEAD, *(_section(path) for path in sorted(FOLDER.glob("*.json")))])


def _section(path: Path) -> str:
    schema = json.loads(path.read_text(encoding="utf-8"))
    name = path.name.removesuffix(".schema.json")
    lines = [f"## {name}\n", f"[{path.name}](../files/json/{path.name})\n"]
    if told := schema.get("description"):
        lines.append(f"{_flat(told)}\n")
    lines += _properties(schema)
    for inner, one in schema.get("$defs", {}).items():
        if one.get("properties"):
            lines += [
                f"\n**{inner}**" + (f": {_flat(said)}" if (said := _said(one)) else "") + "\n"
            ]
            lines += _properties(one)
        elif one.get("enum"):
            values = ", ".join(f"`{value}`" for value in one["enum"])
            lines.append(f"\n**{inner}**: one of {values}\n")
    return "\n".join(lines) + "\n"


def _properties(schema: dict[str, Any]) -> list[str]:
    rows = schema.get("properties", {})
    if not rows:
        return [f"{_type(schema)}\n"] if schema.get("type") != "object" else []
    needed = schema.get("required", ())
    lines = ["| key | type | default | what it is |", "| --- | --- | --- | --- |"]
    for name, one in rows.items():
        if isinstance(one, bool):  # a schema that allows all, or nothing
            continue
        default = "needed" if name in needed else _default(one)
        lines.append(
            f"| `{name}` | {_type(one)} | {default} | {_flat(one.get('description', ''))} |"
        )
    return lines


def _said(schema: dict[str, Any]) -> str:
    return str(schema.get("description", ""))


def _flat(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|").replace("``", "`")


def _default(one: dict[str, Any]) -> str:
    if "default" not in one or one["default"] in (None, [], {}, ""):
        return ""
    return f"`{json.dumps(one['default'], ensure_ascii=False)}`"


def _type(one: dict[str, Any]) -> str:
    if reference := one.get("$ref"):
        return str(reference.rsplit("/", 1)[-1])
    if "const" in one:
        return f"`{json.dumps(one['const'])}`"
    if "enum" in one:
        return ", ".join(f"`{value}`" for value in one["enum"])
    for several in ("anyOf", "oneOf"):
        if several in one:
            return " or ".join(dict.fromkeys(_type(part) for part in one[several]))
    kind = one.get("type", "anything")
    if kind == "array":
        return f"list of {_type(one.get('items', {}))}"
    if kind == "object" and isinstance(one.get("additionalProperties"), dict):
        return f"map to {_type(one['additionalProperties'])}"
    return " or ".join(kind) if isinstance(kind, list) else str(kind)
