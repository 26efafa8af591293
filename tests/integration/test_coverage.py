"""Counters over real polls, and an outside list traced to its gates, on both databases."""

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import pytest
import yaml
from sqlalchemy import update
from typer.testing import CliRunner

from pipeline.app import App, open_app
from pipeline.assess.assessor import Assessor
from pipeline.cli import app as command_line
from pipeline.settings import Settings
from pipeline.stages.coverage import coverage
from pipeline.stages.outside_list import read_list
from pipeline.stages.recall import recall
from pipeline.store import articles, feeds, gate_facts, gates
from schemas.article import NewArticle
from schemas.config import FeedConfig
from schemas.coverage import Asked, Fate, Funnel, Gate, Traced
from schemas.feed import PollOutcome, PollRecord
from schemas.tables import FeedRow, OutboxRow
from tests.feed_server import FeedServer

BEGAN = datetime(2026, 5, 4, 21, 0, tzinfo=UTC)
DAY = BEGAN.date()
SIGNED = ("Japan and Kazakhstan sign memorandum on rare earths", "Signed in Astana on Monday.")
NOISE = ("Titanium beats Cobalt in cup final", "A goal in the last minute decided it.")
LOAN = (
    "Kazakh miner signs loan agreement with bank for copper plant",
    "The company will repay in 2030.",
)
"""It passes the cheap gate, and the full reading finds it not relevant."""
EU_ONLY = ("EU and Chile sign agreement on lithium and copper", "Signed in Santiago on Monday.")
ROUTES = {"routes": [{"name": "astana", "when": {"parties": ["KZ"]}}]}


@dataclass
class World:
    """Two feeds on loopback, the app, and a clock that goes when told to."""

    server: FeedServer
    app: App
    at: datetime = BEGAN

    def publish(self, name: str, *items: tuple[str, tuple[str, str]]) -> None:
        told = "".join(
            f"<item><title>{title}</title><link>https://{link}</link>"
            f"<description>{summary}</description>"
            f"<pubDate>{format_datetime(BEGAN - timedelta(hours=1))}</pubDate></item>"
            for link, (title, summary) in items
        )
        body = f'<rss version="2.0"><channel><title>{name}</title>{told}</channel></rss>'
        self.server.serve(f"/{name}", body)

    def run(self, *stages: str, later: timedelta = timedelta(minutes=30)) -> None:
        self.at += later
        for stage in stages or ("poll", "assess", "link", "deliver"):
            more = {"everything": True} if stage == "poll" else {}
            self.app.run(stage, now=self.at, **more)

    def funnels(self) -> dict[str, dict[str, int]]:
        """What is counted of each feed on the first day, by its name; zeros are left out."""
        with self.app.database.read() as session:
            found = gate_facts.by_feed(since=DAY, until=DAY, session=session)
        assert all(one.funnel.faults() == () for one in found)
        return {
            one.name: {gate.value: n for gate, n in one.funnel.counts.items() if n} for one in found
        }

    def trace(self, *items: Asked) -> list[Traced]:
        context = self.app.context(self.at)
        return list(recall(context, lambda: self.app.assessor, items).items)


@pytest.fixture
def world(
    database_url: str,
    tmp_path: Path,
    make_settings: Callable[..., Settings],
    assessor: Assessor,
) -> Iterator[World]:
    folder = tmp_path / "config"
    folder.mkdir()
    (folder / "routes.yaml").write_text(yaml.safe_dump(ROUTES))
    with FeedServer() as server:
        (folder / "feeds.yaml").write_text(
            yaml.safe_dump(
                {"feeds": [{"name": n, "url": server.url(f"/{n}")} for n in ("daily", "wire")]}
            )
        )
        with open_app(make_settings(database_url=database_url, config_dir=folder)) as app:
            app._loaded.assessor = assessor
            yield World(server, app)


def test_each_gate_is_counted_once_a_feed_and_day(world: World) -> None:
    world.publish("daily", ("a.example/1", SIGNED), ("a.example/2", NOISE), ("a.example/3", LOAN))
    world.run()
    world.publish("wire", ("a.example/1", SIGNED), ("b.example/1", EU_ONLY))
    world.run()
    seen = world.funnels()
    daily = seen["daily"]
    assert daily == {
        "answered": 1,
        "not_modified": 1,
        "parsed": 3,
        "new": 3,
        "gated_cheap": 1,
        "gated_full": 1,
        "relevant": 1,
        "routed": 1,
        "sent": 1,
    }
    # The wire was not there at the first poll.
    wire = {"answered": 1, "failed": 1, "parsed": 2, "elsewhere": 1, "new": 1, "relevant": 1}
    assert seen["wire"] == wire
    for stage in ("assess", "link", "deliver", "upkeep"):
        world.run(stage)
    world.app.run("reassess", now=world.at, since=BEGAN)
    world.run("link", "deliver")
    assert world.funnels()["wire"] == wire
    assert world.funnels()["daily"]["sent"] == 1


def test_an_edited_article_is_read_again_and_counted_as_relevant_later(world: World) -> None:
    world.publish("daily", ("a.example/1", NOISE))
    world.run()
    world.publish("daily", ("a.example/1", SIGNED))
    world.run(later=timedelta(hours=12))
    first = world.funnels()["daily"]
    assert (first["relevant_later"], first["routed"], first["sent"]) == (1, 1, 1)
    assert first.get("relevant", 0) == 0
    with world.app.database.read() as session:
        second = dict(gate_facts.by_day(since=DAY, until=DAY + timedelta(days=1), session=session))[
            DAY + timedelta(days=1)
        ]
    assert (second[Gate.EDITED], second[Gate.NEW]) == (1, 0)


def test_an_archive_is_counted_apart_and_never_as_routed(world: World) -> None:
    with world.app.database.write() as session:
        articles.store_articles(
            [
                NewArticle(
                    "https://a.example/1", None, *SIGNED, "en", "a.example", BEGAN, True, "hash"
                )
            ],
            feed_id=None,
            now=BEGAN,
            session=session,
            backfill=True,
        )
    world.run("assess", "link", "deliver")
    assert world.funnels()[gate_facts.ARCHIVE] == {"parsed": 1, "new": 1, "relevant": 1}


def test_what_was_stored_before_the_counters_is_never_counted(world: World) -> None:
    """As the migration leaves it."""
    world.publish("daily", ("a.example/1", SIGNED))
    world.run("poll")
    with world.app.database.write() as session:
        session.connection().exec_driver_sql(
            "INSERT INTO passage (article_id, reached) SELECT id, 'before' FROM article"
        )
    world.run("assess", "link", "deliver")
    assert "relevant" not in world.funnels()["daily"]
    assert "sent" not in world.funnels()["daily"]


def test_counters_are_kept_for_two_years(world: World) -> None:
    old, young = date(2024, 5, 2), date(2024, 5, 3)
    with world.app.database.write() as session:
        for day in (old, young, young):
            gates.add({(day, 7): {Gate.NEW: 2}}, session=session)
    report = world.app.run("upkeep", now=BEGAN)
    assert report.counts["counts_forgotten"] == 1
    with world.app.database.read() as session:
        kept = gate_facts.by_day(since=old, until=DAY, session=session)
    assert kept == [(young, Funnel({Gate.NEW: 4}))]


def test_the_funnel_names_feeds_that_bring_most_and_nothing(world: World) -> None:
    world.publish("daily", ("a.example/1", SIGNED))
    world.publish("wire", ("b.example/2", NOISE))
    world.run()
    world.at += timedelta(days=40)
    found = coverage(world.app.context(world.at), since=DAY)
    assert [one.name for one in found.feeds] == ["daily", "wire"]
    assert [one.name for one in found.barren] == ["wire", "daily"]
    assert len(found.days) == 41
    assert [one.name for one in coverage(world.app.context(BEGAN), since=DAY).barren] == []
    one = coverage(world.app.context(world.at), since=DAY, feed="wire")
    assert [feed.name for feed in one.feeds] == ["wire"]
    assert one.all[Gate.NEW] == 1


# ---- against an outside list ---------------------------------------------------------------------


def fates(traced: list[Traced]) -> list[Fate]:
    return [one.fate for one in traced]


def test_each_item_of_a_list_is_traced_to_its_gate(world: World) -> None:
    world.publish(
        "daily",
        *(("a.example/1", SIGNED), ("a.example/2", NOISE), ("a.example/3", LOAN)),
        ("a.example/4", EU_ONLY),
    )
    world.publish("wire")
    world.run()
    sent, copy, cheap, full, unrouted, unknown, unseen, alone = world.trace(
        Asked(1, "http://www.a.example/1/?utm_source=x"),
        Asked(2, "https://c.example/9", f"{SIGNED[0]} - Wire", BEGAN),
        Asked(3, None, NOISE[0]),
        Asked(4, "https://a.example/3"),
        Asked(5, "https://a.example/4"),
        Asked(6, "https://c.example/10", "Quite another thing was said"),
        Asked(7, "https://a.example/77", None, BEGAN - timedelta(hours=1)),
        Asked(8, None, "Quite another thing was said"),
    )
    assert sent.fate is Fate.SENT
    assert "sent to preview:" in sent.why
    assert "04 May 2026" in sent.why
    assert (copy.fate, copy.matched, copy.score) == (Fate.SENT, "headline", 1.0)
    assert copy.duplicate_of == "https://a.example/1"
    assert cheap.fate is Fate.GATED_CHEAP
    assert "is in it" in cheap.why
    assert full.fate is Fate.GATED_FULL
    assert re.fullmatch(r"score 0\.\d\d, 0\.\d\d needed; against: .+ \(-\d\.\d\d\).*", full.why)
    assert unrouted.fate is Fate.NOT_ROUTED
    assert "astana: " in unrouted.why
    assert "asked Kazakhstan" in unrouted.why
    assert unknown.fate is Fate.NO_FEED
    assert (unseen.fate, unseen.why.split(":")[0]) == (Fate.NOT_SEEN, "daily")
    assert "did not carry it" in unseen.why
    assert alone.fate is Fate.NO_MATCH


def test_a_headline_counts_only_near_the_date_given(world: World) -> None:
    world.publish("daily", ("a.example/1", SIGNED))
    world.run()
    near, far, undated = world.trace(
        Asked(1, None, SIGNED[0], BEGAN - timedelta(days=6)),
        Asked(2, None, SIGNED[0], BEGAN - timedelta(days=30)),
        Asked(3, None, SIGNED[0]),
    )
    assert fates([near, far, undated]) == [Fate.SENT, Fate.NO_MATCH, Fate.SENT]


def test_what_waits_or_is_parked_or_is_not_read_yet_is_told(world: World) -> None:
    world.publish("daily", ("a.example/1", SIGNED))
    asked = Asked(1, "https://a.example/1")
    told = []
    for stage in ("poll", "assess", "link"):
        world.run(stage)
        told += world.trace(asked)
    with world.app.database.write() as session:
        session.execute(update(OutboxRow).values(state="parked", last_error="no such channel"))
    told += world.trace(asked)
    with world.app.database.write() as session:
        session.execute(update(OutboxRow).values(state="discarded"))
    told += world.trace(asked)
    assert fates(told) == [Fate.UNREAD, Fate.UNLINKED, Fate.WAITING, Fate.PARKED, Fate.PARKED]
    assert "no such channel" in told[-1].why


@pytest.mark.parametrize(
    ("polls", "told"),
    [
        ([("fetched", 9, 1), ("fetched", 9, 9)], "window is too short: in 1 of 2 polls"),
        ([("failed", 0, 0), ("failed", 0, 0), ("fetched", 9, 0)], "failing: 2 of 3 polls failed"),
        ([("fetched", 9, 0), ("not_modified", 0, 0)], "it was polled 2 times"),
        ([], "not polled from"),
    ],
)
def test_why_an_item_was_never_seen_is_read_from_the_polls(
    world: World, polls: list[tuple[str, int, int]], told: str
) -> None:
    config = FeedConfig(name="Site", url="https://feeds.site.example/rss")
    with world.app.database.write() as session:
        feeds.sync_feeds([config], keep_others=True, now=BEGAN - timedelta(days=9), session=session)
        [state] = feeds.due_feeds(now=BEGAN, urls=[config.url], session=session)
        made = [("fetched", 9, 9, timedelta(days=-5))]  # the first poll of all: all is new there
        made += [(*one, timedelta(hours=n)) for n, one in enumerate(polls, 1)]
        records = [
            PollRecord(state.feed_id, BEGAN + at, PollOutcome(how), entries=held, new=new)
            for how, held, new, at in made
        ]
        feeds.add_polls(records, session=session)
    world.at = BEGAN + timedelta(days=2)
    asked = Asked(1, "https://site.example/x", None, BEGAN)
    [found] = world.trace(asked)
    assert found.fate is Fate.NOT_SEEN
    assert told in found.why
    with world.app.database.write() as session:
        session.execute(
            update(FeedRow)
            .where(FeedRow.id == state.feed_id)
            .values(created_at=BEGAN + timedelta(days=30))
        )
    assert "not watched before 03 Jun 2026" in world.trace(asked)[0].why


def test_old_polls_are_told_from_the_counters(world: World) -> None:
    config = FeedConfig(name="Site", url="https://site.example/rss")
    with world.app.database.write() as session:
        feeds.sync_feeds([config], keep_others=True, now=BEGAN - timedelta(days=9), session=session)
        [state] = feeds.due_feeds(now=BEGAN, urls=[config.url], session=session)
        counts = {Gate.FAILED: 8, Gate.ANSWERED: 2}
        gates.add({(DAY, state.feed_id): counts}, session=session)
    world.at = BEGAN + timedelta(days=200)
    [found] = world.trace(Asked(1, "https://site.example/x", None, BEGAN))
    assert "failing: 8 of 10 polls failed" in found.why


# ---- the command ---------------------------------------------------------------------------------


@pytest.fixture
def cli(world: World, database_url: str, monkeypatch: pytest.MonkeyPatch) -> Callable[..., str]:
    """`mineralwatch coverage …`; what it prints, where it succeeds."""
    monkeypatch.setenv("MINERALWATCH_DATABASE_URL", database_url)
    monkeypatch.setenv("MINERALWATCH_CONFIG_DIR", str(world.app.settings.config_dir))
    monkeypatch.setenv("COLUMNS", "250")
    monkeypatch.setattr("pipeline.commands.coverage.utc_now", lambda: world.at)
    monkeypatch.setattr(
        "pipeline.assess.assessor.build_assessor", lambda _rules: world.app.assessor
    )

    def call(*args: str, code: int = 0) -> str:
        result = CliRunner().invoke(command_line, ["coverage", *args])
        assert result.exit_code == code, result.output
        return result.output

    return call


def test_the_command_shows_the_funnel(world: World, cli: Callable[..., str]) -> None:
    assert "nothing is counted yet" in cli()
    world.publish("daily", ("a.example/1", SIGNED), ("a.example/2", NOISE))
    world.run()
    text = cli("--since", "2d")
    assert "counted since 2026-05-04" in text
    assert "daily" in text
    told = json.loads(cli("--since", "2d", "--json"))
    assert told["all"]["new"] == told["days"][-1]["new"] == 2
    assert told["feeds"][0]["name"] == "daily"
    assert "no feed 'nowhere'" in cli("--feed", "nowhere", code=2)
    assert json.loads(cli("--feed", "wire", "--json"))["all"]["new"] == 0


def test_the_command_measures_recall(world: World, cli: Callable[..., str], tmp_path: Path) -> None:
    world.publish("daily", ("a.example/1", SIGNED))
    world.run()
    path = tmp_path / "list.jsonl"
    path.write_text('{"url": "https://a.example/1"}\n{"url": "https://z.example/1"}\n{"url": 1}\n')
    text = cli("--against", str(path))
    assert "no feed of z.example is known" in text
    assert "line 3: its url is not text" in text
    told = json.loads(cli("--against", str(path), "--json"))
    assert [gate["recall"] for gate in told["gates"]] == [0.5] * 7
    assert [one["fate"] for one in told["traced"]] == ["sent", "no feed"]
    assert told["unusable"][0]["line"] == 3
    assert "no --since" in cli("--against", str(path), "--since", "3d", code=2)
    assert "cannot be read" in cli("--against", str(tmp_path / "gone"), code=2)
    assert read_list(path)[0][0].line == 1
