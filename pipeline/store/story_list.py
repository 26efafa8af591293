"""Stories as the operators' pages list them, and what was sent of one."""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import replace

from sqlalchemy import case, func, select
from sqlalchemy.orm import Session

from pipeline.store.paging import beyond, page_of
from pipeline.store.search import story_conditions
from pipeline.store.stories import with_outlets
from schemas.paging import Key, Page
from schemas.search import SearchFilters
from schemas.story import Story
from schemas.story_page import AlertMessage, SentAlert
from schemas.tables import AlertRow, CarriedRow, OutboxRow, ReactionRow, StoryRow


def list_page(
    filters: SearchFilters, *, session: Session, after: Key | None = None, size: int = 50
) -> Page[Story]:
    """A page of stories that stand, those with the newest article first.

    Its key is (last_at, id). Outlets and languages of the filters are not asked for.
    """
    columns = [StoryRow.last_at, StoryRow.id]
    query = (
        select(StoryRow)
        .where(
            StoryRow.merged_into.is_(None),
            StoryRow.retracted_at.is_(None),
            *story_conditions(filters, session=session),
            beyond(columns, after, newest_first=True),
        )
        .order_by(StoryRow.last_at.desc(), StoryRow.id.desc())
        .limit(size + 1)
    )
    rows = list(session.scalars(query))
    found = {story.id: story for story in with_outlets(rows[:size], session=session)}
    return page_of(
        rows, size=size, key=lambda row: (row.last_at, row.id), item=lambda row: found[row.id]
    )


def stories_by_id(ids: Collection[int], *, session: Session) -> dict[int, Story]:
    """The stories of these ids."""
    rows = list(session.scalars(select(StoryRow).where(StoryRow.id.in_(ids))))
    return {story.id: story for story in with_outlets(rows, session=session)}


def count_alerts(story_ids: Collection[int], *, session: Session) -> dict[int, int]:
    """Story → how many alerts it gave rise to; those with none are left out."""
    query = (
        select(AlertRow.story_id, func.count())
        .where(AlertRow.story_id.in_(story_ids))
        .group_by(AlertRow.story_id)
    )
    return dict(session.execute(query).all())


def story_alerts(story_id: int, *, limit: int, session: Session) -> list[SentAlert]:
    """The first ``limit`` alerts of a story."""
    query = select(AlertRow).where(AlertRow.story_id == story_id).order_by(AlertRow.id).limit(limit)
    return [
        SentAlert(row.id, row.kind, row.route, row.reason, row.created_at)
        for row in session.scalars(query)
    ]


def alert_messages(
    alert_ids: Collection[int], *, session: Session
) -> defaultdict[int, list[AlertMessage]]:
    """Alert → the messages that carry it, with the reactions to them that stand."""
    query = (
        select(
            CarriedRow.alert_id,
            OutboxRow.id,
            OutboxRow.key,
            OutboxRow.channel,
            OutboxRow.address,
            OutboxRow.state,
            OutboxRow.attempts,
            OutboxRow.next_attempt_at,
            OutboxRow.sent_at,
            OutboxRow.last_error,
        )
        .join(OutboxRow, OutboxRow.id == CarriedRow.outbox_id)
        .where(CarriedRow.alert_id.in_(alert_ids))
        .order_by(OutboxRow.id)
    )
    rows = session.execute(query).all()
    votes = _votes({row.id for row in rows}, session)
    found: defaultdict[int, list[AlertMessage]] = defaultdict(list)
    for row in rows:
        message = AlertMessage(
            key=row.key,
            alert_id=row.alert_id,
            channel=row.channel,
            address=row.address,
            state=row.state,
            attempts=row.attempts,
            next_attempt_at=row.next_attempt_at,
            sent_at=row.sent_at,
            last_error=row.last_error,
        )
        right, wrong = votes.get(row.id, (0, 0))
        found[row.alert_id].append(replace(message, right=right, wrong=wrong))
    return found


def _votes(outbox_ids: Collection[int], session: Session) -> dict[int, tuple[int, int]]:
    """Message → (readers for whom it was right, wrong)."""
    query = (
        select(
            ReactionRow.outbox_id,
            func.count(func.distinct(case((ReactionRow.right, ReactionRow.user)))),
            func.count(func.distinct(case((~ReactionRow.right, ReactionRow.user)))),
        )
        .where(ReactionRow.outbox_id.in_(outbox_ids), ReactionRow.removed_at.is_(None))
        .group_by(ReactionRow.outbox_id)
    )
    return {outbox: (right, wrong) for outbox, right, wrong in session.execute(query)}
