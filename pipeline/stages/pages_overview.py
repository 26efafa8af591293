"""The overview: what came in, what went out, what waits and what fails."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Final

from sqlalchemy.orm import Session

from pipeline.errors import ConfigError
from pipeline.stages.context import Context
from pipeline.stages.failures import fails_now
from pipeline.store import page_feeds, page_outbox, page_overview, watch_episodes, watch_facts
from schemas.alert import OutboxState
from schemas.operator_pages import Overview, Span, Waiting

_DAY: Final = timedelta(days=1)
_WEEK: Final = timedelta(days=7)
_EPISODES = 20
_LATE: Final = timedelta(hours=1)
"""As the digest has it: messages are sent every five minutes, a refusal that passes is over."""


def overview(context: Context, ruleset: str, fault: ConfigError | None = None) -> Overview:
    """Return the watch as it stands.

    Args:
        context: with the packaged configuration where the user's cannot be read.
        ruleset: the rules in force; articles without a reading under them wait.
        fault: why the user's configuration cannot be read.

    Raises:
        StoreError: the database cannot be used.
    """
    failing = fails_now(context, fault)
    now = context.now
    with context.database.read() as session:
        return Overview(
            spans=(
                _span("today", now.date(), session),
                _span("7 days", now.date() - (_WEEK - _DAY), session),
            ),
            latencies=(
                page_outbox.latency("last 24 hours", since=now - _DAY, session=session),
                page_outbox.latency("last 7 days", since=now - _WEEK, session=session),
            ),
            waiting=_waiting(context, ruleset, session),
            feeds=page_feeds.count_feeds(now=now, session=session),
            failing=tuple(failing),
            episodes=tuple(
                watch_episodes.list_watch_episodes(
                    since=now - _WEEK, session=session, limit=_EPISODES
                )
            ),
            last_poll_at=page_overview.last_answer_at(session=session),
            last_sent_at=page_outbox.last_sent_at(session=session),
            ruleset=ruleset,
        )


def _span(words: str, first: date, session: Session) -> Span:
    since = datetime.combine(first, time(), UTC)
    return Span(
        words=words,
        counts=page_overview.gate_sums(since=first, session=session),
        messages=page_outbox.count_sent(since=since, session=session),
    )


def _waiting(context: Context, ruleset: str, session: Session) -> Waiting:
    now = context.now
    counts = page_outbox.count_unsent(session=session)
    late = watch_facts.waiting_messages(before=now - _LATE, now=now, session=session)
    unread = page_overview.count_unread(ruleset=ruleset, since=now - _DAY, session=session)
    return Waiting(
        unread=unread,
        unread_capped=unread >= page_overview.MOST_UNREAD,
        pending=counts[OutboxState.PENDING] + counts[OutboxState.SENDING],
        late=sum(place.count for place in late),
        parked=counts[OutboxState.PARKED],
    )
