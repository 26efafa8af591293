"""Tables of what is told: alerts, editions, the outbox, readers' reactions, the watch's failures.

They are used through schemas.tables, with which they share one metadata.
"""

from datetime import date, datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from schemas.table_base import Base, BigId


class AlertRow(Base):
    """A story that a route let through; ``key`` makes a second one impossible."""

    __tablename__ = "alert"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    key: Mapped[str] = mapped_column(String(200), unique=True)
    kind: Mapped[str] = mapped_column(String(20))
    route: Mapped[str] = mapped_column(String(80))
    story_id: Mapped[int] = mapped_column(
        BigId, ForeignKey("story.id", ondelete="CASCADE"), index=True
    )
    article_id: Mapped[int | None] = mapped_column(
        BigId, ForeignKey("article.id", ondelete="SET NULL")
    )
    reason: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(index=True)


class EditionRow(Base):
    """An edition of the digest: one per list and day."""

    __tablename__ = "edition"
    __table_args__ = (UniqueConstraint("list_name", "day"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    list_name: Mapped[str] = mapped_column(String(80))
    day: Mapped[date]
    since: Mapped[datetime]
    until: Mapped[datetime]
    created_at: Mapped[datetime]
    subject: Mapped[str]
    html: Mapped[str]
    text: Mapped[str]
    kind: Mapped[str] = mapped_column(String(10), default="daily", server_default="daily")
    """``daily`` or ``weekly``."""
    images: Mapped[dict[str, Any] | None]
    """Content id → PNG in base64, so that its page can be made again."""


class OutboxRow(Base):
    """A message to be sent, and what became of it."""

    __tablename__ = "outbox"
    __table_args__ = (
        Index("ix_outbox_state_next_attempt_at", "state", "next_attempt_at"),
        Index("ix_outbox_channel_address_claimed_at", "channel", "address", "claimed_at"),
        Index("ix_outbox_sent_at_id", "sent_at", "id"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    key: Mapped[str] = mapped_column(String(300), unique=True)
    edition_id: Mapped[int | None] = mapped_column(
        BigId, ForeignKey("edition.id", ondelete="CASCADE")
    )
    channel: Mapped[str] = mapped_column(String(20))
    address: Mapped[str]
    payload: Mapped[dict[str, Any]]
    action: Mapped[str] = mapped_column(String(20), default="post", server_default="post")
    """schemas.alert.Action"""
    thread_key: Mapped[str | None] = mapped_column(String(300), index=True)
    gathers: Mapped[str | None] = mapped_column(String(200))
    """What may join it while it waits: stories of a window, outlets of a story."""
    state: Mapped[str] = mapped_column(String(20))
    attempts: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime]
    next_attempt_at: Mapped[datetime]
    claimed_at: Mapped[datetime | None]
    """When it is or was sent: its slot among the messages of its place."""
    claimed_by: Mapped[str | None]
    uncertain: Mapped[bool] = mapped_column(default=False)
    last_error: Mapped[str | None]
    sent_at: Mapped[datetime | None]
    external_id: Mapped[str | None]
    external_place: Mapped[str | None]
    """The channel's own id of the place (a Slack channel's id, where a name is the address)."""
    due_at: Mapped[datetime | None]
    """When it was first to go: after quiet hours, a batching window, a wait for outlets."""
    reactions_at: Mapped[datetime | None]
    """When its reactions were last asked for."""


class CarriedRow(Base):
    """A message carries an alert: one as a rule, several where stories go together."""

    __tablename__ = "carried"

    outbox_id: Mapped[int] = mapped_column(
        BigId, ForeignKey("outbox.id", ondelete="CASCADE"), primary_key=True
    )
    alert_id: Mapped[int] = mapped_column(
        BigId, ForeignKey("alert.id", ondelete="CASCADE"), primary_key=True, index=True
    )


class ReactionRow(Base):
    """A reader's reaction to an alert, as last seen in Slack."""

    __tablename__ = "reaction"
    __table_args__ = (UniqueConstraint("outbox_id", "user", "name"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    outbox_id: Mapped[int] = mapped_column(
        BigId, ForeignKey("outbox.id", ondelete="CASCADE"), index=True
    )
    user: Mapped[str] = mapped_column(String(80))
    name: Mapped[str] = mapped_column(String(100))
    right: Mapped[bool]
    seen_at: Mapped[datetime] = mapped_column(index=True)
    removed_at: Mapped[datetime | None]


class WatchEpisodeRow(Base):
    """Something of the watch itself failed: told once, and once when it is over."""

    __tablename__ = "watch_episode"
    __table_args__ = (
        UniqueConstraint("kind", "subject", "began_at"),
        Index("ix_watch_episode_ended_at", "ended_at"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    kind: Mapped[str] = mapped_column(String(40))
    subject: Mapped[str] = mapped_column(String(200))
    """Which task, channel …; empty where there is but one."""
    began_at: Mapped[datetime]
    reason: Mapped[str]
    told_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    end_told_at: Mapped[datetime | None]
