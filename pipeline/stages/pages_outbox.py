"""The outbox as operators see it, and the retry of what was parked."""

from enum import StrEnum

from pipeline.errors import NotFoundError
from pipeline.stages.context import Context
from pipeline.store import audit, outbox, page_outbox
from schemas.alert import OutboxState
from schemas.audit import AuditEntry
from schemas.operator_pages import MessageLine
from schemas.paging import Key, Page


class Shown(StrEnum):
    """Which part of the outbox is shown."""

    PARKED = "parked"
    WAITING = "waiting"
    SENT = "sent"


def list_messages(context: Context, shown: Shown, *, after: Key | None = None) -> Page[MessageLine]:
    """A page of messages, the newest first; its key is (id,), of sent ones (sent_at, id)."""
    with context.database.read() as session:
        if shown is Shown.SENT:
            return page_outbox.list_sent(after=after, session=session)
        parked = (OutboxState.PARKED.value,)
        states = parked if shown is Shown.PARKED else page_outbox.UNSENT
        return page_outbox.list_unsent(states, after=after, session=session)


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
