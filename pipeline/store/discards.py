"""Messages that an operator gave up: never sent again, kept with who gave them up and why."""

from sqlalchemy import select, update
from sqlalchemy.orm import Session, aliased

from schemas.alert import OutboxState
from schemas.tables import OutboxRow

_WITH_ITS_ROOT = "the first message of its thread was discarded"


def discard_parked(key: str, *, who: str, reason: str, session: Session) -> bool:
    """Give a parked message up for good; False where no such message is parked.

    The key stays taken, so that the same alert is not queued anew. Why the place refused it is
    kept before ``reason``; the mend is not, for there is nothing to be mended.
    """
    parked = (OutboxRow.key == key, OutboxRow.state == OutboxState.PARKED.value)
    error = session.scalar(select(OutboxRow.last_error).where(*parked))
    refused = (error or "").partition("; mend: ")[0]
    told = f"discarded by {who}: {reason}"
    query = (
        update(OutboxRow)
        .where(*parked)
        .values(
            state=OutboxState.DISCARDED.value,
            last_error=f"{refused}; {told}" if refused else told,
        )
    )
    return session.scalar(query.returning(OutboxRow.id)) is not None


def discard_replies(*, session: Session) -> int:
    """Give up what is to go into a thread whose first message was; returns how many messages.

    They would wait for ever. One may be queued at any time after the discard, hence a sweep that
    each sender makes before it sends.
    """
    root = aliased(OutboxRow)
    gone = select(root.key).where(root.state == OutboxState.DISCARDED.value)
    open_states = (OutboxState.PENDING.value, OutboxState.PARKED.value)
    query = (
        update(OutboxRow)
        .where(OutboxRow.state.in_(open_states), OutboxRow.thread_key.in_(gone))
        .values(state=OutboxState.DISCARDED.value, last_error=_WITH_ITS_ROOT)
        .returning(OutboxRow.id)
        .execution_options(synchronize_session=False)
    )
    return len(session.scalars(query).all())
