"""`mineralwatch explain`: from a stored article or a line to terminal, page and JSON."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from pipeline.app import migrate, open_app
from pipeline.cli import app
from pipeline.settings import load_settings
from pipeline.store import articles, texts
from schemas.article import NewArticle
from schemas.page import TextRecord, TextState

NOW = datetime(2026, 5, 4, 12, tzinfo=UTC)
TITLE = "Japan and Kazakhstan sign memorandum on rare earths"
SUMMARY = "Tokyo wants to cut its dependence on China; a refinery near Karaganda is to follow."
URL = "https://www.daily.example.org/Deal?utm_source=feed&id=7"
CANONICAL = "https://daily.example.org/Deal?id=7"

Cli = Callable[..., Result]


@pytest.fixture
def cli(monkeypatch: pytest.MonkeyPatch) -> Cli:
    monkeypatch.setenv("COLUMNS", "120")

    def call(*args: str, stdin: str | None = None) -> Result:
        return CliRunner().invoke(app, ["explain", *args], input=stdin)

    return call


@pytest.fixture
def stored(monkeypatch: pytest.MonkeyPatch, database_url: str) -> str:
    """The number of a stored article, in a database of either kind."""
    monkeypatch.setenv("MINERALWATCH_DATABASE_URL", database_url)
    article = NewArticle(CANONICAL, URL, TITLE, SUMMARY, "en", "Daily", NOW, True, "h")
    with open_app() as opened, opened.database.write() as session:
        articles.store_articles([article], feed_id=None, now=NOW, session=session)
    with open_app() as opened:
        opened.run("assess", now=NOW)
    return "1"


@pytest.mark.parametrize(
    "reference", ["1", CANONICAL, URL, "http://daily.example.org/Deal/?id=7#top"]
)
def test_a_stored_article_is_found_by_number_and_address(
    cli: Cli, stored: str, reference: str
) -> None:
    result = cli(reference)
    assert result.exit_code == 0, result.stderr
    lines = result.stdout.splitlines()
    assert lines[0] == "article 1 · Daily · 2026-05-04 12:00 UTC"
    title = lines.index(TITLE)
    labels = lines[title + 1] + lines[title + 2]
    assert "JP" in labels
    assert "rare earths" in labels
    for told in ("relevant (", "stage: signed", "JP KZ", "✗ CN", "Significance", "3 of 3"):
        assert told in result.stdout


def test_a_page_is_written(cli: Cli, stored: str, tmp_path: Path) -> None:
    result = cli(stored, "--html", "out/why.html")
    assert result.exit_code == 0
    assert "written: out/why.html" in result.stderr
    assert result.stdout == ""
    page = (tmp_path / "out" / "why.html").read_text(encoding="utf-8")
    assert "supply_chains" in page
    assert "<h2>Parties</h2>" in page


def test_json_has_all_of_it_with_spans_that_hold(cli: Cli, stored: str) -> None:
    told = json.loads(cli(stored, "--json").stdout)
    assert told["article"]["canonical_url"] == CANONICAL
    assert told["stored_ruleset"] == told["explanation"]["assessment"]["ruleset"]
    labels = told["explanation"]["labels"]
    assert [one["id"] for one in labels if one["kind"] == "stage" and one["given"]] == ["signed"]
    weighed = {party["code"]: party["given"] for party in told["explanation"]["parties"]}
    assert weighed == {"JP": True, "KZ": True, "CN": False}
    kinds = {mark["kind"] for mark in told["marks"]}
    assert {"theme", "stage", "party", "mineral"} <= kinds
    texts = {"title": TITLE, "summary": SUMMARY}
    for mark in told["marks"]:
        piece = mark["evidence"]
        assert texts[piece["field"]][piece["start"] : piece["end"]] == piece["text"]


@pytest.mark.parametrize("reference", ["99", "9" * 30, "https://nowhere.example.org/x", "x y"])
def test_an_unknown_article_is_wrong_use_with_the_mend(
    cli: Cli, stored: str, reference: str
) -> None:
    result = cli(reference)
    assert result.exit_code == 2
    assert f"no stored article '{reference}'" in result.stderr
    assert "mineralwatch stories show" in result.stderr
    assert "mineralwatch explain -" in result.stderr


def test_a_line_from_stdin_needs_no_database(cli: Cli, tmp_path: Path) -> None:
    row = {"id": "x", "title": TITLE, "summary": SUMMARY, "lang": "en"}
    result = cli("-", stdin=json.dumps(row) + "\n")
    assert result.exit_code == 0, result.stderr
    assert "stage: signed" in result.stdout
    assert not (tmp_path / "var").exists()


def test_what_is_not_relevant_is_explained_too(cli: Cli) -> None:
    result = cli("-", stdin='{"id": 1, "title": "Union at copper mine signs new wage deal"}')
    assert "not relevant" in result.stdout
    assert "✗ relevant — not given" in result.stdout
    assert "      −" in result.stdout
    nothing = cli("-", "--json", stdin='{"id": 1, "title": "A quiet day"}')
    assert json.loads(nothing.stdout)["explanation"]["gate"]["passed"] is False


@pytest.mark.parametrize("stdin", ["", "\n\n", "not json\n", "[1]\n"])
def test_nothing_to_read_is_wrong_use(cli: Cli, stdin: str) -> None:
    result = cli("-", stdin=stdin)
    assert result.exit_code == 2
    assert "standard input" in result.stderr or "line 1: not" in result.stderr


def test_hostile_text_goes_through_every_output(cli: Cli, tmp_path: Path) -> None:
    title = "Kenya\x1b[2J, Italy <b>sign</b> lithium pact \ud800\u202e"
    row = json.dumps({"id": "\ud800", "title": title, "summary": "x" * 200_000})
    for options in ((), ("--json",), ("--html", "why.html")):
        result = cli("-", *options, stdin=row)
        assert result.exit_code == 0, (options, result.exception)
    assert "\x1b" not in cli("-", stdin=row).stdout
    assert "&lt;b&gt;" in (tmp_path / "why.html").read_text(encoding="utf-8")


def test_the_reading_of_older_rules_is_told(
    cli: Cli, stored: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    folder = tmp_path / "config"
    folder.mkdir()
    (folder / "agreements.yaml").write_text("agreements: []\n", encoding="utf-8")
    monkeypatch.setenv("MINERALWATCH_CONFIG_DIR", str(folder))
    assert "note: the stored reading is by rules r" in cli(stored).stdout


def test_before_the_database_is_there_it_is_said(cli: Cli, tmp_path: Path) -> None:
    result = cli("1")
    assert result.exit_code == 1
    assert "mineralwatch db upgrade" in result.stderr
    migrate(load_settings(var_dir=tmp_path / "var"))
    assert cli("1").exit_code == 2


def test_the_text_of_its_page_is_shown_with_its_marks_or_why_there_is_none(
    cli: Cli, stored: str, tmp_path: Path
) -> None:
    text = "In brief\nThe two ministers signed the memorandum on rare earths in Astana on Monday."
    read = TextRecord(1, TextState.READ, "daily.example.org", 1, text=text)
    with open_app() as opened, opened.database.write() as session:
        texts.save_texts([read], session=session)
    page = tmp_path / "why.html"
    assert "The two ministers signed" in cli("1").stdout
    marks = json.loads(cli("1", "--json").stdout)["marks"]
    assert any(mark["evidence"]["field"] == "text" for mark in marks)
    assert cli("1", "--html", str(page)).exit_code == 0
    assert "In brief" in page.read_text(encoding="utf-8")
    with open_app() as opened, opened.database.write() as session:
        texts.take_back([1], reason="a teaser", session=session)
    assert "note: its page gave no text: a teaser" in cli("1").stdout
