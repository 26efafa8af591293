"""Editions of the digest: one per list and day."""

import base64
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
    kind: str
    subject: str
    html: str
    text: str
    images: tuple[tuple[str, bytes], ...]

    @property
    def rendered(self) -> RenderedDigest:
        """The same as it was rendered."""
        return RenderedDigest(self.subject, self.html, self.text, self.images)


def add_edition(
    rendered: RenderedDigest,
    *,
    list_name: str,
    day: date,
    span: tuple[datetime, datetime],
    now: datetime,
    session: Session,
    kind: str = "daily",
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
            kind=kind,
            images={cid: base64.b64encode(png).decode() for cid, png in rendered.images},
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


def has_edition(list_name: str, day: date, *, session: Session) -> bool:
    """Whether that list has an edition of that day."""
    found = select(EditionRow.id).where(EditionRow.list_name == list_name, EditionRow.day == day)
    return session.scalar(found) is not None


def editions_since(day: date, *, session: Session) -> list[tuple[str, date]]:
    """(list, day) of the editions of that day and later."""
    query = (
        select(EditionRow.list_name, EditionRow.day)
        .where(EditionRow.day >= day)
        .order_by(EditionRow.day, EditionRow.list_name)
    )
    return [(name, at) for name, at in session.execute(query)]


def get_edition(list_name: str, day: date, *, session: Session) -> Edition | None:
    """The edition of that list and day, or None."""
    row = session.scalar(
        select(EditionRow).where(EditionRow.list_name == list_name, EditionRow.day == day)
    )
    if row is None:
        return None
    images = tuple((cid, base64.b64decode(raw)) for cid, raw in (row.images or {}).items())
    return Edition(
        row.id, row.list_name, row.day, row.kind, row.subject, row.html, row.text, images
    )
