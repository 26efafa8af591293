"""Asking a hub to subscribe or unsubscribe (WebSub, 5.1), through the guard of all fetching."""

from pipeline.collect.fetch import Fetcher, Posted
from pipeline.collect.push import LEASE_S
from schemas.feed import Failed
from schemas.subscription import Intent, Subscription


def request_form(subscription: Subscription) -> dict[str, str]:
    """Return the fields of the request that ``subscription.pending`` stands for."""
    intent = subscription.pending or Intent.SUBSCRIBE
    form = {
        "hub.callback": subscription.callback or "",
        "hub.mode": intent.value,
        "hub.topic": subscription.topic,
        # Hubs of the protocol's early days (PubSubHubbub 0.3) insist on it; others ignore it.
        "hub.verify": "async",
    }
    if intent is Intent.SUBSCRIBE:
        form |= {"hub.lease_seconds": str(LEASE_S), "hub.secret": subscription.secret}
    return form


async def ask_hub(subscription: Subscription, fetcher: Fetcher) -> Posted | Failed:
    """Send the request; any 2xx means that the hub has taken it and will verify our intent."""
    return await fetcher.post_form(subscription.hub, request_form(subscription))
