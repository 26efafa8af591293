"""The archive by command, on both databases: in, searched, out, and forgotten."""

import csv
import gzip
import io
import json
import tracemalloc
from datetime import UTC, datetime
from pathlib import Path

import feedparser
import pytest
from sqlalchemy import func, insert, select

from pipeline.app import App, open_app
from pipeline.stages import archive_files
from pipeline.stages.export import export
from schemas.agreement import StageTransition
from schemas.article import Article
from schemas.assessment import Stage
from schemas.codec import from_json
from schemas.export import EXPORT_SHAPES, ExportFormat, ExportKind
from schemas.story import Story
from schemas.tables import ArticleRow, OutboxRow
from tests.integration.conftest import Cli

HOSTILE = '=cmd|"/c calc"!A0 <b>&amp; ]]> \u0007\ud7ff "quoted", line\nbreak'
ROWS = [
    {"title": "Kazakhstan and the EU sign memorandum on rare earths", "url": "https://a.example/1",
     "summary": "It was signed in Astana.", "published": "2026-01-05", "source": "Wire"},
    {"title": HOSTILE, "url": "https://a.example/2?x=1&y=<2>", "published": "2026-01-06T10:00:00Z"},
]  # fmt: skip
EVER = datetime(2000, 1, 1, tzinfo=UTC)
RSS = """<?xml version="1.0"?><rss version="2.0"><channel><title>Wire</title>
<item><title>Lithium from Uzbekistan</title><link>https://b.example/1</link>
<pubDate>Mon, 05 Jan 2026 10:00:00 GMT</pubDate></item>
<item><title></title></item></channel></rss>"""
JSON_FEED = {
    "version": "https://jsonfeed.org/version/1.1",
    "title": "Desk",
    "items": [{"id": "1", "url": "https://c.example/1", "title": "Tin from Kyrgyzstan"}],
}


def counts(result: object) -> dict[str, int]:
    (report,) = json.loads(result.stdout)  # type: ignore[attr-defined]
    found: dict[str, int] = report["counts"]
    return found


def lines(path: Path, rows: list[object]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


@pytest.fixture
def filled(desk: Cli, tmp_path: Path) -> Cli:
    result = desk("import", str(lines(tmp_path / "archive.jsonl", list(ROWS))))
    assert result.exit_code == 0, result.output
    return desk


# ---- in ----------------------------------------------------------------------------------------


def test_an_import_repeated_changes_nothing_and_alerts_nothing(filled: Cli, tmp_path: Path) -> None:
    again = filled("import", str(tmp_path / "archive.jsonl"), "--json")
    assert counts(again) == {"rows": 2, "new": 0, "known": 2, "refused": 0}
    assert filled("assess").exit_code == 0
    with open_app() as app, app.database.read() as session:
        assert session.scalar(select(func.count()).select_from(OutboxRow)) == 0
        assert all(session.scalars(select(ArticleRow.backfill)))


def test_bad_lines_are_named_and_the_rest_comes_in(desk: Cli, tmp_path: Path) -> None:
    path = tmp_path / "mixed.jsonl"
    deep = b"[" * 100_000
    told = [
        b'\xef\xbb\xbf{"title": "one", "url": "https://a.example/1"}',
        b"{not json}",
        b"",
        b'["a list"]',
        b'{"title": "caf\xe9"}',
        b'{"url": "https://a.example/2"}',
        b'{"title": "two", "published": "yesterday"}',
        b'{"title": "' + b"x" * 1_100_000 + b'"}',
        deep,
        b'{"title": "three", "url": "javascript:alert(1)"}',
        b'{"title": "\\ud800 \\u0000 four", "url": "https://a.example/4"}',
        b'{"title": "five", "published": "0001-01-01T00:00:00+14:00"}',
        b'{"title": "last"}',
    ]
    path.write_bytes(b"\n".join(told))
    result = desk("import", str(path), "--json")
    assert result.exit_code == 1, "somebody has to look"
    assert counts(result) == {"rows": 3, "new": 3, "known": 0, "refused": 9}
    problems = json.loads(result.stdout)[0]["problems"]
    named = {int(problem["where"].rpartition(":")[2]): problem for problem in problems}
    assert set(named) == {2, 4, 5, 6, 7, 8, 9, 10, 12}
    assert "UTF-8" in named[5]["what"]
    assert "'yesterday'" in named[7]["what"]
    assert all(problem["mend"] for problem in problems)


def test_csv_by_its_lines(desk: Cli, tmp_path: Path) -> None:
    path = tmp_path / "archive.csv"
    path.write_bytes(
        b'title,url,published\n"Two\nlines",https://a.example/1,2026-01-05\n'
        b"Too,many,2026-01-05,fields\ncaf\xe9,https://a.example/3,\n,https://a.example/4,\n"
        b"Fine,https://a.example/5,\n"
    )
    result = desk("import", str(path), "--json")
    assert counts(result) == {"rows": 2, "new": 2, "known": 0, "refused": 3}
    problems = json.loads(result.stdout)[0]["problems"]
    assert [problem["where"].rpartition(":")[2] for problem in problems] == ["4", "5", "6"]
    path.write_text("headline,link\na,b\n")
    assert "names no column `title`" in desk("import", str(path)).stderr


def test_a_folder_of_feeds(desk: Cli, tmp_path: Path) -> None:
    folder = tmp_path / "feeds"
    (folder / "deeper").mkdir(parents=True)
    (folder / "one.xml").write_text(RSS)
    (folder / "deeper" / "two.json.gz").write_bytes(gzip.compress(json.dumps(JSON_FEED).encode()))
    (folder / "page.html").write_text("<html><body>no feed</body></html>")
    (folder / ".hidden").write_text("not looked at")
    (folder / "torn.xml.gz").write_bytes(gzip.compress(RSS.encode())[:40])
    result = desk("import", str(folder), "--json")
    assert counts(result) == {"rows": 2, "new": 2, "known": 0, "refused": 3}
    wheres = {problem["where"] for problem in json.loads(result.stdout)[0]["problems"]}
    assert {Path(where).name for where in wheres} == {"one.xml", "page.html", "torn.xml.gz"}
    assert counts(desk("import", str(folder), "--json"))["known"] == 2


def test_gzip_is_told_by_its_bytes_and_a_bomb_ends(
    desk: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = "".join(json.dumps({"title": f"t{n}", "url": f"https://a.example/{n}"}) + "\n"
                   for n in range(50))  # fmt: skip
    packed = tmp_path / "archive.jsonl.gz"
    packed.write_bytes(gzip.compress(rows.encode()))
    assert counts(desk("import", str(packed), "--json"))["new"] == 50
    monkeypatch.setattr(archive_files, "MAX_BYTES", 3_000_000)
    packed.write_bytes(gzip.compress(rows.encode() + b" " * 50_000_000))
    result = desk("import", str(packed), "--json")
    assert counts(result) == {"rows": 50, "new": 0, "known": 50, "refused": 2}
    assert "more than 3,000,000 bytes" in json.loads(result.stdout)[0]["problems"][-1]["what"]


def test_what_cannot_be_read_at_all(desk: Cli, tmp_path: Path) -> None:
    assert "cannot be read" in desk("import", str(tmp_path / "no.jsonl")).stderr
    assert "--format" in desk("import", str(tmp_path / "no.txt")).stderr
    assert desk("import", str(tmp_path / "no.xml")).exit_code == 2


# ---- searched ----------------------------------------------------------------------------------


def test_search_by_command(filled: Cli) -> None:
    assert filled("assess").exit_code == 0
    found = json.loads(filled("search", "memor*", "--state", "kz", "--json").stdout)
    (hit,) = found["articles"]
    assert hit["title"]["hits"] == [[27, 37]]
    shown = filled("search", '"rare earths"', "--outlet", "wire", "--since", "2026-01-05")
    assert "Kazakhstan and the EU" in shown.stdout
    assert filled("search", "memorandum", "--until", "2026-01-05").stdout == "nothing was found\n"
    assert "[/]" not in filled("search", "--", "-memorandum").stdout
    wrong = filled("search", "x", "--theme", "no_such")
    assert wrong.exit_code == 2
    assert "one of" in wrong.stderr


def test_stories_by_command(filled: Cli, desk: Cli) -> None:
    with open_app() as app:
        app.run("assess")
        app.run("link")
    found = json.loads(desk("search", "memorandum", "--stories", "--json").stdout)["stories"]
    assert [story["title"]["text"] for story in found] == [ROWS[0]["title"]]
    assert found[0]["states"] == ["EU", "KZ"]


# ---- out ---------------------------------------------------------------------------------------


@pytest.fixture
def told(filled: Cli) -> Cli:
    """A story of each row, and a step of an agreement with hostile words."""
    from pipeline.store import agreements, stories

    with open_app() as app:
        app.run("assess")
        now = datetime.now(UTC)
        with app.database.write() as session:
            agreements.sync_agreements(app.catalog.agreements, session=session)
            for number, row in enumerate(ROWS, 1):
                at = datetime(2026, 1, number, tzinfo=UTC)
                story = Story(0, row["title"], at, at, None, Stage.SIGNED, 2, ("central_asia",),
                              ("EU", "KZ"), ("rare_earths",))  # fmt: skip
                kept = stories.save_story(story, session=session)
                stories.attach(kept.id, number, (), similarity=1.0, at=now, published_at=at,
                               session=session)  # fmt: skip
            step = StageTransition(app.catalog.agreements[0].id, Stage.SIGNED, 2, now, HOSTILE,
                                   "https://a.example/2?x=1&y=2", Stage.AGREED)  # fmt: skip
            agreements.add_transition(step, now=now, session=session)
    return filled


@pytest.mark.parametrize("kind", ["stories", "moves"])
@pytest.mark.parametrize(("file_format", "version"), [("rss", "rss20"), ("atom", "atom10")])
def test_feeds_are_sound_and_their_ids_stay(
    told: Cli, kind: str, file_format: str, version: str
) -> None:
    address = "https://desk.example/feed?a=1&b=2"
    call = ("export", kind, "--format", file_format)
    first = told(*call, "--self-url", address)
    assert first.exit_code == 0, first.output
    read = feedparser.parse(first.stdout_bytes)
    assert (read.bozo, read.version) == (0, version)
    assert [link.href for link in read.feed.links if link.rel == "self"] == [address]
    again = feedparser.parse(told(*call).stdout_bytes)
    assert [entry.id for entry in read.entries] == [entry.id for entry in again.entries]
    assert len({entry.id for entry in read.entries}) == len(read.entries) > 0
    assert all(entry.link.startswith("https://a.example/") for entry in read.entries)
    assert "<b>" not in first.stdout.replace("&lt;b&gt;", "")


def test_json_lines_come_back_as_the_shapes_and_as_an_archive(told: Cli, tmp_path: Path) -> None:
    for kind in ExportKind:
        result = told("export", kind.value)
        assert result.exit_code == 0, result.output
        for line in result.stdout.splitlines():
            from_json(EXPORT_SHAPES[kind], json.loads(line))
    path = tmp_path / "out.jsonl.gz"
    plain = tmp_path / "out.jsonl"
    assert told("export", "articles", "--out", str(plain)).exit_code == 0
    path.write_bytes(gzip.compress(plain.read_bytes()))
    assert counts(told("import", str(path), "--json"))["known"] == 2
    assert not list(tmp_path.glob(".out*")), "nothing half written stays"


def test_csv_runs_in_no_spreadsheet(told: Cli) -> None:
    for kind in ("stories", "articles", "moves", "agreements", "alerts"):
        text = told("export", kind, "--format", "csv").stdout
        rows = list(csv.DictReader(io.StringIO(text)))
        assert rows or kind == "alerts"
        cells = [cell for row in rows for cell in row.values()]
        assert not [cell for cell in cells if cell.startswith(("=", "+", "-", "@", "\t", "\r"))]
    stories = list(csv.DictReader(io.StringIO(told("export", "stories", "--format", "csv").stdout)))
    assert stories[0]["parties"] == "EU; KZ"


def test_since_and_wrong_use(told: Cli, tmp_path: Path) -> None:
    assert len(told("export", "stories", "--since", "2026-01-02").stdout.splitlines()) == 1
    assert (
        "feeds are made of stories and moves" in told("export", "alerts", "--format", "rss").stderr
    )
    assert told("export", "stories", "--self-url", "ftp://x").exit_code == 2
    gone = told("export", "stories", "--out", str(tmp_path / "no" / "where.csv"))
    assert "cannot be written" in gone.stderr


def test_an_export_needs_the_memory_of_a_page(desk: Cli, now: datetime) -> None:
    with open_app() as app:
        peaks = [_peak(app, size, now) for size in (2_000, 20_000)]
    assert peaks[1] < peaks[0] * 1.5 + 500_000, peaks


def _peak(app: App, size: int, now: datetime) -> int:
    with app.database.write() as session:
        begin = session.scalar(select(func.count()).select_from(ArticleRow)) or 0
        row = {"title": "t" * 80, "summary": "s" * 400, "language": "en", "outlet": "o",
               "published_at": now, "dated": True, "seen_at": now, "content_hash": "h", "tier": 2,
               "backfill": True, "text_tries": 0}  # fmt: skip
        rows = [row | {"canonical_url": f"u{n}"} for n in range(begin, size)]
        session.connection().execute(insert(ArticleRow), rows)
    tracemalloc.start()
    count = sum(
        1 for _ in export(app.context(now), ExportKind.ARTICLES, ExportFormat.JSONL, since=EVER)
    )
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert count == size
    return peak


def test_an_exported_article_is_an_article(told: Cli) -> None:
    line = told("export", "articles").stdout.splitlines()[0]
    article = from_json(Article, json.loads(line))
    assert article.title == ROWS[0]["title"]
    assert article.backfill


# ---- forgotten ---------------------------------------------------------------------------------


def test_upkeep_by_command_says_what_would_go(filled: Cli) -> None:
    dry = counts(filled("upkeep", "--dry-run", "--json"))
    assert dry["indexed"] == 2
    assert dry["articles_forgotten"] == 0
    assert counts(filled("upkeep", "--dry-run", "--json")) == dry, "nothing was written"
    assert counts(filled("upkeep", "--json"))["indexed"] == 2
    assert counts(filled("upkeep", "--json"))["indexed"] == 0
    assert "Kazakhstan" in filled("search", "kazakhstan").stdout


def test_retention_yaml_is_checked(
    desk: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "config"
    folder.mkdir()
    (folder / "retention.yaml").write_text("polls: 90\narticles: 7\n")
    monkeypatch.setenv("MINERALWATCH_CONFIG_DIR", str(folder))
    result = desk("upkeep", "--dry-run")
    assert result.exit_code == 2
    assert "retention.yaml:2: articles" in result.stderr
