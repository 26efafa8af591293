"""Files of feeds brought in and written, by the commands, on both databases."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import Result

from pipeline.opml import read_opml

Cli = Callable[..., Result]


def told(result: Result) -> Any:
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def listed(desk: Cli, *more: str) -> dict[str, dict[str, Any]]:
    return {feed["name"]: feed for feed in told(desk("feeds", "list", *more, "--json"))}


BROKEN = """<opml version="2.0"><body>
<outline text="Central Asia">
<outline text="Good & true" xmlUrl="https://good.example/feed" language="ru"/>
<outline text="Bad" xmlUrl="ftp://bad.example/feed"/>
<outline text="Filed again" xmlUrl="https://www.filed.example/feed?utm_source=x"/>
<outline text="Twice" xmlUrl="https://good.example/feed#again"/>
</outline></body></opml>
"""


def test_import_tells_added_known_and_refused_and_loses_nothing(desk: Cli, tmp_path: Path) -> None:
    file = tmp_path / "mine.opml"
    file.write_text(BROKEN)
    result = desk("feeds", "import", str(file), "--strict", "--json")
    assert result.exit_code == 1
    assert json.loads(result.stdout)["added"] == []
    assert set(listed(desk)) == {"Filed"}
    result = desk("feeds", "import", str(file), "--json")
    assert result.exit_code == 1
    found = json.loads(result.stdout)
    assert [feed["name"] for feed in found["added"]] == ["Good & true"]
    assert [(one["line"], one["name"]) for one in found["known"]] == [
        (5, "Filed"),
        (6, "Good & true"),
    ]
    [refused] = found["refused"]
    assert (refused["line"], refused["what"]) == (4, "Bad")
    assert "starts with http" in refused["reason"]
    assert found["notes"]
    kept = listed(desk)["Good & true"]
    assert (kept["region"], kept["language"], kept["origin"]) == ("Central Asia", "ru", "command")
    words = desk("feeds", "import", str(file))
    assert "0 added, 3 known, 1 refused" in words.stdout
    assert f"{file}:4: Bad: xmlUrl: a feed's url starts with" in words.stderr


def test_yaml_is_imported_as_far_as_it_goes(desk: Cli, tmp_path: Path) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text(
        "feeds:\n  - {name: A, url: 'https://a.example/', enabled: false}\n"
        "  - {name: B, url: 'https://b.example/', teir: 1}\n  - just words\n"
    )
    result = desk("feeds", "import", str(file), "--dry-run", "--json")
    found = json.loads(result.stdout)
    assert [one["line"] for one in found["refused"]] == [3, 4]
    assert set(listed(desk)) == {"Filed"}
    desk("feeds", "import", str(file))
    assert not listed(desk)["A"]["enabled"]
    told(desk("poll", "--json", "--url", "https://filed.example/feed"))
    assert not listed(desk)["A"]["enabled"]
    desk("feeds", "resume", "A")
    assert listed(desk)["A"]["enabled"]


def test_what_cannot_be_read_at_all_imports_nothing(desk: Cli, tmp_path: Path) -> None:
    for name, text in (
        ("none.opml", None),
        ("cut.opml", "<opml><body><outline xmlUrl='https://x.org/a'>"),
        ("list.yaml", "- a"),
        ("no.yaml", "feeds: {"),
    ):
        if text is not None:
            (tmp_path / name).write_text(text)
        result = desk("feeds", "import", str(tmp_path / name))
        assert result.exit_code == 2, name
        assert "mend:" in result.stderr
    assert set(listed(desk)) == {"Filed"}


def test_export_and_import_are_a_round_trip(
    desk: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sqlite_template: Path
) -> None:
    file = tmp_path / "mine.opml"
    file.write_text(BROKEN)
    desk("feeds", "import", str(file))
    out = tmp_path / "out" / "export.opml"
    assert "2 feeds written" in desk("feeds", "export", str(out)).stdout
    exported = read_opml(out)
    assert {feed.name for feed in exported} == {"Filed", "Good & true"}
    assert desk("feeds", "export").stdout.startswith("<?xml")
    yaml = tmp_path / "out.yaml"
    assert told(desk("feeds", "export", str(yaml), "--json"))["feeds"] == 2
    monkeypatch.setenv("MINERALWATCH_DATABASE_URL", f"sqlite:///{tmp_path / 'new.sqlite3'}")
    empty = tmp_path / "empty.yaml"
    empty.write_text("feeds: []\n")
    monkeypatch.setenv("MINERALWATCH_FEEDS_FILE", str(empty))
    assert listed(desk) == {}
    desk("feeds", "import", str(out))
    again = tmp_path / "again.opml"
    desk("feeds", "export", str(again))
    assert set(read_opml(again)) == set(exported)
    assert told(desk("feeds", "import", str(yaml), "--json"))["added"] == []


def test_list_has_filters(desk: Cli, tmp_path: Path) -> None:
    file = tmp_path / "more.yaml"
    file.write_text(
        "feeds:\n  - {name: A, url: 'https://a.example/', region: asia, language: ru, kind: ifi}\n"
        "  - {name: B, url: 'https://b.example/'}\n"
    )
    desk("feeds", "import", str(file))
    assert set(listed(desk, "--region", "asia")) == {"A"}
    assert set(listed(desk, "--kind", "ifi")) == {"A"}
    assert set(listed(desk, "--language", "en")) == {"Filed", "B"}
    assert set(listed(desk, "--origin", "config")) == {"Filed"}
    assert "added" in desk("feeds", "list").stdout
