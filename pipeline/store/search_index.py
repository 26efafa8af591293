"""Writing what is searched: an article's words, and labels of its newest reading.

Labels (theme, state, mineral, stage, agreement, outlet, language) are words of their own in the
index, so that a filter costs what a word costs. They are hashed: no word of a text is ever one.
"""

from collections.abc import Collection, Iterable, Mapping
from functools import lru_cache
from hashlib import blake2s
from typing import Any

from sqlalchemy import bindparam, column, delete, exists, func, insert, select, table
from sqlalchemy.orm import Session

from pipeline.store.engine import insert_for
from pipeline.store.search_text import words_of
from schemas.tables import ArticleRow, AssessmentRow, SearchEntryRow

TITLE_WORDS = 100
BODY_WORDS = 1_000
"""Of summary and text. A tsvector has 16,383 places and 256 of a word; news says it early."""
LABEL_KINDS = ("theme", "state", "mineral", "stage", "agreement", "outlet", "language", "relevant")
EVERY = "every0article"
"""A label that every article has: what is asked for by exclusion alone is searched in it."""
TS_LABEL = "_"
"""Stands before a label in a tsvector, where labels are no column of their own; never in a word."""
_CHUNK = 500

fts = table("search_index", column("rowid"), column("title"), column("body"), column("labels"))
"""SQLite's table of words."""


@lru_cache(maxsize=16384)
def label(kind: str, value: str) -> str:
    """The word by which ``value`` is found in the index."""
    told = f"{kind}\x1f{value.strip().casefold()}"
    return f"l{blake2s(told.encode('utf-8', 'replace'), digest_size=7).hexdigest()}"


def index_articles(article_ids: Collection[int], *, session: Session) -> int:
    """Write the entries of these articles anew; returns how many there are.

    With the reading that is saved in the same transaction, an entry is never older than it.
    """
    ids = sorted(set(article_ids))
    return sum(_index(ids[start : start + _CHUNK], session) for start in range(0, len(ids), _CHUNK))


def index_missing(*, limit: int, session: Session) -> int:
    """Index at most ``limit`` articles that have no entry, the newest first; returns how many."""
    entry = exists().where(SearchEntryRow.article_id == ArticleRow.id)
    query = select(ArticleRow.id).where(~entry).order_by(ArticleRow.id.desc()).limit(limit)
    return index_articles(session.scalars(query).all(), session=session)


def count_missing(*, session: Session) -> int:
    """How many articles cannot be searched yet."""
    entry = exists().where(SearchEntryRow.article_id == ArticleRow.id)
    return session.scalar(select(func.count()).select_from(ArticleRow).where(~entry)) or 0


def _index(ids: list[int], session: Session) -> int:
    session.flush()
    query = select(
        ArticleRow.id,
        ArticleRow.title,
        ArticleRow.summary,
        ArticleRow.text,
        ArticleRow.language,
        ArticleRow.outlet,
        ArticleRow.published_at,
    ).where(ArticleRow.id.in_(ids))
    rows = session.execute(query).all()
    readings = _readings(ids, session)
    postgresql = session.get_bind().dialect.name == "postgresql"
    entries = [_entry(row, readings.get(row.id), postgresql=postgresql) for row in rows]
    if not entries:
        return 0
    if not postgresql:
        _write_fts(ids, entries, session)
    statement = insert_for(session, SearchEntryRow)
    named = {name: statement.excluded[name] for name in ("published_at", "vector")}
    statement = statement.on_conflict_do_update(index_elements=["article_id"], set_=named)
    kept = ("article_id", "published_at", "vector")
    session.connection().execute(statement, [{name: e[name] for name in kept} for e in entries])
    return len(entries)


def _readings(ids: list[int], session: Session) -> dict[int, Mapping[str, Any]]:
    """The newest reading of each, as JSON."""
    query = (
        select(AssessmentRow.article_id, AssessmentRow.reading)
        .where(AssessmentRow.article_id.in_(ids))
        .order_by(AssessmentRow.id)
    )
    return {row.article_id: row.reading for row in session.execute(query)}


def _write_fts(ids: list[int], entries: list[dict[str, Any]], session: Session) -> None:
    # An index of words is searched for what is to go: ask first, most are new.
    known = session.scalars(
        select(SearchEntryRow.article_id).where(SearchEntryRow.article_id.in_(ids))
    ).all()
    if known:
        session.connection().execute(
            delete(fts).where(fts.c.rowid == bindparam("id")), [{"id": one} for one in known]
        )
    values = [
        {
            "rowid": entry["article_id"],
            "title": " ".join(entry["title"]),
            "body": " ".join(entry["body"]),
            "labels": " ".join(entry["labels"]),
        }
        for entry in entries
    ]
    session.connection().execute(insert(fts), values)


def _entry(row: Any, reading: Mapping[str, Any] | None, *, postgresql: bool) -> dict[str, Any]:
    title = words_of(row.title, TITLE_WORDS)
    body = words_of(row.summary, BODY_WORDS)
    if row.text and len(body) < BODY_WORDS:
        body += words_of(row.text, BODY_WORDS - len(body))
    labels = labels_of(reading, language=row.language, outlet=row.outlet)
    return {
        "article_id": row.id,
        "published_at": row.published_at,
        "title": title,
        "body": body,
        "labels": labels,
        "vector": _vector(title, body, labels) if postgresql else None,
    }


def labels_of(reading: Mapping[str, Any] | None, *, language: str, outlet: str) -> list[str]:
    """The labels of an article with this reading (schemas.assessment in JSON), or with none."""
    read = reading or {}
    agreement = read.get("agreement")
    named: Iterable[tuple[str, Iterable[str]]] = (
        ("theme", [theme["id"] for theme in read.get("themes", ())]),
        ("state", read.get("parties", ())),
        ("mineral", read.get("minerals", ())),
        ("stage", [read.get("stage", "none")]),
        ("agreement", [agreement] if agreement else ()),
        ("outlet", [outlet]),
        ("language", [read.get("language") or language]),
        ("relevant", ["yes"] if read.get("relevant") else ()),
    )
    return [EVERY, *(label(kind, value) for kind, values in named for value in values)]


def _vector(title: list[str], body: list[str], labels: list[str]) -> str:
    """A tsvector: words of the title weigh A, those of the body D, labels have no place.

    Between title and body a place stays free, so that no phrase reaches from one to the other.
    """
    places: dict[str, list[str]] = {}
    for place, word in enumerate(title, 1):
        places.setdefault(word, []).append(f"{place}A")
    for place, word in enumerate(body, len(title) + 2):
        places.setdefault(word, []).append(str(place))
    told = [f"'{word}':{','.join(found)}" for word, found in places.items()]
    return " ".join([*told, *(f"'{TS_LABEL}{word}'" for word in labels)])
