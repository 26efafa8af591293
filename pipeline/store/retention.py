"""Forgetting by age: which rows of which table go, and how many."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, delete, exists, func, select
from sqlalchemy.orm import Session, aliased

from schemas.alert import OutboxState
from schemas.retention import Forgotten, RetentionFile
from schemas.tables import (
    ArticleRow,
    AssessmentRow,
    Base,
    EditionRow,
    FeedEpisodeRow,
    OutboxRow,
    PollRow,
    ReactionRow,
    StoryArticleRow,
    WatchEpisodeRow,
)

BATCH = 5_000
"""Rows of a transaction, so that nobody waits long for the database."""


@dataclass(frozen=True, slots=True)
class Rule:
    """What is forgotten under one key of retention.yaml."""

    name: str
    tables: tuple[type[Base], ...]
    old: Callable[[type[Any], datetime, str], ColumnElement[bool]]
    """(table, before when, the ruleset in force) → whether the row goes."""


def _polls(_table: type[Any], before: datetime, _ruleset: str) -> ColumnElement[bool]:
    return PollRow.at < before


def _messages(_table: type[Any], before: datetime, _ruleset: str) -> ColumnElement[bool]:
    """Those stay on which replies hang, and those that readers judged: precision is counted so."""
    root = aliased(OutboxRow)
    threaded = exists().where(root.thread_key == OutboxRow.key)
    judged = exists().where(ReactionRow.outbox_id == OutboxRow.id)
    sent = (OutboxRow.state == OutboxState.SENT.value) & (OutboxRow.sent_at < before)
    discarded = (OutboxRow.state == OutboxState.DISCARDED.value) & (OutboxRow.created_at < before)
    return (sent | discarded) & ~threaded & ~judged


def _readings(_table: type[Any], before: datetime, ruleset: str) -> ColumnElement[bool]:
    newer = aliased(AssessmentRow)
    has_newer = exists().where(
        newer.article_id == AssessmentRow.article_id, newer.ruleset == ruleset
    )
    return (AssessmentRow.ruleset != ruleset) & (AssessmentRow.at < before) & has_newer


def _episodes(table: type[Any], before: datetime, _ruleset: str) -> ColumnElement[bool]:
    over: ColumnElement[bool] = (table.ended_at < before) & table.end_told_at.is_not(None)
    return over


def _articles(_table: type[Any], before: datetime, ruleset: str) -> ColumnElement[bool]:
    reading = aliased(AssessmentRow)
    read = reading.article_id == ArticleRow.id
    judged = exists().where(read, reading.ruleset == ruleset, ~reading.relevant)
    told = exists().where(StoryArticleRow.article_id == ArticleRow.id)
    return (ArticleRow.seen_at < before) & judged & ~told


def _editions(_table: type[Any], before: datetime, _ruleset: str) -> ColumnElement[bool]:
    # Its messages would go with it: while one is kept or waits, the edition is.
    used = exists().where(OutboxRow.edition_id == EditionRow.id)
    return (EditionRow.created_at < before) & ~used


RULES = (
    Rule("polls", (PollRow,), _polls),
    Rule("messages", (OutboxRow,), _messages),
    Rule("readings", (AssessmentRow,), _readings),
    Rule("episodes", (FeedEpisodeRow, WatchEpisodeRow), _episodes),
    Rule("articles", (ArticleRow,), _articles),
    Rule("editions", (EditionRow,), _editions),
)
"""In the order in which they are applied: an edition goes after its messages."""


def count_old(
    policy: RetentionFile, *, ruleset: str, now: datetime, session: Session
) -> list[Forgotten]:
    """What would be forgotten; an edition whose messages go in the same run is not counted."""
    told = []
    for rule in RULES:
        days = getattr(policy, rule.name)
        rows = 0
        for table in rule.tables if days is not None else ():
            where = rule.old(table, now - timedelta(days=days), ruleset)
            rows += session.scalar(select(func.count()).select_from(table).where(where)) or 0
        told.append(Forgotten(rule.name, days, rows))
    return told


def forget(
    rule: Rule, *, before: datetime, ruleset: str, session: Session, limit: int = BATCH
) -> int:
    """Delete at most ``limit`` rows of each of the rule's tables; returns how many went."""
    gone = 0
    for table in rule.tables:
        key: Any = table.__table__.c.id
        ids = session.scalars(
            select(key).where(rule.old(table, before, ruleset)).order_by(key).limit(limit)
        ).all()
        for start in range(0, len(ids), 500):
            statement = delete(table).where(key.in_(ids[start : start + 500]))
            session.execute(statement.execution_options(synchronize_session=False))
        gone += len(ids)
    return gone
