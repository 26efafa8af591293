"""How long from an item in a feed to the Slack message, and what it costs to be up.

    python benchmarks/latency.py [--runs 3]

Starts `mineralwatch up` on a folder of its own, with a feed and a Slack endpoint on loopback. Each
run puts one new item into the feed, starts a run of poll_feeds as the clock's tick would, and
waits for the message. Printed: seconds to the first poll, of each run and of the stop, and the peak
of the memory of all processes (PSS: shared pages are counted once).
"""

import argparse
import json
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from datetime import UTC, datetime
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Self

import psutil

from pipeline.demo.slack_server import DEMO_TOKEN, SlackServer, SlackServerThread
from pipeline.settings import load_settings
from pipeline.store.engine import open_database
from pipeline.store.feeds import due_feeds
from pipeline.up.airflow_home import USERNAME, AirflowHome
from pipeline.up.api import AirflowApi
from pipeline.up.lock import free_port

NEWS = (
    ("Kazakhstan and the United States sign an agreement on critical minerals",
     "The two governments signed the agreement on rare earths and tungsten in Astana."),
    ("Japan and Zambia sign a partnership on copper and cobalt",
     "Ministers of Japan and Zambia signed a critical minerals agreement in Lusaka."),
    ("European Union and Chile sign lithium agreement",
     "The European Union and Chile signed a partnership on lithium in Santiago."),
    ("Australia and India ratify critical minerals agreement",
     "Parliament in Canberra ratified the minerals agreement between Australia and India."),
    ("United Kingdom and Mongolia sign minerals deal on copper",
     "The United Kingdom and Mongolia signed an agreement on copper in Ulaanbaatar."),
)  # fmt: skip


class Feed:
    """One feed on loopback that gains items."""

    def __init__(self) -> None:
        self._items: list[str] = []
        feed = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                body = feed.xml().encode()
                self.send_response(200)
                self.send_header("Content-Type", "application/rss+xml; charset=utf-8")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}/feed.xml"

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(
        self,
        _type: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        self._server.shutdown()

    def gain(self, title: str, summary: str) -> None:
        """One more item."""
        link = f"https://news.example/{len(self._items)}"
        date = format_datetime(datetime.now(UTC))
        self._items.append(
            f"<item><title>{title}</title><link>{link}</link><guid>{link}</guid>"
            f"<description>{summary}</description><pubDate>{date}</pubDate></item>"
        )

    def xml(self) -> str:
        """The feed as it is now."""
        items = "".join(self._items)
        head = "<title>Bench</title><link>https://news.example/</link><description>.</description>"
        return f'<rss version="2.0"><channel>{head}{items}</channel></rss>'


class Memory:
    """The peak of the PSS of a process and all below it, looked at each half second."""

    def __init__(self, pid: int) -> None:
        self._root = psutil.Process(pid)
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self.peak = 0
        self.parts: dict[str, int] = {}

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        _type: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        self._done.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._done.wait(0.5):
            parts: dict[str, int] = {}
            for process in [self._root, *self._root.children(recursive=True)]:
                try:
                    words = process.cmdline()
                    parts[f"{process.pid} {' '.join(words)[-44:].strip()}"] = (
                        process.memory_full_info().pss
                    )
                except psutil.Error:
                    continue
            if sum(parts.values()) > self.peak:
                self.peak, self.parts = sum(parts.values()), parts


def environment(slack: SlackServer) -> dict[str, str]:
    """This process's environment, with Slack on loopback."""
    return {
        **os.environ,
        "MINERALWATCH_SLACK_TOKEN": DEMO_TOKEN,
        "MINERALWATCH_SLACK_BASE_URL": slack.base_url,
        "MINERALWATCH_SLACK_CHANNEL": "#minerals",
        "MINERALWATCH_ALLOW_PRIVATE_NETWORKS": "1",
    }


def wait_up(home: Path, port: int, up: subprocess.Popen[bytes]) -> AirflowApi:
    """Wait for the first poll to end, when the feed is known."""
    secrets = AirflowHome(home / "airflow").secrets
    deadline = time.monotonic() + 300
    while time.monotonic() < deadline and up.poll() is None:
        if secrets.exists():
            password = json.loads(secrets.read_text())["password"]
            api = AirflowApi(f"http://127.0.0.1:{port}", username=USERNAME, password=password)
            if finished(home):
                return api
        time.sleep(0.2)
    raise SystemExit("it did not come up; see above")


def finished(home: Path) -> bool:
    """Whether the feed was polled at least once."""
    if not (home / "mineralwatch.sqlite3").exists():
        return False
    settings = load_settings(var_dir=home)
    database = open_database(settings.database)
    try:
        with database.read() as session:
            known = due_feeds(now=datetime.max.replace(tzinfo=UTC), session=session)
            return any(state.next_poll_at is not None for state in known)
    finally:
        database.close()


def one(number: int, *, api: AirflowApi, feed: Feed, slack: SlackServer) -> float:
    """Seconds from the tick to the message."""
    feed.gain(*NEWS[number % len(NEWS)])
    had = len(slack.messages)
    begun = time.monotonic()
    api.trigger("poll_feeds", {"everything": True})
    messages = slack.wait_for(had + 1, 60)
    seconds = time.monotonic() - begun
    if len(messages) == had:
        raise SystemExit(f"run {number}: no message within 60 s")
    return seconds


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--home", type=Path, help="kept afterwards; the default is not")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, Feed() as feed:
        home = (given.home or Path(folder)).resolve()
        home.mkdir(parents=True, exist_ok=True)
        feeds = home / "feeds.yaml"
        feeds.write_text(f"feeds:\n  - name: Bench\n    url: {feed.url}\n")
        with SlackServerThread(channels=["minerals"]) as slack:
            measure(home, feeds, feed, slack, runs=given.runs)


def measure(home: Path, feeds: Path, feed: Feed, slack: SlackServer, *, runs: int) -> None:
    """Start, run, stop, print."""
    port = free_port()
    command = [str(Path(sys.executable).parent / "mineralwatch"), "up"]
    command += ["--home", str(home), "--port", str(port), "--feeds", str(feeds)]
    begun = time.monotonic()
    with subprocess.Popen(command, env=environment(slack), stdout=sys.stderr) as up:
        try:
            with Memory(up.pid) as memory:
                api = wait_up(home, port, up)
                print(f"first poll stored after {time.monotonic() - begun:.1f} s")
                times = []
                for number in range(runs):
                    times.append(one(number, api=api, feed=feed, slack=slack))
                    print(f"run {number + 1}: {times[-1]:.2f} s from the tick to Slack")
        finally:
            up.send_signal(signal.SIGTERM)
            stopping = time.monotonic()
            up.wait(60)
    print(f"median {statistics.median(times):.2f} s")
    print(f"stopped in {time.monotonic() - stopping:.1f} s, code {up.returncode}")
    print(f"peak memory {memory.peak / 2**20:.0f} MB PSS:")
    for name, size in sorted(memory.parts.items(), key=lambda part: -part[1]):
        print(f"  {size / 2**20:5.0f} MB  {name}")


if __name__ == "__main__":
    main()
