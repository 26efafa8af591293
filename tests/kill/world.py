"""Feeds, Slack and a database, and passes over them by processes that are killed.

Feeds and Slack live here and outlive every child. Time is told to the stages and to Slack, and goes
on by more than a lease with each pass; nobody sleeps.
"""

import json
import os
import random
import signal
import time
import urllib.request
import zlib
from collections import Counter
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import Final, Self

import psutil
from sqlalchemy import func, select

from pipeline.app import PASS
from pipeline.demo.slack_server import SlackServer, SlackServerThread
from pipeline.stages.deliver import LEASE
from pipeline.store.engine import Database, open_database
from schemas.tables import ArticleRow, AssessmentRow, OutboxRow
from tests.feed_server import FeedServer
from tests.kill.news import OUTLETS, Item, page, rss, waves
from tests.kill.nursery import End, Job, Kill, Nursery

START: Final = datetime(2026, 5, 4, 12, tzinfo=UTC)
STEP: Final = LEASE + timedelta(minutes=1)
"""Between two passes: a claim of the dead is free again."""
PLACES: Final = ("minerals", "asia")
ASIA: Final = frozenset({"KZ", "UZ", "MN"})
"""The states whose stories go to the second channel as well."""
ROUTES: Final = """
routes:
  - name: notable
    when: {min_significance: 2}
  - name: asia
    when: {min_significance: 2, parties: [KZ, UZ, MN]}
    to: [{address: asia}]
"""
_QUIET_PASSES: Final = 40
"""Four hours: the longest wait for a next attempt is one."""
_BARRIER: Final = 3


@dataclass(frozen=True, slots=True)
class Plan:
    """One pass: killed at an event, or after ``after_s`` seconds, or not at all.

    With ``worker`` the signal goes to a worker process of the child instead.
    """

    kill: Kill | None = None
    after_s: float | None = None
    worker: bool = False
    parse_processes: int = 0
    stages: tuple[str, ...] = PASS


@dataclass(slots=True)
class Tally:
    """What was done to the world."""

    kills: Counter[tuple[str, str]] = field(default_factory=Counter)
    """By (stage, phase)."""
    timed: int = 0
    workers: int = 0
    passes: int = 0
    found: int = 0
    in_doubt: int = 0
    """Messages that Slack had and the outbox did not know of when the sender was killed."""
    faults: Counter[str] = field(default_factory=Counter)
    deaths: list[str] = field(default_factory=list)


class World:
    """A context manager; ``database_url`` is migrated and empty."""

    def __init__(self, folder: Path, database_url: str, nursery: Nursery, *, seed: int) -> None:
        self.now = START
        self.tally = Tally()
        self.items: dict[str, Item] = {}
        """What has come out, by address."""
        self.released_at: list[datetime] = []
        """When each wave came out."""
        self.held_back: set[int] = set()
        """Numbers of the waves that were not sent before the next came out."""
        self._folder = folder
        self._url = database_url
        self._nursery = nursery
        self._waves = waves(seed)
        self._shown: list[list[tuple[Item, str, datetime]]] = [[] for _ in range(OUTLETS)]
        self._open = ExitStack()

    def __enter__(self) -> Self:
        self._folder.mkdir(parents=True, exist_ok=True)
        self.feeds = self._open.enter_context(FeedServer())
        thread = SlackServerThread(channels=PLACES, clock=self._clock)
        self.slack: SlackServer = self._open.enter_context(thread)
        self.database: Database = open_database(self._url)
        self._open.callback(self.database.close)
        self._configure()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._open.close()

    def _clock(self) -> float:
        """Slack's: what a stage is told is now, so that histories are searched as in the world."""
        return self.now.timestamp()

    def _configure(self) -> None:
        told = [
            {
                "name": f"Outlet {number}",
                "url": self.feeds.url(f"/{number}.xml"),
                "language": "en",
                "tier": 1 + number % 3,
                "fulltext": number == 0,
            }
            for number in range(OUTLETS)
        ]
        (self._folder / "feeds.yaml").write_text(json.dumps({"feeds": told}))
        (self._folder / "routes.yaml").write_text(ROUTES)
        for number in range(OUTLETS):
            self._publish(number)

    def _publish(self, number: int) -> None:
        body = rss(f"outlet{number}.example", self._shown[number])
        self.feeds.serve(f"/{number}.xml", body, headers={"ETag": f'"{zlib.crc32(body.encode())}"'})

    # ---- news ----

    def release(self) -> None:
        """The next wave comes out."""
        self.released_at.append(self.now)
        wave = next(self._waves)
        for place, item in enumerate(wave):
            at = self.now - timedelta(seconds=10 * (len(wave) - place))
            self._shown[item.outlet].append((item, self._address(item), at))
            self.items[self._address(item)] = item
        for number in {item.outlet for item in wave}:
            self._publish(number)

    def _address(self, item: Item) -> str:
        """The first outlet's pages are fetched; those of others are on hosts that do not exist."""
        if item.outlet == 0:
            return self.feeds.serve(item.path, page(item), content_type="text/html")
        return f"https://outlet{item.outlet}.example{item.path}"

    def linked(self) -> bool:
        """Whether all that came out has been read and put into stories."""
        with self.database.read() as session:
            articles = session.scalar(select(func.count()).select_from(ArticleRow))
            read = select(func.count()).select_from(AssessmentRow)
            pending = read.where(AssessmentRow.relevant, AssessmentRow.linked_at.is_(None))
            return (
                articles == len(self.items)
                and session.scalar(read) == articles
                and session.scalar(pending) == 0
            )

    def quiet(self) -> bool:
        """Whether nothing is left to do."""
        return self.linked() and not self.waiting()

    def waiting(self) -> int:
        """Messages that are not sent."""
        with self.database.read() as session:
            query = select(func.count()).select_from(OutboxRow)
            return session.scalar(query.where(OutboxRow.state.in_(["pending", "sending"]))) or 0

    # ---- passes ----

    def sabotage(self, dice: random.Random) -> None:
        """Let Slack fail in some way at one of its next answers, in every second pass."""
        self.slack.fail_no_more()
        kind = dice.choice(
            ("drop_accepted", "drop", "hang_accepted", "hang", "500", "429", *["none"] * 6)
        )
        method = dice.choice(
            ("chat.postMessage",) * 4 + ("conversations.history", "conversations.replies")
        )
        self.tally.faults[kind] += kind != "none"
        if kind.startswith("drop"):
            self.slack.drop_next(accept=kind.endswith("accepted"), method=method)
        elif kind.startswith("hang"):
            self.slack.hang_next(accept=kind.endswith("accepted"), method=method)
        elif kind != "none":
            self.slack.fail_next(status=int(kind), method=method)

    def run(self, plan: Plan) -> End:
        """One pass."""
        (end,) = self.run_together([plan])
        return end

    def run_together(self, plans: Sequence[Plan]) -> list[End]:
        """Passes at the same time, each by a process of its own; then time goes on."""
        pids = [self._nursery.fork(self._job(plan)) for plan in plans]
        for plan, pid in zip(plans, pids, strict=True):
            if plan.after_s is not None:
                time.sleep(plan.after_s)
                self._strike(plan, pid)
        ends = [self._nursery.wait(pid) for pid in pids]
        self._settle_slack()
        if any(end.killed for end in ends):
            self.tally.in_doubt += self._in_doubt()
        for plan, end in zip(plans, ends, strict=True):
            self._note(plan, end)
        self.tally.passes += 1
        self.now += STEP
        return ends

    def run_past_a_sleeper(self, sleeper: Kill) -> End:
        """A sender is stopped in the middle, as by a closed lid; another comes after its lease.

        Then the first goes on as if nothing had been.
        """
        pid = self._nursery.fork(self._job(Plan(kill=sleeper, stages=(sleeper.stage,))))
        while psutil.Process(pid).status() != psutil.STATUS_STOPPED:
            time.sleep(0.01)
        self.now += STEP
        self.run(Plan(stages=(sleeper.stage,)))
        os.kill(pid, signal.SIGCONT)
        return self._nursery.wait(pid)

    def _job(self, plan: Plan) -> Job:
        return Job(
            database_url=self._url,
            slack_url=self.slack.base_url,
            config_dir=str(self._folder),
            var_dir=str(self._folder / "var"),
            now=self.now.isoformat(),
            stages=plan.stages,
            kill=plan.kill,
            parse_processes=plan.parse_processes,
        )

    def _strike(self, plan: Plan, pid: int) -> None:
        """A child that has ended keeps its id until it is waited for: nobody else is hit."""
        if not plan.worker:
            os.kill(pid, signal.SIGKILL)
            return
        try:
            workers = psutil.Process(pid).children()
        except psutil.NoSuchProcess:
            return
        for worker in workers[:1]:
            worker.kill()
            self.tally.workers += 1

    def _note(self, plan: Plan, end: End) -> None:
        tally = self.tally
        tally.found += end.found
        if end.killed:
            tally.kills[end.stage, end.phase] += 1
            tally.timed += plan.after_s is not None
            how = "at a moment" if plan.after_s is not None else "at an event"
            tally.deaths.append(
                f"wave {len(self.released_at)} pass {tally.passes}: killed {how}: "
                f"{end.stage} {end.number} ({end.phase})"
            )

    def _settle_slack(self) -> None:
        """Wait until Slack has dealt with what the dead had sent before they died.

        In the world minutes pass before another sender looks whether it arrived; here none do.
        """
        for _ in range(_BARRIER):
            url = f"{self.slack.url}/messages.json"
            with urllib.request.urlopen(url, timeout=10) as answer:  # noqa: S310 - our own
                answer.read()

    def _in_doubt(self) -> int:
        posted = {key_of(message.metadata) for message in self.slack.messages}
        with self.database.read() as session:
            query = select(OutboxRow.key).where(OutboxRow.state == "sending")
            return sum(key in posted for key in session.scalars(query))

    def become_quiet(self) -> None:
        """Passes that nobody disturbs, until nothing is left to do.

        Raises:
            AssertionError: something is never done.
        """
        self.slack.fail_no_more()
        for _ in range(_QUIET_PASSES):
            self.run(Plan())
            if self.quiet():
                return
        raise AssertionError(
            f"after {_QUIET_PASSES} quiet passes {self.waiting()} messages wait, and all is "
            f"linked: {self.linked()}"
        )


def key_of(metadata: object) -> str | None:
    """The outbox's key that a Slack message carries."""
    if not isinstance(metadata, dict):
        return None
    return str(metadata["event_payload"]["key"])
