"""The table of settings: names and defaults from pipeline/settings.py, words from .env.example."""

import re
from pathlib import Path
from typing import Any

from pydantic import SecretStr
from pydantic_core import PydanticUndefined

from pipeline.settings import Settings

ROOT = Path(__file__).parents[2]
_HEAD = """Variables of the environment, or lines of a file `.env` in the folder that you start
from; the environment wins. In Airflow the connections `mineralwatch_db`, `mineralwatch_slack`,
`mineralwatch_smtp` and `mineralwatch_webhooks` come first. `mineralwatch config show` prints what
is in force, without secrets.
"""
_LINE = re.compile(r"^#?(MINERALWATCH_[A-Z_]+)=(.*)$")
_SECTION = re.compile(r"^# ---- (.+?) -+$")


def page() -> str:
    """The page, with a table for each part of .env.example."""
    lines = [
        "# Settings\n",
        _HEAD,
    ]
    for section, rows in sections():
        lines.append(f"## {section}\n\n| variable | default | what it is |\n| --- | --- | --- |")
        lines += [f"| `{name}` | {_default(name)} | {_cell(told)} |" for name, told in rows]
        lines.append("")
    return "\n".join(lines)


def sections() -> list[tuple[str, list[tuple[str, str]]]]:
    """(section, [(variable, what it is)]) of every setting, in the order of .env.example.

    Raises:
        LookupError: a setting is not in the file, or the file has one that is none.
    """
    found: list[tuple[str, list[tuple[str, str]]]] = []
    said: list[str] = []
    for line in (ROOT / ".env.example").read_text(encoding="utf-8").splitlines():
        if section := _SECTION.match(line):
            found.append((section[1], []))
            said = []
        elif setting := _LINE.match(line):
            found[-1][1].append((setting[1], " ".join(said)))
            said = []
        elif line.startswith("# "):
            said.append(line.removeprefix("# ").strip())
        else:
            said = []
    named = {name for _, rows in found for name, _ in rows}
    wanted = {f"MINERALWATCH_{name.upper()}" for name in Settings.model_fields}
    if named != wanted:
        raise LookupError(f".env.example and settings.py differ in {sorted(named ^ wanted)}")
    return [(section, rows) for section, rows in found if rows]


def _default(variable: str) -> str:
    field = Settings.model_fields[variable.removeprefix("MINERALWATCH_").lower()]
    value: Any = field.default
    if value is PydanticUndefined or value is None or value == "" or isinstance(value, SecretStr):
        return "none"
    if isinstance(value, bool):
        return f"`{int(value)}`"
    return f"`{value}`"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")
