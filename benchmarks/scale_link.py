"""What a relevant article costs after it was read: story, timeline, routes, outbox.

    python benchmarks/scale_link.py [--copies 3] [--database postgresql,sqlite]

The held-out items are stored as articles, read, and linked, as a pass does it; each further copy of
the set is of another day and another outlet, so that stories have members to be compared with.
Printed for each database: milliseconds of our CPU a relevant article, and on the wall, which has
the database's work in it.
"""

import argparse
import hashlib
import json
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from search import store as empty

from pipeline.assess.assessor import build_assessor
from pipeline.catalog import load_catalog
from pipeline.settings import load_settings
from pipeline.stages.assess import assess
from pipeline.stages.context import Context
from pipeline.stages.link import link
from pipeline.store import feeds
from pipeline.store.lots import store_lot
from schemas.article import NewArticle
from schemas.config import FeedConfig

ITEMS = Path(__file__).parent / "data" / "heldout.jsonl"
NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)


def main() -> None:
    """Measure on each database."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--copies", type=int, default=3)
    parser.add_argument("--database", default="postgresql,sqlite")
    given = parser.parse_args()
    settings = load_settings()
    catalog = load_catalog(settings)
    assessor = build_assessor(catalog.rules)
    items = [json.loads(line) for line in ITEMS.read_text(encoding="utf-8").splitlines()]
    for kind in given.database.split(","):
        with empty(kind) as (database, _):
            found: list[dict[str, float]] = []
            for copy in range(given.copies):
                context = Context(settings, catalog, database, NOW + timedelta(days=copy))
                fill(context, items, copy)
                assess(context, assessor)
                found.append(linked(context, assessor.ruleset))
        print(json.dumps({"database": kind, "copies": found}), flush=True)


def fill(context: Context, items: list[dict[str, Any]], copy: int) -> None:
    """The items as articles of one feed, an hour old."""
    with context.database.write() as session:
        config = FeedConfig(name="Bench", url="https://bench.example/feed")
        feeds.sync_feeds([config], keep_others=False, now=context.now, session=session)
    with context.database.write() as session:
        articles = [article(item, copy, context.now) for item in items]
        store_lot([(1, articles)], now=context.now, session=session)


def article(item: dict[str, Any], copy: int, now: datetime) -> NewArticle:
    """An item under an address of its own."""
    url = f"https://outlet{copy}.example/{item['id']}"
    title = item["title"] if not copy else f"{item['title']} ({copy})"
    return NewArticle(
        canonical_url=url,
        url=url,
        title=title,
        summary=item.get("summary", ""),
        language=item.get("lang", "en"),
        published_at=now - timedelta(hours=1),
        dated=True,
        outlet=f"outlet{copy}.example",
        content_hash=hashlib.sha256(title.encode()).hexdigest(),
    )


def linked(context: Context, ruleset: str) -> dict[str, float]:
    """Link all that waits."""
    wall, cpu = time.perf_counter(), time.process_time()
    report = link(context, ruleset)
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    count = report.counts.get("linked") or max(report.counts.values())
    return {
        "articles": count,
        "cpu_ms": round(cpu / count * 1_000, 1),
        "wall_ms": round(wall / count * 1_000, 1),
    }


if __name__ == "__main__":
    main()
