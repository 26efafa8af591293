"""What verdicts on feeds are made from: their rows, the times of their items, the kept polls."""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy import case, func, select
from sqlalchemy.orm import Session

from pipeline.feed_health import FLOOR, SAMPLE, is_paused, judge, quiet_for
from schemas.feed import FailureKind, FeedHealth, PollOutcome
from schemas.feed_watch import FeedFacts, FeedVerdict, Reach
from schemas.tables import ArticleRow, FeedEpisodeRow, FeedRow, PollRow, SightingRow

SHARE_SPAN = timedelta(days=7)
_LOOK_BACK = timedelta(days=365)
_CHUNK = 500
_AS_THEY_ARE = (
    "name",
    "url",
    "enabled",
    "created_at",
    "failures",
    "last_success_at",
    "last_new_at",
    "next_poll_at",
    "dead_since",
    "current_url",
    "moving_to",
    "moved_at",
    "watched_since",
    "paused_at",
    "paused_until",
)
_ORDER = {verdict.value: place for place, verdict in enumerate(FeedVerdict)}
NETWORK = frozenset(
    {
        FailureKind.DNS,
        FailureKind.CONNECT,
        FailureKind.TLS,
        FailureKind.TIMEOUT,
        FailureKind.RESET,
    }
)
"""Failures that a fault of our own network looks like."""


def feed_health(*, now: datetime, session: Session) -> list[FeedHealth]:
    """A line a feed, the sick first, with its share of successes over the last seven days."""
    since = reachable_since(session=session)
    shares = _shares(now - SHARE_SPAN, session)
    found = []
    for facts in feed_facts(now=now, session=session):
        health = judge(facts, now=now, reachable_since=since)
        polls, good = shares.get(facts.feed_id, (0, 0))
        share = good / polls if polls else None
        found.append(replace(health, polls=polls, success_share=share))
    return sorted(found, key=lambda health: _ORDER[health.state])


def feed_facts(
    *, now: datetime, session: Session, only: Collection[int] | None = None
) -> list[FeedFacts]:
    """What is known of every feed (or of ``only`` these), by row.

    The times of items are looked up of those that are quiet.
    """
    columns = (
        FeedRow.id.label("feed_id"),
        FeedRow.failure.label("kind"),
        FeedRow.failure_message.label("message"),
        FeedRow.paused_reason.label("pause"),
        *(getattr(FeedRow, name) for name in _AS_THEY_ARE),
    )
    query = select(*columns).order_by(FeedRow.id)
    facts = []
    for part in _parts(only):
        asked = query if part is None else query.where(FeedRow.id.in_(part))
        for row in session.execute(asked).mappings():
            given = dict(row)
            kind, message, pause = (given.pop(name) for name in ("kind", "message", "pause"))
            facts.append(
                FeedFacts(
                    **given,
                    failure=FailureKind(kind) if kind else None,
                    failure_message=message or "",
                    paused_reason=pause or "",
                )
            )
    quiet = [
        one.feed_id
        for one in facts
        if one.enabled and not one.failures and not is_paused(one, now) and quiet_for(one) > FLOOR
    ]
    moments = newest_moments(quiet, since=now - _LOOK_BACK, session=session) if quiet else {}
    return [
        replace(one, moments=moments[one.feed_id]) if one.feed_id in moments else one
        for one in facts
    ]


def newest_moments(
    feed_ids: Collection[int], *, since: datetime, session: Session
) -> dict[int, tuple[datetime, ...]]:
    """When the newest items of each feed were published, or seen where that is earlier."""
    found: defaultdict[int, list[datetime]] = defaultdict(list)
    for chunk in _parts(feed_ids):
        place = func.row_number().over(
            partition_by=SightingRow.feed_id, order_by=SightingRow.seen_at.desc()
        )
        newest = (
            select(
                SightingRow.feed_id, SightingRow.article_id, SightingRow.seen_at, place.label("n")
            )
            .where(SightingRow.feed_id.in_(chunk or ()), SightingRow.seen_at >= since)
            .subquery()
        )
        query = (
            select(newest.c.feed_id, newest.c.seen_at, ArticleRow.published_at)
            .join(ArticleRow, ArticleRow.id == newest.c.article_id)
            .where(newest.c.n <= SAMPLE)
        )
        for feed_id, seen_at, published_at in session.execute(query):
            found[feed_id].append(min(seen_at, published_at))
    return {feed_id: tuple(moments) for feed_id, moments in found.items()}


def recent_reach(*, since: datetime, session: Session) -> Reach:
    """Of the feeds polled since then, how many answered and how many could not be reached."""
    reached = PollRow.failure.is_(None) | PollRow.failure.not_in([kind.value for kind in NETWORK])
    answered = func.max(case((reached, 1), else_=0))
    each = (
        select(PollRow.feed_id, answered.label("answered"))
        .where(PollRow.at >= since)
        .group_by(PollRow.feed_id)
        .subquery()
    )
    total, good = session.execute(
        select(func.count(), func.coalesce(func.sum(each.c.answered), 0)).select_from(each)
    ).one()
    return Reach(answered=int(good), unreachable=int(total) - int(good))


def reachable_since(*, session: Session) -> datetime | None:
    """When the last outage of all feeds ended."""
    query = select(func.max(FeedEpisodeRow.ended_at)).where(FeedEpisodeRow.feed_id.is_(None))
    found: datetime | None = session.scalar(query)
    return found


def _parts(ids: Collection[int] | None) -> list[list[int] | None]:
    """Ids in lots that a statement can hold; None asks for all."""
    if ids is None:
        return [None]
    wanted = sorted(set(ids))
    return [wanted[start : start + _CHUNK] for start in range(0, len(wanted), _CHUNK)]


def _shares(since: datetime, session: Session) -> dict[int, tuple[int, int]]:
    """(polls, polls that succeeded) of each feed."""
    good = func.sum(case((PollRow.outcome == PollOutcome.FAILED.value, 0), else_=1))
    query = (
        select(PollRow.feed_id, func.count(), good)
        .where(PollRow.at >= since)
        .group_by(PollRow.feed_id)
    )
    return {feed: (int(polls), int(ok)) for feed, polls, ok in session.execute(query)}
