"""The outbox as operators see it, and what was parked: made due again, or discarded for good."""

from enum import StrEnum

from pipeline.errors import ConfigError, NotFoundError
from pipeline.log import mask
from pipeline.stages.context import Context
from pipeline.store import audit, discards, outbox, page_outbox
from schemas.alert import OutboxState
from schemas.audit import AuditEntry
from schemas.operator_pages import MessageLine
from schemas.paging import Key, Page


class Shown(StrEnum):
    """Which part of the outbox is shown."""

    PARKED = "parked"
    WAITING = "waiting"
    SENT = "sent"
    DISCARDED = "discarded"


_STATES = {
    Shown.PARKED: (OutboxState.PARKED.value,),
    Shown.WAITING: page_outbox.UNSENT,
    Shown.DISCARDED: (OutboxState.DISCARDED.value,),
}
LONGEST_REASON = 300
"""Characters of the reason for a discard."""


def list_messages(context: Context, shown: Shown, *, after: Key | None = None) -> Page[MessageLine]:
    """A page of messages, the newest first; its key is (id,), of sent ones (sent_at, id)."""
    with context.database.read() as session:
        if shown is Shown.SENT:
            return page_outbox.list_sent(after=after, session=session)
        return page_outbox.list_unsent(_STATES[shown], after=after, session=session)


def count_unsent(context: Context) -> dict[OutboxState, int]:
    """How many messages wait, are being sent and are parked."""
    with context.database.read() as session:
        return page_outbox.count_unsent(session=session)


def retry(context: Context, key: str | None, *, who: str) -> AuditEntry:
    """Make a parked message due again, or with None all of them.

    Raises:
        NotFoundError: no such message is parked.
    """
    with context.database.write() as session:
        count = outbox.retry_parked(now=context.now, key=key, session=session)
        if not count:
            told = f"message {key!r} is not parked" if key else "no message is parked"
            raise NotFoundError(told, mend="it may have been made due already: see the outbox")
        due = "1 message is due" if count == 1 else f"{count} messages are due"
        return audit.add_entry(
            who=who,
            action="retry message" if key else "retry all parked",
            what=key or "all parked messages",
            detail=f"{due} again.",
            now=context.now,
            session=session,
        )


def discard(context: Context, key: str, *, who: str, reason: str) -> AuditEntry:
    """Give a parked message up for good, and with it what waits for it in its thread.

    Raises:
        ConfigError: the reason is missing or too long.
        NotFoundError: no such message is parked.
    """
    reason = mask(" ".join(reason.split()))
    if not reason or len(reason) > LONGEST_REASON:
        raise ConfigError(
            "the reason is missing" if not reason else "the reason is too long",
            mend=f"say in 1 to {LONGEST_REASON} characters why it is not to be sent",
        )
    with context.database.write() as session:
        if not discards.discard_parked(key, who=who, reason=reason, session=session):
            raise NotFoundError(
                f"message {key!r} is not parked",
                mend="only what is parked can be discarded: see the outbox",
            )
        replies = discards.discard_replies(session=session)
        more = f" With it {replies} that waited for it in its thread." if replies else ""
        return audit.add_entry(
            who=who,
            action="discard message",
            what=key,
            detail=f"It is never sent. Reason: {reason}{'' if reason.endswith('.') else '.'}{more}",
            now=context.now,
            session=session,
        )
