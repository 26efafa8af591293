"""digest: what changed since a list's last edition → an edition and its messages in the outbox."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from pipeline.errors import ConfigError
from pipeline.notify.destinations import alert_destination
from pipeline.notify.digest import render_digest
from pipeline.notify.digest_due import digest_window, due_day, is_weekly
from pipeline.notify.digest_slack import digest_slack_payload
from pipeline.notify.email import email_payload
from pipeline.notify.preview import html_with_images
from pipeline.stages.context import Context, Tally
from pipeline.stages.edition_files import edition_path, make_missing
from pipeline.stages.edition_parts import Parts, score
from pipeline.stages.feedback import summary
from pipeline.stages.watch import watch_state
from pipeline.store import editions, messages
from schemas.alert import Channel
from schemas.config import DigestList
from schemas.digest import Digest, RenderedDigest
from schemas.report import StageReport
from schemas.routes import RouteTo

CATCH_UP = timedelta(days=7)
"""How far back an edition reaches where earlier ones were missed."""


@dataclass(frozen=True, slots=True)
class Edition:
    """An edition built but not stored."""

    reader: DigestList
    digest: Digest
    rendered: RenderedDigest

    @property
    def key(self) -> str:
        """Of its e-mail in the outbox: one for each list and day."""
        return f"digest:{self.reader.name}:{self.digest.day}"


def build(
    context: Context, ruleset: str, *, day: date | None = None, list_name: str | None = None
) -> Edition:
    """Build the edition of ``day`` (the reader's), or, without one, of the hours up to now.

    It begins where the list's last edition ended: a missed day is made up for, nothing is told
    twice.

    Args:
        context: as for every stage.
        ruleset: the rules in force.
        day: the reader's.
        list_name: the first list, if none is named.

    Raises:
        ConfigError: digest.yaml has no such list.
    """
    reader = find_list(context, list_name)
    with context.database.read() as session:
        span = _span(context, reader, day, session)
    since, until, _ = span
    scored = score(context, reader, until)
    with context.database.read() as session:
        parts = Parts(context, reader, ruleset, session)
        told = parts.told(since, until)
        moves = parts.moves(since, until)
        said = summary(context, until=until, session=session)
        digest = Digest(
            day=span[2],
            time_zone=reader.time_zone,
            since=since,
            until=until,
            moves=moves,
            top=tuple(told),
            by_theme=parts.by_theme(told),
            trend=parts.trend(until),
            watch=watch_state(
                since=since, until=until, ruleset=ruleset, now=context.now, session=session
            ),
            feedback=said if said.all.judged else None,
            list_name=reader.name,
            only=tuple(parts.titles.values()) if reader.themes else (),
            agreements=parts.agreements(moves),
            score=scored,
            steps=parts.steps(until),
            week=parts.week(until, told, since)
            if is_weekly(span[2], wanted=reader.weekly)
            else None,
        )
    titles = context.catalog.theme_titles
    rendered = render_digest(digest, config=context.catalog.digest, theme_titles=titles)
    return Edition(reader, digest, rendered)


def digest(
    context: Context,
    ruleset: str,
    *,
    day: date | None = None,
    send: bool = True,
    due: bool = False,
    list_name: str | None = None,
) -> StageReport:
    """Make editions and put their messages into the outbox, once a list and day.

    Args:
        context: as for every stage.
        ruleset: the rules in force.
        day: the reader's; without one, the hours up to now.
        send: False builds them only.
        due: of the lists only those whose hour has come today and that have no edition yet.
        list_name: that list alone; without one, all.

    Raises:
        ConfigError: digest.yaml has no such list.
    """
    tally = Tally("digest", context.now)
    tally.set(lists=0, stories=0, moves=0, editions=0, queued=0)
    for reader, of in _wanted(context, day, due=due, list_name=list_name):
        edition = build(context, ruleset, day=of, list_name=reader.name)
        tally.add("lists")
        tally.add("stories", len(edition.digest.top))
        tally.add("moves", len(edition.digest.moves))
        if send:
            _keep(edition, context, tally, quiet=due)
    if send:
        _files(context, tally)
    return tally.report()


def find_list(context: Context, name: str | None) -> DigestList:
    """The list of that name, or the first.

    Raises:
        ConfigError: digest.yaml has no such list.
    """
    readers = context.catalog.digest.readers
    if name is None:
        return readers[0]
    for reader in readers:
        if reader.name == name:
            return reader
    known = ", ".join(reader.name for reader in readers)
    raise ConfigError(f"digest.yaml has no list {name!r}", mend=f"one of {known}")


def standalone_html(context: Context, edition: Edition) -> str:
    """The edition's HTML with its pictures written into it, for a browser."""
    mail, _slack = _messages(edition, context)
    if "html" in mail.payload:
        return html_with_images(mail.payload)
    raise AssertionError("an e-mail has HTML")


def _wanted(
    context: Context, day: date | None, *, due: bool, list_name: str | None
) -> Iterable[tuple[DigestList, date | None]]:
    """The lists to make, each with its day."""
    readers = context.catalog.digest.readers
    if list_name is not None:
        readers = (find_list(context, list_name),)
    if not due:
        return [(reader, day) for reader in readers]
    found = []
    with context.database.read() as session:
        for reader in readers:
            today = _due(context, reader, session)
            if today is not None:
                found.append((reader, today))
    return found


def _due(context: Context, reader: DigestList, session: Session) -> date | None:
    """The day whose edition the list waits for, or None."""
    last = editions.last_until(reader.name, before=date.max, session=session)
    day = due_day(context.now, reader.time_zone, reader.hour, new=last is None)
    if day is None or editions.has_edition(reader.name, day, session=session):
        return None
    _, until = digest_window(day, reader.time_zone, reader.hour)
    # After a move of the list to another zone there may be nothing between two editions.
    return day if last is None or last < until else None


def _keep(edition: Edition, context: Context, tally: Tally, *, quiet: bool) -> None:
    """The edition and its messages, committed together."""
    with context.database.write() as session:
        edition_id = editions.add_edition(
            edition.rendered,
            list_name=edition.reader.name,
            day=edition.digest.day,
            span=(edition.digest.since, edition.digest.until),
            now=context.now,
            session=session,
            kind="weekly" if edition.digest.week else "daily",
        )
        if edition_id is not None:
            tally.add("editions")
            for message in _messages(edition, context):
                if message is not None:
                    added = messages.add_message(
                        message, now=context.now, edition_id=edition_id, session=session
                    )
                    tally.add("queued", int(added))
    if edition_id is None and not quiet:
        tally.problem(
            f"edition {edition.digest.day} of {edition.reader.name}",
            "is made already; it is not made twice",
            f"see it in {edition_path(context, edition.reader.name, edition.digest.day)}",
        )


def _files(context: Context, tally: Tally) -> None:
    """What is committed is kept as files too; a folder that cannot be written to stops no mail."""
    try:
        tally.set(files=len(make_missing(context)))
    except OSError as error:
        tally.problem(
            str(error.filename or context.settings.editions_dir),
            f"the archive of editions cannot be written: {error.strerror or error}",
            "make the folder writable; missing pages are made at the next run",
        )


def _messages(
    edition: Edition, context: Context
) -> tuple[messages.NewMessage, messages.NewMessage | None]:
    """The e-mail and, where the list has a channel, its short form.

    They go to the preview folder where no mail server, no reader or no Slack is set up.
    """
    settings, reader = context.settings, edition.reader
    to = reader.to or settings.recipients
    mail = settings.smtp_url is not None and bool(to)
    payload = email_payload(
        edition.rendered,
        sender=settings.digest_from,
        recipients=to,
        sent_at=context.now,
        list_name="digest" if reader.name == "default" else f"{reader.name}.digest",
        unsubscribe=reader.unsubscribe,
    )
    letter = messages.NewMessage(
        key=edition.key,
        channel=Channel.EMAIL if mail else Channel.PREVIEW,
        address=",".join(to) if mail else "digest",
        payload=payload,
    )
    if reader.slack is None:
        return letter, None
    place = alert_destination(
        RouteTo(channel=Channel.SLACK, address=reader.slack),
        slack=settings.slack_token is not None,
        slack_channel=settings.slack_channel,
        mail=mail,
        recipients=to,
    )
    key = f"{edition.key}@slack"
    short = digest_slack_payload(edition.digest, subject=edition.rendered.subject, key=key)
    return letter, messages.NewMessage(
        key=key, channel=place.channel, address=place.address, payload=short
    )


def _span(
    context: Context, reader: DigestList, day: date | None, session: Session
) -> tuple[datetime, datetime, date]:
    """(since, until, day) of the edition."""
    if day is None:
        day = context.now.astimezone(ZoneInfo(reader.time_zone)).date()
        since, until = context.now - timedelta(days=1), context.now
    else:
        since, until = digest_window(day, reader.time_zone, reader.hour)
    last = editions.last_until(reader.name, before=day, session=session)
    if last is not None and last < until:
        since = max(last, since - CATCH_UP)
    return since, until, day
