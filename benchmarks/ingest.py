"""How fast feeds are polled, beside lemon24/reader on the same feeds in the same run.

    python benchmarks/ingest.py [--feeds 2000] [--peer-feeds 500] [--no-peer] [--rounds 1]

A server on loopback, in a process of its own, serves feeds of 30 items (some 20 kB each). Both
sides poll them all in four phases: ``first`` (all is new and stored), ``not-modified`` (304),
``unchanged`` (200 with the bytes of the last time) and ``one-new`` (200 with one new item). Printed
for each: feeds and new entries a second by the wall clock, CPU seconds for 1,000 feeds (all
processes of that side, not the server's), and the peak of the memory of all its processes (PSS:
shared pages are counted once). Server and client share the machine's cores.

The peer is installed into an environment of its own under ``--cache``; it is no dependency of the
product. It may be given fewer feeds, as its rate is soon steady.
"""

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import psutil
from peers import peer_environment

HERE = Path(__file__).parent
PEER = ("reader==3.26", "sgmllib3k==1.0.0")
"""What feedparser, as reader carries it, imports and no newer feedparser brings any more."""
PHASES = ("first", "not-modified", "unchanged", "one-new")
SAMPLE_S = 0.2


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--feeds", type=int, default=2000)
    parser.add_argument("--peer-feeds", type=int, default=500)
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--no-peer", action="store_true")
    parser.add_argument("--json", action="store_true")
    parser.add_argument(
        "--cache", type=Path, default=Path(tempfile.gettempdir()) / "mineralwatch-benchmarks"
    )
    given = parser.parse_args()
    peer = None if given.no_peer else peer_environment(given.cache, PEER)
    rounds = []
    for _ in range(given.rounds):
        found = {"mineralwatch": side([sys.executable, "ingest_ours.py"], given.feeds)}
        if peer is not None:
            found["reader"] = side([str(peer), "ingest_peer.py"], given.peer_feeds)
        rounds.append(found)
        if not given.json:
            print(table(found), flush=True)
    if given.json:
        print(json.dumps({"machine": machine(), "rounds": rounds}))


def machine() -> str:
    """What it ran on."""
    return f"{os.cpu_count()} cores, Python {platform.python_version()}, {platform.machine()}"


def side(command: list[str], feeds: int) -> list[dict[str, Any]]:
    """All phases of one side, with a server of its own."""
    with tempfile.TemporaryDirectory() as folder, serving() as port:
        base = f"http://127.0.0.1:{port}"
        program = [command[0], str(HERE / command[1]), base, str(feeds), folder]
        environment = {**os.environ, "PYTHONPATH": str(HERE.parent)}
        with subprocess.Popen(
            program, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        ) as process:
            assert process.stdin is not None  # noqa: S101 - opened as pipes just before
            assert process.stdout is not None  # noqa: S101
            next(line for line in process.stdout if line == "ready\n")
            told = []
            for phase in PHASES:
                curl(f"{base}/phase/{phase}")
                with Memory(process.pid) as memory:
                    print(phase, file=process.stdin, flush=True)
                    answers = (line for line in process.stdout if line.startswith("{"))
                    line = json.loads(next(answers))
                told.append(figures(line, memory.peak))
            process.stdin.close()
        return told


def figures(line: dict[str, Any], peak: int) -> dict[str, Any]:
    """Rates from counts and seconds."""
    return {
        "phase": line["phase"],
        "feeds": line["feeds"],
        "new": line["new"],
        "failed": line["failed"],
        "feeds_per_s": line["feeds"] / line["seconds"],
        "entries_per_s": line["new"] / line["seconds"],
        "cpu_s_per_1000": line["cpu_s"] / line["feeds"] * 1000,
        "peak_mb": peak / 2**20,
    }


def table(found: dict[str, list[dict[str, Any]]]) -> str:
    """The figures side by side, with the ratio of the rates."""
    lines = [
        f"{machine()}",
        (
            f"{'':<14}{'phase':<14}{'feeds':>7}{'feeds/s':>9}{'entries/s':>11}"
            f"{'CPU-s/1000':>12}{'peak MB':>9}{'ratio':>7}"
        ),
    ]
    for name, phases in found.items():
        for place, one in enumerate(phases):
            own = found["mineralwatch"][place]["feeds_per_s"]
            ratio = "" if name == "mineralwatch" else f"{own / one['feeds_per_s']:.1f}x"
            failed = f"  {one['failed']} failed" if one["failed"] else ""
            lines.append(
                f"{name:<14}{one['phase']:<14}{one['feeds']:>7,}{one['feeds_per_s']:>9,.0f}"
                f"{one['entries_per_s']:>11,.0f}{one['cpu_s_per_1000']:>12.2f}"
                f"{one['peak_mb']:>9,.0f}{ratio:>7}{failed}"
            )
    return "\n".join(lines)


@contextmanager
def serving() -> Iterator[int]:
    """The server's port while it runs."""
    command = [sys.executable, str(HERE / "ingest_server.py")]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdin is not None  # noqa: S101 - opened as pipes just before
        assert process.stdout is not None  # noqa: S101
        try:
            yield int(process.stdout.readline())
        finally:
            process.stdin.close()


def curl(url: str) -> None:
    """Ask the server something; it must answer."""
    import urllib.request

    with urllib.request.urlopen(url, timeout=30) as answer:  # noqa: S310 - our own loopback server
        answer.read()


class Memory:
    """The greatest PSS of a process and its children within the block, in bytes."""

    def __init__(self, pid: int) -> None:
        self.peak = 0
        self._process = psutil.Process(pid)
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._sample, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._done.set()
        self._thread.join()

    def _sample(self) -> None:
        while True:
            self.peak = max(self.peak, self._now())
            if self._done.wait(SAMPLE_S):
                return

    def _now(self) -> int:
        total = 0
        for process in [self._process, *self._process.children(recursive=True)]:
            try:
                total += process.memory_full_info().pss
            except (psutil.NoSuchProcess, psutil.AccessDenied):
                continue
        return total


if __name__ == "__main__":
    main()
