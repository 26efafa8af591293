"""What of the watch itself fails is told once: real feeds, Slack and mail, on both databases."""

import json
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path

import pytest
from sqlalchemy import update

from pipeline.app import note_task, open_app
from pipeline.demo.slack_workspace import SlackChannel
from pipeline.settings import Settings
from pipeline.stages.failures import watch
from pipeline.store import outbox, watch_episodes
from schemas.alert import OutboxState
from schemas.tables import FeedRow, OutboxRow
from tests.failure_desk import MINUTE, RSS, Desk, failure_desks


@pytest.fixture
def open_desk(
    database_url: str, make_settings: Callable[..., Settings], tmp_path: Path
) -> Iterator[Callable[..., Desk]]:
    with failure_desks(database_url, make_settings, tmp_path) as opened:
        yield opened


@pytest.fixture
def desk(open_desk: Callable[..., Desk]) -> Desk:
    return open_desk()


# ---- silence -----------------------------------------------------------------------------------


def test_feeds_that_nobody_polls_are_told_once_and_so_is_the_next_poll(desk: Desk) -> None:
    desk.run("poll")
    due_again = (_next_poll(desk) - desk.at) / MINUTE
    desk.later(due_again + 29)
    assert desk.look() == 0
    desk.later(1)
    assert desk.look() == 1
    for _ in range(5):
        desk.later(60)
        assert desk.look() == 0
    assert desk.notices() == ["No feed is polled with success"]
    desk.run("poll")
    assert desk.look() == 1
    assert desk.look() == 0
    assert desk.notices() == ["No feed is polled with success", "Feeds are polled again"]


def _next_poll(desk: Desk) -> datetime:
    with desk.app.database.read() as session:
        at: datetime = session.query(FeedRow.next_poll_at).scalar()
        return at


def test_polls_that_fail_are_no_success(desk: Desk) -> None:
    desk.run("poll")
    desk.feeds.serve("/wire", status=500)
    told = 0
    for _ in range(8):
        desk.later(10)
        desk.run("poll", everything=True)
        told += desk.look()
    assert told == 1
    assert desk.notices() == ["No feed is polled with success"]
    [episode] = desk.episodes()
    assert "1 failing since" in episode.reason
    desk.feeds.serve("/wire", RSS)
    desk.run("poll", everything=True)
    assert desk.look() == 1


def test_a_feed_that_is_due_hours_later_is_not_silent(desk: Desk) -> None:
    desk.run("poll")
    with desk.app.database.write() as session:
        session.execute(update(FeedRow).values(next_poll_at=desk.at + 360 * MINUTE))
    desk.later(380)
    assert desk.look() == 0
    desk.later(10)
    assert desk.look() == 1


def test_a_watch_that_never_polled_is_young_for_half_an_hour(desk: Desk) -> None:
    assert desk.look() == 0
    desk.run("plan")
    desk.later(29)
    assert desk.look() == 0
    desk.later(1)
    assert desk.look() == 1


def test_when_the_last_feed_is_switched_off_nobody_is_told_of_the_end(desk: Desk) -> None:
    desk.run("plan")
    desk.later(30)
    assert desk.look() == 1
    with desk.app.database.write() as session:
        session.execute(update(FeedRow).values(enabled=False))
    assert desk.look() == 0
    [episode] = desk.episodes()
    assert episode.ended_at == episode.end_told_at == desk.at


# ---- messages that wait ------------------------------------------------------------------------


def test_messages_that_do_not_leave_are_told_elsewhere_and_their_leaving_in_slack(
    open_desk: Callable[..., Desk],
) -> None:
    desk = open_desk(mail=True)
    desk.queue("first")
    desk.queue("second")
    desk.slack.fail_next(100)
    for _ in range(3):
        desk.run("deliver")
        assert desk.look() == 0
        desk.later(10)
    assert desk.look() == 1
    assert desk.look() == 0
    assert desk.mail is not None
    [letter] = desk.mail.messages
    assert letter.subject == "Messages do not leave"
    assert letter.recipients == ("desk@example.org",)
    [episode] = desk.episodes()
    assert episode.reason.startswith("2 due, the oldest since 2026-05-04 09:00 UTC")
    assert "Slack had a fault: 500" in episode.reason
    desk.slack._faults.clear()
    desk.later(120)
    assert desk.run("deliver")["sent"] == 2
    assert desk.look() == 1
    assert desk.notices() == ["Messages leave again"]


def test_what_is_held_by_quiet_hours_is_not_late(desk: Desk) -> None:
    desk.queue("held", due=8 * 60 * MINUTE)
    desk.later(8 * 60 + 29)
    assert desk.look() == 0
    desk.later(1)
    assert desk.look() == 1


def test_what_is_put_off_before_its_first_attempt_is_not_late(desk: Desk) -> None:
    desk.queue("put off")
    with desk.app.database.write() as session:
        session.execute(update(OutboxRow).values(next_attempt_at=desk.at + 600 * MINUTE))
    desk.later(300)
    assert desk.look() == 0


# ---- messages refused --------------------------------------------------------------------------


def test_many_refused_for_one_reason_are_one_notice(desk: Desk) -> None:
    for number in range(3):
        desk.queue(f"m{number}", to="nowhere")
        desk.run("deliver")
        desk.look()
        desk.later(1)
    assert desk.notices() == ["Messages are refused: slack:nowhere:channel_not_found"]
    [episode] = desk.episodes()
    assert episode.reason.startswith("1 message: Slack refused it: channel_not_found; mend: check")

    _retry(desk)
    assert desk.look() == 0, "made due again is not taken yet"
    assert desk.run("deliver")["parked"] == 3
    assert desk.look() == 0

    desk.slack.workspace.channels.append(SlackChannel("C0000000099", "nowhere"))
    _retry(desk)
    assert desk.run("deliver")["sent"] == 3
    assert desk.look() == 1
    assert desk.notices()[1:] == ["No longer refused: slack:nowhere:channel_not_found"]
    assert desk.look() == 0


def _retry(desk: Desk) -> None:
    with desk.app.database.write() as session:
        outbox.retry_parked(now=desk.at, session=session)


def test_when_the_operators_channel_is_refused_they_hear_by_mail(
    open_desk: Callable[..., Desk],
) -> None:
    desk = open_desk(operators="[{address: gone}]", mail=True)
    desk.fails("poll_feeds.poll")
    assert desk.look() == 1
    assert [line.state for line in desk.lines()] == [OutboxState.PARKED]
    assert desk.look() == 1
    assert desk.mail is not None
    [letter] = desk.mail.messages
    assert letter.subject == "Messages are refused: slack:gone:channel_not_found"
    text = letter.path.read_text()
    assert "Task failed: poll_feeds.poll" in text, "the notice that was lost is told again"
    for _ in range(3):
        desk.later(10)
        assert desk.look() == 0


def test_when_every_place_refuses_the_preview_takes_it_and_that_is_all(
    open_desk: Callable[..., Desk],
) -> None:
    desk = open_desk(operators="[{address: gone}]", mail=True)
    assert desk.mail is not None
    desk.mail.answer_next(*["550 5.1.1 no such user"] * 9)
    desk.fails("poll_feeds.poll")
    told = []
    for _ in range(8):
        told.append(desk.look())
        desk.later(10)
    assert told == [1, 1, 1, 0, 0, 0, 0, 0]
    assert desk.mail.messages == []
    [title] = desk.previews()
    assert title == "Messages are refused: email:desk@example.org:550"


# ---- tasks -------------------------------------------------------------------------------------


def test_a_failing_task_is_told_once_and_its_recovery_once(desk: Desk) -> None:
    assert desk.fails("poll_feeds.poll", "ConfigError: no")
    assert not desk.fails("poll_feeds.poll", "ConfigError: again no")
    assert desk.look() == 1
    assert desk.look() == 0
    assert desk.works("poll_feeds.poll")
    assert not desk.works("poll_feeds.poll")
    assert desk.look() == 1
    assert desk.look() == 0
    subject = "poll_feeds.poll"
    assert desk.notices() == [f"Task failed: {subject}", f"Task works again: {subject}"]


def test_one_that_fails_and_works_by_turns_is_told_three_times_an_hour(desk: Desk) -> None:
    told = []
    for _ in range(10):
        desk.fails("poll_feeds.poll")
        told.append(desk.look())
        desk.later(2)
        desk.works("poll_feeds.poll")
        told.append(desk.look())
        desk.later(2)
    assert sum(told) == 3
    desk.fails("send_alerts.deliver")
    assert desk.look() == 1, "others are not held up"


def test_success_is_a_read_and_waits_for_nobody(desk: Desk) -> None:
    desk.fails("a.failing")
    settings = desk.app.settings
    with desk.app.database.write() as session:  # a writer that holds all locks
        watch_episodes.lock_watch(session=session)
        assert not note_task("poll_feeds", "poll", settings=settings, now=desk.at)
        assert not note_task("a", "failing", settings=settings, error="x", now=desk.at)
        asked = note_task("a", "failing", settings=settings, settled=lambda: False, now=desk.at)
        assert not asked


def test_two_that_look_at_the_same_time_tell_once(desk: Desk) -> None:
    desk.fails("poll_feeds.poll")
    context, senders = desk.app.context(desk.at), desk.app.senders
    together = threading.Barrier(4)

    def look(_: int) -> int:
        together.wait(timeout=20)
        return watch(context, senders).counts["told"]

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(look, range(4))) == 1
    assert desk.notices() == ["Task failed: poll_feeds.poll"]


def test_nobody_is_told_where_the_file_names_nobody(open_desk: Callable[..., Desk]) -> None:
    desk = open_desk(operators="[]")
    desk.fails("poll_feeds.poll")
    assert desk.look() == 0
    assert desk.run("watch")["failing"] == 1
    assert desk.lines() == []


# ---- configuration -----------------------------------------------------------------------------


def test_a_configuration_that_breaks_is_told_to_its_own_operators(desk: Desk) -> None:
    settings = desk.app.settings
    assert settings.config_dir is not None
    digest = settings.config_dir / "digest.yaml"
    digest.write_text("hour: 77\n")
    for told in (1, 0):
        with open_app(settings, careful=True) as careful:
            assert careful.run("watch", now=desk.at).counts["told"] == told
    assert desk.notices() == ["The configuration cannot be read"]
    assert "digest.yaml:1" in json.dumps(desk.slack.messages[0].blocks)
    digest.unlink()
    assert desk.look() == 1
    assert desk.notices()[1:] == ["The configuration can be read again"]
