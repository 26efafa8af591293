"""Feeds as people keep them: rows with their origin, pauses, and due at once on request."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from pipeline.store.feeds import write_feed
from schemas.config import FeedConfig
from schemas.feed import FeedKind
from schemas.kept_feed import FeedOrigin, KeptFeed
from schemas.tables import FeedRow


def list_kept(*, session: Session) -> list[KeptFeed]:
    """Every feed that has a row, by row; ``config.enabled`` says whether it is watched."""
    return [_kept(row) for row in session.scalars(select(FeedRow).order_by(FeedRow.id))]


def keep_feed(feed: FeedConfig, *, now: datetime, session: Session) -> int:
    """Add a feed to be kept in its row, whatever the files say; returns the row's id.

    One that was removed before, or left the configuration, is taken up again with its articles.
    """
    row = session.scalar(select(FeedRow).where(FeedRow.url == feed.url))
    row = write_feed(feed, row, now=now, session=session)
    row.origin = FeedOrigin.COMMAND.value
    row.next_poll_at, row.paused_at, row.paused_until, row.paused_reason = None, None, None, None
    session.flush()
    return row.id


def let_go(feed_ids: Collection[int], *, session: Session) -> None:
    """No longer watch these feeds; their articles stay. Files may take them up again."""
    values = {"enabled": False, "origin": FeedOrigin.CONFIG.value}
    session.execute(update(FeedRow).where(FeedRow.id.in_(feed_ids)).values(**values))


def pause_feeds(
    feed_ids: Collection[int],
    *,
    now: datetime,
    until: datetime | None,
    reason: str | None,
    session: Session,
) -> None:
    """Poll these feeds no more until then, or until someone resumes them."""
    query = update(FeedRow).where(FeedRow.id.in_(feed_ids))
    session.execute(query.values(paused_at=now, paused_until=until, paused_reason=reason))


def resume_feeds(feed_ids: Collection[int], *, now: datetime, session: Session) -> None:
    """End the pause; the feeds are due at once, and silence counts from now.

    What is kept by command and was off is switched on; the file's feeds are the file's to switch.
    """
    own = FeedRow.id.in_(feed_ids) & (FeedRow.origin == FeedOrigin.COMMAND.value)
    session.execute(update(FeedRow).where(own).values(enabled=True))
    query = update(FeedRow).where(FeedRow.id.in_(feed_ids))
    session.execute(
        query.values(
            paused_at=None,
            paused_until=None,
            paused_reason=None,
            watched_since=now,
            next_poll_at=now,
        )
    )


def retry_feeds(feed_ids: Collection[int], *, now: datetime, session: Session) -> None:
    """Make these feeds due at once; those that failed begin their back-off anew."""
    wanted = FeedRow.id.in_(feed_ids)
    session.execute(update(FeedRow).where(wanted).values(next_poll_at=now))
    session.execute(
        update(FeedRow)
        .where(wanted, FeedRow.failures > 0)
        .values(failures=1, failing_since=now, dead_since=None)
    )


def make_due(feed_ids: Collection[int], *, now: datetime, session: Session) -> None:
    """Make these feeds due at once; how often those that fail were tried is not forgotten."""
    query = update(FeedRow).where(FeedRow.id.in_(feed_ids))
    session.execute(query.values(next_poll_at=now))


def failing_ids(*, session: Session) -> list[int]:
    """The watched feeds whose last poll failed."""
    query = select(FeedRow.id).where(FeedRow.enabled, FeedRow.failures > 0)
    return list(session.scalars(query.order_by(FeedRow.id)))


def _kept(row: FeedRow) -> KeptFeed:
    return KeptFeed(
        id=row.id,
        config=FeedConfig(
            name=row.name,
            url=row.url,
            language=row.language,
            region=row.region,
            kind=FeedKind(row.kind),
            tier=row.tier,
            enabled=row.enabled,
            site=row.site,
            fulltext=row.fulltext,
        ),
        origin=FeedOrigin(row.origin),
        current_url=row.current_url,
        paused_at=row.paused_at,
        paused_until=row.paused_until,
        paused_reason=row.paused_reason or "",
    )
