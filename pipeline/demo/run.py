"""mineralwatch demo: everything for real, with no token and no network.

A newsroom, a Slack endpoint and a mail server on loopback stand for the world. With Airflow, the
DAGs do what they do anywhere; the demo only has the feeds polled more often than a publisher would
like, and asks for the first digest instead of waiting for the morning. With ``once``, the same
stages run in this process.
"""

import logging
import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from rich.console import Console
from rich.text import Text

from pipeline import app
from pipeline.demo.director import Director
from pipeline.demo.local_servers import LocalServers, local_servers
from pipeline.demo.narrator import Narrator
from pipeline.demo.newsroom import Newsroom
from pipeline.settings import load_settings
from pipeline.up.run import up
from schemas.report import StageReport

HELD = timedelta(seconds=120)
"""Longer than any item is held, so that one look finds them all."""


def demo(
    *,
    home: Path,
    port: int,
    console: Console,
    once: bool = False,
    hold: bool = True,
    newsroom: Newsroom | None = None,
) -> int:
    """Run the demo in a new folder below ``home``; returns an exit code.

    Args:
        home: where each run gets a folder of its own, named by its time.
        port: of the Airflow UI.
        console: where the story is told.
        once: two passes without Airflow, then stop.
        hold: go on until Ctrl-C or SIGTERM; without it, stop when all sample news has been told.
        newsroom: a newsroom to use instead of one with the packaged month.

    Raises:
        ConfigError: the port is taken; nothing was started.
        PipelineError: it could not be started; all that was started is stopped again.
    """
    folder = home / f"{datetime.now(UTC):%Y%m%d-%H%M%S}"
    with (
        local_servers(folder, newsroom) as servers,
        Narrator(servers.slack, servers.mail, console) as narrator,
    ):
        _tell_where(servers, console)
        if once:
            code = _once(servers, narrator)
        else:
            code = _with_airflow(servers, narrator, port=port, console=console, hold=hold)
    _tell_end(servers, narrator, console)
    return code


def _once(servers: LocalServers, narrator: Narrator) -> int:
    """The month that has been; the digest; then what came out meanwhile."""
    settings = load_settings(**servers.settings)
    app.migrate(settings)
    with _quiet_log(), app.open_app(settings) as opened:
        narrator.say("first pass: a month of sample news")
        _pass(opened.run, narrator)
        narrator.say("the digest")
        reports = [opened.run("digest"), opened.run("deliver")]
        servers.newsroom.start_live(ago=HELD)
        narrator.say("second pass: news that came out meanwhile")
        reports += _pass(opened.run, narrator, urls=servers.newsroom.live_feeds())
    undelivered = sum(r.counts.get("failed", 0) + r.counts.get("parked", 0) for r in reports)
    untold = narrator.first_alert_s is None or narrator.first_digest_s is None
    return 1 if undelivered or untold else 0


@contextmanager
def _quiet_log() -> Iterator[None]:
    """The narrator says it all, with times; the log would say it twice."""
    ours = logging.getLogger("pipeline")
    before = ours.level
    ours.setLevel(logging.ERROR)
    try:
        yield
    finally:
        ours.setLevel(before)


def _pass(
    run: Callable[..., StageReport], narrator: Narrator, *, urls: tuple[str, ...] | None = None
) -> list[StageReport]:
    reports = []
    for stage in app.PASS:
        report = run(stage, **({"urls": urls} if stage == "poll" and urls else {}))
        narrator.say(report.line(), style="dim")
        for problem in report.problems:
            narrator.say(f"  {problem.where}: {problem.what}", style="yellow")
        reports.append(report)
    narrator.look()
    return reports


def _with_airflow(
    servers: LocalServers, narrator: Narrator, *, port: int, console: Console, hold: bool
) -> int:
    def finished() -> None:
        if hold:
            narrator.say("Airflow goes on; Ctrl-C stops it")
        else:
            # The way out that a person would take: up() stops all of its processes on it.
            os.kill(os.getpid(), signal.SIGTERM)

    director = Director(servers, narrator, finished=finished)
    try:
        return up(
            home=servers.home,
            port=port,
            feeds=servers.feeds_file,
            console=console,
            extra_env=servers.environment,
            on_ready=director.start,
        )
    finally:
        director.stop()


def _tell_where(servers: LocalServers, console: Console) -> None:
    console.print(Text("On this machine, while the demo runs:", style="bold"))
    for name, where in (
        ("Slack", servers.slack.url),
        ("mail", str(servers.mail.folder / "index.html")),
        ("newsroom", servers.newsroom.url),
        ("feeds", f"MINERALWATCH_VAR_DIR={servers.home} mineralwatch feeds health"),
    ):
        console.print(Text(f"  {name:<10}{where}"))


def _tell_end(servers: LocalServers, narrator: Narrator, console: Console) -> None:
    times = [
        f"first {what} after {seconds:.0f} s" if seconds is not None else f"no {what} was sent"
        for what, seconds in (
            ("alert", narrator.first_alert_s),
            ("digest", narrator.first_digest_s),
        )
    ]
    console.print(Text("; ".join(times), style="bold"))
    console.print(Text(f"what Slack got:    {servers.slack_snapshot}"))
    console.print(Text(f"what was mailed:   {servers.mail.folder / 'index.html'}"))
