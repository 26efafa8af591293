"""After a poll: feeds that fell silent, died or came back are told to the operators, once.

Episodes and their messages are committed together. One process at a time decides, so that batches
polled side by side tell nothing twice.
"""

from collections.abc import Collection
from dataclasses import replace

from sqlalchemy.orm import Session

from pipeline.feed_health import judge
from pipeline.notify.feed_alerts import (
    REACH_SPAN,
    WINDOW,
    decide,
    message_key,
    operator_destinations,
    ripe,
)
from pipeline.notify.feed_news import render_feed_news
from pipeline.stages.context import Context
from pipeline.store import feed_episodes, feed_facts, messages
from schemas.alert import Destination
from schemas.feed import FeedHealth
from schemas.feed_watch import FeedChange


def tell_of_feeds(context: Context, polled: Collection[int]) -> int:
    """Note what changed and queue what is to be told; returns how many messages.

    The look is a read; nothing is locked or written where nothing changed.

    Args:
        context: of the poll.
        polled: rows of the feeds just polled: the others are as they were.
    """
    with context.database.read() as session:
        healths = _healths(context, polled, session)
        if not _calls_for_anything(context, healths, session):
            return 0
    with context.database.write() as session:
        feed_episodes.lock_episodes(session=session)
        healths = _healths(context, polled, session)
        _note(context, healths, session)
        return _tell(context, healths, session)


def _healths(context: Context, polled: Collection[int], session: Session) -> list[FeedHealth]:
    """Verdicts on the feeds just polled, and on those of which an open episode may be over."""
    wanted = {*polled, *feed_episodes.to_judge(now=context.now, session=session)}
    since = feed_facts.reachable_since(session=session)
    facts = feed_facts.feed_facts(now=context.now, only=wanted, session=session)
    return [judge(one, now=context.now, reachable_since=since) for one in facts]


def _calls_for_anything(context: Context, healths: list[FeedHealth], session: Session) -> bool:
    episodes = feed_episodes.open_episodes(session=session)
    reach = feed_facts.recent_reach(since=context.now - REACH_SPAN, session=session)
    decided = decide(healths, episodes, reach=reach)
    if decided.begun or decided.ended or decided.dropped:
        return True
    waiting = feed_episodes.untold_changes(session=session)
    return ripe(waiting, told_of_late=_told_of_late(context, session))


def _told_of_late(context: Context, session: Session) -> int:
    return feed_episodes.told_times(since=context.now - WINDOW, session=session)


def _note(context: Context, healths: list[FeedHealth], session: Session) -> None:
    now = context.now
    episodes = feed_episodes.open_episodes(session=session)
    reach = feed_facts.recent_reach(since=now - REACH_SPAN, session=session)
    decided = decide(healths, episodes, reach=reach)
    feed_episodes.end_episodes(decided.ended, now=now, session=session)
    feed_episodes.end_episodes(decided.dropped, now=now, session=session, quietly=True)
    feed_episodes.begin_episodes(decided.begun, now=now, session=session)


def _tell(context: Context, healths: list[FeedHealth], session: Session) -> int:
    mends = {health.url: health.mend for health in healths}
    changes = [
        replace(change, mend=mends.get(change.url or "", ""))
        for change in feed_episodes.untold_changes(session=session)
    ]
    if not ripe(changes, told_of_late=_told_of_late(context, session)):
        return 0
    queued = sum(
        _queue(changes, destination, context, session) for destination in _destinations(context)
    )
    feed_episodes.mark_told(changes, now=context.now, session=session)
    return queued


def _queue(
    changes: list[FeedChange], destination: Destination, context: Context, session: Session
) -> bool:
    key = message_key(changes, destination)
    message = messages.NewMessage(
        key=key,
        channel=destination.channel,
        address=destination.address,
        payload=render_feed_news(
            changes,
            destination,
            key=key,
            sender=context.settings.digest_from,
            now=context.now,
        ),
    )
    return messages.add_message(message, now=context.now, session=session)


def _destinations(context: Context) -> tuple[Destination, ...]:
    settings = context.settings
    return operator_destinations(
        context.catalog.operators,
        slack=settings.slack_token is not None,
        slack_channel=settings.slack_channel,
        mail=settings.smtp_url is not None,
        recipients=settings.recipients,
    )
