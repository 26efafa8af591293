"""What operators did by hand, as the pages show it."""

from pipeline.stages.context import Context
from pipeline.store import audit
from schemas.audit import AuditEntry
from schemas.paging import Key, Page


def find(context: Context, entry_id: int) -> AuditEntry | None:
    """One entry."""
    with context.database.read() as session:
        return audit.find_entry(entry_id, session=session)


def list_entries(context: Context, *, after: Key | None = None) -> Page[AuditEntry]:
    """A page of entries, the newest first; its key is (id,)."""
    with context.database.read() as session:
        return audit.list_entries(after=after, session=session)


def add_words(context: Context, entry: AuditEntry, words: str) -> None:
    """Say in an entry what came of it after it was committed."""
    with context.database.write() as session:
        audit.add_words(entry.id, words, session=session)
