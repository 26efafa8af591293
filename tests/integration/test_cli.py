"""The commands as a user calls them: output, JSON, exit codes."""

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from pipeline.cli import app
from pipeline.demo.newsroom import Newsroom, NewsroomThread
from pipeline.demo.samples import Fault, Format, Outlet
from schemas.feed import FeedKind
from tests.sample_items import SIGNED

Cli = Callable[..., Result]


@pytest.fixture
def cli(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Cli:
    """Runs the command line in a folder of the test's own; wide, so that tables do not wrap."""
    monkeypatch.setenv("MINERALWATCH_ALLOW_PRIVATE_NETWORKS", "1")
    monkeypatch.setenv("MINERALWATCH_PARSE_PROCESSES", "0")
    monkeypatch.setenv("COLUMNS", "220")

    def call(*args: str, stdin: str | None = None) -> Result:
        return CliRunner().invoke(app, list(args), input=stdin)

    return call


@pytest.fixture
def feed() -> Iterator[str]:
    """The address of a feed on loopback that has one item about an agreement."""
    outlets = [
        Outlet("daily", "Daily", "en", "global", FeedKind.NEWS, 2, Format.RSS),
        Outlet("gone", "Gone", "en", "global", FeedKind.NEWS, 2, Format.RSS, fault=Fault.MISSING),
    ]
    newsroom = Newsroom(items=(), outlets=outlets)
    with NewsroomThread(newsroom):
        newsroom.publish(SIGNED)
        yield newsroom.feed_url("daily")


def _lines(result: Result) -> list[dict[str, object]]:
    return [json.loads(line) for line in result.stdout.splitlines()]


def test_the_version_and_the_help_are_there(cli: Cli) -> None:
    assert cli("--version").stdout.startswith("mineralwatch 0.")
    told = cli("--help").stdout
    commands = ("up", "demo", "run", "classify", "cluster", "digest", "scorecard", "explain")
    for command in (*commands, "outbox"):
        assert command in told


@pytest.mark.parametrize(
    "command",
    [
        *("up", "demo", "run", "poll", "assess", "deliver", "digest", "classify", "cluster"),
        *("evaluate", "scorecard", "feeds list", "feeds health", "feeds check", "stories list"),
        *("feeds add", "feeds import", "feeds export", "feeds pause", "feeds resume"),
        *("feeds retry", "feeds remove"),
        *("stories show", "agreements list", "agreements show", "outbox list", "outbox retry"),
        *("explain", "watch", "feedback", "feedback read", "routes list", "routes test"),
        *("routes explain", "stories merge", "stories retract"),
        *("config check", "config init", "config show", "config schema", "db upgrade", "db status"),
    ],
)
def test_every_command_has_a_help_text_with_an_example(cli: Cli, command: str) -> None:
    result = cli(*command.split(), "--help")
    assert result.exit_code == 0
    assert "Example: " in result.stdout
    assert f"mineralwatch {command}" in result.stdout


def test_classify_writes_a_line_of_labels_for_each_item(cli: Cli) -> None:
    rows = [
        {"id": 7, "title": SIGNED.title, "summary": SIGNED.summary},
        {"id": "b", "title": "Titanium beats Cobalt in cup final", "summary": None, "lang": "en"},
    ]
    result = cli("classify", stdin="\n".join(json.dumps(row) for row in rows) + "\n\n")
    assert result.exit_code == 0
    first, second = _lines(result)
    keys = ("id", "relevant", "relevance", "themes", "stage", "parties", "minerals")
    assert all(key in first for key in (*keys, "significance", "agreement"))
    assert (first["id"], first["relevant"], first["parties"]) == (7, True, ["JP", "KZ"])
    assert (second["id"], second["relevant"], second["themes"]) == ("b", False, [])
    themes: list[dict[str, object]] = first["themes"]  # type: ignore[assignment]
    assert "central_asia" in [theme["id"] for theme in themes]
    for theme in themes:
        for span in theme["evidence"]:  # type: ignore[attr-defined]
            text = SIGNED.title if span["field"] == "title" else SIGNED.summary
            assert text[span["start"] : span["end"]] == span["text"]


def test_a_line_that_is_no_item_is_named_and_the_others_are_read(cli: Cli) -> None:
    result = cli("classify", stdin='{"id": 1, "title": "x"}\nnot json\n[1]\n{"id": 2}\n')
    assert result.exit_code == 2
    assert [row["id"] for row in _lines(result)] == [1, 2]
    assert "line 2: not JSON" in result.stderr
    assert "line 3: not a JSON object" in result.stderr


def test_cluster_names_each_items_story(cli: Cli) -> None:
    at = datetime(2026, 5, 4, 8, tzinfo=UTC)
    rows = [
        {"id": "a", "title": SIGNED.title, "summary": SIGNED.summary, "published": at.isoformat()},
        {"id": "b", "title": "Cup final ends in a draw", "summary": "", "published": "2026-05-04"},
        {
            "id": "c",
            "title": f"{SIGNED.title} - Gazette",
            "summary": SIGNED.summary,
            "published": (at + timedelta(hours=3)).isoformat(),
        },
        {"id": "d", "title": "No date", "published": "soon"},
    ]
    result = cli("cluster", stdin="\n".join(json.dumps(row) for row in rows))
    assert result.exit_code == 0
    story = {row["id"]: row["story"] for row in _lines(result)}
    assert story["a"] == story["c"]
    assert len({story["a"], story["b"], story["d"]}) == 3


def test_a_pass_over_one_url_needs_nothing_set_up(cli: Cli, feed: str, tmp_path: Path) -> None:
    result = cli("run", "--once", "--url", feed, "--json")
    assert result.exit_code == 0, result.stderr
    told = json.loads(result.stdout)
    assert [stage["stage"] for stage in told["stages"]] == [
        *("poll", "fulltext", "assess", "link", "deliver", "watch"),
    ]
    assert told["stages"][0]["counts"]["new"] == 1
    [story] = told["stories"]
    assert story["title"] == SIGNED.title
    [message] = told["messages"]
    assert (message["state"], message["channel"]) == ("sent", "preview")
    assert SIGNED.title in Path(message["external_id"]).read_text(encoding="utf-8")
    assert (tmp_path / "var" / "mineralwatch.sqlite3").exists()


def test_what_a_pass_found_can_be_looked_at(cli: Cli, feed: str) -> None:
    dead = feed.replace("daily/", "gone/")
    assert cli("run", "--once", "--url", feed, "--url", dead).exit_code == 0
    assert SIGNED.title in cli("stories", "list").stdout
    assert "“Kazakhstan”" in cli("stories", "show", "1").stdout
    assert json.loads(cli("stories", "list", "--theme", "reconstruction", "--json").stdout) == []
    health = json.loads(cli("feeds", "health", "--json").stdout)
    states = {row["url"]: row["state"] for row in health}
    assert (states[feed], states[dead]) == ("healthy", "failing")
    card = json.loads(cli("scorecard", "--json").stdout)
    counts = {theme["id"]: theme["stories"] for theme in card["themes"]}
    assert len(counts) == 11
    assert counts["central_asia"] == 1
    assert "Kazakhstan" in cli("scorecard").stdout
    assert "sent" in cli("outbox", "list").stdout


def test_a_feed_can_be_tried_before_it_is_watched(cli: Cli, feed: str) -> None:
    told = json.loads(cli("feeds", "check", feed, "--json").stdout)
    assert [entry["relevant"] for entry in told["entries"]] == [True]
    result = cli("feeds", "check", feed.replace("daily/", "gone/"))
    assert result.exit_code == 1
    assert "404" in result.stdout


def test_the_digest_is_shown_without_being_sent(cli: Cli, feed: str, tmp_path: Path) -> None:
    cli("run", "--once", "--url", feed)
    shown = cli("digest")
    assert shown.exit_code == 0
    assert SIGNED.title in shown.stdout
    assert cli("digest", "--html", "out/digest.html").exit_code == 0
    html = (tmp_path / "out" / "digest.html").read_text(encoding="utf-8")
    assert SIGNED.title in html
    assert "data:image/png" in html
    rows = json.loads(cli("outbox", "list", "--json").stdout)
    assert [row["key"].split(":")[0] for row in rows] == ["story"]


def test_agreements_stand_where_the_configuration_says_until_news_moves_them(cli: Cli) -> None:
    cli("db", "upgrade")
    known = json.loads(cli("agreements", "list", "--json").stdout)
    assert {agreement["stage"] for agreement in known} >= {"signed"}
    shown = cli("agreements", "show", known[0]["id"])
    assert known[0]["name"] in shown.stdout
    missing = cli("agreements", "show", "nothing")
    assert missing.exit_code == 2
    assert "mineralwatch agreements list" in missing.stderr


def test_a_stage_without_a_page_is_shown_as_not_checked(
    cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "own"
    folder.mkdir()
    text = (
        "agreements: [{id: bare, name: Bare pact, parties: [CL, PE], stage: signed,"
        ' stage_date: "2024-05-01"}]'
    )
    (folder / "agreements.yaml").write_text(text, encoding="utf-8")
    monkeypatch.setenv("MINERALWATCH_CONFIG_DIR", str(folder))
    cli("db", "upgrade")
    refused = cli("config", "check")
    assert refused.exit_code == 2
    assert "bare: no fact tells that it is signed since 2024-05-01" in refused.stderr
    for marked in (False, True):  # a watch goes on with either, and says so
        if marked:
            text = text.replace("stage: signed,", "stage: signed, unverified: true,")
            (folder / "agreements.yaml").write_text(text, encoding="utf-8")
            assert "source not checked: bare" in cli("config", "check").stdout
            assert json.loads(cli("config", "check", "--json").stdout)["unverified"] == ["bare"]
        shown = cli("agreements", "show", "bare").stdout
        assert "source not checked: signed in agreements.yaml" in shown
        told = cli("digest").stdout
        assert "Bare pact: signed since 1 May 2024 (source not checked)" in told


def test_a_database_that_is_not_there_is_said_with_the_mend(cli: Cli) -> None:
    result = cli("poll")
    assert result.exit_code == 1
    assert "mineralwatch db upgrade" in result.stderr
    assert cli("db", "status").exit_code == 1
    assert cli("db", "upgrade").exit_code == 0
    assert cli("db", "status").exit_code == 0
    assert "already" in cli("db", "upgrade").stdout


@pytest.mark.parametrize(
    ("url", "code", "told"),
    [
        ("postgresql://me:hunter2@127.0.0.1:1/x", 1, "the database cannot be used"),
        ("sqlite:///broken.sqlite3", 1, "not an SQLite database"),
        ("mysql://127.0.0.1/x", 2, "names 'mysql', which is not supported"),
        ("nonsense", 2, "cannot be read as a database URL"),
    ],
)
def test_a_database_that_cannot_be_used_is_said_in_words(
    cli: Cli, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, url: str, code: int, told: str
) -> None:
    (tmp_path / "broken.sqlite3").write_text("this is no database" * 100)
    monkeypatch.setenv("MINERALWATCH_DATABASE_URL", url)
    for command in (("run", "--once"), ("poll",), ("db", "upgrade"), ("db", "status")):
        result = cli(*command)
        assert result.exit_code == code, command
        assert told in result.stderr
        assert "hunter2" not in result.stderr


@pytest.mark.parametrize(
    ("name", "text", "told"),
    [
        ("routes.yaml", "routes:\n  - name: a\n    wen: {}\n", "did you mean 'when'?"),
        ("routes.yaml", "routes:\n  - name: a\n    when: {themes: [gold]}\n", "'gold'"),
        ("digest.yaml", "time_zone: Kyiv\n", "no such time zone 'Kyiv'"),
        ("feeds.yaml", "feeds: nothing\n", "feeds.yaml:1: feeds"),
    ],
)
def test_a_wrong_file_starts_nothing(
    cli: Cli, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str, text: str, told: str
) -> None:
    folder = tmp_path / "config"
    folder.mkdir()
    (folder / name).write_text(text, encoding="utf-8")
    monkeypatch.setenv("MINERALWATCH_CONFIG_DIR", str(folder))
    result = cli("run", "--once")
    assert result.exit_code == 2
    assert told in result.stderr
    assert str(folder / name) in result.stderr


def test_a_token_without_a_channel_is_refused_before_anything_starts(
    cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MINERALWATCH_SLACK_TOKEN", "xoxb-secret-1")
    result = cli("run", "--once")
    assert result.exit_code == 2
    assert "MINERALWATCH_SLACK_CHANNEL" in result.stderr
    assert "xoxb-secret-1" not in result.stderr


def test_settings_are_shown_without_secrets(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MINERALWATCH_SLACK_TOKEN", "xoxb-secret-1")
    monkeypatch.setenv("MINERALWATCH_DATABASE_URL", "postgresql://me:hunter2@db.example/x")
    shown = cli("config", "show").stdout
    assert "MINERALWATCH_SLACK_TOKEN = ***" in shown
    assert "hunter2" not in shown
    assert "xoxb" not in shown


@pytest.mark.parametrize("since", ["yesterday", "d", "99999999d"])
def test_a_span_that_cannot_be_read_is_wrong_use(cli: Cli, since: str) -> None:
    cli("db", "upgrade")
    assert cli("stories", "list", "--since", since).exit_code == 2


def test_evaluate_compares_with_a_labelled_file(cli: Cli, tmp_path: Path) -> None:
    gold = {
        "id": "1",
        "title": SIGNED.title,
        "summary": SIGNED.summary,
        "lang": "en",
        "relevant": True,
        "themes": ["central_asia", "investment_infrastructure"],
        "stage": "signed",
        "parties": ["JP", "KZ"],
        "minerals": ["rare earths"],
        "significance": 3,
        "event": None,
    }
    path = tmp_path / "gold.jsonl"
    path.write_text(json.dumps(gold) + "\n", encoding="utf-8")
    result = cli("evaluate", str(path), "--json")
    assert result.exit_code == 0, result.stderr
    assert json.loads(result.stdout)["all"]["relevance"]["f1"] == 1.0
    assert "relevan" in cli("evaluate", str(path)).stdout
    assert cli("evaluate", str(tmp_path / "none.jsonl")).exit_code == 2
    path.write_text('{"id": 1, "title": "x"}\n', encoding="utf-8")
    unlabelled = cli("evaluate", str(path))
    assert unlabelled.exit_code == 2
    assert "item 1 has no relevant, themes" in unlabelled.stderr


def test_all_wrong_files_are_told_at_once(
    cli: Cli, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    folder = tmp_path / "config"
    folder.mkdir()
    (folder / "routes.yaml").write_text("routes:\n  - nam: a\n", encoding="utf-8")
    (folder / "digest.yaml").write_text("hour: 25\n", encoding="utf-8")
    monkeypatch.setenv("MINERALWATCH_CONFIG_DIR", str(folder))
    result = cli("config", "check")
    assert result.exit_code == 2
    assert "routes.yaml:2: routes[0].nam" in result.stderr
    assert "digest.yaml:1: hour" in result.stderr


@pytest.mark.parametrize(
    ("name", "value"),
    [("SMTP_URL", "smtp:/x"), ("DIGEST_TO", "notanaddress"), ("DIGEST_TO", "a@b.example, c@")],
)
def test_a_wrong_mail_setting_is_said_at_the_start(
    cli: Cli, monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(f"MINERALWATCH_{name}", value)
    result = cli("config", "check")
    assert result.exit_code == 2
    assert f"MINERALWATCH_{name}" in result.stderr


def test_a_configuration_of_ones_own_is_a_sound_copy_with_its_schemas(
    cli: Cli, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    assert cli("config", "init", "mine").exit_code == 0
    for path in (tmp_path / "mine").rglob("*.yaml"):
        first = path.read_text(encoding="utf-8").splitlines()[0]
        assert (path.parent / first.split("$schema=")[1]).is_file(), path
    monkeypatch.setenv("MINERALWATCH_CONFIG_DIR", "mine")
    own = json.loads(cli("config", "check", "--json").stdout)
    monkeypatch.delenv("MINERALWATCH_CONFIG_DIR")
    assert own == json.loads(cli("config", "check", "--json").stdout)
    again = cli("config", "init", "mine")
    assert again.exit_code == 2
    assert "not empty" in again.stderr


def test_a_pass_with_nothing_due_says_when_the_next_is(cli: Cli, feed: str, tmp_path: Path) -> None:
    feeds = tmp_path / "feeds.yaml"
    feeds.write_text(f"feeds: [{{name: Daily, url: '{feed}'}}]\n", encoding="utf-8")
    first = cli("run", "--once", "--feeds", str(feeds))
    assert "alerts are previewed in var/outbox" in first.stdout
    second = cli("run", "--once", "--feeds", str(feeds))
    assert "no feed is due: the next at " in second.stdout
    assert "previewed" not in second.stdout


def test_what_is_not_there_is_named_as_such(cli: Cli) -> None:
    cli("db", "upgrade")
    for command in (("stories", "show", "99"), ("outbox", "retry", "nokey")):
        result = cli(*command)
        assert result.exit_code == 2
        assert result.stderr.startswith("not found: no ")
