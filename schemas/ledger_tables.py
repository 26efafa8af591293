"""Tables of the ledger: what articles reported of agreements, corrections and decisions by hand.

They are used through schemas.tables. Numbers of articles and stories are no foreign keys here: a
report is evidence, and stays when the article is too old to be kept.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from schemas.table_base import Base, BigId


class AgreementReportRow(Base):
    """What one article reports of an agreement, or of what may be one (``proposal``)."""

    __tablename__ = "agreement_report"
    __table_args__ = (
        Index("ix_agreement_report_agreement_id_at", "agreement_id", "at"),
        Index("ix_agreement_report_proposal", "proposal"),
        Index("ix_agreement_report_story_id", "story_id"),
    )

    article_id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=False)
    story_id: Mapped[int] = mapped_column(BigInteger)
    agreement_id: Mapped[str | None] = mapped_column(
        String(80), ForeignKey("agreement.id", ondelete="CASCADE")
    )
    proposal: Mapped[str | None] = mapped_column(String(120))
    parties: Mapped[list[str]]
    subject: Mapped[str] = mapped_column(String(80))
    instrument: Mapped[str | None] = mapped_column(String(40))
    stage: Mapped[str] = mapped_column(String(20))
    certainty: Mapped[str] = mapped_column(String(20))
    at: Mapped[datetime]
    tier: Mapped[int]
    outlet: Mapped[str]
    quote: Mapped[str]
    url: Mapped[str | None]
    money: Mapped[list[dict[str, Any]]] = mapped_column(JSON)
    """schemas.ledger.Claim, a mapping each."""


class AgreementCorrectionRow(Base):
    """Put right by hand; never deleted, only undone."""

    __tablename__ = "agreement_correction"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    agreement_id: Mapped[str] = mapped_column(
        String(80), ForeignKey("agreement.id", ondelete="CASCADE"), index=True
    )
    kind: Mapped[str] = mapped_column(String(20))
    stage: Mapped[str] = mapped_column(String(20))
    at: Mapped[datetime | None]
    article_id: Mapped[int | None] = mapped_column(BigInteger)
    reason: Mapped[str]
    made_at: Mapped[datetime]
    undone_at: Mapped[datetime | None]


class AgreementDecisionRow(Base):
    """What an operator decided of a proposal."""

    __tablename__ = "agreement_decision"

    proposal: Mapped[str] = mapped_column(String(120), primary_key=True)
    decision: Mapped[str] = mapped_column(String(20))
    agreement_id: Mapped[str | None] = mapped_column(
        String(80), ForeignKey("agreement.id", ondelete="CASCADE")
    )
    reason: Mapped[str]
    at: Mapped[datetime]
