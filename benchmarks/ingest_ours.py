"""The product's side of benchmarks/ingest.py: ``ingest_ours.py BASE FEEDS FOLDER``.

Reads phases from stdin, a line each; polls all feeds; prints a line of figures for each.
"""

import json
import os
import resource
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path


def cpu_seconds() -> float:
    """Of this process and of its children that have ended."""
    return sum(
        used.ru_utime + used.ru_stime
        for used in map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    )


def main() -> None:
    """Write a feeds.yaml, then poll as often as asked."""
    base, count, folder = sys.argv[1], int(sys.argv[2]), Path(sys.argv[3])
    feeds = [{"name": f"Paper {n}", "url": f"{base}/feed/{n}"} for n in range(count)]
    (folder / "feeds.yaml").write_text(json.dumps({"feeds": feeds}), encoding="utf-8")
    os.environ["MINERALWATCH_FEEDS_FILE"] = str(folder / "feeds.yaml")
    os.environ["MINERALWATCH_ALLOW_PRIVATE_NETWORKS"] = "1"
    os.environ.setdefault("MINERALWATCH_DATABASE_URL", f"sqlite:///{folder}/ours.sqlite3")

    from pipeline.app import open_app
    from pipeline.store.migrate import upgrade

    now = datetime(2026, 11, 25, tzinfo=UTC)
    with open_app() as app:
        upgrade(app.database)
        print("ready", flush=True)
        for line in sys.stdin:
            now += timedelta(days=1)
            cpu, wall = cpu_seconds(), time.perf_counter()
            report = app.run("poll", now=now, everything=True)
            told = {
                "phase": line.strip(),
                "seconds": time.perf_counter() - wall,
                "cpu_s": cpu_seconds() - cpu,
                "feeds": report.counts["feeds"],
                "new": report.counts["new"],
                "failed": report.counts["failed"],
            }
            print(json.dumps(told), flush=True)


if __name__ == "__main__":
    main()
