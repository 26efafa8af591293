"""Labelled items: reading them from files, checking them, telling which belong to one event."""

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.errors import ConfigError
from schemas.assessment import Document, Stage

FOLDS = 5
_STAGES = frozenset(stage.value for stage in Stage)
_KEYS = ("id", "title", "summary", "lang", "relevant", "themes", "stage", "parties", "minerals")


@dataclass(frozen=True, slots=True)
class Item:
    """One labelled item; ``fold`` is the part in which it is tested, ``file`` where it stands."""

    row: Mapping[str, Any]
    fold: int
    file: str = ""
    """Path within the folder of items."""

    @property
    def document(self) -> Document:
        """What the assessor reads of it."""
        row = self.row
        return Document(str(row["id"]), row["title"], row["summary"], row["lang"])


def load_items(folder: Path) -> list[Item]:
    """Read every ``*.jsonl`` under ``folder``, in the order of names.

    Items of one event, and items with the same parties, minerals and stage, are put into the same
    fold, so that a fold is tested by weights that never saw another telling of its news.

    Raises:
        ConfigError: no file is there, or a line is not a labelled item; it is named.
    """
    paths = sorted(folder.rglob("*.jsonl")) if folder.is_dir() else []
    if not paths:
        raise ConfigError(f"{folder}: no *.jsonl there", mend="name the folder of labelled items")
    read = {str(path.relative_to(folder)): list(_rows(path)) for path in paths}
    rows = [row for found in read.values() for row in found]
    files = [name for name, found in read.items() for _ in found]
    counts = Counter(str(row["id"]) for row in rows)
    twice = next((name for name, count in counts.items() if count > 1), None)
    if twice is not None:
        raise ConfigError(f"{folder}: the id {twice!r} is given twice", mend="keep one of the two")
    placed = zip(rows, groups(rows), files, strict=True)
    return [Item(row, _fold(group), file) for row, group, file in placed]


def _rows(path: Path) -> Iterable[dict[str, Any]]:
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except json.JSONDecodeError as error:
            raise ConfigError(f"{path}:{number}: not JSON", mend="one object a line") from error
        wrong = fault(row)
        if wrong:
            raise ConfigError(f"{path}:{number}: {wrong}", mend="mend the label")
        yield row


def fault(row: Any) -> str | None:
    """What is wrong with a row, or None."""
    if not isinstance(row, dict):
        return "not a JSON object"
    missing = [key for key in (*_KEYS, "significance", "event") if key not in row]
    if missing:
        return f"no {missing[0]}"
    if row["stage"] not in _STAGES:
        return f"no such stage {row['stage']!r}"
    if row["significance"] not in (range(1, 4) if row["relevant"] else (0,)):
        return f"significance {row['significance']!r}"
    given = row["themes"] or row["parties"] or row["stage"] != "none"
    return "not relevant, and yet labelled" if not row["relevant"] and given else None


def groups(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """A name for each row; rows that may tell the same news have the same one."""
    parent: dict[str, str] = {}

    def root(name: str) -> str:
        while parent.setdefault(name, name) != name:
            name = parent[name]
        return name

    own = [f"item {row['id']}" for row in rows]
    for name, row in zip(own, rows, strict=True):
        keys = [f"event {row['event']}"] if row["event"] else []
        if row["relevant"] and row["parties"] and row["minerals"]:
            keys.append(f"{row['parties']} {row['minerals']} {row['stage']}")
        for key in keys:
            parent[root(name)] = root(key)
    return [root(name) for name in own]


def _fold(group: str) -> int:
    return int(hashlib.sha256(group.encode()).hexdigest(), 16) % FOLDS
