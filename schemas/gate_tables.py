"""Tables of what came through each gate; used through schemas.tables."""

from datetime import date

from sqlalchemy import BigInteger, ForeignKey, String, inspect
from sqlalchemy.orm import Mapped, mapped_column

from schemas.coverage import Gate, Reached
from schemas.table_base import Base, BigId


class GateCountRow(Base):
    """How many came to each gate, a day (UTC) and feed; the columns are schemas.coverage.Gate.

    One row for all gates: a poll then costs one row a feed, whatever it brought.
    """

    __tablename__ = "gate_count"

    day: Mapped[date] = mapped_column(primary_key=True)
    feed_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    """0: no feed, an archive. No foreign key: what was counted stays when a feed goes."""
    answered: Mapped[int] = mapped_column(default=0, server_default="0")
    not_modified: Mapped[int] = mapped_column(default=0, server_default="0")
    failed: Mapped[int] = mapped_column(default=0, server_default="0")
    parsed: Mapped[int] = mapped_column(default=0, server_default="0")
    refused: Mapped[int] = mapped_column(default=0, server_default="0")
    known: Mapped[int] = mapped_column(default=0, server_default="0")
    edited: Mapped[int] = mapped_column(default=0, server_default="0")
    elsewhere: Mapped[int] = mapped_column(default=0, server_default="0")
    new: Mapped[int] = mapped_column(default=0, server_default="0")
    gated_cheap: Mapped[int] = mapped_column(default=0, server_default="0")
    gated_full: Mapped[int] = mapped_column(default=0, server_default="0")
    relevant: Mapped[int] = mapped_column(default=0, server_default="0")
    relevant_later: Mapped[int] = mapped_column(default=0, server_default="0")
    routed: Mapped[int] = mapped_column(default=0, server_default="0")
    sent: Mapped[int] = mapped_column(default=0, server_default="0")


class PassageRow(Base):
    """How far an article has come and been counted, so that nothing counts it there again."""

    __tablename__ = "passage"

    article_id: Mapped[int] = mapped_column(
        BigId, ForeignKey("article.id", ondelete="CASCADE"), primary_key=True
    )
    reached: Mapped[str] = mapped_column(String(12))
    """schemas.coverage.Reached"""


assert {c.key for c in inspect(GateCountRow).columns} - {"day", "feed_id"} == set(Gate)  # noqa: S101
assert max(map(len, Reached)) <= 12  # noqa: S101, PLR2004
