"""The digest's short form for Slack: what it says, and Slack's limits on a hostile day."""

from dataclasses import replace

import pytest

from pipeline.notify.digest_slack import digest_slack_payload
from tests.notify_shapes import digest, digest_story, watch
from tests.slack_messages import faults, told

HOSTILE = "<!channel> *bold* `x` " * 60
LONG = "https://x.example/" + "a" * 1900
MANY = tuple(replace(digest_story(id=n, title=HOSTILE), links=(("x", LONG),)) for n in range(60))
MOVES = tuple(replace(digest().moves[0], agreement_name=HOSTILE, url=LONG) for _ in range(60))


def short(of, subject="Signed: US–KZ memorandum; 2 stories"):
    return digest_slack_payload(of, subject=subject, key="digest:x:2025-05-01@slack")


@pytest.mark.parametrize(
    "of", [digest(), digest(top=MANY, moves=MOVES, watch=watch(polls=0)), digest(top=(), moves=())]
)
def test_it_keeps_slacks_limits(of):
    payload = short(of, HOSTILE)
    assert faults(payload) == []
    assert "<!channel>" not in told(payload)


def test_it_says_what_changed_the_stories_and_the_state_of_the_watch():
    words = told(short(digest()))
    assert "negotiating → *signed*" in words
    assert "Kazakhstan and the United States sign a memorandum" in words
    assert "49 of 50 feeds healthy" in words


def test_a_broken_day_never_looks_quiet():
    words = told(short(digest(top=(), by_theme=(), moves=(), watch=watch(polls=0))))
    assert "The watch was broken" in words
    assert "quiet" not in words


def test_the_key_is_in_the_message_so_that_a_lost_answer_is_found_out():
    assert short(digest())["metadata"]["event_payload"]["key"] == "digest:x:2025-05-01@slack"
