"""Whatever is run again, in any order, killed anywhere: no alert is sent twice, none is lost."""

import shutil
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.catalog import Catalog, load_catalog
from pipeline.notify.outbox import Senders
from pipeline.settings import Settings
from pipeline.stages import assess as assess_stage
from pipeline.stages import link as link_stage
from pipeline.stages.context import Context, Tally
from pipeline.stages.deliver import deliver
from pipeline.store import agreements, articles, assessments, messages, outbox, stories
from pipeline.store.engine import open_database
from schemas.alert import Action, AlertKind, Channel, Delivery, OutboxMessage, Retry, Sent
from schemas.article import NewArticle
from schemas.assessment import Stage
from schemas.routes import RoutesFile
from tests.fakes import RULESET, FakeAssessor, Meaning

NOW = datetime(2026, 5, 4, 12, tzinfo=UTC)
PAIRS = (("JP", "KZ"), ("EU", "UZ"), ("FR", "MN"))
STAGES = (Stage.NEGOTIATING, Stage.AGREED, Stage.SIGNED)


class Killed(Exception):  # noqa: N818 - it is no error, it stands for SIGKILL
    """Stands for the end of the process."""


class Mailbox:
    """Takes messages; now and then refuses one, or is killed after taking it."""

    def __init__(self, mood: Iterator[str]) -> None:
        self.taken: list[OutboxMessage] = []
        self._mood = mood

    def send(self, message: OutboxMessage) -> Delivery:
        if any(taken.key == message.key for taken in self.taken):
            # What a sender that asks before repeating finds out.
            assert message.uncertain, f"{message.key} is sent a second time"
            return Sent("found")
        mood = next(self._mood, "take")
        if mood == "refuse":
            return Retry("503")
        self.taken.append(message)
        if mood == "die":
            raise Killed
        if mood == "lose":
            return Retry("no answer", uncertain=True)
        return Sent(f"ts-{len(self.taken)}")


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    return load_catalog(Settings())


@contextmanager
def _context(catalog: Catalog, template: Path, **given: str) -> Iterator[Context]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "own.sqlite3"
        shutil.copy(template, path)
        database = open_database(f"sqlite:///{path}")
        try:
            yield Context(Settings(var_dir=Path(folder), **given), catalog, database, NOW)
        finally:
            database.close()


ITEM = st.tuples(st.sampled_from(PAIRS), st.sampled_from(STAGES), st.integers(0, 3))
STEPS = ("store", "assess", "link", "kill link", "forget", "deliver")
STEP = st.sampled_from(STEPS)
MOODS = st.lists(st.sampled_from(["take", "refuse", "die", "lose"]), max_size=12)


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(items=st.lists(ITEM, min_size=1, max_size=8), steps=st.lists(STEP, max_size=14), moods=MOODS)
def test_every_story_is_told_once_in_every_place(
    catalog: Catalog,
    sqlite_template: Path,
    items: list[tuple[tuple[str, str], Stage, int]],
    steps: list[str],
    moods: list[str],
) -> None:
    told = {_title(n, item): Meaning(item[1], item[0]) for n, item in enumerate(items)}
    assessor = FakeAssessor(told)
    mailbox = Mailbox(iter(moods))
    with _context(catalog, sqlite_template) as context:
        work = _Work(context, assessor, mailbox, items)
        for step in [*steps, "store", "assess", "link", *["deliver"] * 20]:
            work.do(step)
        with context.database.read() as session:
            rows = outbox.list_outbox(session=session)
    assert {row.state for row in rows} == {"sent"}
    keys = Counter(message.key for message in mailbox.taken)
    assert set(keys.values()) == {1}
    roots = [key for key in keys if ":new:" in key]
    assert 1 <= len(roots) <= len(items)


HOURS = st.tuples(st.integers(0, 23), st.integers(0, 23)).filter(lambda pair: pair[0] != pair[1])
RULE = st.fixed_dictionaries(
    {},
    optional={
        "batch_minutes": st.integers(1, 600),
        "wait": st.builds(
            lambda outlets, minutes: {"outlets": outlets, "minutes": minutes},
            st.integers(2, 4),
            st.integers(1, 900),
        ),
        "max_per_hour": st.integers(1, 2),
        "quiet": HOURS.map(
            lambda pair: {"from": f"{pair[0]:02}:00", "to": f"{pair[1]:02}:00", "through": 3}
        ),
        "when": st.sampled_from(
            [
                {"stages": ["signed"]},
                {"parties": ["KZ", "MN"]},
                {"min_outlets": 2},
                {"moves": [{"to": ["signed"]}]},
            ]
        ),
        "to": st.sampled_from(
            [[{"address": "one"}], [{"address": "one"}, {"address": "two"}], [{"address": "two"}]]
        ),
    },
)


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    rules=st.lists(RULE, min_size=1, max_size=3),
    items=st.lists(ITEM, min_size=1, max_size=8),
    steps=st.lists(st.sampled_from([*STEPS, "unsay"]), max_size=14),
    moods=MOODS,
)
def test_whatever_rules_hold_and_join_a_story_is_told_once_in_a_place(
    catalog: Catalog,
    sqlite_template: Path,
    rules: list[dict[str, Any]],
    items: list[tuple[tuple[str, str], Stage, int]],
    steps: list[str],
    moods: list[str],
) -> None:
    routing = RoutesFile.model_validate(
        {"routes": [{"name": f"r{n}", **rule} for n, rule in enumerate(rules)]}
    )
    assessor = FakeAssessor({_title(n, i): Meaning(i[1], i[0]) for n, i in enumerate(items)})
    mailbox = Mailbox(iter(moods))
    with (
        _context(replace(catalog, routing=routing), sqlite_template, slack_token="x") as context,
        pytest.MonkeyPatch.context() as patch,
    ):
        patch.setattr("pipeline.stages.deliver.SPACING", {Channel.SLACK: timedelta(0)})
        work = _Work(context, assessor, mailbox, items, Channel.SLACK)
        for step in [*steps, "store", "assess", "link", *["deliver"] * 40]:
            work.do(step)
        with context.database.read() as session:
            rows = outbox.list_outbox(session=session)
            places = [
                (one.story_id, row.address)
                for row in rows
                for one in messages.carried_alerts(row.key, session=session)
                if one.kind is AlertKind.NEW
            ]
            standing = stories.list_stories(
                since=NOW - timedelta(days=9), until=NOW + timedelta(days=9), session=session
            )
    asked = {
        to["address"]
        for rule in rules
        if "when" not in rule
        for to in rule.get("to", [{"address": "default"}])
    }
    assert {(story.id, place) for story in standing for place in asked} <= {*places}
    assert {row.state for row in rows} <= {"sent"}
    edits = [message for message in mailbox.taken if message.action is Action.UPDATE]
    posts = Counter(m.key for m in mailbox.taken if m.action is Action.POST)
    assert set(posts.values()) <= {1}
    assert max(Counter(places).values(), default=1) == 1
    assert {edit.thread_key for edit in edits} <= {key for key in posts if ":new:" in key}


class _Work:
    """Runs steps, as a scheduler that is killed now and then would."""

    def __init__(
        self,
        context: Context,
        assessor: FakeAssessor,
        mailbox: Mailbox,
        items: list[tuple[tuple[str, str], Stage, int]],
        channel: Channel = Channel.PREVIEW,
    ) -> None:
        self.context, self.assessor, self.items = context, assessor, items
        self.senders = Senders({channel: mailbox})
        self.time = NOW

    def do(self, step: str) -> None:
        self.time += timedelta(hours=2)
        later = Context(
            self.context.settings, self.context.catalog, self.context.database, self.time
        )
        if step == "store":
            self._store()
        elif step == "assess":
            assess_stage.assess(self.context, self.assessor)  # type: ignore[arg-type]
        elif step == "link":
            link_stage.link(self.context, RULESET)
        elif step == "kill link":
            self._killed_link()
        elif step == "forget":
            self._forget()
        elif step == "unsay":
            self._unsay()
        else:
            try:
                deliver(later, self.senders)
            except Killed:
                return

    def _store(self) -> None:
        made = [_article(n, item) for n, item in enumerate(self.items)]
        with self.context.database.write() as session:
            articles.store_articles(made, feed_id=None, now=NOW, session=session)

    def _killed_link(self) -> None:
        """The process dies inside the transaction, with half of it done."""
        with self.context.database.write() as session:
            known = self.context.catalog.agreements
            agreements.sync_agreements(known, session=session)
        linker = link_stage.Linker(self.context, Tally("link", NOW))
        try:
            with self.context.database.write() as session:
                for read in assessments.unlinked(ruleset=RULESET, limit=3, session=session):
                    linker.link(read, session=session)
                raise Killed
        except Killed:
            return

    def _forget(self) -> None:
        """What ``reassess`` does: readings go, and come back unlinked."""
        with self.context.database.write() as session:
            known = articles.articles_after(
                0, since=NOW - timedelta(days=1), limit=100, session=session
            )
            assessments.drop_readings([a.id for a in known], ruleset=RULESET, session=session)

    def _unsay(self) -> None:
        """The first report is read as nothing of ours, if it was read as something; or back."""
        title, (pair, stage, _) = _title(0, self.items[0]), self.items[0]
        if self.assessor.meanings.pop(title, None) is None:
            self.assessor.meanings[title] = Meaning(stage, pair)
        self._forget()


def _title(number: int, item: tuple[tuple[str, str], Stage, int]) -> str:
    (first, second), stage, _hours = item
    return f"{first} and {second} report {stage.value} accord on uranium, outlet {number} says"


def _article(number: int, item: tuple[tuple[str, str], Stage, int]) -> NewArticle:
    title = _title(number, item)
    return NewArticle(
        canonical_url=f"https://o{number}.example/{number}",
        url=None,
        title=title,
        summary="",
        language="en",
        outlet=f"o{number}.example",
        published_at=NOW - timedelta(hours=item[2]),
        dated=True,
        content_hash=str(number),
    )
