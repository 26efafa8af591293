"""One story, one message: replies, edits, waits, windows and ceilings, on both databases."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from pipeline.settings import Settings
from schemas.alert import Channel
from schemas.assessment import Stage
from tests.alert_desk import MINUTE, Desk, alert_desk, told
from tests.fakes import Meaning

TALKS = Meaning(Stage.NEGOTIATING, significance=2)
SIGNED = Meaning(Stage.SIGNED, significance=3)
FIRST = "Japan and Kazakhstan discuss uranium memorandum in Astana"
SECOND = "Kazakhstan and Japan in talks over a memorandum on uranium, ministry says in Astana"
THIRD = "Astana: Japan and Kazakhstan put names to uranium memorandum"
ELSEWHERE = "Mongolia and France weigh a lithium accord in Ulaanbaatar"
FRENCH = Meaning(Stage.NEGOTIATING, ("FR", "MN"), ("lithium",), 2)
OTHERS = tuple(
    (
        f"{one} and {two} open talks on {what} in {where}",
        Meaning(Stage.NEGOTIATING, pair, (what,), 2),
    )
    for one, two, pair, what, where in (
        ("Chile", "Germany", ("CL", "DE"), "copper", "Santiago"),
        ("India", "Australia", ("IN", "AU"), "cobalt", "Delhi"),
        ("Zambia", "Britain", ("GB", "ZM"), "manganese", "Lusaka"),
    )
)

MakeDesk = Callable[..., AbstractContextManager[Desk]]


@pytest.fixture(autouse=True)
def no_spacing(monkeypatch: pytest.MonkeyPatch) -> None:
    """One message a place and round still, but without the second between them."""
    monkeypatch.setattr("pipeline.stages.deliver.SPACING", {Channel.SLACK: timedelta(0)})


@pytest.fixture
def desk_of(
    make_settings: Callable[..., Settings], tmp_path: Path, now: datetime, database_url: str
) -> MakeDesk:
    """A desk with the given routes, on SQLite and on PostgreSQL."""

    def make(*routes: dict[str, Any], **more: Any) -> AbstractContextManager[Desk]:
        folder = tmp_path / "config"
        return alert_desk(make_settings, folder, now, routes, database_url=database_url, **more)

    return make


@pytest.fixture
def desk(desk_of: MakeDesk) -> Iterator[Desk]:
    """One route that takes what is notable."""
    with desk_of({"name": "all", "when": {"min_significance": 2}}) as made:
        yield made


def test_what_comes_before_the_message_goes_is_in_it_and_no_reply(desk: Desk) -> None:
    desk.report(FIRST, TALKS)
    desk.report(SECOND, TALKS, outlet="two.example")
    desk.report(THIRD, SIGNED, outlet="three.example")
    desk.deliver()
    [message] = desk.slack.messages
    assert "two.example" in told(message)
    assert "signed" in told(message)
    desk.deliver(later=60 * MINUTE)
    assert len(desk.slack.messages) == 1
    assert message.edits == 0


def test_outlets_that_follow_one_another_share_a_reply(desk: Desk) -> None:
    desk.report(FIRST, TALKS)
    desk.deliver()
    desk.report(SECOND, TALKS, outlet="two.example")
    desk.deliver(later=5 * MINUTE)
    assert len(desk.slack.messages) == 1, "the reply waits for others"
    desk.report(SECOND + " on Tuesday", TALKS, outlet="three.example")
    desk.deliver(later=5 * MINUTE)
    first, reply = desk.slack.messages
    assert reply.thread_ts == first.ts
    assert not reply.broadcast
    assert "two.example" in told(reply)
    assert "three.example" in told(reply)
    assert first.edits == 0


def test_a_move_of_the_stage_edits_the_message_and_replies(desk: Desk) -> None:
    desk.report(FIRST, TALKS)
    desk.deliver()
    desk.report(THIRD, Meaning(Stage.SIGNED, significance=2), outlet="two.example")
    desk.deliver(later=MINUTE)
    first, reply = desk.slack.messages
    assert first.edits == 1
    assert "signed" in told(first)
    assert first.metadata == {**(first.metadata or {})}
    assert (first.metadata or {})["event_payload"]["key"] == "story:1:new:slack:minerals"
    assert reply.thread_ts == first.ts
    assert "signed" in told(reply)
    assert not reply.broadcast, "the rule took it before"
    desk.deliver(later=60 * MINUTE)
    assert len(desk.slack.messages) == 2


def test_a_bar_that_is_crossed_is_told_in_the_channel_too(desk_of: MakeDesk) -> None:
    major = {"name": "major", "when": {"min_significance": 3}}
    with desk_of(major, {"name": "all", "when": {"min_significance": 2}}) as desk:
        desk.report(FIRST, TALKS)
        desk.deliver()
        desk.report(THIRD, SIGNED, outlet="two.example")
        desk.deliver(later=MINUTE)
        first, reply = desk.slack.messages
    assert (reply.thread_ts, reply.broadcast) == (first.ts, True)
    assert "major" in told(reply)
    assert first.edits == 1


def test_an_edit_that_waits_takes_up_the_next_one(desk_of: MakeDesk, now: datetime) -> None:
    quiet = {"from": f"{now:%H:%M}", "to": f"{now + timedelta(hours=2):%H:%M}", "time_zone": "UTC"}
    rule = {"name": "all", "when": {"min_significance": 1}, "quiet": quiet}
    with desk_of(rule) as desk:
        desk.at = now - 10 * MINUTE
        desk.report(FIRST, Meaning(Stage.PROPOSED, significance=1))
        desk.deliver()
        desk.at = now + MINUTE
        desk.report(SECOND, Meaning(Stage.NEGOTIATING, significance=1), outlet="two.example")
        desk.report(THIRD, Meaning(Stage.SIGNED, significance=2), outlet="three.example")
        desk.deliver()
        [first] = desk.slack.messages
        assert first.edits == 0, "it is quiet"
        desk.deliver(later=timedelta(hours=2))
        assert first.edits == 1
        assert len(desk.replies(first)) == 2


def test_quiet_hours_hold_a_message_and_a_major_one_goes_through(
    desk_of: MakeDesk, now: datetime
) -> None:
    quiet = {
        "from": f"{now - timedelta(hours=1):%H:%M}",
        "to": f"{now + timedelta(hours=2):%H:%M}",
        "time_zone": "UTC",
        "through": 3,
    }
    with desk_of({"name": "all", "quiet": quiet}) as desk:
        desk.report(ELSEWHERE, FRENCH)
        desk.report(FIRST, TALKS)
        desk.deliver()
        assert desk.slack.messages == []
        desk.report(THIRD, SIGNED, outlet="two.example")
        desk.deliver(later=MINUTE)
        [major] = desk.slack.messages
        assert "signed" in told(major), "what waits goes at once when it becomes major"
        desk.deliver(later=timedelta(hours=2))
        assert len(desk.slack.messages) == 2
        assert "Mongolia" in desk.slack.messages[1].text


def test_a_wait_for_outlets_ends_with_the_second_independent_one(desk_of: MakeDesk) -> None:
    rule = {"name": "all", "wait": {"outlets": 2, "minutes": 60}}
    with desk_of(rule) as desk:
        desk.report(FIRST, TALKS)
        desk.deliver(later=10 * MINUTE)
        desk.report(FIRST, TALKS, outlet="copy.example")
        desk.deliver(later=10 * MINUTE)
        assert desk.slack.messages == [], "a reprint is no second source"
        desk.report(SECOND, TALKS, outlet="two.example")
        desk.deliver()
        assert len(desk.slack.messages) == 1


def test_a_wait_for_outlets_ends_after_its_time(desk_of: MakeDesk) -> None:
    with desk_of({"name": "all", "wait": {"outlets": 2, "minutes": 60}}) as desk:
        desk.report(FIRST, TALKS)
        desk.deliver(later=59 * MINUTE)
        assert desk.slack.messages == []
        desk.deliver(later=2 * MINUTE)
        assert len(desk.slack.messages) == 1


def test_a_rule_that_asks_for_outlets_takes_the_story_when_they_are_there(
    desk_of: MakeDesk,
) -> None:
    with desk_of({"name": "sure", "when": {"min_outlets": 2}}) as desk:
        desk.report(FIRST, TALKS)
        desk.deliver(later=600 * MINUTE)
        assert desk.slack.messages == []
        desk.report(SECOND, TALKS, outlet="two.example")
        desk.deliver()
        [message] = desk.slack.messages
        assert "2 independent outlets" in told(message)


def test_stories_of_a_window_go_together_and_share_a_thread(desk_of: MakeDesk) -> None:
    with desk_of({"name": "all", "title": "Everything", "batch_minutes": 30}) as desk:
        desk.report(FIRST, TALKS)
        desk.report(ELSEWHERE, FRENCH)
        desk.deliver(later=29 * MINUTE)
        assert desk.slack.messages == []
        desk.deliver(later=2 * MINUTE)
        [message] = desk.slack.messages
        assert "uranium" in told(message)
        assert "lithium" in told(message)
        desk.report(THIRD, SIGNED, outlet="two.example")
        desk.deliver(later=MINUTE)
        [reply] = desk.replies(message)
        assert "signed" in told(reply)
        assert message.edits == 1
        assert "lithium" in told(message), "the edit keeps the other story"


def test_a_lone_story_of_a_window_is_told_as_ever(desk_of: MakeDesk) -> None:
    with desk_of({"name": "all", "batch_minutes": 30}) as desk:
        desk.report(FIRST, TALKS)
        desk.deliver(later=31 * MINUTE)
        [message] = desk.slack.messages
        assert "FIRST" not in message.text
        assert FIRST in told(message)


def test_over_the_ceiling_the_rest_goes_as_one(desk_of: MakeDesk) -> None:
    with desk_of({"name": "all", "max_per_hour": 2}) as desk:
        desk.report(FIRST, TALKS)
        desk.report(ELSEWHERE, FRENCH)
        for title, meaning in OTHERS:
            desk.report(title, meaning)
        desk.deliver(later=5 * MINUTE)
        assert len(desk.slack.messages) == 2
        desk.deliver(later=56 * MINUTE)
        assert len(desk.slack.messages) == 3
        rest = desk.slack.messages[2]
        assert "3 more" in told(rest)
        for title, _ in OTHERS:
            assert title.split(" and ")[0] in told(rest)
        desk.deliver(later=600 * MINUTE)
        assert len(desk.slack.messages) == 3


def test_two_places_have_threads_of_their_own(desk_of: MakeDesk) -> None:
    second = {"name": "b", "to": [{"address": "second"}], "when": {"min_significance": 3}}
    with desk_of({"name": "a"}, second) as desk:
        desk.report(FIRST, TALKS)
        desk.deliver()
        desk.report(THIRD, SIGNED, outlet="two.example")
        desk.deliver(later=MINUTE)
        first, other = desk.top()
        assert (first.channel.name, other.channel.name) == ("minerals", "second")
        assert len(desk.replies(first)) == 1
        assert desk.replies(other) == []


def test_a_story_read_as_nothing_of_ours_is_retracted(desk: Desk) -> None:
    desk.report(FIRST, TALKS)
    desk.deliver()
    desk.reread(FIRST, None)
    desk.deliver(later=MINUTE)
    first, reply = desk.slack.messages
    assert first.edits == 1
    assert "Retracted" in told(first)
    assert reply.thread_ts == first.ts
    assert "retracted" in told(reply).lower()
    assert reply.broadcast, "who only reads the channel is told too"
    desk.reread(FIRST, TALKS)
    desk.deliver(later=MINUTE)
    assert first.edits == 2
    assert "Retracted" not in told(first), "it stands again"


def test_a_story_taken_back_before_it_goes_is_not_told(desk_of: MakeDesk) -> None:
    with desk_of({"name": "all", "batch_minutes": 30}) as desk:
        desk.report(FIRST, TALKS)
        desk.report(ELSEWHERE, FRENCH)
        desk.reread(FIRST, None)
        desk.deliver(later=31 * MINUTE)
        [message] = desk.slack.messages
        assert "uranium" not in told(message)
        assert "lithium" in told(message)


def test_a_story_taken_back_before_it_goes_is_told_when_it_stands_again(desk: Desk) -> None:
    desk.report(FIRST, TALKS)
    desk.reread(FIRST, None)
    desk.deliver()
    assert desk.slack.messages == []
    desk.reread(FIRST, TALKS)
    desk.deliver(later=MINUTE)
    [message] = desk.slack.messages
    assert FIRST in told(message)


def test_a_story_taken_out_of_a_message_of_several_is_told_when_it_stands_again(
    desk_of: MakeDesk,
) -> None:
    with desk_of({"name": "all", "batch_minutes": 30}) as desk:
        desk.report(FIRST, TALKS)
        desk.report(ELSEWHERE, FRENCH)
        desk.reread(FIRST, None)
        desk.deliver(later=31 * MINUTE)
        desk.reread(FIRST, TALKS)
        desk.deliver(later=31 * MINUTE)
        other, again = desk.slack.messages
        assert FIRST not in told(other)
        assert FIRST in told(again)


def test_a_report_that_is_read_otherwise_leaves_the_others_standing(desk: Desk) -> None:
    desk.report(FIRST, TALKS)
    desk.report(THIRD, SIGNED, outlet="two.example")
    desk.deliver()
    desk.reread(THIRD, None)
    desk.deliver(later=MINUTE)
    first = desk.top()[0]
    assert first.edits == 1
    assert "signed" not in told(first).split("Updated")[0]
    assert "Retracted" not in told(first)
