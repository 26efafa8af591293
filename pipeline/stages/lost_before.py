"""Why an item was never seen: no feed of its site, or how that feed was polled then."""

from collections import defaultdict
from datetime import datetime, timedelta
from functools import cached_property
from urllib.parse import urlsplit

from sqlalchemy.orm import Session

from pipeline.collect.canonical import canonical_url
from pipeline.stages.context import Context
from pipeline.store import gate_facts
from pipeline.store.gate_facts import Polling, Site
from schemas.coverage import Asked, Fate, Traced

STANDS = timedelta(days=3)
"""For how long from its date an item could have been taken from a feed, where the feed's own window
is not known."""
_MIN_LABELS = 2
_NAMED = 3


class Before:
    """Traces items that are not stored, within the caller's transaction."""

    def __init__(self, context: Context, session: Session) -> None:
        self._now = context.now
        self._session = session

    def trace(self, asked: Asked) -> Traced:
        """Say why it was not seen."""
        if asked.url is None:
            why = "no article has a headline like it; without an address its site is not known"
            return Traced(asked, Fate.NO_MATCH, why)
        host = _host(asked.url)
        feeds = self._feeds_of(host)
        if not feeds:
            why = f"no feed of {host} is known, and none brought anything of it"
            return Traced(asked, Fate.NO_FEED, why)
        watched = [feed for feed in feeds if feed.enabled and not feed.paused]
        return Traced(asked, Fate.NOT_SEEN, self._why(asked.at, feeds, watched))

    def _why(self, at: datetime | None, feeds: list[Site], watched: list[Site]) -> str:
        names = _names(feeds)
        if at is None:
            told = self._polling(feeds, datetime.min.replace(tzinfo=self._now.tzinfo), self._now)
            since = "in all polls that are kept (the list gives no date)"
            return f"{names}: {_told(told, since, feeds)}{_off(feeds, watched)}"
        until = max(
            (at + timedelta(seconds=f.window_s) for f in feeds if f.window_s), default=at + STANDS
        )
        # A date without a time is the day's begin: the item may be as young as its end.
        until = min(max(until, at + timedelta(days=1)), self._now)
        if all(feed.created_at > until for feed in feeds):
            first = min(feed.created_at for feed in feeds)
            return f"{names}: not watched before {first:%d %b %Y}"
        told = self._polling(feeds, at, max(until, at + timedelta(days=1)))
        since = f"from {at:%d %b %H:%M} to {until:%d %b %H:%M} UTC"
        return f"{names}: {_told(told, since, feeds)}{_off(feeds, watched)}"

    def _polling(self, feeds: list[Site], since: datetime, until: datetime) -> Polling:
        ids = [feed.feed_id for feed in feeds]
        return gate_facts.polling(ids, since=since, until=until, session=self._session)

    def _feeds_of(self, host: str) -> list[Site]:
        ids = {
            feed for name in self._by_host if _same_site(name, host) for feed in self._by_host[name]
        }
        return [site for site in self._sites if site.feed_id in ids]

    @cached_property
    def _sites(self) -> list[Site]:
        return gate_facts.sites(session=self._session)

    @cached_property
    def _by_host(self) -> dict[str, set[int]]:
        """Hosts of feeds, of their sites, and of outlets that they brought articles of."""
        found: defaultdict[str, set[int]] = defaultdict(set)
        for site in self._sites:
            for address in site.addresses:
                found[_host(address)].add(site.feed_id)
        for outlet, feeds in gate_facts.carriers(session=self._session).items():
            found[outlet.casefold()] |= feeds
        return dict(found)


def _host(url: str) -> str:
    """As in an article's identity: without ``www.``, in lower case."""
    try:
        return urlsplit(canonical_url(url)).hostname or ""
    except ValueError:
        return ""


def _same_site(one: str, other: str) -> bool:
    """Whether one host is the other or lies within it: ``feeds.daily.example`` is a daily's."""
    short, long = sorted((one, other), key=len)
    if short == long:
        return bool(short)
    return short.count(".") + 1 >= _MIN_LABELS and long.endswith(f".{short}")


def _names(feeds: list[Site]) -> str:
    named = ", ".join(feed.name for feed in feeds[:_NAMED])
    return f"{named} and {len(feeds) - _NAMED} more" if len(feeds) > _NAMED else named


def _off(feeds: list[Site], watched: list[Site]) -> str:
    if watched:
        return ""
    paused = all(feed.paused for feed in feeds)
    return "; it is paused now" if paused else "; it is not watched now"


def _told(polling: Polling, since: str, feeds: list[Site]) -> str:
    """What kept it from being seen, by the polls."""
    if not polling.polls:
        return f"not polled {since}, or those polls are not kept"
    if 2 * polling.failed >= polling.polls:
        last = f", the last by: {polling.last_failure}" if polling.last_failure else ""
        return f"failing: {polling.failed} of {polling.polls} polls failed {since}{last}"
    if polling.all_new:
        return (
            f"its window is too short: in {polling.all_new} of {polling.polls} polls {since} all "
            f"items were new ({polling.held} at most), so that others came and went unseen"
        )
    windows = [feed.window_s for feed in feeds if feed.window_s]
    stands = f"; an item stands in it for some {max(windows) / 3600:.0f} h" if windows else ""
    seen = "" if not polling.failed else f" ({polling.failed} failed)"
    return f"it was polled {polling.polls} times {since}{seen} and did not carry it{stands}"
