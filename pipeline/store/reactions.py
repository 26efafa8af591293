"""Readers' reactions to alerts, and what follows from them: which alerts were right."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any

from sqlalchemy import ColumnElement, Row, select, update
from sqlalchemy.orm import Session

from pipeline.store.articles import article_of
from schemas.alert import Action, AlertKind, Channel, OutboxState
from schemas.article import Article
from schemas.feedback import Judged, Judgements, Reacted, Reaction, Saved, SentMessage
from schemas.tables import (
    AlertRow,
    ArticleRow,
    CarriedRow,
    OutboxRow,
    ReactionRow,
    StoryRow,
)

_CHUNK = 500
"""Messages a statement."""

JUDGED = frozenset({AlertKind.NEW, AlertKind.OUTLET, AlertKind.STAGE})
"""Kinds of alerts of which a reaction says whether they were right. One to a note that a story was
merged or withdrawn says whether that was."""


def sent_messages(*, since: datetime, session: Session) -> list[SentMessage]:
    """The Slack messages sent since then that carry alerts.

    Those whose reactions were never asked for come first, the newest of them first; then those
    asked for longest ago.
    """
    query = (
        select(OutboxRow)
        .where(
            _posted(), OutboxRow.sent_at >= since, OutboxRow.id.in_(select(CarriedRow.outbox_id))
        )
        .order_by(
            OutboxRow.reactions_at.is_not(None), OutboxRow.reactions_at, OutboxRow.sent_at.desc()
        )
    )
    return [
        SentMessage(
            outbox_id=row.id,
            address=row.address,
            place=row.external_place,
            ts=row.external_id or "",
            reply=row.thread_key is not None,
        )
        for row in session.scalars(query)
    ]


def save_reactions(
    seen: Iterable[Reacted],
    *,
    right: Collection[str],
    wrong: Collection[str],
    now: datetime,
    session: Session,
) -> Saved:
    """Bring the stored reactions to what was seen; only names in ``right`` or ``wrong`` are kept.

    One that is no longer there is marked as removed, where the message was seen whole. One that
    comes back counts as given anew.
    """
    saved = Saved()
    for some in _chunks(seen):
        stored = _stored([one.outbox_id for one in some], session)
        for one in some:
            sides = {r: r.name in right for r in one.reactions if r.name in {*right, *wrong}}
            change = _save(one, sides, stored[one.outbox_id], now, session)
            saved = Saved(
                saved.added + change.added,
                saved.removed + change.removed,
                saved.returned + change.returned,
            )
        session.flush()
    return saved


def note_read(outbox_ids: Iterable[int], *, now: datetime, session: Session) -> None:
    """Note that the reactions of these messages have been read."""
    for some in _chunks(outbox_ids):
        session.execute(update(OutboxRow).where(OutboxRow.id.in_(some)).values(reactions_at=now))


def judgements(
    *, session: Session, since: datetime | None = None, until: datetime | None = None
) -> Judgements:
    """The judged alerts among those sent in the half-open span, and what cannot be judged.

    A reader has one verdict on an alert, in however many channels it was sent: the one that was
    seen last among those not taken back. Where he gave both and both were first seen in the same
    reading, it is not known which came last: then he says nothing. A message that tells several
    alerts of one story (a reply on two more outlets) judges the first of them.
    """
    votes = _votes(since, until, session)
    carried = _carried(votes, session)
    of_alert: defaultdict[int, list[_Vote]] = defaultdict(list)
    alerts: dict[int, Row[Any]] = {}
    sent: dict[int, datetime] = {}
    several = 0
    for outbox_id, given in votes.items():
        lines = carried[outbox_id]
        if not lines or lines[0].kind not in JUDGED:
            continue
        if len({line.story_id for line in lines}) > 1:
            several += 1
            continue
        alert = lines[0]
        alerts[alert.id] = alert
        of_alert[alert.id] += given
        sent[alert.id] = min(sent.get(alert.id, given[0].sent_at), given[0].sent_at)
    reports = _articles({alert.article_id for alert in alerts.values()}, session)
    found = (
        _judged(alert, of_alert[id_], sent[id_], reports.get(alert.article_id))
        for id_, alert in sorted(alerts.items())
    )
    told = [one for one in found if one is not None]
    return Judgements(tuple(sorted(told, key=lambda j: j.judged_at, reverse=True)), several)


@dataclass(frozen=True, slots=True)
class _Vote:
    user: str
    right: bool
    seen_at: datetime
    sent_at: datetime


def _save(
    one: Reacted,
    sides: Mapping[Reaction, bool],
    stored: Mapping[Reaction, ReactionRow],
    now: datetime,
    session: Session,
) -> Saved:
    added = returned = removed = 0
    for reaction, is_right in sides.items():
        row = stored.get(reaction)
        if row is None:
            row = ReactionRow(
                outbox_id=one.outbox_id, user=reaction.user, name=reaction.name, seen_at=now
            )
            session.add(row)
            added += 1
        elif row.removed_at is not None:
            row.seen_at, row.removed_at = now, None
            returned += 1
        row.right = is_right
    if one.complete:
        for reaction, row in stored.items():
            if reaction not in sides and row.removed_at is None:
                row.removed_at = now
                removed += 1
    return Saved(added, removed, returned)


def _stored(
    outbox_ids: Sequence[int], session: Session
) -> defaultdict[int, dict[Reaction, ReactionRow]]:
    found: defaultdict[int, dict[Reaction, ReactionRow]] = defaultdict(dict)
    query = select(ReactionRow).where(ReactionRow.outbox_id.in_(outbox_ids))
    for row in session.scalars(query):
        found[row.outbox_id][Reaction(row.user, row.name)] = row
    return found


def _posted() -> ColumnElement[bool]:
    """A message that is in Slack by itself: not an edit of another, not told within another."""
    return (
        (OutboxRow.channel == Channel.SLACK.value)
        & (OutboxRow.action == Action.POST.value)
        & (OutboxRow.state == OutboxState.SENT.value)
        & OutboxRow.external_id.is_not(None)
    )


def _votes(
    since: datetime | None, until: datetime | None, session: Session
) -> dict[int, list[_Vote]]:
    """The reactions that stand, by message."""
    query = (
        select(ReactionRow, OutboxRow.sent_at)
        .join(OutboxRow, OutboxRow.id == ReactionRow.outbox_id)
        .where(ReactionRow.removed_at.is_(None), OutboxRow.sent_at.is_not(None))
        .order_by(ReactionRow.id)
    )
    if since is not None:
        query = query.where(OutboxRow.sent_at >= since)
    if until is not None:
        query = query.where(OutboxRow.sent_at < until)
    found: defaultdict[int, list[_Vote]] = defaultdict(list)
    for row, sent_at in session.execute(query):
        found[row.outbox_id].append(_Vote(row.user, row.right, row.seen_at, sent_at or row.seen_at))
    return dict(found)


def _carried(outbox_ids: Iterable[int], session: Session) -> defaultdict[int, list[Any]]:
    """The alerts that each message tells, the first first."""
    found: defaultdict[int, list[Any]] = defaultdict(list)
    for some in _chunks(outbox_ids):
        query = (
            select(
                CarriedRow.outbox_id,
                AlertRow.id,
                AlertRow.kind,
                AlertRow.route,
                AlertRow.story_id,
                AlertRow.article_id,
                StoryRow.title,
                StoryRow.themes,
            )
            .join(AlertRow, AlertRow.id == CarriedRow.alert_id)
            .join(StoryRow, StoryRow.id == AlertRow.story_id)
            .where(CarriedRow.outbox_id.in_(some))
            .order_by(AlertRow.id)
        )
        for line in session.execute(query):
            found[line.outbox_id].append(line)
    return found


def _articles(ids: Iterable[int | None], session: Session) -> dict[int, Article]:
    found: dict[int, Article] = {}
    for some in _chunks(id_ for id_ in ids if id_ is not None):
        rows = session.scalars(select(ArticleRow).where(ArticleRow.id.in_(some)))
        found |= {row.id: article_of(row) for row in rows}
    return found


def _judged(
    alert: Row[Any], votes: Sequence[_Vote], sent_at: datetime, article: Article | None
) -> Judged | None:
    """None where no reader is left whose last word is known."""
    verdicts = list(_last_words(votes))
    if not verdicts:
        return None
    return Judged(
        alert_id=alert.id,
        kind=AlertKind(alert.kind),
        route=alert.route,
        story_id=alert.story_id,
        themes=tuple(alert.themes),
        title=(article.title if article else "") or alert.title,
        url=article.url if article else None,
        article=article,
        sent_at=sent_at,
        judged_at=max(vote.seen_at for vote in votes),
        right=sum(verdicts),
        wrong=len(verdicts) - sum(verdicts),
    )


def _last_words(votes: Iterable[_Vote]) -> Iterator[bool]:
    """One verdict a reader; none of one who gave both in the same reading."""
    by_user: defaultdict[str, list[_Vote]] = defaultdict(list)
    for vote in votes:
        by_user[vote.user].append(vote)
    for given in by_user.values():
        last = max(vote.seen_at for vote in given)
        sides = {vote.right for vote in given if vote.seen_at == last}
        if len(sides) == 1:
            yield sides.pop()


def _chunks(items: Iterable[Any]) -> Iterator[list[Any]]:
    iterator = iter(items)
    while some := list(islice(iterator, _CHUNK)):
        yield some
