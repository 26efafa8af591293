"""The texts of articles' pages: which are to be fetched, and how that ended."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import ColumnElement, delete, func, select, update
from sqlalchemy.orm import Session

from schemas.article import NewArticle
from schemas.page import KnownText, PageTask, Refusal, TextCount, TextRecord, TextState
from schemas.tables import ArticleRow, AssessmentRow

KNOWN = 20
"""Texts of a host that a new one is held against."""
_CHUNK = 500


def asked_for(article: NewArticle, *, fulltext: bool, now: datetime) -> dict[str, Any]:
    """The columns of a new article: that its page is to be fetched, where its feed says so."""
    host = _host(article.url) if fulltext else ""
    return {
        "text_state": TextState.WAITING.value if host else None,
        "text_host": host or None,
        "text_next_at": now if host else None,
    }


def _host(url: str | None) -> str:
    try:
        parts = urlsplit(url or "")
        name = (parts.hostname or "") if parts.scheme in {"http", "https"} else ""
    except ValueError:
        return ""
    return name.lower().rstrip(".").removeprefix("www.")[:255]


def held_back(before: datetime) -> ColumnElement[bool]:
    """Whether an article still waits for its text, and has been seen since ``before``."""
    state = func.coalesce(ArticleRow.text_state, "")  # NULL is neither true nor false
    return (state == TextState.WAITING.value) & (ArticleRow.seen_at > before)


def claim_pages(
    *, now: datetime, lease: timedelta, limit: int, per_host: int, session: Session
) -> list[PageTask]:
    """Take pages in hand that may be asked for, the newest news first, some of each host.

    They are not handed out again before ``lease`` has passed: a run that died has let go of them
    by then.
    """
    ids = _due_pages(now=now, limit=limit, per_host=per_host, session=session)
    tasks = []
    for start in range(0, len(ids), _CHUNK):
        query = (
            select(ArticleRow)
            .where(
                ArticleRow.id.in_(ids[start : start + _CHUNK]),
                # Asked again under the lock: another run may have been quicker.
                ArticleRow.text_state == TextState.WAITING.value,
                ArticleRow.text_next_at <= now,
            )
            .order_by(ArticleRow.published_at.desc(), ArticleRow.id.desc())
            .with_for_update(skip_locked=True)
        )
        for row in session.scalars(query):
            row.text_next_at = now + lease
            tasks.append(PageTask(row.id, row.url or "", row.title, row.text_tries))
    return tasks


def _due_pages(*, now: datetime, limit: int, per_host: int, session: Session) -> list[int]:
    place = func.row_number().over(
        partition_by=ArticleRow.text_host,
        order_by=(ArticleRow.published_at.desc(), ArticleRow.id.desc()),
    )
    due = (
        select(ArticleRow.id, place.label("place"))
        .where(ArticleRow.text_state == TextState.WAITING.value, ArticleRow.text_next_at <= now)
        .subquery()
    )
    chosen = (
        select(due.c.id)
        .join(ArticleRow, ArticleRow.id == due.c.id)
        .where(due.c.place <= per_host)
        .order_by(ArticleRow.published_at.desc(), ArticleRow.id.desc())
        .limit(limit)
    )
    return list(session.scalars(chosen))


def give_back(article_ids: Iterable[int], *, now: datetime, session: Session) -> None:
    """Let go of articles that were claimed and whose pages were not asked for."""
    rows = [{"id": article_id, "text_next_at": now} for article_id in article_ids]
    if rows:
        session.execute(update(ArticleRow), rows)


def let_rest(hosts: Mapping[str, datetime], *, session: Session) -> None:
    """See to it that no page that waits is asked of a host before then."""
    for host, until in hosts.items():
        session.execute(
            update(ArticleRow)
            .where(
                ArticleRow.text_host == host,
                ArticleRow.text_state == TextState.WAITING.value,
                ArticleRow.text_next_at < until,
            )
            .values(text_next_at=until)
            .execution_options(synchronize_session=False)
        )


def save_texts(records: Sequence[TextRecord], *, session: Session) -> None:
    """Write how tries ended. An article that has a text now is assessed anew, with it."""
    rows = [
        {
            "id": r.article_id,
            "text": r.text,
            "text_state": r.state.value,
            "text_kind": r.kind,
            "text_reason": r.reason,
            "text_host": r.host or None,
            "text_tries": r.tries,
            "text_next_at": r.next_at,
        }
        for r in records
    ]
    if rows:
        session.execute(update(ArticleRow), rows)
        _unread([r.article_id for r in records if r.text is not None], session)


def take_back(article_ids: Collection[int], *, reason: str, session: Session) -> None:
    """Refuse texts that were taken and turned out to be boilerplate; read anew without them."""
    if not article_ids:
        return
    session.execute(
        update(ArticleRow)
        .where(ArticleRow.id.in_(article_ids))
        .values(
            text=None,
            text_state=TextState.REFUSED.value,
            text_kind=Refusal.BOILERPLATE.value,
            text_reason=reason,
        )
    )
    _unread(article_ids, session)


def _unread(article_ids: Collection[int], session: Session) -> None:
    if article_ids:
        session.execute(delete(AssessmentRow).where(AssessmentRow.article_id.in_(article_ids)))


def give_up(*, before: datetime, reason: str, session: Session) -> int:
    """Give up what was first seen before then and still waits; returns how many."""
    query = (
        update(ArticleRow)
        .where(ArticleRow.text_state == TextState.WAITING.value, ArticleRow.seen_at < before)
        .values(
            text_state=TextState.FAILED.value,
            text_reason=func.coalesce(ArticleRow.text_reason, reason),
            text_next_at=None,
        )
        .returning(ArticleRow.id)
        .execution_options(synchronize_session=False)
    )
    return len(session.scalars(query).all())


def known_texts(host: str, *, session: Session) -> list[KnownText]:
    """The newest texts that were taken from a host."""
    query = (
        select(ArticleRow.id, ArticleRow.title, ArticleRow.text)
        .where(ArticleRow.text_host == host, ArticleRow.text.is_not(None))
        .order_by(ArticleRow.id.desc())
        .limit(KNOWN)
    )
    return [KnownText(row.id, row.title, row.text or "") for row in session.execute(query)]


def count_waiting(*, session: Session) -> int:
    """How many pages are still to be fetched."""
    query = select(func.count()).select_from(ArticleRow)
    return session.scalar(query.where(ArticleRow.text_state == TextState.WAITING.value)) or 0


def count_texts(*, since: datetime, session: Session) -> list[TextCount]:
    """How the pages of articles seen since then ended, a line for each host and outcome."""
    query = (
        select(
            ArticleRow.text_host,
            ArticleRow.text_state,
            ArticleRow.text_kind,
            func.count().label("articles"),
            func.max(ArticleRow.text_reason).label("reason"),
        )
        .where(ArticleRow.text_state.is_not(None), ArticleRow.seen_at >= since)
        .group_by(ArticleRow.text_host, ArticleRow.text_state, ArticleRow.text_kind)
        .order_by(ArticleRow.text_host, ArticleRow.text_state, ArticleRow.text_kind)
    )
    return [
        TextCount(r.text_host or "", r.text_state, r.text_kind or "", r.articles, r.reason or "")
        for r in session.execute(query)
    ]
