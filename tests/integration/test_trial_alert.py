"""A test that is sent by hand takes the way of an alert, and is never one: on both databases."""

import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from sqlalchemy import func, select

from pipeline.app import App, open_app
from pipeline.demo.mail_catcher import MailCatcher
from pipeline.demo.slack_server import DEMO_TOKEN, SlackServer, SlackServerThread
from pipeline.errors import ConfigError
from pipeline.settings import Settings
from pipeline.store import outbox
from schemas.jsonschema import json_schema
from schemas.tables import AlertRow, CarriedRow
from tests.webhook_receiver import SECRET, Receiver

NOW = datetime(2026, 5, 4, 9, 0, tzinfo=UTC)
ROUTES = """
routes:
  - name: major
    when: {min_significance: 3}
    quiet: {from: "00:00", to: "23:59", time_zone: UTC}
    to:
      - {channel: slack, address: minerals}
      - {channel: email, address: desk@example.org}
      - {channel: webhook, address: desk}
webhooks: [{name: desk, url: "%s"}]
"""


@dataclass
class World:
    app: App
    slack: SlackServer
    mail: MailCatcher
    hook: Receiver

    def test(self, **params: Any) -> tuple[dict[str, int], list[str]]:
        report = self.app.run("test_alert", now=NOW, token="run-1", **params)
        return dict(report.counts), [f"{one.where}: {one.what}" for one in report.problems]

    def lines(self) -> list[outbox.OutboxLine]:
        with self.app.database.read() as session:
            return outbox.list_outbox(session=session)


@pytest.fixture
def world(
    database_url: str, make_settings: Callable[..., Settings], tmp_path: Path
) -> Iterator[World]:
    with (
        SlackServerThread(channels=["minerals", "ops"]) as slack,
        MailCatcher(tmp_path / "mail") as mail,
        # The sender signs with the time of day, which the receiver checks.
        Receiver(now=time.time()) as hook,
    ):
        config = tmp_path / "config"
        config.mkdir()
        (config / "routes.yaml").write_text(ROUTES % hook.url)
        settings = make_settings(
            database_url=database_url,
            config_dir=config,
            slack_token=DEMO_TOKEN,
            slack_base_url=slack.base_url,
            slack_channel="#minerals",
            smtp_url=mail.url,
            digest_from="watch@example.org",
            webhook_secrets={"desk": SECRET},
            allow_private_networks=True,
        )
        with open_app(settings) as app:
            yield World(app, slack, mail, hook)


def test_every_place_of_a_route_gets_one_that_says_what_it_is(world: World) -> None:
    told, problems = world.test(route="major")
    assert (told, problems) == ({"places": 3, "sent": 3, "waiting": 0, "refused": 0}, [])
    [message] = world.slack.messages
    assert message.channel.name == "minerals"
    assert message.text.startswith("TEST, not news: mineralwatch tries the route 'major'. ")
    assert message.blocks[0]["text"]["text"].startswith("TEST, not news")
    [letter] = world.mail.messages
    assert letter.recipients == ("desk@example.org",)
    raw = letter.path.read_text(encoding="utf-8")
    assert "Subject: TEST, not news: mineralwatch tries the route 'major'" in raw
    assert "List-Id: mineralwatch test <test.mineralwatch.example.org>" in raw
    [body] = [json.loads(one.body) for one in world.hook.seen]
    jsonschema.validate(body, json_schema("test_event"))
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(body, json_schema("alert_event"))


def test_nothing_counts_it_as_an_alert(world: World) -> None:
    world.test(route="major")
    with world.app.database.read() as session:
        for table in (AlertRow, CarriedRow):
            assert session.scalar(select(func.count()).select_from(table)) == 0
    assert world.slack.react(world.slack.messages[0].ts, "x", "U1")
    feedback = world.app.run("feedback", now=NOW)
    assert not any(feedback.counts.values()), "a reader's ❌ on a test is no verdict"


def test_the_same_run_sends_once(world: World) -> None:
    for _ in range(3):
        assert world.test(route="major")[0]["sent"] == 3
    assert (len(world.slack.messages), len(world.mail.messages), len(world.hook.seen)) == (1, 1, 1)


def test_what_is_refused_is_told_and_leaves_nothing_behind(world: World) -> None:
    told, [problem] = world.test(channel="slack", address="nowhere")
    assert told == {"places": 1, "sent": 0, "waiting": 0, "refused": 1}
    assert problem.startswith("slack:nowhere: Slack refused it: channel_not_found; mend: ")
    assert world.lines() == [], "operators are not told of a typing error for days"
    assert world.app.run("watch", now=NOW).counts["failing"] == 0
    told, _ = world.test(channel="slack", address="ops")
    assert told["sent"] == 1


def test_what_is_not_reached_stays_and_arrives_once(world: World) -> None:
    world.slack.fail_next(status=503)
    told, [problem] = world.test(channel="slack", address="#ops")
    assert (told["waiting"], told["refused"]) == (1, 0)
    assert problem.startswith("slack:ops: ")
    with world.app.database.read() as session:
        due = outbox.next_due(session=session)
    assert due is not None
    report = world.app.run("test_alert", now=due, token="run-1", channel="slack", address="#ops")
    assert report.counts["sent"] == 1
    assert len(world.slack.messages) == 1


def test_a_wrong_form_is_named_and_sends_nothing(world: World) -> None:
    with pytest.raises(ConfigError, match="no route 'minor'") as error:
        world.test(route="minor")
    assert error.value.mend == "there are: major"
    with pytest.raises(ConfigError, match="not an e-mail address"):
        world.test(channel="email", address="desk")
    with pytest.raises(ConfigError, match="a webhook is named"):
        world.test(channel="webhook")
    assert world.lines() == []


def test_without_a_channel_of_its_own_it_is_a_file(world: World) -> None:
    assert world.test(channel="preview", address="ops")[0]["sent"] == 1
    [file] = world.app.settings.outbox_dir.glob("*.txt")
    assert file.read_text().startswith("TEST, not news")
