"""The feeds as the operators' pages list them: by name, in parts, with a state told by columns."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from datetime import date, datetime, timedelta

from sqlalchemy import ColumnElement, case, func, or_, select
from sqlalchemy.orm import Session

from pipeline.feed_health import judge
from pipeline.store.feed_facts import feed_facts, reachable_since
from pipeline.store.paging import beyond, page_of
from schemas.feed import FeedHealth
from schemas.feed_watch import ChangeKind, FeedVerdict
from schemas.operator_pages import FeedLine, PollLine
from schemas.paging import Key, Page
from schemas.tables import FeedEpisodeRow, FeedRow, GateCountRow, PollRow

_WEEK = 7


def state_of(now: datetime) -> ColumnElement[str]:
    """A feed's verdict by its columns and its open episode, so that a list can be narrowed by it.

    ``feed_health.judge`` tells the same with the times of a feed's items; whether it is silent or
    dead is looked up in the episodes, which the stages *watch* and *upkeep* keep by that judgement.
    """
    silent, dead = (
        FeedRow.id.in_(
            select(FeedEpisodeRow.feed_id).where(
                FeedEpisodeRow.ended_at.is_(None), FeedEpisodeRow.kind == kind.value
            )
        )
        for kind in (ChangeKind.SILENT, ChangeKind.DEAD)
    )
    paused = FeedRow.paused_at.is_not(None) & or_(
        FeedRow.paused_until.is_(None), FeedRow.paused_until > now
    )
    return case(
        (~FeedRow.enabled, FeedVerdict.DISABLED.value),
        (paused, FeedVerdict.PAUSED.value),
        ((FeedRow.failures > 0) & or_(dead, FeedRow.dead_since.is_not(None)), FeedVerdict.DEAD),
        (FeedRow.failures > 0, FeedVerdict.FAILING.value),
        (FeedRow.last_success_at.is_(None), FeedVerdict.NEVER_POLLED.value),
        (silent, FeedVerdict.SILENT.value),
        else_=FeedVerdict.HEALTHY.value,
    )


def count_feeds(*, now: datetime, session: Session) -> dict[FeedVerdict, int]:
    """How many feeds are in each state; one look over the table of feeds."""
    state = state_of(now).label("state")
    counts = dict.fromkeys(FeedVerdict, 0)
    for name, count in session.execute(select(state, func.count()).group_by(state)):
        counts[FeedVerdict(name)] = count
    return counts


def list_feeds(
    *,
    now: datetime,
    session: Session,
    text: str = "",
    state: FeedVerdict | None = None,
    after: Key | None = None,
    size: int = 50,
) -> Page[FeedLine]:
    """A page of feeds by name; its key is (name, id).

    Args:
        now: the present moment.
        session: the session.
        text: what the name or the address has in it, in any case.
        state: only feeds in this state.
        after: the key of the last line shown.
        size: lines of a page.
    """
    order = (FeedRow.name, FeedRow.id)
    query = select(FeedRow.name, FeedRow.id).where(beyond(order, after, newest_first=False))
    if text:
        query = query.where(
            func.lower(FeedRow.name).contains(text.lower(), autoescape=True)
            | func.lower(FeedRow.url).contains(text.lower(), autoescape=True)
        )
    if state is not None:
        query = query.where(state_of(now) == state.value)
    rows = session.execute(query.order_by(*order).limit(size + 1)).all()
    lines = _lines([row.id for row in rows[:size]], now=now, session=session)
    return page_of(
        rows, size=size, key=lambda row: (row.name, row.id), item=lambda row: lines[row.id]
    )


def find_feed(feed_id: int, *, now: datetime, session: Session) -> FeedLine | None:
    """One feed."""
    return _lines([feed_id], now=now, session=session).get(feed_id)


def newest_polls(feed_id: int, *, limit: int, session: Session) -> tuple[PollLine, ...]:
    """The last polls of a feed, the newest first."""
    query = select(PollRow).where(PollRow.feed_id == feed_id)
    rows = session.scalars(query.order_by(PollRow.at.desc()).limit(limit))
    return tuple(
        PollLine(row.at, row.outcome, row.status, row.message, row.entries, row.new, row.seconds)
        for row in rows
    )


def _lines(ids: Collection[int], *, now: datetime, session: Session) -> dict[int, FeedLine]:
    since = reachable_since(session=session)
    health: dict[int, FeedHealth] = {
        facts.feed_id: judge(facts, now=now, reachable_since=since)
        for facts in feed_facts(now=now, session=session, only=ids)
    }
    counted = _counted(ids, now.date(), session)
    columns = (FeedRow.id, FeedRow.region, FeedRow.language, FeedRow.interval_s)
    query = select(*columns, FeedRow.paused_until).where(FeedRow.id.in_(ids))
    return {
        row.id: FeedLine(
            id=row.id,
            region=row.region,
            language=row.language,
            interval=timedelta(seconds=row.interval_s),
            paused_until=row.paused_until,
            health=health[row.id],
            polls=counted[row.id][0],
            new=counted[row.id][1],
        )
        for row in session.execute(query)
        if row.id in health
    }


def _counted(ids: Collection[int], today: date, session: Session) -> Mapping[int, tuple[int, int]]:
    """(polls, new articles) of each feed since a week ago; looked up by the counters' key."""
    days = [today - timedelta(days=back) for back in range(_WEEK + 1)]
    asked = GateCountRow.answered + GateCountRow.not_modified + GateCountRow.failed
    query = (
        select(GateCountRow.feed_id, func.sum(asked), func.sum(GateCountRow.new))
        .where(GateCountRow.day.in_(days), GateCountRow.feed_id.in_(ids))
        .group_by(GateCountRow.feed_id)
    )
    found: defaultdict[int, tuple[int, int]] = defaultdict(lambda: (0, 0))
    for feed_id, polls, new in session.execute(query):
        found[feed_id] = (int(polls), int(new))
    return found
