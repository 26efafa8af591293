"""What rules would have sent, why a story went or not; stories put right by hand."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.testing import CliRunner, Result

from pipeline.cli import app as cli
from pipeline.settings import Settings
from schemas.alert import Channel
from schemas.assessment import Stage
from tests.alert_desk import MINUTE, Desk, alert_desk, told
from tests.fakes import RULESET, Meaning
from tests.integration.test_alert_threads import (
    ELSEWHERE,
    FIRST,
    FRENCH,
    SECOND,
    SIGNED,
    TALKS,
    THIRD,
)

Run = Callable[..., Result]
ROUTES = [
    {"name": "major", "when": {"min_significance": 3}},
    {"name": "asia", "owner": "desk@example.org", "when": {"parties": ["KZ"]}},
]


@pytest.fixture
def at() -> datetime:
    """Commands go by the clock, so the archive is of late."""
    return datetime.now(UTC) - timedelta(days=2)


@contextmanager
def _desk(
    make_settings: Callable[..., Settings],
    tmp_path: Path,
    at: datetime,
    url: str,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Desk]:
    monkeypatch.setattr("pipeline.stages.deliver.SPACING", {Channel.SLACK: timedelta(0)})
    monkeypatch.setattr("pipeline.assess.ruleset.ruleset_id", lambda _rules: RULESET)
    with alert_desk(make_settings, tmp_path / "config", at, ROUTES, database_url=url) as desk:
        monkeypatch.setenv("MINERALWATCH_DATABASE_URL", url)
        monkeypatch.setenv("MINERALWATCH_CONFIG_DIR", str(tmp_path / "config"))
        monkeypatch.setenv("MINERALWATCH_SLACK_TOKEN", "xoxb-demo")
        monkeypatch.setenv("MINERALWATCH_SLACK_BASE_URL", desk.slack.base_url)
        monkeypatch.setenv("MINERALWATCH_SLACK_CHANNEL", "minerals")
        monkeypatch.setenv("COLUMNS", "200")
        yield desk


@pytest.fixture
def desk(
    make_settings: Callable[..., Settings],
    tmp_path: Path,
    at: datetime,
    database_url: str,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Desk]:
    """An archive of two stories, one of which moved on."""
    with _desk(make_settings, tmp_path, at, database_url, monkeypatch) as made:
        made.report(FIRST, TALKS)
        made.report(ELSEWHERE, FRENCH)
        made.deliver(later=30 * MINUTE)
        made.report(SECOND, TALKS, outlet="two.example")
        made.deliver(later=30 * MINUTE)
        made.report(THIRD, SIGNED, outlet="three.example")
        made.deliver(later=MINUTE)
        yield made


def run(*args: str) -> Result:
    return CliRunner().invoke(cli, list(args), catch_exceptions=False)


def as_json(*args: str) -> Any:
    result = run(*args, "--json")
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def test_a_back_test_of_the_rules_in_force_is_what_was_sent(desk: Desk) -> None:
    found = as_json("routes", "test", "--days", "7")
    really = [(m.text, m.thread_ts is not None) for m in desk.slack.messages]
    sent = [one for one in found["sent"] if one["kind"] != "update"]
    assert [one["thread_key"] is not None for one in sent] == [reply for _, reply in really]
    # A first message is edited afterwards; what it first said is not in Slack any more.
    assert [one["payload"]["text"] for one in sent][1:] == [text for text, _ in really][1:]
    assert (found["reports"], found["stories"]) == (4, 2)
    assert sum(found["a_day"].values()) == 2, "the message and the broadcast"


def test_what_was_read_under_older_rules_is_tried_too(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pipeline.assess.ruleset.ruleset_id", lambda _rules: "newer")
    assert as_json("routes", "test", "--days", "7")["reports"] == 4
    assert desk.lines()


def test_one_rule_is_tried_by_itself_and_nothing_is_written(desk: Desk) -> None:
    before = desk.lines()
    found = as_json("routes", "test", "major", "--days", "7")
    assert [one["kind"] for one in found["sent"]] == ["new"]
    assert found["sent"][0]["routes"] == ["major"]
    assert desk.lines() == before
    assert "major" in run("routes", "test", "major").output


def test_a_file_that_is_not_in_force_is_tried_and_shown_as_a_page(
    desk: Desk, tmp_path: Path
) -> None:
    file, page = tmp_path / "trial.yaml", tmp_path / "page.html"
    rule = {"name": "batched", "batch_minutes": 600, "to": [{"address": "trial"}]}
    file.write_text(yaml.safe_dump({"routes": [rule]}))
    found = as_json("routes", "test", "--file", str(file), "--html", str(page))
    assert len(found["sent"]) == 1
    assert len(found["sent"][0]["stories"]) == 2
    assert "slack:trial" in page.read_text()
    assert "uranium" in page.read_text()
    assert all(line.address == "minerals" for line in desk.lines())


def test_a_wrong_file_or_name_is_told(desk: Desk, tmp_path: Path) -> None:
    file = tmp_path / "trial.yaml"
    file.write_text("routes: [{name: x, when: {themes: [nonsense]}}]")
    result = run("routes", "test", "--file", str(file))
    assert result.exit_code == 2
    assert "nonsense" in result.output
    result = run("routes", "test", "nobody")
    assert result.exit_code == 2
    assert "major, asia" in result.output
    assert desk.lines()


def test_why_a_story_went_and_why_not(desk: Desk) -> None:
    found = as_json("routes", "explain", "1")
    major, asia = found["routes"]
    assert [one["taken"] for one in major["considered"]] == [False, False, True]
    assert "moved" not in major["note"]
    assert [line.split(" ")[0] for line in asia["sent"]] == ["new", "outlet", "update"]
    assert [line.split(" ")[0] for line in major["sent"]] == ["stage"]
    told_text = run("routes", "explain", "1").output
    assert "significance: asks for 3 or more, it has 2" in told_text
    other = as_json("routes", "explain", "2")
    assert [one["note"] for one in other["routes"]] == ["the rule did not take it"] * 2
    assert run("routes", "explain", "99").exit_code == 2


def test_rules_are_listed_with_what_they_ask(desk: Desk) -> None:
    assert [rule["name"] for rule in as_json("routes", "list")] == ["major", "asia"]
    told_text = run("routes", "list").output
    assert "min_significance: 3" in told_text
    assert "desk@example.org" in told_text
    assert desk.lines()


def test_a_story_retracted_by_hand_says_so_with_the_reason(desk: Desk) -> None:
    result = run("stories", "retract", "1", "--reason", "The ministry denied it.")
    assert result.exit_code == 0, result.output
    desk.at = datetime.now(UTC)
    desk.deliver()
    first = desk.top()[0]
    assert "The ministry denied it." in told(first)
    assert "denied" in told(desk.replies(first)[-1])
    assert run("stories", "retract", "1", "--reason", "Again.").exit_code != 0
    assert "1" not in [str(one["id"]) for one in as_json("stories", "list")]


def test_two_stories_made_one_by_hand(desk: Desk) -> None:
    desk.report(
        "Kazakhstan: a second uranium paper with Korea", Meaning(Stage.SIGNED, ("KR", "KZ"))
    )
    desk.deliver(later=MINUTE)
    first, second = desk.top()
    result = run("stories", "merge", "3", "1")
    assert result.exit_code == 0, result.output
    desk.at = datetime.now(UTC)
    desk.deliver()
    assert "part of another story" in told(second).lower()
    assert first.text in told(first)
    [story] = [one for one in as_json("stories", "list") if one["id"] == 1]
    assert story["articles"] == 4
    assert set(story["parties"]) == {"JP", "KZ", "KR"}
    assert run("stories", "merge", "1", "1").exit_code != 0
    assert run("stories", "merge", "3", "1").exit_code != 0
