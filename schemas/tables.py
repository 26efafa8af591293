"""SQLAlchemy 2 typed tables. Only pipeline.store uses these rows."""

from datetime import datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    ForeignKey,
    Index,
    LargeBinary,
    String,
    UniqueConstraint,
    false,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from schemas.audit_tables import AuditRow
from schemas.gate_tables import GateCountRow, PassageRow
from schemas.ledger_tables import (
    AgreementCorrectionRow,
    AgreementDecisionRow,
    AgreementReportRow,
)
from schemas.message_tables import (
    AlertRow,
    CarriedRow,
    EditionRow,
    OutboxRow,
    ReactionRow,
    WatchEpisodeRow,
)
from schemas.search_tables import SearchEntryRow
from schemas.table_base import Base, BigId, UtcDateTime

__all__ = [
    "AgreementCorrectionRow",
    "AgreementDecisionRow",
    "AgreementReportRow",
    "AlertRow",
    "AuditRow",
    "Base",
    "BigId",
    "CarriedRow",
    "EditionRow",
    "GateCountRow",
    "OutboxRow",
    "PassageRow",
    "ReactionRow",
    "SearchEntryRow",
    "UtcDateTime",
    "WatchEpisodeRow",
]


class FeedRow(Base):
    """A feed and what is remembered of it between polls."""

    __tablename__ = "feed"
    __table_args__ = (Index("ix_feed_name_id", "name", "id"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    url: Mapped[str] = mapped_column(String(2000), unique=True)
    name: Mapped[str]
    language: Mapped[str] = mapped_column(String(8))
    region: Mapped[str]
    kind: Mapped[str] = mapped_column(String(20))
    tier: Mapped[int]
    enabled: Mapped[bool]
    created_at: Mapped[datetime]
    current_url: Mapped[str]
    etag: Mapped[str | None]
    last_modified: Mapped[str | None]
    body_hash: Mapped[str | None] = mapped_column(String(64))
    items: Mapped[bytes | None] = mapped_column(LargeBinary)
    """What is remembered of each entry of the last reading, 36 bytes each (collect.cut)."""
    next_poll_at: Mapped[datetime | None] = mapped_column(index=True)
    interval_s: Mapped[int] = mapped_column(default=300)
    failures: Mapped[int] = mapped_column(default=0)
    last_success_at: Mapped[datetime | None]
    last_new_at: Mapped[datetime | None]
    failure: Mapped[str | None] = mapped_column(String(40))
    failure_message: Mapped[str | None]
    slow: Mapped[bool] = mapped_column(default=False)
    """The last poll failed or took long: polled in a lane of its own, where it holds nobody up."""
    gap_s: Mapped[int | None]
    window_s: Mapped[float | None]
    shown: Mapped[int | None]
    ttl_s: Mapped[int | None]
    period_s: Mapped[int | None]
    skip_hours: Mapped[list[int]] = mapped_column(default=list)
    skip_days: Mapped[list[int]] = mapped_column(default=list)
    failing_since: Mapped[datetime | None]
    dead_since: Mapped[datetime | None]
    moving_to: Mapped[str | None]
    moving_since: Mapped[datetime | None]
    moving_seen: Mapped[int] = mapped_column(default=0)
    moved_at: Mapped[datetime | None]
    fulltext: Mapped[bool] = mapped_column(default=False, server_default=false())
    """The pages of its new articles are fetched and read."""
    origin: Mapped[str] = mapped_column(String(20), default="config", server_default="config")
    """``config``: the file decides whether it is watched; ``command``: this row does."""
    site: Mapped[str | None]
    paused_at: Mapped[datetime | None]
    paused_until: Mapped[datetime | None]
    """When the pause ends by itself; None with ``paused_at``: when someone ends it."""
    paused_reason: Mapped[str | None]
    watched_since: Mapped[datetime | None]
    """When it was switched on again; its silence and its failures count from there."""


class FeedEpisodeRow(Base):
    """A feed was silent or dead, or (without a feed) most could not be reached: told once."""

    __tablename__ = "feed_episode"
    __table_args__ = (
        UniqueConstraint("feed_id", "began_at"),
        Index("ix_feed_episode_ended_at", "ended_at"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    feed_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("feed.id", ondelete="CASCADE"))
    kind: Mapped[str] = mapped_column(String(20))
    began_at: Mapped[datetime]
    reason: Mapped[str]
    told_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    end_told_at: Mapped[datetime | None]
    """When its end was told; also set where nobody needs to hear of it."""


class PollRow(Base):
    """One poll of one feed."""

    __tablename__ = "poll"
    __table_args__ = (Index("ix_poll_feed_id_at", "feed_id", "at"), Index("ix_poll_at", "at"))

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    feed_id: Mapped[int] = mapped_column(BigId, ForeignKey("feed.id", ondelete="CASCADE"))
    at: Mapped[datetime]
    outcome: Mapped[str] = mapped_column(String(20))
    status: Mapped[int | None]
    failure: Mapped[str | None] = mapped_column(String(40))
    message: Mapped[str]
    entries: Mapped[int]
    new: Mapped[int]
    bytes_read: Mapped[int] = mapped_column(BigInteger)
    seconds: Mapped[float]


class ArticleRow(Base):
    """An article; ``canonical_url`` is its identity."""

    __tablename__ = "article"
    __table_args__ = (
        Index("ix_article_published_at", "published_at"),
        Index("ix_article_seen_at", "seen_at"),
        Index("ix_article_text_state_text_next_at", "text_state", "text_next_at"),
        Index("ix_article_text_host_id", "text_host", "id"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    canonical_url: Mapped[str] = mapped_column(String(2000), unique=True)
    url: Mapped[str | None]
    guid: Mapped[str | None]
    title: Mapped[str]
    summary: Mapped[str]
    language: Mapped[str] = mapped_column(String(8))
    outlet: Mapped[str]
    published_at: Mapped[datetime]
    dated: Mapped[bool]
    seen_at: Mapped[datetime]
    updated_at: Mapped[datetime | None]
    content_hash: Mapped[str] = mapped_column(String(64))
    feed_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("feed.id", ondelete="SET NULL"))
    tier: Mapped[int]
    backfill: Mapped[bool]
    """Brought in as an archive: assessed and kept, never alerted."""
    text: Mapped[str | None]
    """Of the article's page, a paragraph a line."""
    text_state: Mapped[str | None] = mapped_column(String(20))
    """schemas.page.TextState; None: the page is not asked for."""
    text_kind: Mapped[str | None] = mapped_column(String(40))
    """Why there is no text, or none yet: a FailureKind or a Refusal."""
    text_reason: Mapped[str | None]
    """The same in words."""
    text_host: Mapped[str | None] = mapped_column(String(255))
    text_tries: Mapped[int] = mapped_column(default=0, server_default="0")
    text_next_at: Mapped[datetime | None]
    """When the page may be asked next; ahead of now while a run has it in hand."""


class SightingRow(Base):
    """A feed carried an article."""

    __tablename__ = "sighting"
    __table_args__ = (
        Index("ix_sighting_feed_id_guid_key", "feed_id", "guid_key"),
        Index("ix_sighting_feed_id_text_key", "feed_id", "text_key"),
        Index("ix_sighting_feed_id_seen_at", "feed_id", "seen_at"),
    )

    article_id: Mapped[int] = mapped_column(
        BigId, ForeignKey("article.id", ondelete="CASCADE"), primary_key=True
    )
    feed_id: Mapped[int] = mapped_column(
        BigId, ForeignKey("feed.id", ondelete="CASCADE"), primary_key=True
    )
    seen_at: Mapped[datetime]
    guid_key: Mapped[int | None] = mapped_column(BigInteger)
    text_key: Mapped[int | None] = mapped_column(BigInteger)
    """By which this feed's item is known again where its address has changed."""


class AssessmentRow(Base):
    """The reading of an article under one ruleset; ``reading`` holds all of schemas.assessment."""

    __tablename__ = "assessment"
    __table_args__ = (
        UniqueConstraint("article_id", "ruleset"),
        Index("ix_assessment_ruleset_relevant", "ruleset", "relevant", "linked_at"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    article_id: Mapped[int] = mapped_column(BigId, ForeignKey("article.id", ondelete="CASCADE"))
    ruleset: Mapped[str] = mapped_column(String(40))
    at: Mapped[datetime]
    relevant: Mapped[bool]
    relevance: Mapped[float]
    stage: Mapped[str] = mapped_column(String(20))
    significance: Mapped[int]
    agreement_id: Mapped[str | None] = mapped_column(String(80))
    reading: Mapped[dict[str, Any]]
    sides: Mapped[dict[str, Any]] = mapped_column(default=dict, server_default=text("'{}'"))
    """Theme → the side taken on it, as ``reading`` has it: what scorecards count."""
    linked_at: Mapped[datetime | None]
    """When the reading was worked into a story; None: pending."""


class StoryRow(Base):
    """A story as it stands now."""

    __tablename__ = "story"
    __table_args__ = (Index("ix_story_last_at", "last_at"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    title: Mapped[str]
    opened_at: Mapped[datetime]
    last_at: Mapped[datetime]
    agreement_id: Mapped[str | None] = mapped_column(String(80), index=True)
    stage: Mapped[str] = mapped_column(String(20))
    significance: Mapped[int]
    themes: Mapped[list[str]]
    parties: Mapped[list[str]]
    minerals: Mapped[list[str]]
    merged_into: Mapped[int | None] = mapped_column(BigInteger)
    """The story that this one turned out to be part of."""
    retracted_at: Mapped[datetime | None]
    retracted_reason: Mapped[str | None]


class StoryArticleRow(Base):
    """An article belongs to one story."""

    __tablename__ = "story_article"

    article_id: Mapped[int] = mapped_column(
        BigId, ForeignKey("article.id", ondelete="CASCADE"), primary_key=True
    )
    story_id: Mapped[int] = mapped_column(
        BigId, ForeignKey("story.id", ondelete="CASCADE"), index=True
    )
    at: Mapped[datetime]
    """When it was linked, not when it was published."""
    similarity: Mapped[float]


class StoryKeyRow(Base):
    """An index from a cluster key (a band of a fingerprint, a pair of entities) to stories."""

    __tablename__ = "story_key"
    # With the story's id in it, the look-up reads the index alone.
    __table_args__ = (Index("ix_story_key_key_at_story_id", "key", "at", "story_id"),)

    story_id: Mapped[int] = mapped_column(
        BigId, ForeignKey("story.id", ondelete="CASCADE"), primary_key=True
    )
    key: Mapped[str] = mapped_column(String(120), primary_key=True)
    at: Mapped[datetime]


class AgreementRow(Base):
    """An agreement and where it stands by the newest report."""

    __tablename__ = "agreement"

    id: Mapped[str] = mapped_column(String(80), primary_key=True)
    name: Mapped[str]
    parties: Mapped[list[str]]
    stage: Mapped[str] = mapped_column(String(20))
    stage_at: Mapped[datetime | None]
    seed_stage: Mapped[str] = mapped_column(String(20), default="none", server_default="none")
    """Where it stood by the configuration; reports go on from there."""
    seed_at: Mapped[datetime | None]
    unsettled: Mapped[bool] = mapped_column(default=False, server_default=false())
    """Its timeline may not be what follows from its reports, yet."""


class StageTransitionRow(Base):
    """A step of an agreement, derived from its reports and corrections."""

    __tablename__ = "stage_transition"
    __table_args__ = (
        UniqueConstraint("agreement_id", "stage", "story_id"),
        Index("ix_stage_transition_agreement_id_at", "agreement_id", "at"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    agreement_id: Mapped[str] = mapped_column(ForeignKey("agreement.id", ondelete="CASCADE"))
    stage: Mapped[str] = mapped_column(String(20))
    previous: Mapped[str] = mapped_column(String(20))
    story_id: Mapped[int | None] = mapped_column(BigId)
    """No foreign key: the step outlives the story's row. None: set by hand."""
    at: Mapped[datetime]
    recorded_at: Mapped[datetime] = mapped_column(index=True)
    quote: Mapped[str]
    article_url: Mapped[str | None]


class SubscriptionRow(Base):
    """A hub that a feed advertises, and the subscription there (WebSub)."""

    __tablename__ = "subscription"
    __table_args__ = (UniqueConstraint("feed_id", "key"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    feed_id: Mapped[int] = mapped_column(BigId, ForeignKey("feed.id", ondelete="CASCADE"))
    key: Mapped[str] = mapped_column(String(64))
    """A hash of hub and topic: both may be longer than an index takes."""
    hub: Mapped[str]
    topic: Mapped[str]
    token: Mapped[str] = mapped_column(String(64), unique=True)
    secret: Mapped[str] = mapped_column(String(200))
    state: Mapped[str] = mapped_column(String(20))
    pending: Mapped[str | None] = mapped_column(String(20))
    advertised: Mapped[bool]
    paused: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime]
    callback: Mapped[str | None]
    requested_at: Mapped[datetime | None]
    attempts: Mapped[int] = mapped_column(default=0)
    next_attempt_at: Mapped[datetime | None]
    lease_s: Mapped[int | None]
    verified_at: Mapped[datetime | None]
    expires_at: Mapped[datetime | None]
    delivered_at: Mapped[datetime | None]
    deliveries: Mapped[int] = mapped_column(default=0)
    refused: Mapped[int] = mapped_column(default=0)
    missed: Mapped[int] = mapped_column(default=0)
    last_error: Mapped[str | None]
