"""Counting at every gate, in the transaction that makes the thing so.

An article has one row that says how far it was counted (``passage``). It moves on from one gate to
the next and never back, and only what moves is counted: so a reading made again, a story linked
again or a message recorded again counts nothing, and no gate can count more than the one before.
An article is counted under the day on which it was first seen and the feed that brought it first,
whenever it passes a gate, so that this holds for each day and feed and not only in all.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from functools import cache
from typing import Any, TypeAlias

from sqlalchemy import ColumnElement, Select, delete, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from pipeline.store.engine import alone, insert_for
from schemas.alert import AlertKind, OutboxState
from schemas.assessment import Assessment
from schemas.coverage import Counts, Gate, Reached
from schemas.tables import (
    AlertRow,
    ArticleRow,
    CarriedRow,
    GateCountRow,
    OutboxRow,
    PassageRow,
    StoryArticleRow,
    StoryRow,
)

Cell: TypeAlias = tuple[date, int]
"""A day (UTC) and a feed's row; 0: an archive."""

_CHUNK = 500
_OUT = (Reached.CHEAP.value, Reached.FULL.value)
_FIRST = {
    Reached.CHEAP: Gate.GATED_CHEAP,
    Reached.FULL: Gate.GATED_FULL,
    Reached.RELEVANT: Gate.RELEVANT,
}


def add(counts: Mapping[Cell, Counts], *, session: Session) -> None:
    """Add to the counters: one statement, whatever the number of days and feeds.

    It is the last thing that a transaction does, as another's counting waits for its end.
    """
    gates = sorted({gate for told in counts.values() for gate, count in told.items() if count})
    rows = [
        {"day": day, "feed_id": feed, **{gate.value: told.get(gate, 0) for gate in gates}}
        # In one order for all, so that no two wait for each other.
        for (day, feed), told in sorted(counts.items())
        if any(told.values())
    ]
    if rows:
        dialect = session.get_bind().dialect.name
        session.connection().execute(_upsert(dialect, tuple(gates)), rows)


@cache
def _upsert(dialect: str, gates: tuple[Gate, ...]) -> Any:
    """The statement for these gates; made once, as making it costs more than running it."""
    made = postgresql.insert if dialect == "postgresql" else sqlite.insert
    names = [gate.value for gate in gates]
    insert: Any = made(GateCountRow)
    return insert.on_conflict_do_update(
        index_elements=["day", "feed_id"],
        set_={name: getattr(GateCountRow, name) + insert.excluded[name] for name in names},
    )


def count_readings(readings: Iterable[tuple[int, Assessment]], *, session: Session) -> None:
    """Count articles at their first reading; and once, where a later one finds them relevant."""
    reached = {article: _reached(reading) for article, reading in readings}
    if not reached:
        return
    statement = (
        insert_for(session, PassageRow)
        .on_conflict_do_nothing(index_elements=["article_id"])
        .returning(PassageRow.article_id)
    )
    rows = [{"article_id": one, "reached": at.value} for one, at in sorted(reached.items())]
    first = set(session.scalars(statement, rows))
    passed = {article: _FIRST[reached[article]] for article in first}
    again = sorted(a for a, at in reached.items() if at is Reached.RELEVANT and a not in first)
    for chunk in _chunks(again):
        moved = _move(
            PassageRow.reached.in_(_OUT),
            PassageRow.article_id.in_(chunk),
            Reached.RELEVANT,
            session,
        )
        passed |= dict.fromkeys(moved, Gate.RELEVANT_LATER)
    _count(passed, session)


def _reached(reading: Assessment) -> Reached:
    if reading.relevant:
        return Reached.RELEVANT
    return Reached.CHEAP if reading.gated else Reached.FULL


def count_linked(article_ids: Sequence[int], *, session: Session) -> None:
    """Count what the stories of these articles have brought through the routes."""
    if article_ids:
        query = select(StoryArticleRow.story_id).where(StoryArticleRow.article_id.in_(article_ids))
        _count_told(query, session)


def count_sent(message_id: int, *, session: Session) -> None:
    """Count the articles of the stories that this message has brought to a place."""
    query = (
        select(AlertRow.story_id)
        .join(CarriedRow, CarriedRow.alert_id == AlertRow.id)
        .where(CarriedRow.outbox_id == message_id)
    )
    _count_told(query, session)


def settle(*, since: datetime, session: Session) -> None:
    """Count what was missed of stories with an article since then.

    A report that is linked while its story's message is being sent sees nothing of that, nor the
    message of the report; and a story made part of another by hand is told with that one.
    """
    _count_told(select(StoryRow.id).where(StoryRow.last_at >= since), session)


def _count_told(stories: Select[int], session: Session) -> None:
    """Count the relevant articles of these stories whose story was routed, and was sent."""
    # A sender and a linker would otherwise lock the rows of a story in different order.
    alone("gates", session=session)
    told = AlertRow.kind == AlertKind.NEW.value
    alerted = select(AlertRow.story_id).where(told, AlertRow.story_id.in_(stories))
    arrived = (
        alerted.join(CarriedRow, CarriedRow.alert_id == AlertRow.id)
        .join(OutboxRow, OutboxRow.id == CarriedRow.outbox_id)
        .where(OutboxRow.state == OutboxState.SENT.value)
    )
    routed = _move(
        PassageRow.reached == Reached.RELEVANT.value, _of(alerted), Reached.ROUTED, session
    )
    sent = _move(PassageRow.reached == Reached.ROUTED.value, _of(arrived), Reached.SENT, session)
    if routed or sent:
        add(_cells([(routed, Gate.ROUTED), (sent, Gate.SENT)], session), session=session)


def _of(stories: Select[int]) -> ColumnElement[bool]:
    """Of an article of these stories; an archive's is never alerted, and so not counted."""
    return PassageRow.article_id.in_(
        select(StoryArticleRow.article_id)
        .join(ArticleRow, ArticleRow.id == StoryArticleRow.article_id)
        .where(StoryArticleRow.story_id.in_(stories), ~ArticleRow.backfill)
    )


def _move(
    standing: ColumnElement[bool], which: ColumnElement[bool], to: Reached, session: Session
) -> list[int]:
    """Let articles that stand there pass on; returns those that did."""
    query = (
        update(PassageRow)
        .where(standing, which)
        .values(reached=to.value)
        .returning(PassageRow.article_id)
        .execution_options(synchronize_session=False)
    )
    return list(session.scalars(query))


def _count(passed: Mapping[int, Gate], session: Session) -> None:
    by_gate: defaultdict[Gate, list[int]] = defaultdict(list)
    for article, gate in passed.items():
        by_gate[gate].append(article)
    add(_cells([(found, gate) for gate, found in by_gate.items()], session), session=session)


def _cells(
    passed: Sequence[tuple[Collection[int], Gate]], session: Session
) -> dict[Cell, dict[Gate, int]]:
    """The counts of articles, each under the day and feed where it was first seen."""
    home: dict[int, Cell] = {}
    query = select(ArticleRow.id, ArticleRow.feed_id, ArticleRow.seen_at)
    for chunk in _chunks({article for found, _ in passed for article in found}):
        for article, feed, seen_at in session.execute(query.where(ArticleRow.id.in_(chunk))):
            home[article] = (seen_at.date(), feed or 0)
    counts: defaultdict[Cell, dict[Gate, int]] = defaultdict(dict)
    for found, gate in passed:
        for article in found:
            cell = counts[home[article]]
            cell[gate] = cell.get(gate, 0) + 1
    return dict(counts)


def delete_counts(*, before: date, session: Session) -> int:
    """Forget the counters of days before then; returns how many rows went."""
    query = delete(GateCountRow).where(GateCountRow.day < before)
    return len(session.scalars(query.returning(GateCountRow.feed_id)).all())


def _chunks(values: Collection[int]) -> Iterator[list[int]]:
    ordered = list(values)
    for start in range(0, len(ordered), _CHUNK):
        yield ordered[start : start + _CHUNK]
