"""A part of a long list, and the key from which the next part goes on."""

from dataclasses import dataclass
from datetime import datetime
from typing import Generic, TypeAlias, TypeVar

T = TypeVar("T")

Key: TypeAlias = tuple[str | int | float | datetime, ...]
"""The columns by which a list is ordered, of the last line shown; the last one is unique."""


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """Some lines of a list; ``next`` is None at its end."""

    items: tuple[T, ...]
    next: Key | None = None
