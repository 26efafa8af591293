"""digest: what changed since the last edition → an edition and its e-mail in the outbox."""

from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from pipeline.notify.digest import digest_window, render_digest
from pipeline.notify.email import email_payload
from pipeline.notify.preview import html_with_images
from pipeline.stages.context import Context, Tally
from pipeline.stages.feedback import summary
from pipeline.stages.storytelling import leading
from pipeline.stages.watch import watch_state
from pipeline.store import agreements, editions, messages, stories
from schemas.alert import Channel
from schemas.digest import Digest, DigestStory, RenderedDigest, StageMove
from schemas.report import StageReport
from schemas.story import Story

TREND_DAYS = 14
OLD_NEWS = timedelta(hours=72)
"""An article that was published longer than this before the edition's span is archive, not news."""
CATCH_UP = timedelta(days=7)
"""How far back an edition reaches where earlier ones were missed."""


@dataclass(frozen=True, slots=True)
class Edition:
    """An edition built but not stored."""

    list_name: str
    digest: Digest
    rendered: RenderedDigest


def build(context: Context, ruleset: str, *, day: date | None = None) -> Edition:
    """Build the edition of ``day`` (the reader's), or, without one, of the hours up to now.

    It begins where the last edition ended, so that a missed day is made up for.
    """
    config = context.catalog.digest
    list_name = "daily"
    with context.database.read() as session:
        since, until, day = _span(context, day, list_name, session)
        said = summary(context, until=until, session=session)
        moves = [
            StageMove(name, t.previous.value, t.stage.value, t.at, t.quote, t.article_url)
            for name, t in agreements.transitions_between(since, until, session=session)
            if t.at >= since - OLD_NEWS
        ]
        told = _stories(context, since, until, session)
        digest = Digest(
            day=day,
            time_zone=config.time_zone,
            since=since,
            until=until,
            moves=tuple(moves),
            top=tuple(told[: config.top]),
            by_theme=_by_theme(context, told),
            trend=_trend(context, until, session),
            watch=watch_state(
                since=since, until=until, ruleset=ruleset, now=context.now, session=session
            ),
            feedback=said if said.all.judged else None,
        )
    rendered = render_digest(digest, config=config, theme_titles=context.catalog.theme_titles)
    return Edition(list_name, digest, rendered)


def digest(
    context: Context, ruleset: str, *, day: date | None = None, send: bool = True
) -> StageReport:
    """Make the edition and put its e-mail into the outbox, once a list and day."""
    tally = Tally("digest", context.now)
    edition = build(context, ruleset, day=day)
    tally.set(
        stories=len(edition.digest.top), moves=len(edition.digest.moves), editions=0, queued=0
    )
    if not send:
        return tally.report()
    with context.database.write() as session:
        edition_id = editions.add_edition(
            edition.rendered,
            list_name=edition.list_name,
            day=edition.digest.day,
            span=(edition.digest.since, edition.digest.until),
            now=context.now,
            session=session,
        )
        if edition_id is None:
            tally.problem(
                f"edition {edition.digest.day}",
                "is made already; it is not made twice",
                "see it with: mineralwatch digest --date … --html FILE",
            )
            return tally.report()
        tally.set(editions=1)
        tally.set(queued=_queue(edition, edition_id, context, session))
    return tally.report()


def standalone_html(context: Context, edition: Edition) -> str:
    """The edition's HTML with its pictures written into it, for a browser."""
    return html_with_images(_payload(context, edition))


def _payload(context: Context, edition: Edition) -> dict[str, Any]:
    return email_payload(
        edition.rendered,
        sender=context.settings.digest_from,
        recipients=context.settings.recipients,
        sent_at=context.now,
    )


def _queue(edition: Edition, edition_id: int, context: Context, session: Session) -> int:
    """One message to the list; to the preview folder where no mail server is set."""
    to = context.settings.recipients
    mail = context.settings.smtp_url is not None and bool(to)
    message = messages.NewMessage(
        key=f"digest:{edition.list_name}:{edition.digest.day}",
        channel=Channel.EMAIL if mail else Channel.PREVIEW,
        address=",".join(to) if mail else "digest",
        payload=_payload(context, edition),
    )
    return messages.add_message(message, now=context.now, edition_id=edition_id, session=session)


def _span(
    context: Context, day: date | None, list_name: str, session: Session
) -> tuple[datetime, datetime, date]:
    """(since, until, day) of the edition."""
    config = context.catalog.digest
    if day is None:
        day = context.now.astimezone(ZoneInfo(config.time_zone)).date()
        since, until = context.now - timedelta(days=1), context.now
    else:
        since, until = digest_window(day, config.time_zone, config.hour)
    last = editions.last_until(list_name, before=day, session=session)
    if last is not None and last < since:
        since = max(last, since - CATCH_UP)
    return since, until, day


def _stories(
    context: Context, since: datetime, until: datetime, session: Session
) -> list[DigestStory]:
    found = stories.list_told(
        since=since, until=until, published_after=since - OLD_NEWS, session=session
    )
    reads = stories.read_articles([story.id for story in found], session=session)
    names = {a.id: a.name for a in context.catalog.agreements}
    told = []
    for story in found:
        lead = leading(reads[story.id])
        links = {r.article.outlet: r.article.url for r in reversed(reads[story.id])}
        told.append(
            DigestStory(
                story=story,
                agreement_name=names.get(story.agreement or ""),
                quote=lead.quote if lead else "",
                links=tuple(links.items())[::-1],
            )
        )
    return told


def _by_theme(
    context: Context, told: list[DigestStory]
) -> tuple[tuple[str, str, tuple[DigestStory, ...]], ...]:
    sections = []
    for theme, title in context.catalog.theme_titles.items():
        carry = [s for s in told if theme in s.story.themes][: context.catalog.digest.per_theme]
        sections.append((theme, title, tuple(carry)))
    return tuple(sections)


def _trend(
    context: Context, until: datetime, session: Session
) -> tuple[tuple[str, tuple[int, ...]], ...]:
    """Stories opened per theme and reader's day, over the fourteen days up to ``until``."""
    zone = ZoneInfo(context.catalog.digest.time_zone)
    last = until.astimezone(zone).date()
    days = [last - timedelta(days=back) for back in range(TREND_DAYS - 1, -1, -1)]
    counted: Counter[tuple[str, date]] = Counter()
    for story in _opened(until, session):
        for theme in story.themes:
            counted[theme, story.opened_at.astimezone(zone).date()] += 1
    return tuple(
        (theme, tuple(counted[theme, day] for day in days))
        for theme in context.catalog.theme_titles
    )


def _opened(until: datetime, session: Session) -> list[Story]:
    return stories.list_stories(
        since=until - timedelta(days=TREND_DAYS + 1), until=until, session=session
    )
