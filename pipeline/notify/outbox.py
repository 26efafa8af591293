"""When to try a message again, and which sender takes it. Pure but for the senders themselves."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Final, Protocol

from schemas.alert import Channel, Delivery, OutboxMessage, Retry

FIRST_WAIT_S: Final = 15.0
LONGEST_WAIT_S: Final = 3600.0
LONGEST_ASKED_S: Final = 24 * 3600.0
"""A channel that asks for a longer pause than this is asked again after it."""
UNCONFIGURED_WAIT_S: Final = 900.0

_MENDS: Final = MappingProxyType(
    {
        Channel.SLACK: "set MINERALWATCH_SLACK_TOKEN, or Airflow's connection mineralwatch_slack",
        Channel.EMAIL: "set MINERALWATCH_SMTP_URL, or Airflow's connection mineralwatch_smtp",
        Channel.WEBHOOK: "name it under webhooks in routes.yaml, with its secret in "
        "MINERALWATCH_WEBHOOK_SECRETS or Airflow's connection mineralwatch_webhooks",
        Channel.PREVIEW: "set MINERALWATCH_VAR_DIR to a folder that can be written",
    }
)


class Sender(Protocol):
    """What sends messages of one channel. An expected failure is a value, never an exception."""

    def send(self, message: OutboxMessage) -> Delivery:
        """Send ``message`` and say what became of it."""


class Senders:
    """The senders that are set up, by channel."""

    def __init__(self, senders: Mapping[Channel, Sender]) -> None:
        self._senders = dict(senders)

    def send(self, message: OutboxMessage) -> Delivery:
        """Send ``message`` by its channel; with no sender for it, wait until there is one."""
        sender = self._senders.get(message.channel)
        if sender is None:
            return Retry(
                f"no {message.channel} is set up to send it by; mend: {_MENDS[message.channel]}",
                after_s=UNCONFIGURED_WAIT_S,
                uncertain=message.uncertain,
            )
        return sender.send(message)


def next_attempt(
    attempts: int, *, now: datetime, after_s: float | None = None, jitter: float = 0.0
) -> datetime:
    """Return when to try again after the ``attempts``-th failure.

    The wait doubles from 15 seconds up to an hour, of which ``jitter`` (0 to 1, chosen by the
    caller) takes up to a half off, so that messages that failed together do not come back
    together. Where the channel asked for ``after_s`` seconds it gets at least those, and up to
    two seconds more.

    Source of the method: exponential back-off with equal jitter, as in "Exponential Backoff And
    Jitter" (AWS Architecture Blog, 2015).
    """
    jitter = min(1.0, max(0.0, jitter))
    if after_s is not None:
        asked = min(LONGEST_ASKED_S, max(0.0, after_s))
        return now + timedelta(seconds=asked + 2 * jitter)
    doublings = min(max(attempts, 1) - 1, 20)
    wait = min(LONGEST_WAIT_S, FIRST_WAIT_S * 2**doublings)
    return now + timedelta(seconds=wait * (1 - jitter / 2))
