"""Editions of the digest: one per list and day."""

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from pipeline.store.engine import insert_for
from schemas.digest import RenderedDigest
from schemas.tables import EditionRow


@dataclass(frozen=True, slots=True)
class Edition:
    """An edition as it was made."""

    id: int
    list_name: str
    day: date
    subject: str
    html: str
    text: str


def add_edition(
    rendered: RenderedDigest,
    *,
    list_name: str,
    day: date,
    span: tuple[datetime, datetime],
    now: datetime,
    session: Session,
) -> int | None:
    """Keep the edition; None where that list has one for that day already."""
    added: int | None = session.scalar(
        insert_for(session, EditionRow)
        .values(
            list_name=list_name,
            day=day,
            since=span[0],
            until=span[1],
            created_at=now,
            subject=rendered.subject,
            html=rendered.html,
            text=rendered.text,
        )
        .on_conflict_do_nothing(index_elements=["list_name", "day"])
        .returning(EditionRow.id)
    )
    return added


def last_until(list_name: str, *, before: date, session: Session) -> datetime | None:
    """Where the newest edition of an earlier day ended: the next one begins there."""
    return session.scalar(
        select(EditionRow.until)
        .where(EditionRow.list_name == list_name, EditionRow.day < before)
        .order_by(EditionRow.day.desc())
        .limit(1)
    )


def get_edition(list_name: str, day: date, *, session: Session) -> Edition | None:
    """The edition of that list and day, or None."""
    row = session.scalar(
        select(EditionRow).where(EditionRow.list_name == list_name, EditionRow.day == day)
    )
    if row is None:
        return None
    return Edition(row.id, row.list_name, row.day, row.subject, row.html, row.text)
