"""What rules would have sent: reports of the archive come in again, one by one, in a scratch copy.

Nothing is simulated: stories, rules, holds and rewriting are those that run every day. Only time
is made to pass, and what is due is noted instead of sent.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from pipeline.stages.context import Context, Tally
from pipeline.stages.link import Linker
from pipeline.store import agreements, assessments, messages, outbox, scratch, stories
from pipeline.store.engine import Database
from schemas.alert import AlertKind, Destination, OutboxMessage
from schemas.backtest import Backtest, WouldSend
from schemas.routes import RouteConfig

AFTER = timedelta(days=9)
"""How long is waited at the end for what quiet hours and windows still hold."""


def backtest(
    context: Context,
    ruleset: str,
    *,
    routes: Sequence[RouteConfig],
    since: datetime,
    progress: Callable[[int, int], None] = lambda _done, _of: None,
) -> Backtest:
    """Return what ``routes`` would have sent of the reports from ``since`` to the context's now.

    The archive is read and nothing is written to it. ``progress`` is told of every report:
    how many are done, of how many.
    """
    routing = context.catalog.routing.model_copy(update={"routes": tuple(routes)})
    catalog = replace(context.catalog, routing=routing)
    with scratch.scratch_database() as database:
        with context.database.read() as session, database.write() as to:
            times = scratch.copy_reports(
                ruleset=ruleset, since=since, until=context.now, session=session, to=to
            )
            agreements.sync_agreements(catalog.agreements, session=to)
            scratch.copy_stages(before=since, session=session, to=to)
        sent: list[WouldSend] = []
        told = 0
        for done, (article_id, at) in enumerate(times, start=1):
            sent += _leave(database, at)
            then = Context(context.settings, catalog, database, at)
            told += _come_in(then, ruleset, article_id)
            progress(done, len(times))
        sent += _leave(database, context.now + AFTER)
    return Backtest(since, context.now, len(times), told, tuple(sent))


def _come_in(then: Context, ruleset: str, article_id: int) -> int:
    """Work one report in; returns how many stories it opened."""
    tally = Tally("backtest", then.now)
    linker = Linker(then, tally)
    with then.database.write() as session:
        read = assessments.read_article(article_id, ruleset=ruleset, session=session)
        if read is not None:
            linker.link(read, session=session)
    return tally.counts.get("stories", 0)


def _leave(database: Database, until: datetime) -> list[WouldSend]:
    """Note what is due by then, each message at its own time."""
    found: list[WouldSend] = []
    while True:
        with database.write() as session:
            due = outbox.next_due(session=session)
            if due is None or due > until:
                return found
            batch = outbox.claim(
                now=due, worker="backtest", limit=50, lease=timedelta(0), session=session
            )
            for message in batch:
                found.append(_noted(message, due, session))
                outbox.record_sent(
                    message.id,
                    external_id=message.key,
                    place=message.address,
                    worker="backtest",
                    now=due,
                    session=session,
                )


def _noted(message: OutboxMessage, at: datetime, session: Session) -> WouldSend:
    alerts = messages.carried_alerts(message.key, session=session)
    titles = [stories.require_story(one.story_id, session=session).title for one in alerts]
    kind = alerts[0].kind if alerts else AlertKind.NEW
    return WouldSend(
        at=at,
        to=Destination(message.channel, message.address),
        key=message.key,
        kind=kind.value,
        routes=tuple(dict.fromkeys(one.route for one in alerts)),
        stories=tuple(dict.fromkeys(titles)),
        reason=alerts[0].reason if alerts else "",
        thread_key=message.thread_key,
        broadcast=bool(message.payload.get("reply_broadcast")),
        payload=message.payload,
    )
