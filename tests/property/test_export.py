"""Hostile text leaves the archive as text: feeds stay well-formed, cells are no formulas."""

import csv
import io
import sqlite3
from datetime import UTC, datetime

import feedparser
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from sqlalchemy.exc import OperationalError

from pipeline.errors import StoreError
from pipeline.stages.export import cells
from pipeline.stages.feed_writing import FeedHead, atom, rss
from pipeline.store.engine import told_store_errors
from schemas.export import FeedItem

NOW = datetime(2026, 5, 4, 12, 0, tzinfo=UTC)
HOSTILE = st.text(
    alphabet=st.sampled_from("<>&\"']]>\0\x0b\ud800\ufffe=+-@\t\r\n é稀a "), max_size=40
)
TEXT = st.one_of(HOSTILE, st.text(max_size=60))
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


@given(TEXT, TEXT)
@example("]]><script>alert(1)</script>", "<!ENTITY x SYSTEM 'file:///etc/passwd'>&x;")
@settings(deadline=None)
def test_feeds_are_well_formed_whatever_is_told(title: str, text: str) -> None:
    head = FeedHead("k", title, text, NOW, "https://desk.example/f?a=1&b=" + title)
    items = [
        FeedItem(f"{n}", title, text, NOW, "https://a.example/?q=" + title, (title,))
        for n in range(2)
    ]
    for write in (rss, atom):
        body = "".join(write(head, items)).encode("utf-8")
        read = feedparser.parse(body)
        assert read.bozo == 0
        assert len({entry.id for entry in read.entries}) == 2
        assert all(entry.updated_parsed or entry.published_parsed for entry in read.entries)


@given(st.one_of(TEXT, st.lists(TEXT, max_size=3), st.none(), st.integers(), st.booleans()))
@example("=1+1")
@example(" =1+1")
@example(["@SUM(A1)", "b"])
def test_no_cell_is_a_formula(value: object) -> None:
    line = io.StringIO()
    writer = csv.DictWriter(line, ["x", "y"])
    writer.writerow(cells({"x": value, "y": "after"}))
    (cell, after) = next(csv.reader(io.StringIO(line.getvalue(), newline="")))
    assert after == "after"
    if isinstance(value, str | list):
        assert not cell.lstrip(" ").startswith(FORMULA)
    if isinstance(value, str) and not cell.startswith("'"):
        assert cell == value.replace("\0", "")


def test_an_sqlite_without_full_text_search_is_named() -> None:
    error = OperationalError("CREATE", {}, sqlite3.OperationalError("no such module: fts5"))
    with pytest.raises(StoreError, match="without full-text search"), told_store_errors():
        raise error
