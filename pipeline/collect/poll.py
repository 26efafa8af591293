"""Polling many feeds: asked politely, parsed apart, each fault a record of its own.

states ─> a queue a host ─> slots (fetcher.concurrency) ─> fetch ─┬─> 304 ────────────┐
                                                                  ├─> failed ─────────┤
                                                                  ├─> same bytes ─────┤
                                                                  └─> parse, articles ┴─> PolledFeed
"""

import asyncio
import hashlib
from collections import defaultdict, deque
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from urllib.parse import urlsplit

from pipeline.collect.addresses import is_loopback
from pipeline.collect.articles import count_empty, to_articles
from pipeline.collect.cut import unpack
from pipeline.collect.fetch import Fetcher
from pipeline.collect.pool import ParsePool
from pipeline.collect.rhythm import may_have_lost
from pipeline.collect.schedule import after_poll, turns
from pipeline.collect.web_links import feed_advert, header_advert
from pipeline.collect.wishes import fresh_seconds
from pipeline.log import get_logger, mask
from schemas.article import NewArticle
from schemas.feed import (
    Failed,
    FailureKind,
    FeedState,
    Fetched,
    Heard,
    NotModified,
    ParsedFeed,
    PollOutcome,
    PollRecord,
)
from schemas.subscription import Advert

PER_HOST = 4
_MAX_VALIDATOR = 1000
_MAX_MESSAGE = 500
_log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class PolledFeed:
    """What a poll of one feed found. ``articles`` are all that it holds, known or not."""

    state: FeedState
    record: PollRecord
    articles: tuple[NewArticle, ...] = ()
    before: FeedState | None = None
    """The state that the schedule was decided from: validators and wishes are this poll's."""
    heard: Heard | None = None
    advert: Advert | None = None
    """What the answer says of WebSub hubs, or None where it was not a whole answer."""
    delivered: bool = False
    """A hub sent it; nobody was asked."""
    refused: int = 0
    """Entries read of which no article was made: without text, or twice in the document."""

    def counted(self, new: int) -> "PolledFeed":
        """Return it with the true number of new articles, which only the store knows.

        Until then each counts as new: an item's date never tells whether it is.
        """
        if self.record.outcome is not PollOutcome.FETCHED or not self.before or not self.heard:
            return self
        heard = replace(self.heard, new=new)
        state = after_poll(
            self.before, heard, now=self.record.at, jitter=jitter_of(self.before, self.record.at)
        )
        record = replace(self.record, new=new)
        if may_have_lost(self.before, heard):
            words = f"all {heard.shown} items were new: others may have come and gone unseen"
            _log.warning("feed_all_new", feed=self.before.name, shown=heard.shown)
            message = "; ".join(filter(None, (record.message, words)))
            record = replace(record, message=message[:_MAX_MESSAGE])
        return replace(self, state=state, record=record, heard=heard)


async def poll_feeds(
    states: Sequence[FeedState],
    *,
    fetcher: Fetcher,
    pool: ParsePool,
    now: datetime,
    per_host: int = PER_HOST,
) -> AsyncIterator[PolledFeed]:
    """Poll every feed once; yields in the order in which they are done.

    A feed's fault never raises: it is a record with the failure in it. At most
    ``fetcher.concurrency`` feeds are under way, and ``per_host`` of one host (without limit on
    this machine's own addresses); feeds that failed before come last, and a slow consumer slows the
    polling down instead of filling the memory.
    """
    slots = asyncio.Semaphore(fetcher.concurrency)
    done: asyncio.Queue[PolledFeed] = asyncio.Queue(maxsize=fetcher.concurrency)

    async def work(waiting: deque[FeedState]) -> None:
        while waiting:
            async with slots:
                if waiting:
                    state = waiting.popleft()
                    # In no local variable: it would live until this worker's next turn.
                    await done.put(await _poll_one(state, fetcher, pool, now, more=bool(waiting)))

    workers = [
        asyncio.create_task(work(waiting))
        for host, waiting in _by_host(states).items()
        for _ in range(min(len(waiting), fetcher.concurrency if _is_own(host) else per_host))
    ]
    try:
        for _ in states:
            yield await done.get()
    finally:
        for worker in workers:
            worker.cancel()
        await asyncio.gather(*workers, return_exceptions=True)


def _by_host(states: Sequence[FeedState]) -> dict[str, deque[FeedState]]:
    hosts: dict[str, deque[FeedState]] = defaultdict(deque)
    for state in sorted(states, key=lambda state: state.failures):
        try:
            host = urlsplit(state.url).hostname or ""
        except ValueError:
            host = ""
        hosts[host].append(state)
    return hosts


def _is_own(host: str) -> bool:
    """Politeness is for other people's servers."""
    return host == "localhost" or is_loopback(host)


async def _poll_one(
    state: FeedState, fetcher: Fetcher, pool: ParsePool, now: datetime, *, more: bool
) -> PolledFeed:
    try:
        return await _poll(state, fetcher, pool, now, more=more)
    except Exception as error:  # noqa: BLE001 - one feed's trouble must not end the others' poll
        _log.error("poll_broke", feed=state.name, url=mask(state.url), exc_info=True)
        words = f"{type(error).__name__}: {error}"
        failure = Failed(url=state.url, kind=FailureKind.INTERNAL, message=words)
        return _failed(state, failure, now)


async def _poll(
    state: FeedState, fetcher: Fetcher, pool: ParsePool, now: datetime, *, more: bool
) -> PolledFeed:
    result = await fetcher.fetch(
        state.url,
        etag=state.etag,
        last_modified=state.last_modified,
        now=now,
        keep_alive=more,
    )
    if isinstance(result, Failed):
        return _failed(state, result, now)
    if isinstance(result, NotModified):
        return _same(state, result, PollOutcome.NOT_MODIFIED, now)
    digest = hashlib.sha256(result.body).hexdigest()
    if digest == state.body_hash:
        return _same(state, result, PollOutcome.UNCHANGED, now)
    parsed = await pool.parse(result, state.items)
    if isinstance(parsed, Failed):
        status = replace(parsed, status=result.status, seconds=result.seconds)
        return _failed(state, status, now, bytes_read=len(result.body))
    return _fetched(state, result, parsed, digest, now)


def _fetched(
    state: FeedState, result: Fetched, parsed: ParsedFeed, digest: str, now: datetime
) -> PolledFeed:
    articles = to_articles(
        parsed,
        feed_url=state.configured_url or state.url,
        feed_name=state.name,
        feed_language=state.language,
        now=now,
    )
    new = len(articles)
    empty = count_empty(parsed)
    problems = [*parsed.problems, *([f"{empty} items without any text left out"] if empty else [])]
    before = replace(_wishing(_validated(state, result, digest), parsed), items=parsed.items)
    heard = Heard(
        outcome=PollOutcome.FETCHED,
        new=new,
        shown=len(articles) + parsed.held - len(parsed.entries),
        dates=_dates(articles, parsed, now),
        fresh_s=fresh_seconds(result.headers, now),
        moved_to=result.moved_to,
    )
    record = PollRecord(
        feed_id=state.feed_id,
        at=now,
        outcome=PollOutcome.FETCHED,
        status=result.status,
        message="; ".join(problems)[:_MAX_MESSAGE],
        entries=parsed.held,
        new=new,
        bytes_read=len(result.body),
        seconds=result.seconds,
    )
    advert = feed_advert(result.headers, parsed, result.url)
    after = _scheduled(before, heard, now)
    refused = len(parsed.entries) - len(articles)
    return PolledFeed(after, record, articles, before, heard, advert, refused=refused)


def _dates(
    articles: Sequence[NewArticle], parsed: ParsedFeed, now: datetime
) -> tuple[datetime, ...]:
    """The dates of all that the feed shows, of what was known and not read again too."""
    if len(parsed.entries) == parsed.held:
        return tuple(article.published_at for article in articles if article.dated)
    marked = (record.date for record in unpack(parsed.items).values() if record.date)
    dates = (datetime.fromtimestamp(seconds, UTC) for seconds in marked)
    return tuple(date for date in dates if date <= now)


def _same(
    state: FeedState, result: Fetched | NotModified, outcome: PollOutcome, now: datetime
) -> PolledFeed:
    """Nothing new: 304, or the bytes of the last time."""
    body = result.body if isinstance(result, Fetched) else b""
    before = _validated(state, result, state.body_hash)
    heard = Heard(
        outcome=outcome,
        fresh_s=fresh_seconds(result.headers, now),
        moved_to=result.moved_to,
    )
    record = PollRecord(
        feed_id=state.feed_id,
        at=now,
        outcome=outcome,
        status=result.status if isinstance(result, Fetched) else 304,
        bytes_read=len(body),
        seconds=result.seconds,
    )
    advert = header_advert(result.headers, result.url)
    after = _scheduled(before, heard, now)
    return PolledFeed(after, record, before=before, heard=heard, advert=advert)


def read_delivery(
    state: FeedState, body: bytes, parsed: ParsedFeed, *, now: datetime
) -> PolledFeed:
    """Return what a hub sent as if a poll had found it.

    The validators stay as they were: they are the publisher's, and what a hub sends may be a part
    of the document, so that the next poll has to ask for the whole.
    """
    result = Fetched(url=state.url, status=200, body=body)
    polled = _fetched(state, result, parsed, "", now)
    assert polled.heard is not None  # noqa: S101 - of what was read there is something to tell
    # A part of the document must not make the feed look like a short one.
    heard = replace(polled.heard, shown=max(polled.heard.shown, state.shown or 0))
    after = _scheduled(state, heard, now)
    return replace(polled, state=after, before=state, heard=heard, advert=None, delivered=True)


def _failed(state: FeedState, failure: Failed, now: datetime, bytes_read: int = 0) -> PolledFeed:
    heard = Heard(outcome=PollOutcome.FAILED, failure=failure)
    record = PollRecord(
        feed_id=state.feed_id,
        at=now,
        outcome=PollOutcome.FAILED,
        status=failure.status,
        failure=failure.kind,
        message=failure.message[:_MAX_MESSAGE],
        bytes_read=bytes_read,
        seconds=failure.seconds,
    )
    return PolledFeed(_scheduled(state, heard, now), record, before=state, heard=heard)


def _scheduled(before: FeedState, heard: Heard, now: datetime) -> FeedState:
    """Decide the next poll, and tell what turned in the feed's life."""
    after = after_poll(before, heard, now=now, jitter=jitter_of(before, now))
    for event, particulars in turns(before, after):
        url = mask(after.configured_url or after.url)
        _log.warning(event, feed=after.name, url=url, **particulars)
    return after


def _validated(state: FeedState, result: Fetched | NotModified, digest: str | None) -> FeedState:
    """Remember the validators; a 304 need not repeat them, a 200 without them revokes them."""
    kept = isinstance(result, NotModified)
    etag = _validator(result.headers.get("etag")) or (state.etag if kept else None)
    modified = _validator(result.headers.get("last-modified"))
    modified = modified or (state.last_modified if kept else None)
    if (etag, modified, digest) == (state.etag, state.last_modified, state.body_hash):
        return state
    return replace(state, etag=etag, last_modified=modified, body_hash=digest)


def _wishing(state: FeedState, parsed: ParsedFeed) -> FeedState:
    """Remember what the document asks: a 304 will not say it again."""
    return replace(
        state,
        ttl_s=parsed.ttl_s,
        period_s=parsed.period_s,
        skip_hours=parsed.skip_hours,
        skip_days=parsed.skip_days,
    )


def _validator(value: str | None) -> str | None:
    """What can be stored and sent back as it is."""
    usable = value and len(value) <= _MAX_VALIDATOR and value.isascii() and value.isprintable()
    return value if usable else None


def jitter_of(state: FeedState, now: datetime) -> float:
    """A number from 0 to 1 that is the feed's own at this time, so that a re-run decides alike."""
    seed = hashlib.blake2b(f"{state.url} {now.isoformat()}".encode(), digest_size=4).digest()
    return int.from_bytes(seed, "big") / 0xFFFFFFFF
