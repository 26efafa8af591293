"""watch: what of the watch itself fails is told to the operators, once, and once when it is over.

Tasks note by themselves that they failed for good and that they succeed again (stages.note_task);
what else fails is read from the rows. Episodes and their messages are committed together, one
process at a time.

The stage sends what it tells by itself: the task that sends may be what has failed. It comes after
``deliver`` in a pass, so that what the pass has sent or could not send is judged as it is.
"""

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from pipeline.errors import ConfigError
from pipeline.log import get_logger
from pipeline.notify import watch as decisions
from pipeline.notify.feed_alerts import operator_destinations
from pipeline.notify.outbox import Senders
from pipeline.notify.watch_news import render_watch_news
from pipeline.stages.context import Context, Tally
from pipeline.stages.deliver import deliver
from pipeline.store import feed_episodes, messages, watch_episodes, watch_facts
from schemas.alert import Channel, Destination
from schemas.report import StageReport
from schemas.watch import (
    NOTED,
    Failing,
    Polling,
    Trouble,
    Waiting,
    WatchChange,
    WatchDecided,
    WatchEpisode,
    WatchKind,
)

_log = get_logger(__name__)


def watch(context: Context, senders: Senders, *, fault: ConfigError | None = None) -> StageReport:
    """Note what began to fail and what is over, and tell the operators.

    The look is a read; nothing is locked or written where nothing changed.

    Args:
        context: with the packaged configuration where the user's cannot be read.
        senders: for the notices.
        fault: why the user's configuration cannot be read.
    """
    tally = Tally("watch", context.now)
    tally.set(failing=0, begun=0, ended=0, told=0)
    with context.database.read() as session:
        look = _look(context, fault, session)
        waits = decisions.ripe(_untold(context, session))
    if look.begun or look.ended or look.dropped or waits:
        with context.database.write() as session:
            watch_episodes.lock_watch(session=session)
            look = _look(context, fault, session)
            _note(look, context.now, session)
            tally.set(begun=len(look.begun), ended=len(look.ended))
            tally.set(told=_tell(context, session))
    if tally.counts["told"]:
        tally.set(sent=deliver(context, senders).counts["sent"])
    with context.database.read() as session:
        episodes = watch_episodes.open_watch_episodes(session=session)
    tally.set(failing=len(episodes))
    for one in episodes:
        tally.problem(f"{one.kind.value} {one.subject}".strip(), one.reason, "mineralwatch watch")
    return tally.report()


def fails_now(context: Context, fault: ConfigError | None = None) -> list[Trouble]:
    """All that fails, tasks too; nothing is written or sent.

    Raises:
        StoreError: the database cannot be used.
    """
    with context.database.read() as session:
        troubles, _held, _polling = _troubles(context, fault, session)
        tasks = [
            Trouble(one.kind, one.subject, one.reason)
            for one in watch_episodes.open_watch_episodes(session=session)
            if one.kind in NOTED
        ]
    order = list(WatchKind)
    return sorted([*troubles, *tasks], key=lambda one: (order.index(one.kind), one.subject))


def dismiss(context: Context, subject: str) -> int:
    """End what is open of a task or DAG without a word: it will not run again; returns how many."""
    with context.database.write() as session:
        watch_episodes.lock_watch(session=session)
        return sum(
            watch_episodes.end_subject(
                kind, subject, now=context.now, session=session, quietly=True
            )
            for kind in NOTED
        )


def _troubles(
    context: Context, fault: ConfigError | None, session: Session
) -> tuple[list[Trouble], set[str], Polling]:
    """(what fails now but for tasks, subjects of refusals that stay open, how polling goes on)."""
    limits = context.catalog.routing.watch
    silent = timedelta(minutes=limits.silent_minutes)
    polling = watch_facts.polling(limit=silent, now=context.now, session=session)
    outage = any(one.feed_id is None for one in feed_episodes.open_episodes(session=session))
    waiting = _waiting(context, session)
    refusals, held = decisions.refused(watch_facts.refused_messages(session=session))
    found = [
        decisions.silence(polling, limit=silent, cut_off=outage, now=context.now),
        decisions.stuck(waiting),
        *refusals,
    ]
    if fault is not None:
        found.append(Trouble(WatchKind.CONFIG, "", decisions.one_line(str(fault))))
    return [one for one in found if one is not None], held, polling


def _waiting(context: Context, session: Session) -> list[Waiting]:
    late = timedelta(minutes=context.catalog.routing.watch.outbox_minutes)
    return watch_facts.waiting_messages(before=context.now - late, now=context.now, session=session)


def _look(context: Context, fault: ConfigError | None, session: Session) -> WatchDecided:
    troubles, held, polling = _troubles(context, fault, session)
    episodes = watch_episodes.open_watch_episodes(session=session)
    return decisions.decide(troubles, episodes, polling=polling, held=held)


def _note(look: WatchDecided, now: datetime, session: Session) -> None:
    watch_episodes.end_watch_episodes(look.ended, now=now, session=session)
    watch_episodes.end_watch_episodes(look.dropped, now=now, session=session, quietly=True)
    watch_episodes.begin_watch_episodes(look.begun, now=now, session=session)
    for one in look.begun:
        _log.error("the watch fails", kind=one.kind.value, subject=one.subject, why=one.reason)
    if look.ended:
        _log.info("the watch recovered", episodes=len(look.ended))


def _untold(context: Context, session: Session) -> list[WatchChange]:
    return watch_episodes.untold_watch(late=context.now - decisions.WINDOW, session=session)


def _tell(context: Context, session: Session) -> int:
    """Queue a notice for each of the operators' places; returns how many."""
    changes = _untold(context, session)
    if not decisions.ripe(changes):
        return 0
    new = {change.episode.id for change in changes}
    still = [
        one
        for one in watch_episodes.open_watch_episodes(session=session)
        if one.told_at is not None and one.id not in new
    ]
    places = _places(context, session)
    queued = sum(_queue(changes, still, place, context, session) for place in places)
    watch_episodes.mark_watch_told(changes, now=context.now, session=session)
    return queued


def _queue(
    changes: list[WatchChange],
    still: list[WatchEpisode],
    place: Destination,
    context: Context,
    session: Session,
) -> bool:
    key = decisions.message_key(changes, place)
    payload = render_watch_news(
        changes, still, place, key=key, sender=context.settings.digest_from, now=context.now
    )
    message = messages.NewMessage(key, place.channel, place.address, payload)
    return messages.add_message(message, now=context.now, session=session)


def _places(context: Context, session: Session) -> tuple[Destination, ...]:
    settings = context.settings
    has_mail = settings.smtp_url is not None
    wanted = operator_destinations(
        context.catalog.operators,
        slack=settings.slack_token is not None,
        slack_channel=settings.slack_channel,
        mail=has_mail,
        recipients=settings.recipients,
    )
    failing: Failing = decisions.failing(
        _waiting(context, session), watch_facts.refused_messages(session=session)
    )
    readers = ",".join(settings.recipients)
    mail = Destination(Channel.EMAIL, readers) if has_mail and readers else None
    return decisions.passing_over(wanted, failing=failing, mail=mail)
