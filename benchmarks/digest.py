"""What an edition of the digest costs with a large archive, and how large it gets.

    python benchmarks/digest.py [--articles 100000] [--database sqlite,postgresql] [--per-day 30]

Builds the archive of benchmarks/stories.py (made-up stories, a fixed number a day, half of them
with one article, the others with two to six), gives each story two themes, and adds a day's
polls of fifty feeds. Then it makes a day's edition and Monday's, which tells of the week too,
each several times. Printed: the median seconds to build one (all reads, both pictures, HTML and
text); bytes of HTML, text and the message with its pictures. All articles are relevant here, so
that a day has more stories than a desk sees.
"""

import argparse
import json
import statistics
import tempfile
import time
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import bindparam, func, insert, select, update
from stories import NOW, Newsroom, build, store

from pipeline.catalog import load_catalog
from pipeline.notify.email import build_email
from pipeline.settings import Settings
from pipeline.stages.context import Context
from pipeline.stages.digest import build as build_edition
from pipeline.store import feeds
from pipeline.store.engine import Database
from schemas.config import FeedConfig
from schemas.feed import PollOutcome
from schemas.tables import ArticleRow, FeedRow, PollRow, StoryRow

ARTICLES_A_STORY = 2.33
FEEDS = 50


def main() -> None:
    """Build, make editions, print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--articles", type=int, default=100_000)
    parser.add_argument("--database", default="sqlite,postgresql")
    parser.add_argument("--per-day", type=int, default=30, help="stories that open in a day")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    for kind in given.database.split(","):
        with store(kind) as (database, _disk), tempfile.TemporaryDirectory() as folder:
            build(database, Newsroom(given.per_day), int(given.articles / ARTICLES_A_STORY))
            context = Context(
                Settings(var_dir=Path(folder)), load_catalog(Settings()), database, NOW
            )
            furnish(context)
            told: dict[str, Any] = {"database": kind, "articles": count(database)}
            monday = NOW.date() - timedelta(days=NOW.weekday())
            for name, day in (("daily", monday - timedelta(days=1)), ("weekly", monday)):
                told[name] = measure(context, day, given.rounds)
            print(json.dumps(told) if given.json else line(told), flush=True)


def furnish(context: Context) -> None:
    """Themes for the stories, and a day's polls of fifty feeds."""
    themes = list(context.catalog.theme_titles)
    with context.database.write() as session:
        ids = list(session.scalars(select(StoryRow.id)))
        session.connection().execute(
            update(StoryRow.__table__)  # type: ignore[arg-type]
            .where(StoryRow.__table__.c.id == bindparam("of"))
            .values(themes=bindparam("two")),
            [{"of": n, "two": [themes[n % len(themes)], themes[n * 7 % len(themes)]]} for n in ids],
        )
        begin = NOW - timedelta(days=1, hours=12)
        known = [FeedConfig(name=f"f{n}", url=f"https://f{n}.example/") for n in range(FEEDS)]
        feeds.sync_feeds(known, keep_others=True, now=begin, session=session)
        session.execute(update(FeedRow).values(last_success_at=NOW, last_new_at=NOW))
        polls = [
            {
                "feed_id": feed_id, "at": begin + timedelta(minutes=5 * n),
                "outcome": PollOutcome.NOT_MODIFIED.value, "message": "", "entries": 0, "new": 0,
                "bytes_read": 0, "seconds": 0.1,
            }
            for feed_id in session.scalars(select(FeedRow.id))
            for n in range(288)
        ]  # fmt: skip
        session.execute(insert(PollRow), polls)


def count(database: Database) -> int:
    """Articles in the archive."""
    with database.read() as session:
        return session.scalar(select(func.count()).select_from(ArticleRow)) or 0


def measure(context: Context, day: date, rounds: int) -> dict[str, Any]:
    """Seconds and sizes of the edition of ``day``."""
    seconds = []
    for _ in range(rounds):
        started = time.perf_counter()
        edition = build_edition(context, "r", day=day)
        seconds.append(time.perf_counter() - started)
    made = edition.rendered
    mail = build_email(
        made, sender="a@example.org", recipients=["b@example.org"], key="k", sent_at=NOW
    )
    return {
        "seconds": statistics.median(seconds),
        "stories": len(edition.digest.top),
        "html": len(made.html.encode()),
        "text": len(made.text.encode()),
        "mail": len(mail.as_bytes()),
    }


def line(told: dict[str, Any]) -> str:
    """Both editions in two lines."""
    return "\n".join(
        f"{told['database']:<11}{told['articles']:>9,} articles  {name:<7}"
        f"{told[name]['seconds']:6.2f} s  {told[name]['stories']:>4,} stories  "
        f"HTML {told[name]['html'] / 1000:5.1f} kB  text {told[name]['text'] / 1000:5.1f} kB  "
        f"mail {told[name]['mail'] / 1000:5.1f} kB"
        for name in ("daily", "weekly")
    )


if __name__ == "__main__":
    main()
