"""The state of the watch: what was polled, read and found in a span, and who is sick."""

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from pipeline.stages.context import REREAD
from pipeline.store import articles, assessments, feeds, outbox, watch_facts
from schemas.alert import OutboxState
from schemas.digest import WatchState
from schemas.feed import FeedHealth
from schemas.feed_watch import FeedVerdict

_SICK = {FeedVerdict.DEAD, FeedVerdict.FAILING, FeedVerdict.SILENT}
_UNWATCHED = {FeedVerdict.DISABLED, FeedVerdict.PAUSED}

GAP = timedelta(hours=6)
"""The slowest feed is asked every six hours: with no answer for longer, the watch itself stood."""
LATE = timedelta(hours=1)
"""Messages are sent every five minutes, and a refusal that passes is over within the hour."""


def watch_state(
    *, since: datetime, until: datetime, ruleset: str, now: datetime, session: Session
) -> WatchState:
    """Counts over the half-open span ``since``–``until``; health and queues as they are now."""
    found = feeds.feed_health(now=now, session=session)
    health = [h for h in found if h.state not in _UNWATCHED]
    polls, failed = feeds.poll_counts(since=since, until=until, session=session)
    assessed, relevant = assessments.count_readings(
        ruleset=ruleset, since=since, until=until, session=session
    )
    states = outbox.count_states(session=session)
    late = watch_facts.waiting_messages(before=now - LATE, now=now, session=session)
    gap = feeds.longest_gap(since=since, until=until, session=session)
    return WatchState(
        feeds=len(health),
        feeds_healthy=sum(h.state == "healthy" for h in health),
        polls=polls,
        polls_failed=failed,
        articles_new=articles.count_articles(since=since, until=until, session=session),
        articles_assessed=assessed,
        articles_relevant=relevant,
        articles_waiting=articles.count_pending(
            ruleset=ruleset, since=now - REREAD, session=session
        ),
        outbox_waiting=states[OutboxState.PENDING.value] + states[OutboxState.SENDING.value],
        outbox_parked=states[OutboxState.PARKED.value],
        problems=sick(health),
        articles_unlinked=assessments.count_unlinked(
            ruleset=ruleset, since=since, until=until, session=session
        ),
        outbox_late=sum(place.count for place in late),
        gap=gap if gap and gap[1] - gap[0] >= GAP else None,
    )


def sick(health: list[FeedHealth]) -> tuple[FeedHealth, ...]:
    """The feeds that an operator should look at."""
    return tuple(h for h in health if h.state in _SICK)
