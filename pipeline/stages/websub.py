"""websub: subscriptions asked for, renewed, and ended, as feeds and operator want them.

rows ─> next_step (pure) ─> what is asked is written ─> the hubs are asked ─> refusals are written
                                                          └─ they verify at the receiver, any time
"""

import asyncio
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from pipeline.collect.fetch import Fetcher
from pipeline.collect.hub import ask_hub
from pipeline.collect.push import Step, asked, ended_now, next_step
from pipeline.errors import ConfigError, NotFoundError
from pipeline.stages.context import Context, Tally
from pipeline.store import subscriptions
from schemas.feed import Failed
from schemas.report import StageReport
from schemas.subscription import Subscription, SubscriptionState

PER_HUB = 4
"""Requests at once to one host: most feeds share a few hubs."""

KEEP_ENDED = timedelta(days=30)
_MEND_CALLBACK = "set MINERALWATCH_WEBSUB_CALLBACK_URL to the receiver's public address"


def websub(context: Context, *, feed: str | None = None) -> StageReport:
    """Bring the subscriptions in line with what is wanted: all, or those of one feed.

    With no callback set nothing is asked of any hub. A hub that refuses is a problem in the report,
    and is asked again later.
    """
    tally = Tally("websub", context.now)
    tally.set(subscribed=0, renewed=0, unsubscribed=0, failed=0)
    base = context.settings.websub_callback_url
    if base is not None:
        asking = _decide(context, base, feed, tally)
        if asking:
            failures = asyncio.run(_ask(asking, context))
            _record(asking, failures, context, tally)
    _take_stock(context, feed, tally)
    return tally.report()


def _decide(context: Context, base: str, feed: str | None, tally: Tally) -> list[Subscription]:
    """Write what is about to be asked, in one transaction, before any hub hears of it."""
    words = {Step.SUBSCRIBE: "subscribed", Step.RENEW: "renewed", Step.UNSUBSCRIBE: "unsubscribed"}
    asking = []
    with context.database.write() as session:
        for known in subscriptions.list_subscriptions(feed=feed, session=session):
            step = next_step(known, base=base, now=context.now)
            if step in words:
                after = asked(known, step, base=base, now=context.now)
                subscriptions.save(after, session=session)
                asking.append(after)
                tally.add(words[step])
            elif step is Step.DROP:
                subscriptions.save(ended_now(known), session=session)
        subscriptions.forget_ended(before=context.now - KEEP_ENDED, session=session)
    return asking


async def _ask(asking: Sequence[Subscription], context: Context) -> dict[int, Failed]:
    """Ask the hubs; returns the failures by the subscription's id."""
    settings = context.settings
    slots: dict[str | None, asyncio.Semaphore] = defaultdict(lambda: asyncio.Semaphore(PER_HUB))
    async with Fetcher(
        timeout_s=settings.fetch_timeout_s,
        max_bytes=settings.max_feed_bytes,
        concurrency=settings.fetch_concurrency,
        allow_private=settings.allow_private_networks,
        user_agent=settings.user_agent,
    ) as fetcher:

        async def one(subscription: Subscription) -> Failed | None:
            async with slots[_host(subscription.hub)]:
                answer = await ask_hub(subscription, fetcher)
            return answer if isinstance(answer, Failed) else None

        answers = await asyncio.gather(*(one(subscription) for subscription in asking))
    return {s.id: answer for s, answer in zip(asking, answers, strict=True) if answer is not None}


def _host(url: str) -> str | None:
    try:
        return urlsplit(url).hostname
    except ValueError:
        return None


def _record(
    asking: Sequence[Subscription], failures: dict[int, Failed], context: Context, tally: Tally
) -> None:
    with context.database.write() as session:
        for subscription in asking:
            failure = failures.get(subscription.id)
            if failure is None:
                continue
            stands = subscriptions.record_refusal(
                subscription,
                error=failure.message,
                next_attempt_at=_again(subscription, failure, context.now),
                session=session,
            )
            if stands:  # else the hub has verified all the same, and the request went well
                tally.add("failed")
                tally.problem(
                    _name(subscription),
                    f"its hub {subscription.hub} did not take the request: {failure.message}",
                    "it is asked again; meanwhile the feed is polled",
                )


def _again(subscription: Subscription, failure: Failed, now: datetime) -> datetime | None:
    """The back-off, or what the hub asks for where that is longer."""
    planned = subscription.next_attempt_at
    asked_for = now + timedelta(seconds=failure.retry_after_s or 0)
    return max(planned, asked_for) if planned else asked_for


def _take_stock(context: Context, feed: str | None, tally: Tally) -> None:
    """Count what there is, and name what a person should know."""
    with context.database.read() as session:
        found = subscriptions.list_subscriptions(feed=feed, session=session)
    tally.set(
        live=sum(s.is_live(context.now) for s in found),
        denied=sum(s.state is SubscriptionState.DENIED for s in found),
        advertised=sum(s.advertised and s.feed_enabled for s in found),
    )
    for subscription in found:
        if subscription.state is SubscriptionState.DENIED and subscription.wanted:
            tally.problem(
                _name(subscription),
                f"{subscription.last_error or 'denied'} ({subscription.hub})",
                f"ask again with: mineralwatch websub subscribe {subscription.feed_url}",
            )
        elif context.settings.websub_callback_url is None and subscription.is_live(context.now):
            tally.problem(
                _name(subscription),
                "it is subscribed, but no callback is set: its lease will lapse",
                _MEND_CALLBACK,
            )


def _name(subscription: Subscription) -> str:
    return f"{subscription.feed_name} <{subscription.feed_url}>"


def choose(context: Context, feed: str, *, subscribe: bool) -> StageReport:
    """Subscribe a feed, or unsubscribe it for good, as a person asks; its hub is asked at once.

    Args:
        context: what a stage is handed.
        feed: the feed's address, or the topic's.
        subscribe: also asks a hub again that denied.

    Raises:
        ConfigError: no callback is set.
        NotFoundError: no such feed, or it names no hub.
    """
    if context.settings.websub_callback_url is None:
        raise ConfigError("MINERALWATCH_WEBSUB_CALLBACK_URL is not set", mend=_MEND_CALLBACK)
    with context.database.write() as session:
        found = subscriptions.list_subscriptions(feed=feed, session=session)
        named = [s for s in found if s.advertised] if subscribe else found
        if not named:
            raise NotFoundError(
                f"no hub is known for {feed}",
                mend=f"the feed has to name one, and to be polled: mineralwatch poll --url {feed}",
            )
        if subscribe and not any(s.feed_enabled for s in named):
            raise NotFoundError(f"the feed {feed} is disabled", mend="enable it in feeds.yaml")
        for subscription in named:
            subscriptions.set_paused(subscription.id, paused=not subscribe, session=session)
    return websub(context, feed=feed)


def listed(context: Context) -> list[Subscription]:
    """All subscriptions, secrets and tokens blanked."""
    with context.database.read() as session:
        found = subscriptions.list_subscriptions(session=session)
    return [replace(s, token="", secret="", callback=None) for s in found]
