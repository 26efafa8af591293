"""How many messages a second leave for Slack, over how many channels.

    python benchmarks/deliver.py [--messages 200] [--channels 1 10 50] [--url URL]

Fills the outbox of a new database with real alerts and sends them to a server on loopback that
answers 429 to a second message within a second in one channel, as Slack may. Printed: messages a
second, refusals, and the CPU of the sender. ``--url`` names a database to use instead of SQLite: it
is filled and left so.
"""

import argparse
import os
import tempfile
import time
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from pipeline.app import migrate, open_app
from pipeline.demo.slack_server import DEMO_TOKEN, SlackServerThread
from pipeline.notify.render import render_slack
from pipeline.settings import load_settings
from pipeline.store import messages
from schemas.alert import AlertContent, AlertKind, Channel


def content(number: int, key: str) -> AlertContent:
    """An alert as it is on most days."""
    return AlertContent(
        story_id=number,
        key=key,
        kind=AlertKind.NEW,
        title=f"Kazakhstan and the United States sign agreement {number} on critical minerals",
        summary="The two governments signed the agreement on rare earths and tungsten in Astana.",
        url=f"https://news.example.org/{number}",
        outlet="news.example.org",
        published_at=datetime(2026, 5, 4, 12, tzinfo=UTC),
        agreement_name="US–Kazakhstan memorandum on critical minerals",
        stage="signed",
        previous_stage="negotiating",
        themes=(("central_asia", "Extension to Central Asia", "signed in Astana"),),
        parties=("KZ", "US"),
        minerals=("rare earths", "tungsten"),
        money=("$1.1 billion",),
        significance=3,
        reasons=("signed between states",),
        route="major",
        route_reason="significance 3",
    )


def run(count: int, channels: int, url: str | None) -> None:
    """Send ``count`` messages over ``channels`` channels; print one line."""
    names = [f"c{number}" for number in range(channels)]
    with (
        tempfile.TemporaryDirectory() as folder,
        SlackServerThread(channels=names, interval_s=0.99) as slack,
    ):
        settings = load_settings(
            database_url=url or f"sqlite:///{Path(folder) / 'd.sqlite3'}",
            slack_token=DEMO_TOKEN,
            slack_base_url=slack.base_url,
            slack_channel=names[0],
        )
        migrate(settings)
        with open_app(settings) as app:
            now = datetime.now(UTC)
            with app.database.write() as session:
                for number in range(count):
                    key = f"bench:{os.getpid()}:{channels}:{number}"
                    told = replace(content(number, key), key=key)
                    message = messages.NewMessage(
                        key, Channel.SLACK, names[number % channels], render_slack(told)
                    )
                    messages.add_message(message, now=now, session=session)
            began, cpu = time.monotonic(), time.process_time()
            report = app.run("deliver")
            took = time.monotonic() - began
            # The server is a thread of this process: its work is in the CPU as well.
            used = time.process_time() - cpu
    sent = report.counts["sent"]
    print(
        f"{channels:4} channels: {sent} of {count} in {took:.1f} s, {sent / took:.1f} a second, "
        f"{report.counts['failed']} refused, {1000 * used / max(sent, 1):.1f} ms CPU a message "
        "with the server's",
        flush=True,
    )


def main() -> None:
    """Run each number of channels."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--messages", type=int, default=200)
    parser.add_argument("--channels", type=int, nargs="+", default=[1, 10, 50])
    parser.add_argument("--url")
    given = parser.parse_args()
    for channels in given.channels:
        run(min(given.messages, 20 * channels), channels, given.url)


if __name__ == "__main__":
    main()
