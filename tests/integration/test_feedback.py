"""From a ✅ in Slack to the figures: stage, commands, digest, labelled items; on both databases."""

import json
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from pipeline.app import App, open_app
from pipeline.assess.assessor import Assessor
from pipeline.assess.training.items import load_items
from pipeline.demo.slack_server import DEMO_TOKEN, SlackServer, SlackServerThread
from pipeline.demo.slack_workspace import ALL_SCOPES
from pipeline.settings import Settings
from pipeline.stages import digest as digest_stage
from pipeline.stages.feedback import summary
from pipeline.store.engine import Database
from schemas.alert import AlertKind
from tests.feedback_world import Teller
from tests.integration.conftest import Cli

CHECK, CROSS = "white_check_mark", "x"
SIGNED = "Japan and Kazakhstan sign memorandum on rare earths"
QUOTED = "Lithium miner's shares fall as quarterly profit slips"


@pytest.fixture
def slack(now: datetime) -> Iterator[SlackServer]:
    with SlackServerThread(channels=["minerals", "asia"], clock=now.timestamp) as server:
        yield server


@pytest.fixture
def teller(database: Database, slack: SlackServer, now: datetime) -> Teller:
    return Teller(database, slack, now)


@pytest.fixture
def app(
    make_settings: Callable[..., Settings], database_url: str, slack: SlackServer
) -> Iterator[App]:
    settings = make_settings(
        database_url=database_url,
        slack_token=DEMO_TOKEN,
        slack_channel="minerals",
        slack_base_url=slack.base_url,
    )
    with open_app(settings) as opened:
        yield opened


def read(app: App, now: datetime) -> dict[str, int]:
    report = app.run("feedback", now=now)
    assert report.problems == ()
    return dict(report.counts)


def said(app: App, now: datetime) -> dict[str, tuple[int, int]]:
    with app.database.read() as session:
        found = summary(app.context(now), session=session)
    return {name: (part.right, part.wrong) for name, _title, part in found.by_route}


def test_what_readers_react_is_read_stored_and_counted(
    app: App, teller: Teller, slack: SlackServer, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pipeline.stages.feedback.BATCH", 2)  # three messages are two batches
    one = teller.tell("one", route="asia", themes=("central_asia",))
    two = teller.tell("two", route="major")
    three = teller.tell("three", route="major", address="asia", place=None)
    teller.react(one, ("U1", CHECK), ("U2", "+1::skin-tone-4"))
    teller.react(two, ("U1", CROSS), ("U0MINERALW", CHECK))
    teller.react(three, ("U1", "heavy_check_mark"), ("U2", "eyes"))
    counts = read(app, now)
    assert counts == {
        "messages": 3,
        "read": 3,
        "added": 4,
        "removed": 0,
        "returned": 0,
        "gone": 0,
        "left": 0,
    }
    assert said(app, now) == {"asia": (1, 0), "major": (1, 1)}

    slack.unreact(two.ts, CROSS, "U1")
    slack.react(two.ts, CHECK, "U1")
    later = now + timedelta(hours=1)
    assert (read(app, later)["added"], said(app, later)["major"]) == (1, (2, 0))
    assert read(app, later + timedelta(hours=1))["added"] == 0


def test_a_change_of_mind_between_two_readings_is_followed(
    app: App, teller: Teller, slack: SlackServer, now: datetime
) -> None:
    told = teller.tell("one")
    teller.react(told, ("U1", CHECK))
    read(app, now)
    teller.react(told, ("U1", CROSS))
    read(app, now + timedelta(hours=1))
    assert said(app, now + timedelta(hours=1)) == {"major": (0, 1)}


def test_a_message_that_was_deleted_keeps_its_verdict(
    app: App, teller: Teller, slack: SlackServer, now: datetime
) -> None:
    told, other = teller.tell("one"), teller.tell("two")
    teller.react(told, ("U1", CROSS))
    read(app, now)
    slack.workspace.delete(told.ts)
    teller.react(other, ("U1", CHECK))
    counts = read(app, now + timedelta(hours=1))
    assert (counts["gone"], counts["read"], counts["removed"], counts["left"]) == (1, 1, 0, 0)
    assert said(app, now + timedelta(hours=1)) == {"major": (1, 1)}


def test_an_archived_channel_is_a_problem_and_its_verdicts_stay(
    app: App, teller: Teller, slack: SlackServer, now: datetime
) -> None:
    told = teller.tell("one")
    other = teller.tell("two", address="asia", place="C0000000002")
    teller.react(told, ("U1", CROSS))
    read(app, now)
    slack.workspace.channels[0].archived, slack.workspace.channels[0].member = True, False
    teller.react(other, ("U1", CHECK))
    report = app.run("feedback", now=now + timedelta(hours=1))
    (problem,) = report.problems
    assert (problem.where, "not_in_channel" in problem.what) == ("slack:minerals", True)
    assert (report.counts["read"], report.counts["left"]) == (1, 1)
    assert said(app, now + timedelta(hours=1)) == {"major": (1, 1)}


def test_a_rate_limit_keeps_what_was_read_and_the_next_run_goes_on(
    app: App, teller: Teller, slack: SlackServer, now: datetime
) -> None:
    first = teller.tell("one")
    second = teller.tell("two", address="asia", place="C0000000002")
    teller.react(first, ("U1", CHECK))
    teller.react(second, ("U1", CHECK))
    slack.fail_next(status=429, method="conversations.history")
    report = app.run("feedback", now=now)
    assert report.counts["left"] == 2
    assert "wait 30 s" in report.problems[0].what
    assert read(app, now + timedelta(minutes=30))["added"] == 2


def test_replies_take_turns(
    app: App, teller: Teller, slack: SlackServer, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pipeline.notify.reactions.MAX_GETS", 2)
    root = teller.tell("one")
    for n in range(5):
        article = teller.article(f"report {n}")
        alert = teller.alert(root.story_id, kind=AlertKind.OUTLET, article_id=article)
        teller.react(teller.message(alert, root=root), ("U1", CHECK))
    added = [read(app, now + timedelta(hours=hour))["added"] for hour in range(4)]
    assert added == [2, 2, 1, 0]


def test_a_message_that_is_gone_is_not_asked_for_before_all_others_for_ever(
    app: App, teller: Teller, slack: SlackServer, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pipeline.notify.reactions.MAX_GETS", 1)
    root, lost = teller.tell("one", at=now - timedelta(hours=1)), teller.tell("lost")
    alert = teller.alert(root.story_id, kind=AlertKind.STAGE, detail="signed")
    reply = teller.message(alert, root=root, at=now - timedelta(hours=2))
    teller.react(reply, ("U1", CHECK))
    slack.workspace.delete(lost.ts)
    assert [read(app, now + timedelta(hours=hour))["added"] for hour in range(2)] == [0, 1]


def test_no_slack_is_told_where_messages_were_sent(
    make_settings: Callable[..., Settings], teller: Teller, database_url: str, now: datetime
) -> None:
    with open_app(make_settings(database_url=database_url)) as app:
        assert app.run("feedback", now=now).problems == ()
        teller.tell("one")
        (problem,) = app.run("feedback", now=now).problems
    assert "MINERALWATCH_SLACK_TOKEN" in problem.mend


def test_a_missing_scope_is_told_with_the_mend(
    app: App, teller: Teller, slack: SlackServer, now: datetime
) -> None:
    root = teller.tell("one")
    alert = teller.alert(root.story_id, kind=AlertKind.STAGE, detail="signed")
    teller.message(alert, root=root)
    slack.workspace.scopes = ALL_SCOPES - {"reactions:read"}
    report = app.run("feedback", now=now)
    (problem,) = report.problems
    assert "add the scope reactions:read" in problem.mend
    assert (report.counts["read"], report.counts["left"]) == (1, 1)


# ---- the digest --------------------------------------------------------------------------------


def test_the_digest_tells_what_readers_said(app: App, teller: Teller, now: datetime) -> None:
    context = app.context(now)
    silent = digest_stage.build(context, app.ruleset, day=date(2026, 5, 4))
    assert silent.digest.feedback is None
    assert "Readers called" not in silent.rendered.text
    for number in range(3):
        told = teller.tell(f"title {number}", at=now - timedelta(days=2))
        teller.react(told, ("U1", CROSS if number == 0 else CHECK))
    read(app, now)
    edition = digest_stage.build(context, app.ruleset)
    assert "Readers called 2 of 3 alerts right (67 %) in the last 14 days." in edition.rendered.text
    title = next(route.title for route in app.catalog.routes if route.name == "major")
    assert f"By rule: {title} 2 of 3." in edition.rendered.text
    assert "By theme: Supply chains" in edition.rendered.text


# ---- the commands ------------------------------------------------------------------------------


@pytest.fixture
def cli(desk: Cli, slack: SlackServer, monkeypatch: pytest.MonkeyPatch) -> Cli:
    monkeypatch.setenv("MINERALWATCH_SLACK_TOKEN", DEMO_TOKEN)
    monkeypatch.setenv("MINERALWATCH_SLACK_CHANNEL", "minerals")
    monkeypatch.setenv("MINERALWATCH_SLACK_BASE_URL", slack.base_url)
    return desk


@pytest.fixture
def today(database: Database, slack: SlackServer) -> Teller:
    """Alerts of ninety minutes ago by the wall clock, by which commands go."""
    return Teller(database, slack, datetime.now(UTC) - timedelta(minutes=90))


def test_feedback_shows_the_figures_and_the_newest_wrong_ones(cli: Cli, today: Teller) -> None:
    told = cli("feedback")
    assert told.exit_code == 0
    assert "no reader said anything" in told.stdout
    today.react(today.tell("Good one", route="asia"), ("U1", CHECK))
    today.react(today.tell("Bad [bold]one[/]\x1b[31m", route="major"), ("U1", CROSS))
    today.react(today.tell("Split", route="major"), ("U1", CROSS), ("U2", CHECK))
    pair = [today.alert(today.story(title)) for title in ("x", "y")]
    today.react(today.message(*pair), ("U1", CHECK))
    assert cli("feedback", "read").exit_code == 0
    told = cli("feedback")
    assert told.exit_code == 0
    lines = [line.split("│") for line in told.stdout.splitlines() if "│" in line]
    table = {cells[1].strip(): [c.strip() for c in cells[2:-1]] for cells in lines}
    assert table["asia"] == ["1", "0", "0", "100%", "21% to 100%"]
    assert table["major"] == ["0", "1", "1", "0%", "0% to 79%"]
    assert table["all"] == ["1", "1", "1", "50%", "9% to 91%"]
    assert "Bad [bold]one[/]" in told.stdout
    assert "\x1b[31m" not in told.stdout
    assert "https://example.org/Bad" in told.stdout
    assert "left out: 1 messages that tell several stories" in told.stdout


def test_feedback_as_json(cli: Cli, today: Teller) -> None:
    today.react(today.tell("Bad one"), ("U1", CROSS))
    (report,) = json.loads(cli("feedback", "read", "--json").stdout)
    assert report["counts"]["added"] == 1
    told = json.loads(cli("feedback", "--json", "--since", "2h").stdout)
    assert told["all"] == {
        "right": 0,
        "wrong": 1,
        "disputed": 0,
        "precision": 0.0,
        "interval_95": [0.0, pytest.approx(0.793, abs=0.001)],
    }
    assert told["by_route"][0]["route"] == "major"
    assert told["by_theme"][0]["theme"] == "supply_chains"
    assert told["wrong"][0]["title"] == "Bad one"
    assert told["wrong"][0]["url"] == "https://example.org/Bad-one"
    empty = json.loads(cli("feedback", "--json", "--since", "1h").stdout)
    assert (empty["all"]["precision"], empty["by_route"]) == (None, [])


def test_reading_that_meets_a_problem_exits_with_1(
    cli: Cli, today: Teller, slack: SlackServer
) -> None:
    today.tell("one")
    slack.fail_next(status=503, method="auth.test")
    told = cli("feedback", "read")
    assert told.exit_code == 1
    assert "503" in told.stdout


@pytest.mark.parametrize(
    "args",
    [
        ("feedback", "--since", "soon"),
        ("feedback", "--json", "read"),
        ("evaluate",),
        ("evaluate", "gold.jsonl", "--feedback"),
        ("evaluate", "gold.jsonl", "--write", "x.jsonl"),
        ("evaluate", "gold.jsonl", "--since", "7d"),
    ],
)
def test_wrong_use_is_told(cli: Cli, args: tuple[str, ...]) -> None:
    assert cli(*args).exit_code == 2


# ---- scoring the rules, and labelled items -----------------------------------------------------


@pytest.fixture
def packaged(monkeypatch: pytest.MonkeyPatch, assessor: Assessor) -> None:
    """The packaged assessor, which the session has built already."""
    monkeypatch.setattr("pipeline.commands.evaluating.assessor_for", lambda *_, **__: assessor)


@pytest.mark.usefixtures("packaged")
def test_the_present_rules_are_scored_on_what_readers_said(
    cli: Cli, today: Teller, tmp_path: Path
) -> None:
    none = cli("evaluate", "--feedback")
    assert none.exit_code == 0
    assert "no alert was judged" in none.stdout
    summary_ = "The ministers signed it in Astana on Monday. Exploration begins next year."
    today.react(today.tell(SIGNED, summary=summary_), ("U1", CHECK), ("U2", CHECK))
    today.react(today.tell("Chile and Germany sign lithium agreement in Santiago"), ("U1", CROSS))
    today.react(today.tell(QUOTED), ("U1", CROSS))
    today.react(today.tell("A football club signs a striker"), ("U1", CHECK))
    today.react(today.tell("Both"), ("U1", CHECK), ("U2", CHECK), ("U3", CROSS))
    pair = [today.alert(today.story(title)) for title in ("x", "y")]
    today.react(today.message(*pair), ("U1", CHECK))
    cli("feedback", "read")

    folder = tmp_path / "made" / "items"
    file = folder / "feedback.jsonl"
    result = cli("evaluate", "--feedback", "--write", str(file), "--json")
    assert result.exit_code == 0, result.output
    told = json.loads(result.stdout)
    assert {name: told[name] for name in ("right", "right_kept", "wrong", "wrong_kept")} == {
        "right": 2,
        "right_kept": 1,
        "wrong": 2,
        "wrong_kept": 1,
    }
    assert told["wrong_alerted"] == 1
    assert told["missed"] == ["A football club signs a striker"]
    assert told["false_alarms"] == ["Chile and Germany sign lithium agreement in Santiago"]
    assert {k: told["relevance"][k] for k in ("precision", "recall", "f1")} == {
        "precision": 0.5,
        "recall": 0.5,
        "f1": 0.5,
    }
    assert told["left_out"] == {
        "several_stories": 1,
        "replies": 0,
        "no_article": 0,
        "contradicting": 1,
    }

    rows = [item.row for item in load_items(folder)]
    signed, chile, shares, football = rows
    assert signed["relevant"]
    assert (signed["stage"], signed["parties"]) == ("signed", ["JP", "KZ"])
    assert signed["machine"] == ["themes", "stage", "parties", "minerals", "significance"]
    assert football["relevant"], "readers said so, whatever the rules think"
    assert (football["significance"], football["stage"]) == (1, "none")
    for wrong in (chile, shares):
        assert not wrong["relevant"]
        assert (wrong["themes"], wrong["significance"], wrong["machine"]) == ([], 0, [])

    again = cli("evaluate", str(file), "--json")
    assert again.exit_code == 0, again.output
    assert json.loads(again.stdout)["all"]["relevance"]["f1"] == 0.5

    file.write_text("mended by hand\n", encoding="utf-8")
    refused = cli("evaluate", "--feedback", "--write", str(file))
    assert refused.exit_code == 2
    assert "is there already" in refused.output
    assert file.read_text(encoding="utf-8") == "mended by hand\n"

    shown = cli("evaluate", "--feedback", "--since", "2h").stdout
    assert "precision 0.500, recall 0.500, F1 0.500" in shown
    assert "wrong, still relevant: Chile" in shown
    assert "left out: 1 several stories, 1 contradicting" in shown
