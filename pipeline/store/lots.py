"""What a lot of feeds brought, stored together: some statements for all, not some for each.

A statement costs as much as a dozen rows, and a poll brings hundreds of feeds with a few rows each.
Written on tables, past the session's bookkeeping of objects.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from operator import itemgetter
from typing import Any, TypeAlias

from sqlalchemy import delete, exists, func, or_, select, tuple_, update
from sqlalchemy.orm import Session

from pipeline.store.engine import insert_for
from pipeline.store.identity import recognised
from pipeline.store.texts import asked_for
from schemas.article import NewArticle
from schemas.coverage import Gate
from schemas.tables import ArticleRow, AssessmentRow, FeedRow, SightingRow

Brought: TypeAlias = Sequence[tuple[int | None, Sequence[NewArticle]]]
"""Articles by the feed that brought them; None: no feed, an archive."""

_CHUNK = 500
"""Values a statement: SQLite takes 32,766."""


@dataclass(frozen=True, slots=True)
class Stored:
    """What became of a feed's articles: how many were new, edited, known."""

    new: int = 0
    edited: int = 0
    known: int = 0
    elsewhere: int = 0
    """Of the known: another feed's, brought by this feed for the first time."""
    new_ids: tuple[int, ...] = field(default=(), compare=False)
    """The rows of those that were new."""


@dataclass(frozen=True, slots=True)
class _Feed:
    tier: int
    fulltext: bool
    seen: bool
    """It brought something before, so that its items may be known under other addresses."""


@dataclass(frozen=True, slots=True)
class _Row:
    id: int
    content_hash: str
    feed_id: int | None
    seen_at: datetime


def store_lot(
    lot: Brought, *, now: datetime, session: Session, backfill: bool = False
) -> list[Stored]:
    """Insert what is new, update what its first feed has edited, note the sighting of all.

    An edited article keeps its row and its story; its readings are dropped, so it is assessed anew.
    With ``backfill`` the new ones are never alerted. Where two feeds of the lot bring one article,
    the first of them has brought it.

    Args:
        lot: a feed stands in it once.
        now: when it was seen, UTC.
        session: of a write.
        backfill: an archive's.

    Returns:
        What became of each feed's articles, in the lot's order.
    """
    feeds = _feeds([feed for feed, found in lot if feed is not None and found], session)
    returning = {feed: found for feed, found in lot if feed in feeds and feeds[feed].seen}
    told = recognised(returning, session=session)
    lot = [(feed, told.get(feed, found) if feed is not None else found) for feed, found in lot]
    rows = _rows({a.canonical_url for _, found in lot for a in found}, session)
    fresh: dict[str, tuple[int | None, NewArticle]] = {}
    for feed, found in lot:
        for article in found:
            if article.canonical_url not in rows:
                fresh.setdefault(article.canonical_url, (feed, article))
    edited = _update_edited(lot, rows, now, session)
    _insert(fresh, feeds, now, session, backfill=backfill)
    inserted = _rows(fresh, session)
    # Another process may have been quicker with some: those are its news, not ours.
    ids: defaultdict[int | None, list[int]] = defaultdict(list)
    for url, row in inserted.items():
        if row.feed_id == fresh[url][0] and row.seen_at == now:
            ids[fresh[url][0]].append(row.id)
    new = Counter({feed: len(found) for feed, found in ids.items()})
    elsewhere = _elsewhere(lot, rows | inserted, feeds, session)
    _sight(lot, rows | inserted, now, session)
    return [
        Stored(
            new[feed],
            edited[feed],
            len(found) - new[feed] - edited[feed],
            elsewhere[feed],
            tuple(sorted(ids.get(feed, ()))),
        )
        for feed, found in lot
    ]


def brought_counts(stored: Stored, *, read: int, refused: int = 0) -> dict[Gate, int]:
    """What is counted of a feed's document of which ``read`` entries were read.

    Entries that were not handed to the store were known already, but for those ``refused``.
    """
    told = {
        Gate.PARSED: read,
        Gate.REFUSED: refused,
        Gate.EDITED: stored.edited,
        Gate.ELSEWHERE: stored.elsewhere,
        Gate.NEW: stored.new,
    }
    return told | {Gate.KNOWN: read - refused - stored.new - stored.edited - stored.elsewhere}


def _feeds(feed_ids: Collection[int], session: Session) -> dict[int, _Feed]:
    seen = exists().where(SightingRow.feed_id == FeedRow.id)
    query = select(FeedRow.id, FeedRow.tier, FeedRow.fulltext, seen)
    return {
        feed: _Feed(tier, fulltext, before)
        for chunk in _chunks(feed_ids)
        for feed, tier, fulltext, before in session.execute(query.where(FeedRow.id.in_(chunk)))
    }


def _rows(urls: Collection[str], session: Session) -> dict[str, _Row]:
    """The stored ones among these identities."""
    query = select(
        ArticleRow.canonical_url,
        ArticleRow.id,
        ArticleRow.content_hash,
        ArticleRow.feed_id,
        ArticleRow.seen_at,
    )
    return {
        url: _Row(row, content, feed, seen_at)
        for chunk in _chunks(urls)
        for url, row, content, feed, seen_at in session.execute(
            query.where(ArticleRow.canonical_url.in_(chunk))
        )
    }


def _insert(
    fresh: Mapping[str, tuple[int | None, NewArticle]],
    feeds: Mapping[int, _Feed],
    now: datetime,
    session: Session,
    *,
    backfill: bool,
) -> None:
    none = _Feed(2, fulltext=False, seen=False)
    rows = []
    for feed_id, article in fresh.values():
        feed = feeds.get(feed_id, none) if feed_id is not None else none
        text = asked_for(article, fulltext=feed.fulltext and not backfill, now=now)
        rows.append(_columns(article, feed_id, now) | text | {"tier": feed.tier})
    if rows:
        statement = insert_for(session, ArticleRow).on_conflict_do_nothing(
            index_elements=["canonical_url"]
        )
        ordered = _in_order_of_key([{**row, "backfill": backfill} for row in rows], session)
        session.connection().execute(statement, ordered)


def _in_order_of_key(rows: list[dict[str, Any]], session: Session) -> list[dict[str, Any]]:
    """On PostgreSQL sorted by the unique key, with the ids that they would have had unsorted.

    Two tasks that insert the same articles, each in its feeds' order, would wait for each other,
    and PostgreSQL ends such a pair with "deadlock detected". But articles are read by their ids, in
    the order in which a feed or an archive tells them. SQLite has one writer at a time.
    """
    if session.get_bind().dialect.name != "postgresql":
        return rows
    sequence = func.pg_get_serial_sequence(ArticleRow.__tablename__, ArticleRow.id.key)
    drawn = select(func.nextval(sequence)).select_from(func.generate_series(1, len(rows)))
    given = [{**row, "id": id_} for row, id_ in zip(rows, session.scalars(drawn), strict=True)]
    return sorted(given, key=itemgetter("canonical_url"))


def _columns(article: NewArticle, feed_id: int | None, now: datetime) -> dict[str, Any]:
    return {
        "canonical_url": article.canonical_url,
        "url": article.url,
        "guid": article.guid,
        "title": article.title,
        "summary": article.summary,
        "language": article.language,
        "outlet": article.outlet,
        "published_at": article.published_at,
        "dated": article.dated,
        "seen_at": now,
        "content_hash": article.content_hash,
        "feed_id": feed_id,
    }


def _update_edited(
    lot: Brought, rows: Mapping[str, _Row], now: datetime, session: Session
) -> Counter[int | None]:
    """Only the feed that brought the article first may edit it: others word it in their own way."""
    changed = {
        rows[a.canonical_url].id: (feed, a)
        for feed, found in lot
        for a in found
        if a.canonical_url in rows
        and rows[a.canonical_url].feed_id == feed
        and rows[a.canonical_url].content_hash != a.content_hash
    }
    if changed:
        values = [
            {
                "id": row,
                "title": a.title,
                "summary": a.summary,
                "content_hash": a.content_hash,
                "updated_at": now,
            }
            for row, (_, a) in changed.items()
        ]
        session.execute(update(ArticleRow), values)
        for chunk in _chunks(changed):
            session.execute(delete(AssessmentRow).where(AssessmentRow.article_id.in_(chunk)))
    return Counter(feed for feed, _ in changed.values())


def _elsewhere(
    lot: Brought, rows: Mapping[str, _Row], feeds: Mapping[int, _Feed], session: Session
) -> Counter[int | None]:
    """How many of another feed's articles each feed brings for the first time."""
    others = {
        (feed, rows[a.canonical_url].id)
        for feed, found in lot
        if feed is not None
        for a in found
        if rows[a.canonical_url].feed_id != feed
    }
    column = tuple_(SightingRow.feed_id, SightingRow.article_id)
    query = select(SightingRow.feed_id, SightingRow.article_id)
    for chunk in _chunks([other for other in others if feeds[other[0]].seen]):
        others -= {(feed, row) for feed, row in session.execute(query.where(column.in_(chunk)))}
    return Counter(feed for feed, _ in others)


def _sight(lot: Brought, rows: Mapping[str, _Row], now: datetime, session: Session) -> None:
    """Note that the feeds carry them, and by what they may name them next time."""
    sightings = [
        {
            "article_id": rows[a.canonical_url].id,
            "feed_id": feed,
            "seen_at": now,
            "guid_key": a.guid_key,
            "text_key": a.text_key,
        }
        for feed, found in lot
        if feed is not None
        for a in found
    ]
    if not sightings:
        return
    statement = insert_for(session, SightingRow)
    named = {name: statement.excluded[name] for name in ("guid_key", "text_key")}
    changed = [getattr(SightingRow, name).is_distinct_from(value) for name, value in named.items()]
    statement = statement.on_conflict_do_update(
        index_elements=["article_id", "feed_id"], set_=named, where=or_(*changed)
    )
    session.connection().execute(statement, sightings)


def _chunks(values: Collection[Any]) -> Iterator[list[Any]]:
    ordered = list(values)
    for start in range(0, len(ordered), _CHUNK):
        yield ordered[start : start + _CHUNK]
