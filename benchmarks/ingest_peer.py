"""The peer's side of benchmarks/ingest.py: lemon24/reader, ``ingest_peer.py BASE FEEDS FOLDER``.

As ingest_ours.py; run by the Python of an environment that has ``reader``.
"""

import json
import resource
import sys
import time

from reader import make_reader

WORKERS = 10
"""Threads that fetch; the fastest of 1, 2, 4, 10 and 20 on two cores."""


def cpu_seconds() -> float:
    """Of this process."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def main() -> None:
    """Add the feeds, then update as often as asked."""
    base, count, folder = sys.argv[1], int(sys.argv[2]), sys.argv[3]
    reader = make_reader(f"{folder}/reader.sqlite3")
    for number in range(count):
        reader.add_feed(f"{base}/feed/{number}")
    print("ready", flush=True)
    had = 0
    for line in sys.stdin:
        cpu, wall = cpu_seconds(), time.perf_counter()
        results = reader.update_feeds_iter(scheduled=False, workers=WORKERS)
        failed = sum(result.error is not None for result in results)
        seconds, cpu = time.perf_counter() - wall, cpu_seconds() - cpu
        total = reader.get_entry_counts().total
        told = {"phase": line.strip(), "seconds": seconds, "cpu_s": cpu, "feeds": count}
        print(json.dumps({**told, "new": total - had, "failed": failed}), flush=True)
        had = total


if __name__ == "__main__":
    main()
