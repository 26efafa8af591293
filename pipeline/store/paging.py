"""Paging by key: each part of a list is read from where the last one ended, by an index."""

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, true, tuple_

from schemas.paging import Key, Page

_R = TypeVar("_R")
_T = TypeVar("_T")


def beyond(columns: Sequence[Any], key: Key | None, *, newest_first: bool) -> ColumnElement[bool]:
    """The condition for what comes after ``key`` in a list ordered by ``columns``.

    A comparison of rows, which PostgreSQL and SQLite look up in an index of these columns.

    Args:
        columns: those of ORDER BY, all in one direction; the last one is unique.
        key: of the last line shown; None at the beginning.
        newest_first: the direction is descending.
    """
    if key is None or len(key) != len(columns):
        return true()
    row, mark = tuple_(*columns), tuple_(*key)
    return row < mark if newest_first else row > mark


def page_of(
    rows: Sequence[_R], *, size: int, key: Callable[[_R], Key], item: Callable[[_R], _T]
) -> Page[_T]:
    """A page of ``size`` lines from a query that asked for one more, which tells of a next page."""
    shown = rows[:size]
    more = key(shown[-1]) if len(rows) > size else None
    return Page(tuple(item(row) for row in shown), more)
