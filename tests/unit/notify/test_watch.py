"""When and where operators are told that the watch itself fails, and in which words."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from pipeline.notify.email import build_email
from pipeline.notify.watch import (
    MESSAGES,
    SUBJECT,
    decide,
    failing,
    message_key,
    one_line,
    passing_over,
    refusal_code,
    refusal_subject,
    refused,
    ripe,
    silence,
    stuck,
    task_subject,
)
from pipeline.notify.watch_news import render_watch_news, title
from schemas.alert import Channel, Destination
from schemas.digest import RenderedDigest
from schemas.watch import (
    DueFeed,
    Failing,
    Polling,
    Refusal,
    Trouble,
    Waiting,
    WatchChange,
    WatchDecided,
    WatchEpisode,
    WatchKind,
)

NOW = datetime(2026, 5, 4, 12, 0, tzinfo=UTC)
LIMIT = timedelta(minutes=30)
OPS = Destination(Channel.SLACK, "ops")
MAIL = Destination(Channel.EMAIL, "reader@example.org")
PREVIEW = Destination(Channel.PREVIEW, "operators")
GONE = "Slack refused it: channel_not_found; mend: check the channel's name"
POLLED = Polling(NOW, watched=3)


def ago(minutes: float) -> datetime:
    return NOW - timedelta(minutes=minutes)


def episode(
    number: int, kind: WatchKind = WatchKind.TASK, subject: str = "dag.task"
) -> WatchEpisode:
    return WatchEpisode(number, kind, subject, ago(60), "because", told_at=ago(59))


def change(number: int, *, over: bool = False, late: int = 0) -> WatchChange:
    return WatchChange(episode(number), over, late)


# ---- silence -----------------------------------------------------------------------------------


def quiet(last: datetime | None, *feeds: DueFeed) -> Polling:
    return Polling(last, watched=len(feeds), feeds=feeds)


def told(polling: Polling, *, cut_off: bool = False) -> str | None:
    found = silence(polling, limit=LIMIT, cut_off=cut_off, now=NOW)
    return found.reason if found else None


def test_nobody_polls_what_is_due() -> None:
    overdue = DueFeed(ago(30), None)
    reason = told(quiet(ago(35), overdue, DueFeed(NOW + LIMIT, None)))
    assert reason == "the last success was at 2026-05-04 11:25 UTC; of 2 feeds 1 overdue"
    assert told(quiet(ago(29), overdue)) is None


def test_feeds_that_are_due_later_are_not_silent() -> None:
    assert told(quiet(ago(300), DueFeed(NOW + LIMIT, None))) is None
    assert told(quiet(ago(300), DueFeed(ago(29), None))) is None


def test_polls_that_fail_since_the_last_success_are_silence() -> None:
    fails = DueFeed(NOW + LIMIT, ago(40))
    assert told(quiet(ago(45), fails)) == (
        "the last success was at 2026-05-04 11:15 UTC; of 1 feeds 1 failing since"
    )
    assert told(quiet(ago(35), fails)) is None, "it failed before the others were last polled"
    assert told(quiet(ago(45), fails), cut_off=True) is None, "an outage is told already"


def test_a_new_watch_is_given_its_time() -> None:
    assert told(quiet(None, DueFeed(ago(29), ago(28)))) is None
    assert told(quiet(None, DueFeed(ago(30), None))) == "none ever was; of 1 feeds 1 overdue"
    assert told(quiet(None)) is None, "there is nothing to poll"


# ---- messages ----------------------------------------------------------------------------------


def test_messages_that_wait_are_counted_with_the_oldest() -> None:
    found = stuck(
        [Waiting(MAIL, 2, ago(40)), Waiting(OPS, 3, ago(50), "Slack had a fault: 500")],
    )
    assert found is not None
    assert found.reason == (
        "5 due, the oldest since 2026-05-04 11:10 UTC, to slack:ops: Slack had a fault: 500"
    )
    assert stuck([]) is None


def test_one_subject_for_all_that_a_place_refuses_alike() -> None:
    marked = Destination(Channel.SLACK, "#ops")
    troubles, held = refused(
        [
            Refusal(OPS, GONE, 2, NOW),
            Refusal(marked, GONE, 1, NOW),
            Refusal(OPS, "Slack refused it: is_archived; mend: x", 1, NOW),
            Refusal(MAIL, "the mail server answered 550 no", 0, NOW),
        ]
    )
    assert [(one.subject, one.reason[:10]) for one in troubles] == [
        ("slack:ops:channel_not_found", "3 messages"),
        ("slack:ops:is_archived", "1 message:"),
    ]
    assert held == {one.subject for one in troubles} | {"email:reader@example.org:550"}
    assert "mend: check the channel's name" in troubles[0].reason


@pytest.mark.parametrize(
    ("reason", "code"),
    [
        (GONE, "channel_not_found"),
        ("the mail server answered 535 bad; mend: check the_user", "535"),
        ("HTTP 410: it is gone", "410"),
    ],
)
def test_the_code_of_a_refusal(reason: str, code: str) -> None:
    assert refusal_code(reason) == code


def test_a_refusal_without_a_code_is_known_by_its_wording_but_for_numbers() -> None:
    first = refusal_code("it cannot be made into an e-mail: line 12")
    assert first == refusal_code("it cannot be made into an e-mail: line 7; mend: other_words")
    assert first != refusal_code("it cannot be made into a page: line 12")


def test_subjects_fit_their_column_and_stay_apart() -> None:
    long = [Destination(Channel.EMAIL, "a" * 300 + end) for end in ("x", "y")]
    subjects = {refusal_subject(one, "550") for one in long}
    assert len(subjects) == 2
    assert {len(one) for one in subjects} == {SUBJECT}
    assert len(task_subject("d" * 250, "t" * 250)) == SUBJECT


# ---- episodes ----------------------------------------------------------------------------------


def test_what_fails_begins_one_episode_and_ends_when_it_no_longer_fails() -> None:
    trouble = Trouble(WatchKind.OUTBOX, "", "5 due")
    assert decide([trouble, trouble], [], polling=POLLED, held=()).begun == (trouble,)
    known = episode(1, WatchKind.OUTBOX, "")
    assert decide([trouble], [known], polling=POLLED, held=()) == WatchDecided()
    assert decide([], [known], polling=POLLED, held=()).ended == (1,)


def test_a_tasks_episode_is_ended_by_the_task_alone() -> None:
    assert decide([], [episode(1)], polling=POLLED, held=()) == WatchDecided()


def test_a_refusal_that_is_tried_again_ends_nothing_yet() -> None:
    known = episode(1, WatchKind.PARKED, "slack:ops:x")
    assert decide([], [known], polling=POLLED, held={"slack:ops:x"}) == WatchDecided()
    assert decide([], [known], polling=POLLED, held={"slack:other:x"}).ended == (1,)


def test_silence_ends_by_a_success_and_not_because_nothing_is_left_to_poll() -> None:
    known = episode(1, WatchKind.SILENT, "")
    before = Polling(ago(90), watched=3)
    assert decide([], [known], polling=before, held=()) == WatchDecided()
    assert decide([], [known], polling=POLLED, held=()).ended == (1,)
    assert decide([], [known], polling=Polling(ago(90), 0), held=()).dropped == (1,)


def test_a_subject_is_told_three_times_an_hour_and_others_are_not_held_up() -> None:
    assert ripe([change(1, late=MESSAGES - 1)])
    assert not ripe([change(1, late=MESSAGES)])
    assert ripe([change(1, late=MESSAGES), change(2)])
    assert not ripe([])


def test_the_same_changes_have_one_key_a_place() -> None:
    both = [change(1), change(2, over=True)]
    assert message_key(both, OPS) == message_key(both[::-1], OPS)
    others = {message_key(both, MAIL), message_key([change(1), change(2)], OPS)}
    assert message_key(both, OPS) not in others
    assert len(others) == 2


# ---- places ------------------------------------------------------------------------------------


def test_a_place_that_refuses_is_passed_over_and_its_channel_is_not() -> None:
    found = failing([], [Refusal(Destination(Channel.SLACK, "#ops"), GONE, 1, NOW)])
    assert found.has(OPS)
    assert not found.has(Destination(Channel.SLACK, "minerals"))


@pytest.mark.parametrize("code", ["invalid_auth", "token_revoked", "account_inactive"])
def test_with_the_token_all_of_slack_fails(code: str) -> None:
    reason = f"Slack refused it: {code}; mend: x"
    assert failing([], [Refusal(MAIL, reason, 1, NOW)]).channels == {Channel.EMAIL}
    other = Refusal(Destination(Channel.SLACK, "minerals"), reason, 1, NOW)
    assert failing([], [other]).has(OPS)


def test_what_does_not_leave_says_that_its_channel_fails() -> None:
    assert failing([Waiting(Destination(Channel.SLACK, "minerals"), 1, NOW)], []).has(OPS)


def test_a_place_that_took_something_since_is_in_order() -> None:
    assert not failing([], [Refusal(OPS, GONE, 1, NOW, sent_since=True)]).has(OPS)
    assert not failing([], [Refusal(OPS, GONE, 0, NOW)]).has(OPS), "it is tried again"


def test_notices_go_by_mail_else_into_the_preview_and_to_nobody_where_nobody_is_named() -> None:
    down = Failing(places=frozenset({OPS}))
    assert passing_over([OPS], failing=Failing(), mail=MAIL) == (OPS,)
    assert passing_over([OPS, MAIL], failing=down, mail=MAIL) == (MAIL,)
    assert passing_over([OPS], failing=down, mail=None) == (PREVIEW,)
    both = Failing(frozenset({Channel.EMAIL}), frozenset({OPS}))
    assert passing_over([OPS, MAIL], failing=both, mail=MAIL) == (PREVIEW,)
    assert passing_over([], failing=both, mail=MAIL) == ()


# ---- words -------------------------------------------------------------------------------------


def test_a_reason_is_one_line_without_secrets() -> None:
    error = RuntimeError("no\n  mend: postgresql://me:s3cret@db/x\nxoxb-1-2")
    assert one_line(error) == "RuntimeError: no mend: postgresql://me:***@db/x ***"
    assert len(one_line("a" * 900)) == 500


def test_a_title_says_what_happened() -> None:
    assert title([change(1)]) == "Task failed: dag.task"
    assert title([change(1, over=True)]) == "Task works again: dag.task"
    silent = WatchChange(episode(3, WatchKind.SILENT, ""), over=False)
    assert title([silent]) == "No feed is polled with success"
    assert title([change(1, over=True), silent, change(2), change(4)]) == (
        "Watch: Task failed (2); No feed is polled with success; Task works again"
    )


@pytest.mark.parametrize("place", [OPS, MAIL, PREVIEW])
def test_a_notice_in_each_form(place: Destination) -> None:
    hostile = WatchEpisode(7, WatchKind.TASK, "dag.<!channel>", ago(5), "<b>broke</b> " + "x" * 900)
    payload = render_watch_news(
        [WatchChange(hostile, over=False), change(1, over=True)],
        [episode(9, WatchKind.OUTBOX, "")],
        place,
        key="k",
        sender="watch@example.org",
        now=NOW,
    )
    text = json.dumps(payload)
    assert "<!channel>" not in text or place != OPS
    assert "Task works again" in text
    assert "Failing as before" in text
    assert "mineralwatch watch" in text
    if place is MAIL:
        assert "<b>broke" not in payload["html"]
        rendered = RenderedDigest(payload["subject"], payload["html"], payload["text"])
        mail = build_email(
            rendered, sender="w@example.org", recipients=["r@example.org"], key="k", sent_at=NOW
        )
        assert mail["Subject"] == "Watch: Task failed; Task works again"


def test_every_kind_has_its_words_and_all_of_them_fit_one_slack_message() -> None:
    kinds = [
        WatchChange(WatchEpisode(n, kind, "s" * 200, ago(5), "r" * 500), over)
        for n, (kind, over) in enumerate((k, o) for k in WatchKind for o in (False, True))
    ]
    many = [one for one in kinds for _ in range(40)]
    payload = render_watch_news(many, [], OPS, key="k", sender="w@example.org", now=NOW)
    assert len(payload["blocks"]) <= 50
    assert len(json.dumps(payload["blocks"])) < 13_000
