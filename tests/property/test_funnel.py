"""Whatever is run again, killed, edited, read by other rules: a gate counts an article once."""

import shutil
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TypeAlias

import pytest
from hypothesis import HealthCheck, event, example, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from pipeline.catalog import Catalog, load_catalog
from pipeline.collect.poll import PolledFeed, read_delivery
from pipeline.notify.outbox import Senders
from pipeline.settings import Settings
from pipeline.stages import assess as assess_stage
from pipeline.stages import link as link_stage
from pipeline.stages.context import Context, Tally
from pipeline.stages.deliver import deliver
from pipeline.stages.poll import store_polled
from pipeline.stages.reassess import reassess
from pipeline.store import feeds, gate_facts, gates
from pipeline.store.engine import Database, open_database
from schemas.alert import AlertKind, Channel, Delivery, OutboxMessage, Retry, Sent
from schemas.assessment import Assessment, Document, Stage
from schemas.config import FeedConfig
from schemas.coverage import Funnel, Gate, total
from schemas.feed import FeedEntry, ParsedFeed, PollOutcome
from schemas.tables import AlertRow, ArticleRow, PassageRow, PollRow, StoryArticleRow
from tests.fakes import FakeAssessor, Meaning

NOW = datetime(2026, 5, 4, 22, tzinfo=UTC)
FEEDS = tuple(f"https://f{n}.example/feed" for n in range(3))


class Killed(Exception):  # noqa: N818 - it is no error, it stands for SIGKILL
    """Stands for the end of the process."""


class Dying:
    """A database whose process is killed just before it commits its n-th writing transaction."""

    def __init__(self, database: Database, survives: int) -> None:
        self._database = database
        self._left = survives
        self.read = database.read

    @contextmanager
    def write(self) -> Iterator[Session]:
        with self._database.write() as session:
            yield session
            session.flush()
            if not self._left:
                raise Killed
            self._left -= 1


class Mood:
    """Takes every message but those that its mood refuses."""

    def __init__(self, moods: Iterable[bool]) -> None:
        self._moods = iter(moods)

    def send(self, message: OutboxMessage) -> Delivery:
        return Sent(f"ts-{message.id}") if next(self._moods, True) else Retry("503")


class Rules(FakeAssessor):
    """Rules of which there are several: what is relevant by one may be nothing by another."""

    def __init__(self, number: int) -> None:
        super().__init__({})
        self.number = number
        self.ruleset = f"rules-{number}"

    def _read(self, document: Document) -> Assessment:
        kind = (int(document.title.split()[1]) + self.number + len(document.summary)) % 4
        if kind > 1:
            self.meanings[document.title] = Meaning(
                Stage.SIGNED, (("JP", "KZ"), ("EU", "UZ"))[kind - 2]
            )
        else:
            self.meanings.pop(document.title, None)
        read = super()._read(document)
        return replace(read, ruleset=self.ruleset, gated=kind == 0)


Polls: TypeAlias = list[tuple[int, list[tuple[int, str, bool]], int]]
"""(feed, entries, how many more it holds that were known already) of each."""

ENTRY = st.tuples(st.integers(0, 5), st.sampled_from(["", "x", "xx"]), st.booleans())
POLL = st.tuples(st.integers(0, 2), st.lists(ENTRY, min_size=1, max_size=6), st.integers(0, 4))
STEP = st.tuples(
    st.sampled_from(
        ["assess", "assess", "link", "deliver", "rules", "reassess", "upkeep", "midnight"]
    ),
    st.none() | st.integers(0, 3),
)
STEPS = st.lists(
    STEP | st.tuples(st.lists(POLL, min_size=1, max_size=3), st.none() | st.integers(0, 1)),
    min_size=4,
    max_size=14,
)


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    return load_catalog(Settings())


class World:
    """Runs steps, as a scheduler that is killed now and then would."""

    def __init__(self, catalog: Catalog, database: Database, moods: Iterable[bool]) -> None:
        self.catalog, self.database, self.at = catalog, database, NOW
        self.number = 0
        self.sender = Mood(moods)
        configured = [FeedConfig(name=url, url=url) for url in FEEDS]
        with database.write() as session:
            feeds.sync_feeds(configured, keep_others=False, now=NOW, session=session)

    def do(self, what: "str | Polls", kill: int | None) -> None:
        self.at += timedelta(minutes=20)
        database = self.database if kill is None else Dying(self.database, kill)
        context = Context(Settings(), self.catalog, database, self.at)  # type: ignore[arg-type]
        rules = Rules(self.number)
        with suppress(Killed):
            if isinstance(what, list):
                self._poll(what, context)
            elif what == "assess":
                assess_stage.assess(context, rules)  # type: ignore[arg-type]
            elif what == "link":
                link_stage.link(context, rules.ruleset)
            elif what == "deliver":
                deliver(context, Senders({Channel.PREVIEW: self.sender}))
            elif what == "rules":
                self.number += 1
            elif what == "reassess":
                reassess(context, rules, in_force=rules.ruleset, since=NOW)  # type: ignore[arg-type]
            elif what == "upkeep":
                with context.database.write() as session:
                    gates.settle(since=NOW - timedelta(days=1), session=session)
            else:
                self.at += timedelta(hours=12)

    def _poll(self, polls: "Polls", context: Context) -> None:
        with self.database.read() as session:
            states = {
                state.configured_url: state
                for state in feeds.due_feeds(now=self.at, everything=True, session=session)
            }
        lot: dict[int, PolledFeed] = {}
        for feed, entries, cut in polls:
            made = tuple(_entry(feed, *entry) for entry in entries)
            parsed = ParsedFeed("", made, held=len(made) + cut)
            lot[feed] = read_delivery(states[FEEDS[feed]], b"", parsed, now=self.at)
        store_polled(list(lot.values()), context, Tally("poll", self.at))


def _entry(feed: int, number: int, more: str, shared: bool) -> FeedEntry:
    """An item, one of another feed's as well, or one with nothing in it (number 5)."""
    if number == 5:
        return FeedEntry("", "", link=f"https://f{feed}.example/empty")
    site = "all" if shared else f"f{feed}"
    return FeedEntry(f"Item {number} of {site}", more, link=f"https://{site}.example/{number}")


@settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@example(
    steps=[
        ([(0, [(n, "", False) for n in range(4)], 2)], None),
        ("assess", None),
        ("rules", None),
        ("assess", 0),
        ("assess", None),
        ("link", None),
        ([(0, [(n, "x", False) for n in range(4)], 0), (1, [(1, "", True)], 0)], None),
        ([(2, [(1, "", True)], 0)], None),
        ("reassess", None),
        ("rules", None),
        ("deliver", 1),
    ],
    moods=[False],
)
@given(steps=STEPS, moods=st.lists(st.booleans(), max_size=8))
def test_the_identities_hold_whatever_is_run_again_or_killed(
    catalog: Catalog,
    sqlite_template: Path,
    steps: list[tuple[str, int | None]],
    moods: list[bool],
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "own.sqlite3"
        shutil.copy(sqlite_template, path)
        database = open_database(f"sqlite:///{path}")
        try:
            world = World(catalog, database, moods)
            for what, kill in steps:
                world.do(what, kill)
                check_cells(database, world.at)
            for what in ("assess", "link", "link", "midnight", "deliver", "deliver", "upkeep"):
                world.do(what, None)
            check_cells(database, world.at)
            check_against_rows(database, world.at)
        finally:
            database.close()


def cells(database: Database, until: datetime) -> dict[tuple[object, int], Funnel]:
    """The counts of each day and feed."""
    found = {}
    with database.read() as session:
        for feed in range(len(FEEDS) + 1):
            days = gate_facts.by_day(
                since=NOW.date(), until=until.date(), feed_id=feed, session=session
            )
            found |= {(day, feed): funnel for day, funnel in days}
    return found


def check_cells(database: Database, until: datetime) -> None:
    for cell, funnel in cells(database, until).items():
        assert funnel.faults() == (), (cell, funnel)


def check_against_rows(database: Database, until: datetime) -> None:
    """The counters say what the rows say that they were counted from."""
    found = cells(database, until)
    everything = total(found.values())
    with database.read() as session:
        polls = session.execute(
            select(func.count(), func.sum(PollRow.entries), func.sum(PollRow.new)).where(
                PollRow.outcome == PollOutcome.FETCHED.value
            )
        ).one()
        seen = session.execute(select(ArticleRow.seen_at, ArticleRow.feed_id)).all()
        reached = Counter(session.scalars(select(PassageRow.reached)))
        alerted = select(AlertRow.story_id).where(AlertRow.kind == AlertKind.NEW.value)
        told = set(
            session.scalars(
                select(StoryArticleRow.article_id).where(StoryArticleRow.story_id.in_(alerted))
            )
        )
        passed = set(
            session.scalars(
                select(PassageRow.article_id).where(PassageRow.reached.in_(["routed", "sent"]))
            )
        )
    assert (everything[Gate.ANSWERED], everything[Gate.PARSED], everything[Gate.NEW]) == tuple(
        value or 0 for value in polls
    )
    assert Counter({cell: f[Gate.NEW] for cell, f in found.items() if f[Gate.NEW]}) == Counter(
        (seen_at.date(), feed) for seen_at, feed in seen
    )
    assert everything.read == len(seen) == sum(reached.values())
    assert everything[Gate.SENT] == reached["sent"]
    assert everything[Gate.ROUTED] == reached["sent"] + reached["routed"]
    assert everything.relevant == everything[Gate.ROUTED] + reached["relevant"]
    assert passed == told
    event(f"sent: {min(everything[Gate.SENT], 3)}")
    event(f"relevant later: {min(everything[Gate.RELEVANT_LATER], 2)}")
    event(f"elsewhere: {min(everything[Gate.ELSEWHERE], 2)}")
