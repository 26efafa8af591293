"""When to try again, and which sender takes a message."""

from datetime import timedelta

import pytest

from pipeline.notify.outbox import Senders, next_attempt
from schemas.alert import Channel, Retry, Sent
from tests.notify_shapes import NOW, message


def waits(*attempts, **given):
    return [(next_attempt(n, now=NOW, **given) - NOW).total_seconds() for n in attempts]


def test_the_wait_doubles_up_to_an_hour():
    assert waits(1, 2, 3, 8, 9, 50, 10**9) == [15, 30, 60, 1920, 3600, 3600, 3600]


def test_jitter_takes_up_to_a_half_off():
    assert waits(2, jitter=1.0) == [15]
    assert waits(2, jitter=0.5) == [22.5]
    assert waits(2, jitter=7.0) == [15]


@pytest.mark.parametrize("attempts", [0, -3])
def test_a_count_below_one_is_the_first(attempts):
    assert waits(attempts) == [15]


def test_a_channel_gets_at_least_the_pause_it_asked_for():
    assert waits(9, after_s=30) == [30]
    assert waits(9, after_s=30, jitter=1.0) == [32]


def test_an_absurd_pause_is_held_to_a_day():
    assert waits(1, after_s=10**12) == [timedelta(days=1).total_seconds()]
    assert waits(1, after_s=-5) == [0]


class Recording:
    def __init__(self):
        self.messages = []

    def send(self, message):
        self.messages.append(message)
        return Sent("id")


def test_a_message_goes_to_the_sender_of_its_channel():
    slack, preview = Recording(), Recording()
    senders = Senders({Channel.SLACK: slack, Channel.PREVIEW: preview})
    assert senders.send(message(Channel.PREVIEW)) == Sent("id")
    assert len(preview.messages) == 1
    assert slack.messages == []


@pytest.mark.parametrize(
    ("channel", "variable"),
    [
        (Channel.SLACK, "MINERALWATCH_SLACK_TOKEN"),
        (Channel.EMAIL, "MINERALWATCH_SMTP_URL"),
        (Channel.WEBHOOK, "MINERALWATCH_WEBHOOK_SECRETS"),
    ],
)
def test_a_channel_that_is_not_set_up_waits_and_names_the_mend(channel, variable):
    delivery = Senders({}).send(message(channel, uncertain=True))
    assert isinstance(delivery, Retry)
    assert variable in delivery.reason
    assert delivery.uncertain
