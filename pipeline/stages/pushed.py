"""What a poll or a delivery means for subscriptions, and they for the next poll."""

from collections.abc import Sequence
from dataclasses import replace

from sqlalchemy.orm import Session

from pipeline.collect.poll import PolledFeed
from pipeline.collect.push import spaced_by_push
from pipeline.stages.context import Context
from pipeline.store import subscriptions
from schemas.feed import PollOutcome


def settle(lot: Sequence[PolledFeed], context: Context, *, session: Session) -> list[PolledFeed]:
    """Note what the feeds advertise, whose hub is relied on, and put off the polls of those feeds.

    Where a poll finds what is new although a hub should have sent it, the feed is polled as any
    other until the hub delivers again: many feeds name a hub that nobody tells anything. With no
    callback set nobody can deliver, and no poll is put off.
    """
    adverts = {polled.state.feed_id: polled.advert for polled in lot if polled.advert is not None}
    if adverts:
        subscriptions.note_adverts(adverts, now=context.now, session=session)
    if context.settings.websub_callback_url is None:
        return list(lot)
    well = [polled for polled in lot if polled.record.outcome is not PollOutcome.FAILED]
    leases = subscriptions.live_leases(
        [polled.state.feed_id for polled in well], now=context.now, session=session
    )
    delivered = [polled.state.feed_id for polled in well if polled.delivered]
    missed = [
        polled.state.feed_id
        for polled in well
        if polled.record.new and not polled.delivered and polled.state.feed_id in leases
    ]
    if delivered:
        subscriptions.note_reliable(delivered, session=session)
    if missed:
        subscriptions.note_missed(missed, session=session)
    return [_spaced(polled, leases, set(missed)) for polled in lot]


def _spaced(
    polled: PolledFeed, leases: dict[int, subscriptions.Lease], missed: set[int]
) -> PolledFeed:
    lease = leases.get(polled.state.feed_id)
    if lease is None or polled.record.outcome is PollOutcome.FAILED:
        return polled
    unreliable = polled.state.feed_id in missed or (lease.missed and not polled.delivered)
    state = spaced_by_push(
        polled.state, live_until=lease.until, missed=unreliable, now=polled.record.at
    )
    return replace(polled, state=state)
