"""The table of what is searched; it is used through schemas.tables.

The words themselves are in ``vector`` on PostgreSQL, and on SQLite, which has no such type, in the
full-text table ``search_index`` (migration 0013), whose rowid is the article's id.
"""

from datetime import datetime

from sqlalchemy import ForeignKey, Text
from sqlalchemy.dialects.postgresql import TSVECTOR
from sqlalchemy.orm import Mapped, mapped_column

from schemas.table_base import Base, BigId

DIALECT_OWN = "search_index"
"""Tables and indexes whose names begin so are of one dialect only: `is_ours` leaves them out."""


class SearchEntryRow(Base):
    """An article can be found; written where its reading is, and by upkeep where none is."""

    __tablename__ = "search_entry"

    article_id: Mapped[int] = mapped_column(
        BigId, ForeignKey("article.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    published_at: Mapped[datetime]
    vector: Mapped[str | None] = mapped_column(Text().with_variant(TSVECTOR(), "postgresql"))


def is_ours(name: str | None, kind: str, _parents: object) -> bool:
    """Whether Alembic compares a table or an index with the shapes here (its ``include_name``)."""
    return kind not in {"table", "index"} or not (name or "").startswith(DIALECT_OWN)
