"""One pass from feed to Slack over real HTTP, on both databases."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from pipeline.app import PASS, App, open_app
from pipeline.demo.newsroom import Newsroom, NewsroomThread
from pipeline.demo.samples import Fault, Format, Outlet
from pipeline.demo.slack_server import SlackServer, SlackServerThread
from pipeline.settings import Settings
from pipeline.store import agreements, feeds, outbox, stories
from schemas.feed import FeedKind
from schemas.report import StageReport
from tests.sample_items import SIGNED

OUTLETS = tuple(
    Outlet(slug, slug.title(), "en", "global", FeedKind.NEWS, tier, Format.RSS)
    for slug, tier in (("daily", 2), ("wire", 2), ("gazette", 2))
)
TALKS = replace(
    SIGNED,
    id="talks-1",
    title="Japan and Kazakhstan in talks on rare earths memorandum",
    summary="Talks on the text of the memorandum go on in Astana, the ministry said.",
)
NOISE = replace(
    SIGNED,
    id="noise-1",
    title="Titanium beats Cobalt in cup final",
    summary="A goal in the last minute decided the match.",
    relevant=False,
)


class Clock:
    """A clock that goes when told to."""

    def __init__(self, at: datetime) -> None:
        self.at = at

    def __call__(self) -> datetime:
        return self.at


@dataclass
class World:
    """Newsroom, Slack and app, with the clock that they go by."""

    newsroom: Newsroom
    slack: SlackServer
    app: App
    clock: Clock

    def run(self, *, later: timedelta = timedelta(minutes=30)) -> dict[str, StageReport]:
        """A pass, some time after the last."""
        self.clock.at += later
        return {stage: self.app.run(stage, now=self.clock.at) for stage in PASS}

    def texts(self) -> list[str]:
        return [message.text for message in self.slack.messages]


@pytest.fixture
def world(
    database_url: str, tmp_path: Path, make_settings: Callable[..., Settings]
) -> Iterator[World]:
    clock = Clock(datetime(2026, 5, 4, 9, 0, tzinfo=UTC))
    gone = replace(OUTLETS[0], slug="gone", name="Gone", fault=Fault.MISSING)
    newsroom = Newsroom(items=(), outlets=(*OUTLETS, gone), clock=clock)
    with (
        NewsroomThread(newsroom),
        SlackServerThread(channels=["minerals"], interval_s=0.0) as slack,
    ):
        settings = make_settings(
            database_url=database_url,
            feeds_file=newsroom.feeds_yaml(tmp_path / "feeds.yaml"),
            slack_token="xoxb-demo-token",
            slack_base_url=slack.base_url,
            slack_channel="#minerals",
        )
        slack._token = "xoxb-demo-token"
        with open_app(settings) as app:
            yield World(newsroom, slack, app, clock)


def test_a_new_item_is_told_once_and_noise_never(world: World) -> None:
    world.newsroom.publish(SIGNED)
    world.newsroom.publish(NOISE)
    reports = world.run()
    assert reports["poll"].counts["new"] == 2
    assert reports["assess"].counts["relevant"] == 1
    [message] = world.slack.messages
    assert "Japan and Kazakhstan sign memorandum" in message.text
    again = world.run()
    assert again["deliver"].counts["sent"] == 0
    assert len(world.slack.messages) == 1


def test_a_second_outlet_replies_in_the_thread(world: World) -> None:
    world.newsroom.publish(SIGNED)
    world.run()
    world.newsroom.publish(
        replace(SIGNED, id="sign-2", feed="wire", title="Kazakhstan, Japan sign rare earths memo")
    )
    world.run()
    assert len(world.slack.messages) == 1, "the reply waits for further outlets"
    world.run()
    first, reply = world.slack.messages
    assert reply.thread_ts == first.ts
    assert reply.text.startswith("Also reported by wire")
    with world.app.database.read() as session:
        [story] = stories.list_stories(
            since=world.clock.at - timedelta(days=1), until=world.clock.at, session=session
        )
    assert len(story.outlets) == 2


def test_a_move_of_the_stage_replies_in_the_thread_and_moves_the_story(world: World) -> None:
    world.newsroom.publish(TALKS)
    world.run()
    first = world.slack.messages[0]
    world.newsroom.publish(replace(SIGNED, id="sign-2", feed="wire"))
    world.run()
    replies = [m for m in world.slack.messages if m.thread_ts == first.ts]
    with world.app.database.read() as session:
        found = stories.list_stories(
            since=world.clock.at - timedelta(days=1), until=world.clock.at, session=session
        )
    assert len(found) == 1
    assert "signed" in replies[0].text
    assert first.edits == 1
    assert found[0].stage.value == "signed"


def test_feeds_are_polled_when_due_and_all_of_them_on_request(world: World) -> None:
    world.run()
    soon = world.clock.at + timedelta(seconds=1)
    assert world.app.run("plan", now=soon).counts["due"] == 0
    plan = world.app.run("plan", now=soon, everything=True)
    assert plan.counts["due"] == 4
    quick, slow = plan.work
    assert world.app.run("poll", now=soon, **quick).counts == {
        **dict.fromkeys(("new", "edited", "failed"), 0),
        "feeds": 3,
    }
    assert world.app.run("poll", now=soon, **slow).counts["failed"] == 1


def test_a_dead_feed_is_a_row_in_the_health_report_and_nothing_else(world: World) -> None:
    world.newsroom.publish(SIGNED)
    reports = world.run()
    assert reports["poll"].counts["failed"] == 1
    with world.app.database.read() as session:
        health = feeds.feed_health(now=world.clock.at, session=session)
    assert [(h.name, h.state) for h in health if h.state == "failing"] == [("Gone", "failing")]
    assert "404" in health[0].reason
    assert len(world.slack.messages) == 1


def test_a_message_that_slack_refuses_waits_with_its_error_and_is_sent_once(world: World) -> None:
    world.slack.fail_next(1, status=503)
    world.newsroom.publish(SIGNED)
    reports = world.run()
    assert reports["deliver"].counts["failed"] == 1
    with world.app.database.read() as session:
        [line] = outbox.list_outbox(session=session)
    assert line.state == "pending"
    assert line.last_error is not None
    assert "503" in line.last_error
    assert line.next_attempt_at > world.clock.at
    world.run()
    assert len(world.slack.messages) == 1


def test_an_answer_that_was_lost_does_not_double_the_message(world: World) -> None:
    world.slack.drop_next(1, accept=True)
    world.newsroom.publish(SIGNED)
    reports = world.run()
    assert reports["deliver"].counts["sent"] == 0
    reports = world.run()
    assert reports["deliver"].counts["sent"] == 1
    assert len(world.slack.messages) == 1
    assert "conversations.history" in world.slack.calls


def test_an_unknown_channel_parks_the_message_until_it_is_mended(world: World) -> None:
    world.slack.workspace.channels.clear()
    world.newsroom.publish(SIGNED)
    reports = world.run()
    assert reports["deliver"].counts["parked"] == 1
    assert "channel_not_found" in reports["deliver"].problems[0].what


def test_an_edited_item_is_not_a_new_one(world: World) -> None:
    world.newsroom.publish(SIGNED)
    world.run()
    edited = replace(SIGNED, summary=SIGNED.summary + " The text was corrected.")
    world.newsroom._by_hand = ()
    world.newsroom.publish(edited)
    reports = world.run(later=timedelta(hours=7))
    assert (reports["poll"].counts["new"], reports["poll"].counts["edited"]) == (0, 1)
    assert reports["assess"].counts["assessed"] == 1
    assert len(world.slack.messages) == 1


def test_a_known_agreement_moves_along_its_timeline(world: World) -> None:
    known = next(a for a in world.app.catalog.agreements if {"UA", "US"} <= set(a.parties))
    item = replace(
        SIGNED,
        title="Ukraine and the United States terminate their minerals agreement",
        summary="Kyiv and Washington ended the agreement on critical minerals on Monday.",
    )
    world.newsroom.publish(item)
    reports = world.run()
    assert reports["link"].counts["moves"] == 1
    with world.app.database.read() as session:
        now = agreements.get_agreement(known.id, session=session)
        [step] = agreements.timeline(known.id, session=session)
    assert now is not None
    assert now.stage.value == step.stage.value == "terminated"
    assert step.quote


def test_without_a_token_alerts_are_readable_files(
    make_settings: Callable[..., Settings], tmp_path: Path
) -> None:
    clock = Clock(datetime(2026, 5, 4, 9, 0, tzinfo=UTC))
    newsroom = Newsroom(items=(), outlets=OUTLETS, clock=clock)
    with NewsroomThread(newsroom):
        newsroom.publish(SIGNED)
        settings = make_settings(feeds_file=newsroom.feeds_yaml(tmp_path / "feeds.yaml"))
        with open_app(settings) as app:
            for stage in PASS:
                app.run(stage, now=clock.at + timedelta(minutes=1))
    [path] = (tmp_path / "var" / "outbox").glob("*.txt")
    assert "Japan and Kazakhstan sign memorandum" in path.read_text(encoding="utf-8")


def test_a_batch_that_begins_late_keeps_its_feeds_on_the_clock(world: World) -> None:
    """A feed that just had news is due at the tick after its plan, not one later."""
    world.newsroom.publish(SIGNED)
    planned, begun = world.clock.at, world.clock.at + timedelta(seconds=60)
    world.app.run("plan", now=planned)
    world.app.run("poll", now=begun, planned_at=planned.isoformat())
    with world.app.database.read() as session:
        states = feeds.due_feeds(now=begun, everything=True, session=session)
    [state] = [one for one in states if one.last_new_at == begun]
    assert state.next_poll_at is not None
    assert begun + timedelta(seconds=150) <= state.next_poll_at <= planned + timedelta(minutes=5)
