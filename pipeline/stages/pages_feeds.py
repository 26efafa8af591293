"""Feeds as operators see them, and what they do to them; each action leaves an audit row."""

from datetime import datetime

from sqlalchemy.orm import Session

from pipeline.errors import ConfigError, NotFoundError
from pipeline.stages.context import Context
from pipeline.store import audit, kept_feeds, page_feeds
from schemas.audit import AuditEntry
from schemas.feed_watch import FeedVerdict
from schemas.operator_pages import FeedLine, FeedPage
from schemas.paging import Key, Page

_POLLS = 50
_REASON = 300


def list_feeds(
    context: Context, *, text: str = "", state: FeedVerdict | None = None, after: Key | None = None
) -> Page[FeedLine]:
    """A page of feeds by name; its key is (name, id)."""
    with context.database.read() as session:
        return page_feeds.list_feeds(
            now=context.now, text=text, state=state, after=after, session=session
        )


def count_feeds(context: Context) -> dict[FeedVerdict, int]:
    """How many feeds are in each state."""
    with context.database.read() as session:
        return page_feeds.count_feeds(now=context.now, session=session)


def show_feed(context: Context, feed_id: int) -> FeedPage:
    """One feed with its last polls.

    Raises:
        NotFoundError: there is none.
    """
    with context.database.read() as session:
        line = _found(context, feed_id, session)
        return FeedPage(line, page_feeds.newest_polls(feed_id, limit=_POLLS, session=session))


def pause(
    context: Context, feed_id: int, *, who: str, until: datetime | None, reason: str
) -> AuditEntry:
    """Poll a feed no more until then, or until someone resumes it.

    Raises:
        NotFoundError: there is no such feed.
        ConfigError: ``until`` is past, or the feed is not watched.
    """
    if until is not None and until <= context.now:
        raise ConfigError(f"{until:%Y-%m-%d %H:%M} UTC is past", mend="give a time to come")
    told = f"until {until:%Y-%m-%d %H:%M} UTC" if until else "until it is resumed"
    why = " ".join(reason.split())[:_REASON]
    with context.database.write() as session:
        line = _found(context, feed_id, session)
        if line.health.state == FeedVerdict.DISABLED:
            raise ConfigError(f"{line.health.name} is not watched", mend="there is nothing to stop")
        kept_feeds.pause_feeds(
            [feed_id], now=context.now, until=until, reason=why or None, session=session
        )
        detail = f"Not polled {told}{f': {why}' if why else ''}."
        return _note(context, "pause feed", line, detail, who, session)


def resume(context: Context, feed_id: int, *, who: str) -> AuditEntry:
    """End a feed's pause.

    Raises:
        NotFoundError: there is no such feed.
        ConfigError: it is not paused.
    """
    with context.database.write() as session:
        line = _found(context, feed_id, session)
        if line.health.state != FeedVerdict.PAUSED:
            raise ConfigError(f"{line.health.name} is not paused", mend="there is nothing to do")
        kept_feeds.resume_feeds([feed_id], now=context.now, session=session)
        return _note(context, "resume feed", line, "Due at once.", who, session)


def retry(context: Context, feed_id: int, *, who: str) -> AuditEntry:
    """Make a feed due at once, its back-off forgotten.

    Raises:
        NotFoundError: there is no such feed.
        ConfigError: it is paused or not watched.
    """
    return _due("retry feed", "Due at once, its back-off forgotten.", context, feed_id, who)


def poll_now(context: Context, feed_id: int, *, who: str) -> AuditEntry:
    """Make a feed due at once.

    Raises:
        NotFoundError: there is no such feed.
        ConfigError: it is paused or not watched.
    """
    return _due("poll feed now", "Due at once.", context, feed_id, who)


def _due(action: str, detail: str, context: Context, feed_id: int, who: str) -> AuditEntry:
    with context.database.write() as session:
        line = _found(context, feed_id, session)
        if not line.watched:
            raise ConfigError(
                f"{line.health.name} is {line.health.state}", mend="resume it, or switch it on"
            )
        if action == "retry feed":
            kept_feeds.retry_feeds([feed_id], now=context.now, session=session)
        else:
            kept_feeds.make_due([feed_id], now=context.now, session=session)
        return _note(context, action, line, detail, who, session)


def _found(context: Context, feed_id: int, session: Session) -> FeedLine:
    line = page_feeds.find_feed(feed_id, now=context.now, session=session)
    if line is None:
        raise NotFoundError(f"no feed {feed_id}", mend="see the list of feeds")
    return line


def _note(
    context: Context, action: str, line: FeedLine, detail: str, who: str, session: Session
) -> AuditEntry:
    return audit.add_entry(
        who=who,
        action=action,
        what=line.health.name,
        detail=detail,
        now=context.now,
        session=session,
    )
