"""The table of what operators did by hand; used through schemas.tables."""

from datetime import datetime

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from schemas.table_base import Base, BigId


class AuditRow(Base):
    """An action of an operator: who, what, when, and what came of it."""

    __tablename__ = "audit"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    at: Mapped[datetime] = mapped_column(index=True)
    who: Mapped[str] = mapped_column(String(200))
    action: Mapped[str] = mapped_column(String(40))
    what: Mapped[str]
    detail: Mapped[str]
