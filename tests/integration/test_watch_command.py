"""`mineralwatch watch` and `outbox`: what fails, for people and for cron; on both databases."""

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from pipeline.cli import app as command_line
from pipeline.settings import Settings
from pipeline.store import audit
from tests.failure_desk import Desk, failure_desks


@pytest.fixture
def open_desk(
    database_url: str, make_settings: Callable[..., Settings], tmp_path: Path
) -> Iterator[Callable[..., Desk]]:
    with failure_desks(database_url, make_settings, tmp_path) as opened:
        yield opened


@pytest.fixture
def desk(open_desk: Callable[..., Desk]) -> Desk:
    return open_desk()


# ---- the command -------------------------------------------------------------------------------


@pytest.fixture
def cli(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    settings = desk.app.settings
    monkeypatch.setenv("MINERALWATCH_DATABASE_URL", settings.database)
    monkeypatch.setenv("MINERALWATCH_CONFIG_DIR", str(settings.config_dir))
    monkeypatch.setenv("COLUMNS", "220")
    return lambda *args: CliRunner().invoke(command_line, list(args))


def test_check_says_what_fails_with_words_and_exit_code_and_writes_nothing(
    desk: Desk, cli: Callable[..., Result]
) -> None:
    fine = cli("watch", "--check")
    assert (fine.exit_code, fine.stdout) == (0, "nothing fails\n")
    assert json.loads(cli("watch", "--check", "--json").stdout) == {"failing": []}
    desk.fails("poll_feeds.poll", "RuntimeError: it broke")
    desk.queue("refused", to="nowhere")
    desk.run("deliver")
    before = (desk.episodes(), desk.lines())
    checked = cli("watch", "--check")
    assert checked.exit_code == 1
    assert "task poll_feeds.poll: RuntimeError: it broke" in checked.stdout
    assert "parked slack:nowhere:channel_not_found: 1 message: Slack refused" in checked.stdout
    assert "mineralwatch outbox retry" in checked.stdout
    as_json = json.loads(cli("watch", "--check", "--json").stdout)
    assert [one["kind"] for one in as_json["failing"]] == ["task", "parked"]
    assert (desk.episodes(), desk.lines()) == before


def test_check_names_a_broken_configuration_and_a_database_that_is_not_there(
    desk: Desk, cli: Callable[..., Result], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    assert desk.app.settings.config_dir is not None
    (desk.app.settings.config_dir / "digest.yaml").write_text("hour: 77\n")
    checked = cli("watch", "--check")
    assert checked.exit_code == 1
    assert "digest.yaml:1" in checked.stdout
    monkeypatch.setenv("MINERALWATCH_DATABASE_URL", f"sqlite:///{tmp_path}/none.sqlite3")
    nowhere = cli("watch", "--check")
    assert nowhere.exit_code == 1
    assert "mineralwatch db upgrade" in nowhere.stderr


def test_episodes_are_shown_and_one_of_a_task_can_be_dismissed(
    desk: Desk, cli: Callable[..., Result]
) -> None:
    assert "nothing failed" in cli("watch").stdout
    desk.fails("import_archive.bring_in", "ConfigError: no such file")
    assert desk.look() == 1
    assert "ConfigError: no such file" in cli("watch").stdout
    assert cli("watch", "--dismiss", "import_archive.bring_in").exit_code == 0
    assert desk.look() == 0
    [shown] = json.loads(cli("watch", "--since", "2026-05-01", "--json").stdout)
    assert (shown["kind"], shown["subject"]) == ("task", "import_archive.bring_in")
    assert shown["ended_at"] == shown["end_told_at"]
    unknown = cli("watch", "--dismiss", "import_archive.bring_in")
    assert unknown.exit_code == 2
    assert "mineralwatch watch" in unknown.stderr


def test_parked_messages_are_listed_with_reason_and_mend_and_made_due(
    desk: Desk, cli: Callable[..., Result]
) -> None:
    desk.queue("good")
    desk.queue("refused", to="nowhere")
    desk.run("deliver")
    [row] = json.loads(cli("outbox", "list", "--parked", "--json").stdout)
    assert (row["key"], row["state"]) == ("refused", "parked")
    assert row["reason"] == "Slack refused it: channel_not_found"
    assert row["mend"].startswith("check the channel's name")
    shown = cli("outbox", "list", "--parked").stdout
    assert "mend: check the channel's name" in shown
    assert "good" not in shown
    assert cli("outbox", "list", "--parked", "--state", "sent").exit_code == 2
    assert cli("outbox", "retry", "refused", "--all").exit_code == 2
    assert json.loads(cli("outbox", "retry", "refused", "--json").stdout) == {"due": 1}
    desk.at = datetime(2200, 1, 1, tzinfo=UTC)  # the command makes it due by the real clock
    assert desk.run("deliver")["parked"] == 1
    assert "1 messages are due again" in cli("outbox", "retry", "--all").stdout


def test_a_discarded_message_is_never_sent_nor_what_follows_in_its_thread(
    desk: Desk, cli: Callable[..., Result]
) -> None:
    [place] = [one for one in desk.slack.workspace.channels if one.name == "minerals"]
    place.archived = True
    desk.queue("refused")
    desk.run("deliver")
    assert cli("outbox", "discard", "refused").exit_code == 2, "the reason is missing"
    assert cli("outbox", "discard", "refused", "--reason", " ").exit_code == 2
    unknown = cli("outbox", "discard", "good", "--reason", "x")
    assert (unknown.exit_code, "is not parked" in unknown.stderr) == (2, True)
    done = cli("outbox", "discard", "refused", "--reason", "the desk is closed", "--by", "ann")
    assert done.stdout == ("refused is discarded. It is never sent. Reason: the desk is closed.\n")
    with desk.app.database.read() as session:
        [entry] = audit.list_entries(session=session).items
    assert (entry.who, entry.what) == ("ann (command line)", "refused")

    place.archived = False
    desk.queue("follows", thread="refused")
    desk.at = datetime(2200, 1, 1, tzinfo=UTC)
    assert "0 messages are due again" in cli("outbox", "retry", "--all").stdout
    told = desk.run("deliver")
    assert (told["sent"], told["waiting"], told["parked_in_all"]) == (0, 0, 0)
    assert desk.slack.messages == []
    rows = json.loads(cli("outbox", "list", "--state", "discarded", "--json").stdout)
    assert {row["key"]: row["reason"] for row in rows} == {
        "refused": "Slack refused it: is_archived; "
        "discarded by ann (command line): the desk is closed",
        "follows": "the first message of its thread was discarded",
    }
