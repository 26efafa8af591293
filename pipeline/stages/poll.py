"""plan and poll: feeds that are due → articles, sightings, a row a poll, and the next time.

Feeds that failed or were slow last time are polled in a lane of their own: a dead host then costs
its own slot, and the news of the others is stored and passed on without waiting for it.
"""

import asyncio
import math
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from pipeline.collect.fetch import Fetcher
from pipeline.collect.poll import PolledFeed, poll_feeds
from pipeline.collect.pool import ParsePool
from pipeline.collect.schedule import on_the_clock
from pipeline.errors import ConfigError, PermanentError
from pipeline.garbage import seldom_collected
from pipeline.log import get_logger, mask
from pipeline.stages.context import Context, Tally
from pipeline.stages.keep_feeds import chosen
from pipeline.stages.pushed import settle
from pipeline.store import feeds, gates
from pipeline.store.lots import Stored, brought_counts, store_lot
from schemas.config import FeedConfig
from schemas.coverage import Gate
from schemas.feed import FeedState, PollOutcome
from schemas.report import StageReport

_log = get_logger(__name__)

FLUSH_S = 1.0
FLUSH_FEEDS = 100
"""What has come is stored after this many feeds or seconds, so that a kill loses little."""


def plan(
    context: Context,
    *,
    batch_size: int | None = None,
    everything: bool = False,
    feed: str | None = None,
) -> StageReport:
    """Bring the rows in line with the configuration and part the feeds that are due.

    The report's ``work`` has the parameters of one ``poll`` for each batch of ``batch_size`` feeds
    (the setting ``poll_batch`` where it is not given). ``everything`` takes all feeds for due, and
    ``feed`` (an address, name or id) the one that is meant, alone.

    Raises:
        NotFoundError: there is no such feed; the nearest are named.
        PermanentError: it is switched off.
    """
    batch_size = batch_size or context.settings.poll_batch
    tally = Tally("plan", context.now)
    with context.database.write() as session:
        enabled = feeds.sync_feeds(
            context.catalog.feeds, keep_others=False, now=context.now, session=session
        )
    tally.set(feeds=enabled, due=0, batches=0)
    if feed:
        tally.set(due=1, batches=1)
        tally.work.append(_only(context, feed))
        return tally.report()
    for slow in (False, True):
        with context.database.read() as session:
            due = feeds.count_due(
                now=context.now, slow=slow, everything=everything, session=session
            )
        batches = math.ceil(due / batch_size)
        tally.add("due", due)
        tally.add("batches", batches)
        tally.work += [
            {
                "slow": slow,
                "batch": batch,
                "of": batches,
                "planned_at": context.now.isoformat(),
                "everything": everything,
            }
            for batch in range(batches)
        ]
    return tally.report()


def _only(context: Context, which: str) -> dict[str, Any]:
    """The batch that is one feed, whether it is due or not."""
    (kept,) = chosen(context, [which])
    if not kept.config.enabled:
        raise PermanentError(
            mask(f"{kept.config.name} <{kept.config.url}> is switched off"),
            mend="set enabled: true in the feeds' file, or: mineralwatch feeds resume",
        )
    _log.info("one feed is polled", feed=kept.config.name, url=mask(kept.config.url))
    planned = {"slow": None, "batch": 0, "of": 1, "planned_at": context.now.isoformat()}
    # By its row: the address may hold a password, and Airflow shows what a task hands on.
    return {**planned, "feed": str(kept.id)}


def poll(
    context: Context,
    *,
    urls: Sequence[str] | None = None,
    slow: bool | None = None,
    batch: int = 0,
    of: int = 1,
    planned_at: str | None = None,
    everything: bool = False,
    feed: str | None = None,
) -> StageReport:
    """Poll what is due: all of it, one batch of a plan, or those named by ``urls`` or ``feed``.

    ``everything`` polls feeds that are not due as well.

    ``planned_at`` keeps a batch what it was planned as, however late it runs. A feed that fails is
    a problem in the report and a row in its history, never an error of the stage.

    Raises:
        ConfigError: one of ``urls`` is not an address of the web.
    """
    tally = Tally("poll", context.now)
    tally.set(feeds=0, new=0, edited=0, failed=0)
    if feed is not None:
        urls = [one.config.url for one in chosen(context, [feed])]
    with context.database.write() as session:
        if planned_at is None:
            named = _named(urls, context.catalog.feeds) if urls is not None else None
            wanted = context.catalog.feeds if named is None else named
            feeds.sync_feeds(
                wanted, keep_others=named is not None, now=context.now, session=session
            )
        planned = datetime.fromisoformat(planned_at) if planned_at else context.now
        due = feeds.due_feeds(
            now=planned,
            urls=urls,
            everything=everything,
            slow=slow,
            batch=batch,
            of=of,
            session=session,
        )
    if due:
        _poll_and_tell(due, planned, context, tally)
    return tally.report()


def _poll_and_tell(
    due: Sequence[FeedState], planned: datetime, context: Context, tally: Tally
) -> None:
    """Poll, then tell the operators what changed; ``told`` counts messages where there are any."""
    from pipeline.stages.feed_alerts import tell_of_feeds  # noqa: PLC0415 - brings Slack's library

    with seldom_collected():
        asyncio.run(_poll(due, planned, context, tally))
    if told := tell_of_feeds(context, [state.feed_id for state in due]):
        tally.add("told", told)


def _named(urls: Sequence[str], configured: Sequence[FeedConfig]) -> list[FeedConfig]:
    """The configuration of the feeds named; one that is not configured gets its host as name."""
    known = {feed.url: feed for feed in configured}
    named = []
    for url in urls:
        if not url.lower().startswith(("http://", "https://")):
            raise ConfigError(f"{url!r} is not a feed's address", mend="begin with https://")
        host = urlsplit(url).hostname or url
        named.append(known.get(url) or FeedConfig(name=host, url=url))
    return named


async def _poll(
    due: Sequence[FeedState], planned: datetime, context: Context, tally: Tally
) -> None:
    """Fetch and parse at the same time; store in small lots as the feeds come in."""
    settings = context.settings
    loop = asyncio.get_running_loop()
    async with (
        Fetcher(
            timeout_s=settings.fetch_timeout_s,
            max_bytes=settings.max_feed_bytes,
            concurrency=settings.fetch_concurrency,
            allow_private=settings.allow_private_networks,
            user_agent=settings.user_agent,
        ) as fetcher,
        ParsePool(min(settings.parse_processes, len(due))) as pool,
    ):
        lot: list[PolledFeed] = []
        stored_at = loop.time()
        async for polled in poll_feeds(due, fetcher=fetcher, pool=pool, now=context.now):
            lot.append(polled)
            if len(lot) >= FLUSH_FEEDS or loop.time() - stored_at > FLUSH_S:
                await asyncio.to_thread(store_polled, lot, context, tally, planned_at=planned)
                lot, stored_at = [], loop.time()
        await asyncio.to_thread(store_polled, lot, context, tally, planned_at=planned)


def _counts(polled: PolledFeed, stored: Stored) -> dict[Gate, int]:
    """What is counted of a poll: how it ended, and what became of each entry."""
    match polled.record.outcome:
        case PollOutcome.FAILED:
            return {Gate.FAILED: 1}
        case PollOutcome.NOT_MODIFIED | PollOutcome.UNCHANGED:
            return {Gate.NOT_MODIFIED: 1}
    held = brought_counts(stored, read=polled.record.entries, refused=polled.refused)
    return {Gate.ANSWERED: 1, **held}


def _on_the_clock(polled: PolledFeed, planned_at: datetime) -> PolledFeed:
    at = polled.record.at
    return replace(polled, state=on_the_clock(polled.state, polled_at=at, planned_at=planned_at))


def store_polled(
    lot: Sequence[PolledFeed],
    context: Context,
    tally: Tally,
    *,
    planned_at: datetime | None = None,
) -> None:
    """One transaction: a feed's state never says that it was read where its articles are lost.

    Args:
        lot: what was polled.
        context: of the poll.
        tally: what is counted.
        planned_at: of the plan that the batch belongs to; None: it was asked for by itself.
    """
    saved: list[PolledFeed] = []
    with context.database.write() as session:
        brought = [(polled.state.feed_id, polled.articles) for polled in lot]
        kept = store_lot(brought, now=context.now, session=session)
        for polled, stored in zip(lot, kept, strict=True):
            saved.append(polled.counted(stored.new))
            tally.add("new", stored.new)
            tally.add("edited", stored.edited)
        saved = settle(saved, context, session=session)
        if planned_at is not None:
            saved = [_on_the_clock(polled, planned_at) for polled in saved]
        feeds.save_states([(p.state, p.record) for p in saved], session=session)
        feeds.add_polls([p.record for p in saved], session=session)
        day = context.now.date()
        counts = {(day, p.state.feed_id): _counts(p, s) for p, s in zip(saved, kept, strict=True)}
        gates.add(counts, session=session)
    tally.add("feeds", len(lot))
    for polled, stored in zip(lot, kept, strict=True):
        if stored.new_ids:
            named = {"feed": polled.state.feed_id, "name": polled.state.name}
            _log.info("articles came", **named, articles=" ".join(map(str, stored.new_ids)))
    for polled in lot:
        if polled.record.outcome is PollOutcome.FAILED:
            tally.add("failed")
            name = f"{polled.state.name} <{polled.state.url}>"
            tally.problem(name, polled.record.message, "see: mineralwatch feeds health")
