"""Episodes of the watch's own failures: when each began and ended, and what was told of it."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from datetime import datetime

from sqlalchemy import or_, select, update
from sqlalchemy.orm import Session

from pipeline.store.engine import alone, insert_for
from schemas.tables import WatchEpisodeRow
from schemas.watch import Trouble, WatchChange, WatchEpisode, WatchKind


def lock_watch(*, session: Session) -> None:
    """Let one transaction at a time decide what begins, ends and is told."""
    alone("mineralwatch.watch_episodes", session=session)


def open_watch_episodes(*, session: Session) -> list[WatchEpisode]:
    """Those that have not ended, the oldest first."""
    query = select(WatchEpisodeRow).where(WatchEpisodeRow.ended_at.is_(None))
    return [_episode(row) for row in session.scalars(query.order_by(WatchEpisodeRow.id))]


def is_open(kind: WatchKind, subject: str, *, session: Session) -> bool:
    """Tell whether an episode of this subject is open; one look into an index."""
    query = select(WatchEpisodeRow.id).where(
        WatchEpisodeRow.kind == kind.value,
        WatchEpisodeRow.subject == subject,
        WatchEpisodeRow.ended_at.is_(None),
    )
    return session.scalar(query.limit(1)) is not None


def open_kinds(subjects: Mapping[WatchKind, str], *, session: Session) -> set[WatchKind]:
    """Of these kinds, those that have an open episode of their subject; one look into an index."""
    any_of = or_(
        *(
            (WatchEpisodeRow.kind == kind.value) & (WatchEpisodeRow.subject == subject)
            for kind, subject in subjects.items()
        )
    )
    query = select(WatchEpisodeRow.kind).where(any_of, WatchEpisodeRow.ended_at.is_(None))
    return {WatchKind(kind) for kind in session.scalars(query)}


def list_watch_episodes(
    *, since: datetime, session: Session, limit: int = 200
) -> list[WatchEpisode]:
    """Those that are open, and those that ended since then; the newest first."""
    query = (
        select(WatchEpisodeRow)
        .where(WatchEpisodeRow.ended_at.is_(None) | (WatchEpisodeRow.ended_at >= since))
        .order_by(WatchEpisodeRow.id.desc())
        .limit(limit)
    )
    return [_episode(row) for row in session.scalars(query)]


def begin_watch_episodes(begun: Iterable[Trouble], *, now: datetime, session: Session) -> None:
    """Open an episode for each."""
    for one in begun:
        session.execute(
            insert_for(session, WatchEpisodeRow)
            .values(kind=one.kind.value, subject=one.subject, began_at=now, reason=one.reason)
            .on_conflict_do_nothing(index_elements=["kind", "subject", "began_at"])
        )


def end_watch_episodes(
    ids: Collection[int], *, now: datetime, session: Session, quietly: bool = False
) -> None:
    """Close episodes; ``quietly`` where nobody needs to hear of the end."""
    if ids:
        session.execute(
            update(WatchEpisodeRow)
            .where(WatchEpisodeRow.id.in_(ids), WatchEpisodeRow.ended_at.is_(None))
            .values({"ended_at": now} | ({"end_told_at": now} if quietly else {}))
        )


def end_subject(
    kind: WatchKind, subject: str, *, now: datetime, session: Session, quietly: bool = False
) -> int:
    """Close what is open of a subject; ``quietly`` where nobody needs to hear of it."""
    values = {"ended_at": now} | ({"end_told_at": now} if quietly else {})
    ended = session.scalars(
        update(WatchEpisodeRow)
        .where(
            WatchEpisodeRow.kind == kind.value,
            WatchEpisodeRow.subject == subject,
            WatchEpisodeRow.ended_at.is_(None),
        )
        .values(**values)
        .returning(WatchEpisodeRow.id)
    )
    return len(ended.all())


def untold_watch(*, late: datetime, session: Session) -> list[WatchChange]:
    """Beginnings and ends that are to be told; an episode over before it was told is neither.

    Args:
        late: notices of the same subject after this are counted.
        session: the session.
    """
    query = (
        select(WatchEpisodeRow)
        .where(
            (WatchEpisodeRow.told_at.is_(None) & WatchEpisodeRow.ended_at.is_(None))
            | (
                WatchEpisodeRow.told_at.is_not(None)
                & WatchEpisodeRow.ended_at.is_not(None)
                & WatchEpisodeRow.end_told_at.is_(None)
            )
        )
        .order_by(WatchEpisodeRow.id)
    )
    changes = [
        WatchChange(_episode(row), row.ended_at is not None) for row in session.scalars(query)
    ]
    if not changes:
        return []
    told = _told_of_late(late, session)
    return [
        replace(one, told_of_late=len(told.get((one.episode.kind, one.episode.subject), ())))
        for one in changes
    ]


def _told_of_late(late: datetime, session: Session) -> dict[tuple[str, str], set[datetime]]:
    """(kind, subject) → the times of its notices: those of one message share its time."""
    query = select(WatchEpisodeRow).where(
        (WatchEpisodeRow.told_at > late)
        | ((WatchEpisodeRow.end_told_at > late) & WatchEpisodeRow.told_at.is_not(None))
    )
    found: dict[tuple[str, str], set[datetime]] = {}
    for row in session.scalars(query):
        times = {at for at in (row.told_at, row.end_told_at) if at is not None and at > late}
        found.setdefault((row.kind, row.subject), set()).update(times)
    return found


def mark_watch_told(changes: Iterable[WatchChange], *, now: datetime, session: Session) -> None:
    """Note that these beginnings and ends were told."""
    for change in changes:
        column = "end_told_at" if change.over else "told_at"
        session.execute(
            update(WatchEpisodeRow)
            .where(WatchEpisodeRow.id == change.episode.id)
            .values({column: now})
        )


def _episode(row: WatchEpisodeRow) -> WatchEpisode:
    return WatchEpisode(
        id=row.id,
        kind=WatchKind(row.kind),
        subject=row.subject,
        began_at=row.began_at,
        reason=row.reason,
        told_at=row.told_at,
        ended_at=row.ended_at,
        end_told_at=row.end_told_at,
    )
