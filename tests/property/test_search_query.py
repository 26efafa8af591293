"""Whatever is typed, a search answers; and what is marked is what was asked for."""

import sqlite3
from collections.abc import Iterator
from itertools import pairwise

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from sqlalchemy import create_engine
from sqlalchemy import text as sql
from sqlalchemy.engine import Connection

from pipeline.store.search import fts_expression, ts_expression
from pipeline.store.search_hits import marks, snippet
from pipeline.store.search_index import label
from pipeline.store.search_text import MAX_CLAUSES, parse_query, placed_words, words_of

HOSTILE = st.text(alphabet=st.sampled_from("ab*\"'()-:&|!<>\\^+{}~% \n\0ANDORNTE稀é"), max_size=60)
ANYTHING = st.one_of(HOSTILE, st.text(max_size=80))
GROUPS = [[label("state", "KZ"), label("state", "US")], [label("theme", "x")]]


@pytest.fixture(scope="module")
def fts() -> Iterator[sqlite3.Connection]:
    connection = sqlite3.connect(":memory:")
    connection.execute("CREATE VIRTUAL TABLE t USING fts5(title, body, labels, tokenize='ascii')")
    connection.execute("INSERT INTO t VALUES ('a b', 'ab', 'x')")
    yield connection
    connection.close()


@pytest.fixture(scope="module")
def vectors(postgres: str) -> Iterator[Connection]:
    engine = create_engine(postgres)
    with engine.connect() as connection:
        yield connection
    engine.dispose()


@given(ANYTHING, st.booleans())
@example('" OR 1=1 --', False)
@example("NEAR(a b) AND NOT title:x^2", True)
@example("a* " * 500, False)
@example("-" * 500, True)
@example(f'"{"a " * 500}"', False)
@settings(deadline=None, max_examples=400)
def test_fts5_takes_every_query(fts: sqlite3.Connection, query: str, filtered: bool) -> None:
    told = fts_expression(parse_query(query), GROUPS if filtered else [])
    found = fts.execute("SELECT bm25(t, 4.0, 1.0, 0.0) FROM t WHERE t MATCH ?", (told,)).fetchall()
    assert len(found) <= 1, "the table has one row"


@given(ANYTHING, st.booleans())
@example("a' & b | !c <-> d:* \\", False)
@example("a* " * 500, False)
@settings(deadline=None, max_examples=200)
def test_postgresql_takes_every_query(vectors: Connection, query: str, filtered: bool) -> None:
    told = ts_expression(parse_query(query), GROUPS if filtered else [])
    query_on_one = sql("SELECT 'a:1A'::tsvector @@ CAST(:q AS tsquery)")
    assert vectors.scalar(query_on_one, {"q": told}) in {True, False}


@given(ANYTHING)
def test_a_query_is_short_and_of_letters_and_digits(query: str) -> None:
    parsed = parse_query(query)
    clauses = [*parsed.wanted, *parsed.unwanted]
    assert len(clauses) <= MAX_CLAUSES
    assert all(word.isalnum() for clause in clauses for word in clause.words)


@given(st.text(max_size=300))
def test_words_are_the_same_with_and_without_their_places(text: str) -> None:
    placed = list(placed_words(text))
    assert [word.text for word in placed] == words_of(text, 10_000)
    assert all(0 <= word.start < word.end <= len(text) for word in placed)


@given(st.text(max_size=300))
def test_folding_twice_changes_nothing(text: str) -> None:
    once = words_of(text, 10_000)
    assert words_of(" ".join(once), 10_000) == once


@given(st.text(max_size=400), ANYTHING)
def test_marks_lie_in_the_text_in_order(text: str, query: str) -> None:
    wanted = parse_query(query).wanted
    for shown, hits in ((text, marks(text, wanted)), _parts(text, query)):
        assert all(0 <= a < b <= len(shown) for a, b in hits)
        assert all(first[1] <= second[0] for first, second in pairwise(hits))


def _parts(text: str, query: str) -> tuple[str, tuple[tuple[int, int], ...]]:
    shown = snippet(text, parse_query(query).wanted)
    return shown.text, shown.hits


@given(
    st.lists(st.sampled_from(["tin", "rare", "earths", "deal", "Ünion"]), min_size=1, max_size=9)
)
def test_a_phrase_of_a_text_is_marked_in_it(words: list[str]) -> None:
    text = f"Before {' '.join(words)} after"
    hits = marks(text, parse_query(f'"{" ".join(words)}"').wanted)
    assert hits == ((7, 7 + len(" ".join(words))),)
