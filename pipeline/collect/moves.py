"""When a feed's address has moved, and when the move is taken back.

301 and 308 say "for good" (RFC 9110, 15.4), and hotel networks, maintenance pages and slips of
configuration say it as well. So the redirect is followed at once, and the address replaced only
after it has led to the same place, with a feed there, at three polls over at least a day. 302, 303
and 307 move nothing. The configured address stays the feed's key, and the way back: where the new
one is not there any more, the old one is asked again.
"""

from dataclasses import replace
from datetime import datetime, timedelta

from schemas.feed import Failed, FailureKind, FeedState

CONFIRMATIONS = 3
CONFIRMED_AFTER = timedelta(days=1)
_NOT_THERE = frozenset({404, 410})


def confirmed(state: FeedState, moved_to: str | None, now: datetime) -> FeedState:
    """Return the state after a success; ``moved_to`` is where permanent redirects led, if any did.

    Another target, or none, begins anew.
    """
    if moved_to is None or moved_to == state.url:
        return _settled(state)
    since, seen = now, 1
    if moved_to == state.moving_to and state.moving_since is not None:
        since, seen = state.moving_since, state.moving_seen + 1
    if seen < CONFIRMATIONS or now - since < CONFIRMED_AFTER:
        return replace(state, moving_to=moved_to, moving_since=since, moving_seen=seen)
    home = moved_to == state.configured_url
    return _settled(replace(state, url=moved_to, moved_at=None if home else now))


def is_lost(state: FeedState, failure: Failed | None) -> bool:
    """Whether the address that a feed moved to says that there is nothing any more."""
    if not state.configured_url or state.url == state.configured_url or failure is None:
        return False
    return failure.kind is FailureKind.GONE or failure.status in _NOT_THERE


def fallen_back(state: FeedState) -> FeedState:
    """Return the state with the configured address, without the other one's validators."""
    back = replace(state, url=state.configured_url, moved_at=None, etag=None, last_modified=None)
    return _settled(back)


def _settled(state: FeedState) -> FeedState:
    if state.moving_to is None and not state.moving_seen:
        return state
    return replace(state, moving_to=None, moving_since=None, moving_seen=0)
