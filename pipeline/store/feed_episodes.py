"""Episodes: when a feed fell silent or died, when it was back, and what was told of it."""

from collections.abc import Collection, Iterable
from datetime import datetime

from sqlalchemy import and_, insert, or_, select, update
from sqlalchemy.orm import Session

from pipeline.store.engine import alone
from pipeline.store.feed_facts import NETWORK
from schemas.feed_watch import ChangeKind, Episode, FeedChange
from schemas.tables import FeedEpisodeRow, FeedRow

ALL_FEEDS = "all feeds"
_END = {ChangeKind.OUTAGE: ChangeKind.OUTAGE_OVER}


def lock_episodes(*, session: Session) -> None:
    """Let one transaction at a time decide what is told."""
    alone("mineralwatch.feed_episodes", session=session)


def open_episodes(*, session: Session) -> list[Episode]:
    """Those that have not ended."""
    return [_episode(row) for row in _open_rows(session)]


def _open_rows(session: Session) -> list[FeedEpisodeRow]:
    query = select(FeedEpisodeRow).where(FeedEpisodeRow.ended_at.is_(None))
    return list(session.scalars(query.order_by(FeedEpisodeRow.id)))


def to_judge(*, now: datetime, session: Session) -> set[int]:
    """Feeds with an open episode that may be over, or that nobody was told of yet.

    Over: they did what ends it, or are not watched.

    Of many thousand feeds some thousands are silent for good; to judge them all after each batch
    took longer than to poll it (docs/scale.md).
    """
    came_back = or_(
        and_(
            FeedEpisodeRow.kind == ChangeKind.SILENT.value,
            FeedRow.last_new_at > FeedEpisodeRow.began_at,
        ),
        and_(
            FeedEpisodeRow.kind != ChangeKind.SILENT.value,
            FeedRow.last_success_at > FeedEpisodeRow.began_at,
        ),
    )
    asleep = FeedRow.paused_at.is_not(None) & (
        FeedRow.paused_until.is_(None) | (FeedRow.paused_until > now)
    )
    query = (
        select(FeedRow.id)
        .join(FeedEpisodeRow, FeedEpisodeRow.feed_id == FeedRow.id)
        .where(
            FeedEpisodeRow.ended_at.is_(None),
            came_back | asleep | ~FeedRow.enabled | FeedEpisodeRow.told_at.is_(None),
        )
    )
    return set(session.scalars(query))


def begin_episodes(
    begun: Iterable[tuple[int | None, ChangeKind, str]], *, now: datetime, session: Session
) -> None:
    """Open an episode for each (feed, kind, reason)."""
    rows = [
        {"feed_id": feed_id, "kind": kind.value, "began_at": now, "reason": reason}
        for feed_id, kind, reason in begun
    ]
    if rows:
        session.execute(insert(FeedEpisodeRow), rows)


def end_episodes(
    ids: Collection[int], *, now: datetime, session: Session, quietly: bool = False
) -> None:
    """Close episodes; ``quietly`` where nobody needs to hear of the end.

    What a feed did before it was back says nothing of it any more: its silence and its failures
    count from here. After an outage, the feeds that could not be reached are due at once.
    """
    if not ids:
        return
    wanted = set(ids)
    rows = [row for row in _open_rows(session) if row.id in wanted]
    for row in rows:
        row.ended_at = now
        if quietly:
            row.end_told_at = now
    back = [{"id": row.feed_id, "watched_since": now} for row in rows if row.feed_id is not None]
    if back:
        session.execute(update(FeedRow), back)
    if any(row.feed_id is None for row in rows):
        cut_off = FeedRow.failure.in_([kind.value for kind in NETWORK])
        session.execute(update(FeedRow).where(cut_off).values(next_poll_at=now))


def untold_changes(*, session: Session) -> list[FeedChange]:
    """Beginnings and ends that are to be told; an episode over before it was told is neither."""
    query = (
        select(FeedEpisodeRow, FeedRow.name, FeedRow.url)
        .outerjoin(FeedRow, FeedRow.id == FeedEpisodeRow.feed_id)
        .where(
            (FeedEpisodeRow.told_at.is_(None) & FeedEpisodeRow.ended_at.is_(None))
            | (
                FeedEpisodeRow.told_at.is_not(None)
                & FeedEpisodeRow.ended_at.is_not(None)
                & FeedEpisodeRow.end_told_at.is_(None)
            )
        )
        .order_by(FeedEpisodeRow.id)
    )
    changes = []
    for row, name, url in session.execute(query):
        kind = ChangeKind(row.kind)
        if row.ended_at is not None:
            kind = _END.get(kind, ChangeKind.RECOVERED)
        changes.append(FeedChange(row.id, kind, name or ALL_FEEDS, url, _reason(row, kind)))
    return changes


def _reason(row: FeedEpisodeRow, kind: ChangeKind) -> str:
    if row.ended_at is None:
        return row.reason
    was = {"silent": "silent", "dead": "dead"}.get(row.kind, "not to be reached")
    since = f"{was} since {row.began_at:%Y-%m-%d %H:%M} UTC"
    return since if kind is ChangeKind.OUTAGE_OVER else f"it was {since}: {row.reason}"


def mark_told(changes: Iterable[FeedChange], *, now: datetime, session: Session) -> None:
    """Note that these beginnings and ends were told."""
    ends = {ChangeKind.RECOVERED, ChangeKind.OUTAGE_OVER}
    rows: dict[str, list[dict[str, object]]] = {"told_at": [], "end_told_at": []}
    for change in changes:
        column = "end_told_at" if change.kind in ends else "told_at"
        rows[column].append({"id": change.episode_id, column: now})
    for changed in rows.values():
        if changed:
            session.execute(update(FeedEpisodeRow), changed)


def told_times(*, since: datetime, session: Session) -> int:
    """How many messages were written since then: those of one message share its time."""
    begun = select(FeedEpisodeRow.told_at).where(FeedEpisodeRow.told_at > since)
    ended = select(FeedEpisodeRow.end_told_at).where(
        FeedEpisodeRow.end_told_at > since, FeedEpisodeRow.told_at.is_not(None)
    )
    return len(session.scalars(begun.union(ended)).all())


def _episode(row: FeedEpisodeRow) -> Episode:
    return Episode(
        id=row.id,
        feed_id=row.feed_id,
        kind=ChangeKind(row.kind),
        began_at=row.began_at,
        reason=row.reason,
        told_at=row.told_at,
        ended_at=row.ended_at,
    )
