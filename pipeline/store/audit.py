"""What operators did by hand: noted in the transaction that does it."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from pipeline.store.paging import beyond, page_of
from schemas.audit import AuditEntry
from schemas.paging import Key, Page
from schemas.tables import AuditRow

_WHO = 200


def add_entry(
    *, who: str, action: str, what: str, detail: str, now: datetime, session: Session
) -> AuditEntry:
    """Note an action; returns it with its id."""
    row = AuditRow(at=now, who=who[:_WHO], action=action, what=what, detail=detail)
    session.add(row)
    session.flush()
    return _entry(row)


def add_words(entry_id: int, words: str, *, session: Session) -> None:
    """Say in an entry what came of it besides."""
    row = session.get_one(AuditRow, entry_id)
    row.detail = f"{row.detail} {words}".strip()


def find_entry(entry_id: int, *, session: Session) -> AuditEntry | None:
    """The entry with that id."""
    row = session.get(AuditRow, entry_id)
    return None if row is None else _entry(row)


def list_entries(*, session: Session, after: Key | None = None, size: int = 50) -> Page[AuditEntry]:
    """A page of entries, the newest first; its key is (id,)."""
    query = select(AuditRow).where(beyond([AuditRow.id], after, newest_first=True))
    rows = session.scalars(query.order_by(AuditRow.id.desc()).limit(size + 1)).all()
    return page_of(rows, size=size, key=lambda row: (row.id,), item=_entry)


def _entry(row: AuditRow) -> AuditEntry:
    return AuditEntry(row.id, row.at, row.who, row.action, row.what, row.detail)
