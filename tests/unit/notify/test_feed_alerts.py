"""When and where operators are told of feeds, and in which words."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from pipeline.notify.email import build_email
from pipeline.notify.feed_alerts import (
    MESSAGES,
    decide,
    message_key,
    operator_destinations,
    ripe,
)
from pipeline.notify.feed_news import SHOWN, render_feed_news, subject
from schemas.alert import Channel, Destination
from schemas.digest import RenderedDigest
from schemas.feed import FeedHealth
from schemas.feed_watch import ChangeKind, Decided, Episode, FeedChange, Reach
from schemas.routes import OperatorTo

NOW = datetime(2026, 5, 4, 12, 0, tzinfo=UTC)
UP = Reach(answered=10)
DOWN = Reach(answered=1, unreachable=9)


def health(feed_id: int, state: str, **given: object) -> FeedHealth:
    base = FeedHealth(
        name=f"Feed {feed_id}",
        url=f"https://{feed_id}.example/feed",
        state=state,
        reason="because",
        last_success_at=None,
        last_new_at=None,
        next_poll_at=None,
        failures=0,
        feed_id=feed_id,
    )
    return replace(base, **given)  # type: ignore[arg-type]


def episode(number: int, feed_id: int | None, kind: ChangeKind) -> Episode:
    return Episode(number, feed_id, kind, NOW - timedelta(days=2), "because", told_at=NOW)


def change(number: int, kind: ChangeKind = ChangeKind.SILENT, **given: object) -> FeedChange:
    base = FeedChange(number, kind, f"Feed {number}", f"https://{number}.example/feed", "why")
    return replace(base, **given)  # type: ignore[arg-type]


# ---- decide ------------------------------------------------------------------------------------


def test_trouble_begins_an_episode_and_an_open_one_begins_no_second() -> None:
    sick = [health(1, "silent"), health(2, "dead"), health(3, "failing"), health(4, "healthy")]
    first = decide(sick, [], reach=UP)
    assert first.begun == (
        (1, ChangeKind.SILENT, "because"),
        (2, ChangeKind.DEAD, "because"),
    )
    open_ones = [episode(10, 1, ChangeKind.SILENT), episode(11, 2, ChangeKind.DEAD)]
    assert decide(sick, open_ones, reach=UP) == Decided()
    # Silent, then dead: trouble of the same episode, told already.
    assert decide([health(1, "dead")], [open_ones[0]], reach=UP) == Decided()


def test_a_silent_feed_is_back_when_it_has_news_and_a_dead_one_when_it_answers() -> None:
    answers = health(1, "healthy", last_success_at=NOW, last_new_at=NOW - timedelta(days=9))
    assert decide([answers], [episode(10, 1, ChangeKind.SILENT)], reach=UP) == Decided()
    assert decide([answers], [episode(10, 1, ChangeKind.DEAD)], reach=UP).ended == (10,)
    news = replace(answers, last_new_at=NOW)
    assert decide([news], [episode(10, 1, ChangeKind.SILENT)], reach=UP).ended == (10,)


def test_an_end_by_hand_is_not_told() -> None:
    for state in ("paused", "disabled"):
        told = decide([health(1, state)], [episode(10, 1, ChangeKind.DEAD)], reach=UP)
        assert (told.ended, told.dropped) == ((), (10,))


def test_when_most_cannot_be_reached_that_is_one_episode() -> None:
    sick = [health(n, "dead") for n in range(1, 10)]
    [(feed_id, kind, reason)] = decide(sick, [], reach=DOWN).begun
    assert (feed_id, kind) == (None, ChangeKind.OUTAGE)
    assert reason == "9 of 10 feeds polled of late cannot be reached"
    going_on = [episode(10, None, ChangeKind.OUTAGE)]
    assert decide(sick, going_on, reach=DOWN) == Decided()
    assert decide(sick, going_on, reach=Reach()) == Decided()
    over = decide(sick, going_on, reach=UP)
    assert over.ended == (10,)


@pytest.mark.parametrize(
    ("reach", "begins"),
    [
        (Reach(0, 4), False),
        (Reach(0, 5), True),
        (Reach(2, 7), False),
        (Reach(2, 8), True),
        (Reach(0, 0), False),
    ],
)
def test_an_outage_takes_several_feeds_and_most_of_them(reach: Reach, begins: bool) -> None:
    assert bool(decide([], [], reach=reach).begun) is begins


def test_a_few_messages_go_at_once_and_then_they_are_folded() -> None:
    assert ripe([change(1)], told_of_late=MESSAGES - 1)
    assert not ripe([change(1)], told_of_late=MESSAGES)
    assert ripe([change(1), change(2, ChangeKind.OUTAGE)], told_of_late=MESSAGES)
    assert not ripe([], told_of_late=0)


def test_the_same_changes_have_the_same_key_in_any_order() -> None:
    place = Destination(Channel.SLACK, "ops")
    key = message_key([change(1), change(2)], place)
    assert key == message_key([change(2), change(1)], place)
    assert key != message_key([change(1), change(3)], place)
    assert key != message_key([change(1, ChangeKind.RECOVERED), change(2)], place)
    assert key != message_key([change(1), change(2)], Destination(Channel.SLACK, "other"))
    assert len(message_key([change(1)], Destination(Channel.EMAIL, "a@b.example," * 90))) <= 300


# ---- where to ----------------------------------------------------------------------------------


def places(*to: OperatorTo, **given: object) -> list[tuple[str, str]]:
    settings = {
        "slack": True,
        "slack_channel": "#minerals",
        "mail": True,
        "recipients": ("reader@example.org", "other@example.org"),
        **given,
    }
    found = operator_destinations(to, **settings)  # type: ignore[arg-type]
    return [(one.channel.value, one.address) for one in found]


def test_destinations() -> None:
    default = OperatorTo()
    readers = ("email", "reader@example.org,other@example.org")
    assert places(default) == [("slack", "minerals")]
    assert places(default, slack=False) == [readers]
    assert places(default, slack_channel=None) == [readers]
    assert places(default, slack=False, mail=False) == [("preview", "operators")]
    assert places(default, slack=False, recipients=()) == [("preview", "operators")]
    assert places(OperatorTo(address="#ops")) == [("slack", "ops")]
    mail = OperatorTo(channel=Channel.EMAIL, address="a@example.org, b@example.org")
    assert places(mail) == [("email", "a@example.org,b@example.org")]
    assert places(mail, mail=False) == [("preview", "operators")]
    assert places(OperatorTo(channel=Channel.EMAIL)) == [readers]
    assert places(OperatorTo(channel=Channel.PREVIEW, address="x"), default, default) == [
        ("preview", "x"),
        ("slack", "minerals"),
    ]
    assert places() == []


def test_an_address_that_cannot_be_written_to_is_refused_in_the_file() -> None:
    with pytest.raises(ValueError, match="not an e-mail address"):
        OperatorTo(channel=Channel.EMAIL, address="ops@example.org, nobody")


# ---- words -------------------------------------------------------------------------------------


def test_subjects() -> None:
    assert subject([change(1)]) == "Feed silent: Feed 1"
    assert subject([change(1, ChangeKind.RECOVERED)]) == "Feed back: Feed 1"
    several = [change(1), change(2), change(3, ChangeKind.DEAD), change(4, ChangeKind.RECOVERED)]
    assert subject(several) == "Feeds: 1 dead, 2 silent, 1 back"
    outage = change(9, ChangeKind.OUTAGE, url=None)
    assert subject([outage, *several]).startswith("Feeds: Most feeds cannot be reached, 1 dead")


def rendered(changes: list[FeedChange], channel: Channel) -> dict[str, object]:
    place = Destination(channel, "a@example.org,b@example.org")
    sender = "Watch <watch@example.org>"
    return render_feed_news(changes, place, key="feeds:1", sender=sender, now=NOW)


HOSTILE = change(
    1,
    name="<!channel> *News* & <script>",
    url="https://e.example/<|>?a=1&b=2",
    reason="<@U1> answers\nnot",
    mend="look & see",
)


def test_slack_messages_carry_their_key_and_nothing_of_a_feeds_markup() -> None:
    told = rendered([HOSTILE], Channel.SLACK)
    assert told["metadata"]["event_payload"]["key"] == "feeds:1"  # type: ignore[index]
    text = json.dumps(told, ensure_ascii=False)
    assert "<!channel>" not in text
    assert "<@U1>" not in text
    assert "<https://e.example/%3C%7C%3E?a=1&amp;b=2|" in text


def test_slack_messages_of_many_feeds_stay_within_the_limits() -> None:
    kinds = (ChangeKind.DEAD, ChangeKind.SILENT, ChangeKind.RECOVERED)
    many = [change(n, kinds[n % 3], name="н" * 300, reason="р" * 900) for n in range(900)]
    told = rendered(many, Channel.SLACK)
    blocks: list[dict[str, object]] = told["blocks"]  # type: ignore[assignment]
    assert len(json.dumps(blocks, ensure_ascii=False)) < 13_000
    assert "and 2" in json.dumps(blocks)
    counted = [b for b in blocks if b["type"] == "section"]
    assert len(counted) == 3


def test_previews_and_mails_say_what_can_be_done() -> None:
    many = [HOSTILE, *(change(n) for n in range(2, SHOWN + 4))]
    text = str(rendered(many, Channel.PREVIEW)["text"])
    assert "mend: look & see" in text
    assert "and 3 more" in text
    assert "mineralwatch feeds health" in text
    mail = rendered(many, Channel.EMAIL)
    assert "<script>" not in str(mail["html"])
    assert mail["recipients"] == ["a@example.org", "b@example.org"]
    assert mail["list"] == "operators"
    assert mail["images"] == {}


def test_mails_to_operators_are_a_list_of_their_own() -> None:
    mail = build_email(
        RenderedDigest(subject="s", html="<p>h</p>", text="t"),
        sender="watch@example.org",
        recipients=["a@example.org"],
        key="k",
        sent_at=NOW,
        list_name="operators",
    )
    assert "operators.mineralwatch.example.org" in str(mail["List-Id"])
