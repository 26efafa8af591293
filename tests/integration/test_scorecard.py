"""The scorecard over stories in a database, and its page."""

import json
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from html.parser import HTMLParser
from pathlib import Path

import pytest

from pipeline.app import PASS, App, open_app
from pipeline.commands.scorecard_html import render
from pipeline.demo.newsroom import Newsroom, NewsroomThread
from pipeline.demo.samples import Format, Outlet, SampleItem
from pipeline.stages.scorecard import scorecard
from schemas.feed import FeedKind
from schemas.scorecard import Scorecard, SideCounts, StorySide, ThemeScore, Trend

NOW = datetime(2026, 5, 4, 9, 0, tzinfo=UTC)
SINCE = NOW - timedelta(days=30)


def item(name: str, title: str, summary: str, outlet: str = "Daily") -> SampleItem:
    return SampleItem(
        id=name, title=title, summary=summary, outlet=outlet, feed="daily", language="en",
        day=0, time=time(8), event=name, relevant=True,
    )  # fmt: skip


SIGNED = item(
    "jp-kz",
    "Japan and Kazakhstan sign memorandum on rare earths",
    "Deliveries begin in spring, and <b>lessen dependence</b> on China.",
)
HALTED = item(
    "cd-be",
    "Congo halts cobalt exports to Belgium despite minerals agreement",
    "The ministry suspended shipments on Monday.",
)


@pytest.fixture
def card(make_settings: Callable[..., object], tmp_path: Path, database_url: str) -> Scorecard:
    outlets = (Outlet("daily", "Daily", "en", "global", FeedKind.NEWS, 2, Format.RSS),)
    newsroom = Newsroom(items=(), outlets=outlets, clock=lambda: NOW)
    with NewsroomThread(newsroom):
        for one in (SIGNED, HALTED):
            newsroom.publish(one)
        chosen = make_settings(
            database_url=database_url, feeds_file=newsroom.feeds_yaml(tmp_path / "feeds.yaml")
        )
        with open_app(chosen) as app:  # type: ignore[arg-type]
            return _after_a_pass(app)


def _after_a_pass(app: App) -> Scorecard:
    for stage in PASS:
        app.run(stage, now=NOW + timedelta(minutes=1))
    return scorecard(app.context(NOW + timedelta(minutes=2)), since=SINCE)


def of(card: Scorecard, theme: str) -> ThemeScore:
    return next(one for one in card.themes if one.id == theme)


def test_stories_are_counted_by_side_with_their_evidence(card: Scorecard) -> None:
    assert len(card.themes) == 11
    supply, region = of(card, "supply_chains"), of(card, "central_asia")
    assert supply.sides == SideCounts(supports=1, contradicts=1)
    assert (supply.recent, supply.earlier, supply.trend) == (
        supply.sides,
        SideCounts(),
        Trend.NEW,
    )
    assert region.sides == SideCounts(supports=1)
    by_side = {quote.side: quote for quote in supply.newest}
    assert by_side.keys() == {StorySide.FOR, StorySide.AGAINST}
    against = by_side[StorySide.AGAINST]
    assert "halts cobalt exports" in against.text
    assert against.url is not None
    assert "supply-cut" in against.reason
    assert sum(week.counts.stories for week in supply.weeks) == supply.stories == 2
    assert supply.weeks[0].week == date(2026, 3, 30)
    assert [b.week - a.week for a, b in zip(supply.weeks, supply.weeks[1:], strict=False)] == [
        timedelta(days=7)
    ] * (len(supply.weeks) - 1)


def test_what_nobody_speaks_of_is_silent(card: Scorecard) -> None:
    quiet = of(card, "reconstruction")
    assert quiet.silent
    assert (quiet.trend, quiet.newest, quiet.sides) == (Trend.SILENT, (), SideCounts())


class Page(HTMLParser):
    """Counts what a page must have to be read by everyone."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))


def test_the_page_stands_alone_and_can_be_read_without_seeing(card: Scorecard) -> None:
    text = render(card)
    tags = Page(text).tags
    assert [tag for tag, _ in tags].count("h1") == 1
    assert all(a.get("scope") in {"col", "row"} for tag, a in tags if tag == "th")
    charts = [a for tag, a in tags if tag == "svg"]
    assert charts
    ids = {a["id"] for _, a in tags if "id" in a}
    assert all(a["role"] == "img" and a["aria-labelledby"] in ids for a in charts)
    assert not {"script", "link", "img", "iframe"} & {tag for tag, _ in tags}
    assert "Silent: no story speaks of it" in text
    assert "prefers-color-scheme: dark" in text
    assert "@media print" in text
    assert "1 for the claim, 1 against it" in text


def test_a_hostile_headline_stays_text(card: Scorecard) -> None:
    from dataclasses import replace

    bad = "<script>alert(1)</script>"
    theme = of(card, "supply_chains")
    quote = replace(theme.newest[0], text=bad, title=bad, url="javascript:alert(1)")
    text = render(replace(card, themes=(replace(theme, newest=(quote,)),)))
    assert "<script" not in text
    assert "javascript:" not in text


def test_the_command_writes_page_and_json(
    make_settings: Callable[..., object], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from typer.testing import CliRunner

    from pipeline.cli import app

    monkeypatch.setenv("MINERALWATCH_DATABASE_URL", f"sqlite:///{tmp_path / 'empty.sqlite3'}")
    run = CliRunner()
    assert run.invoke(app, ["db", "upgrade"]).exit_code == 0
    file = tmp_path / "new" / "card.html"
    told = run.invoke(app, ["scorecard", "--since", "90d", "--html", str(file), "--json"])
    assert told.exit_code == 0, told.output
    assert all(theme["silent"] for theme in json.loads(told.stdout)["themes"])
    assert "How the thesis fares" in file.read_text(encoding="utf-8")
    assert "silent" in run.invoke(app, ["scorecard"]).stdout
    wrong = run.invoke(app, ["scorecard", "--since", "2999-01-01"])
    assert wrong.exit_code == 2
