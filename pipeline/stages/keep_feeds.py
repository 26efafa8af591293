"""Keeping feeds by command: what is watched, what is known already, adding, pausing, removing.

What feeds.yaml names is the file's: the database follows it at each poll. What is added by command
is kept in the database alone, which all processes of a deployment share, and no file switches it
off. Where both name a feed, the file's settings hold while it names it.
"""

import difflib
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from urllib.parse import urlsplit

from pipeline.collect.canonical import canonical_url
from pipeline.errors import ConfigError, NotFoundError
from pipeline.stages.context import Context
from pipeline.store import feeds as feed_store
from pipeline.store import kept_feeds as store
from pipeline.store.migrate import require_current, revisions
from schemas.config import FeedConfig
from schemas.kept_feed import Brought, FeedLine, FeedOrigin, KeptFeed, Known

_CLOSE = 4
_LISTED = 10


def watched(context: Context) -> list[KeptFeed]:
    """Return the feeds that are watched, and those that are kept but switched off.

    A feed of the file that has no row yet has no id. Where there is no database yet, there are the
    file's only.

    Raises:
        StoreError: the database is older or newer than this programme, or cannot be used.
    """
    configured = {feed.url: feed for feed in context.catalog.feeds}
    found = []
    for kept in _rows(context):
        feed = configured.pop(kept.config.url, None)
        if feed is not None:
            found.append(replace(kept, config=feed))
        elif kept.config.enabled or kept.origin is FeedOrigin.COMMAND:
            found.append(kept)
    found += [KeptFeed(None, feed, FeedOrigin.CONFIG, feed.url) for feed in configured.values()]
    return found


def held(context: Context) -> list[KeptFeed]:
    """Return the feeds that stay; those that ``poll --url`` named are dropped by the next poll."""
    configured = {feed.url for feed in context.catalog.feeds}
    return [
        kept
        for kept in watched(context)
        if kept.origin is FeedOrigin.COMMAND or kept.config.url in configured
    ]


def _rows(context: Context) -> list[KeptFeed]:
    now, _ = revisions(context.database)
    if now is None:
        return []
    require_current(context.database)
    with context.database.read() as session:
        return store.list_kept(session=session)


def known_as(kept: Iterable[KeptFeed]) -> dict[str, KeptFeed]:
    """Return the feeds by every canonical address that leads to them."""
    found: dict[str, KeptFeed] = {}
    for one in kept:
        for url in (one.config.url, one.current_url):
            found.setdefault(canonical_url(url), one)
    return found


def first_known(addresses: Iterable[str], kept: Iterable[KeptFeed]) -> Known | None:
    """Return the watched feed that one of ``addresses`` is another name of."""
    by_address = known_as(kept)
    for address in addresses:
        one = by_address.get(canonical_url(address))
        if one is not None:
            return _known(address, one)
    return None


def bring_in(context: Context, lines: Sequence[FeedLine], *, dry_run: bool = False) -> Brought:
    """Add feeds to be kept in the database; those watched already, or given twice, are told.

    One transaction: all of it, or nothing. A line that is switched off (``enabled: false``) is
    kept, and stays off until it is resumed.

    Args:
        context: where they are kept.
        lines: the feeds, with the line of the file that each stands on.
        dry_run: only tell what would be done.
    """
    by_address = known_as(held(context))
    added: list[FeedConfig] = []
    known: list[Known] = []
    for line in lines:
        feed = line.config
        there = by_address.get(canonical_url(feed.url))
        if there is not None:
            known.append(replace(_known(feed.url, there), line=line.line))
            continue
        added.append(feed)
        by_address[canonical_url(feed.url)] = KeptFeed(None, feed, FeedOrigin.COMMAND, feed.url)
    if added and not dry_run:
        with context.database.write() as session:
            for feed in added:
                store.keep_feed(feed, now=context.now, session=session)
    return Brought(tuple(added), tuple(known))


def _known(asked: str, kept: KeptFeed) -> Known:
    return Known(asked, kept.id, kept.config.name, kept.config.url, kept.origin)


def chosen(context: Context, which: Sequence[str]) -> list[KeptFeed]:
    """Return the feeds meant by ``which``: row ids, names or addresses; each with a row.

    Raises:
        NotFoundError: there is no such feed, or a name means several; the nearest are named.
    """
    kept = watched(context)
    picked = [_one(text, kept) for text in which]
    unseen = [one.config for one in picked if one.id is None]
    if unseen:
        with context.database.write() as session:
            feed_store.sync_feeds(unseen, keep_others=True, now=context.now, session=session)
        kept = watched(context)
        picked = [_one(one.config.url, kept) for one in picked]
    return list({one.id: one for one in picked}.values())


def _one(text: str, kept: Sequence[KeptFeed]) -> KeptFeed:
    if text.isdecimal():
        found = [one for one in kept if one.id == int(text)]
    else:
        address = canonical_url(text)
        found = [one for one in kept if text in {one.config.url, one.current_url}]
        found = found or [one for one in kept if one.config.name.casefold() == text.casefold()]
        found = found or [
            one
            for one in kept
            if address in {canonical_url(one.config.url), canonical_url(one.current_url)}
        ]
    if len(found) == 1:
        return found[0]
    if found:
        named = "; ".join(f"{one.id} is {one.config.url}" for one in found[:_LISTED])
        raise NotFoundError(f"{len(found)} feeds are named {text!r}", mend=f"give an id: {named}")
    raise NotFoundError(f"no feed {text!r}", mend=_nearest(text, kept))


def _nearest(text: str, kept: Sequence[KeptFeed]) -> str:
    names: dict[str, str] = {}
    for one in kept:
        told = f"{one.config.name!r} <{one.config.url}>"
        host = urlsplit(one.config.url).hostname or ""
        for name in (one.config.name, one.config.url, host.removeprefix("www.")):
            names.setdefault(name.casefold(), told)
    wanted = text.casefold()
    inside = [name for name in names if wanted in name]
    close = difflib.get_close_matches(wanted, names, n=_CLOSE, cutoff=0.6)
    near = list(dict.fromkeys(names[name] for name in (*close, *inside)))[:_CLOSE]
    see = "see: mineralwatch feeds list"
    return f"did you mean {' or '.join(near)}? {see}" if near else see


def pause(
    context: Context, which: Sequence[str], *, until: datetime | None, reason: str | None
) -> list[KeptFeed]:
    """Pause the feeds meant; returns them as they were.

    Raises:
        NotFoundError: as ``chosen``.
        ConfigError: ``until`` is past.
    """
    if until is not None and until <= context.now:
        raise ConfigError(f"{until:%Y-%m-%d %H:%M} UTC is past", mend="give a time to come")
    picked = chosen(context, which)
    with context.database.write() as session:
        store.pause_feeds(
            _ids(picked), now=context.now, until=until, reason=reason, session=session
        )
    return picked


def resume(context: Context, which: Sequence[str]) -> list[KeptFeed]:
    """End the pause of the feeds meant; returns those that were paused, or kept but off.

    Raises:
        NotFoundError: as ``chosen``.
    """
    picked = [one for one in chosen(context, which) if one.paused_at is not None or _off(one)]
    with context.database.write() as session:
        store.resume_feeds(_ids(picked), now=context.now, session=session)
    return picked


def _off(one: KeptFeed) -> bool:
    return one.origin is FeedOrigin.COMMAND and not one.config.enabled


def retry(context: Context, which: Sequence[str], *, failing: bool = False) -> list[KeptFeed]:
    """Make the feeds meant due at once, and with ``failing`` every one whose last poll failed.

    Raises:
        NotFoundError: as ``chosen``.
    """
    picked = {one.id: one for one in chosen(context, which)}
    with context.database.write() as session:
        if failing:
            ids = set(store.failing_ids(session=session))
            rows = store.list_kept(session=session)
            picked |= {one.id: one for one in rows if one.id in ids}
        store.retry_feeds(_ids(picked.values()), now=context.now, session=session)
    return list(picked.values())


def remove(context: Context, which: Sequence[str]) -> list[KeptFeed]:
    """Stop watching feeds that were added by command; their articles stay.

    Raises:
        NotFoundError: as ``chosen``.
        ConfigError: a file names one of them; nothing was removed.
    """
    picked = chosen(context, which)
    configured = {feed.url for feed in context.catalog.feeds}
    for one in picked:
        if one.config.url in configured:
            raise ConfigError(
                f"{one.config.name} <{one.config.url}> is kept in the feeds file",
                mend="take its line out there or set `enabled: false`; "
                "or `mineralwatch feeds pause` it",
            )
    with context.database.write() as session:
        store.let_go(_ids(picked), session=session)
    return picked


def _ids(picked: Iterable[KeptFeed]) -> list[int]:
    return [one.id for one in picked if one.id is not None]
