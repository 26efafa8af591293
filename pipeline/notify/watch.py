"""When operators are told that the watch itself fails, and where: pure decisions.

What fails opens an *episode*, a row that is told once when it begins and once when it is over.
Something that fails and recovers by turns would be told each time: a subject (a task, a place) that
had three notices within an hour is told again when the hour is over, of how it stands then. What
others have to say is not held up by that.

A notice does not depend on what fails: a place that refuses messages, or a channel whose messages
do not leave, is passed over for e-mail, and where that fails too for the preview folder, which
refuses nothing. So a refused notice makes at most one more notice a place.
"""

import hashlib
import re
from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from pipeline.log import mask
from schemas.alert import Channel, Destination
from schemas.watch import (
    NOTED,
    Failing,
    Polling,
    Refusal,
    Trouble,
    Waiting,
    WatchChange,
    WatchDecided,
    WatchEpisode,
    WatchKind,
)

WINDOW: Final = timedelta(hours=1)
MESSAGES: Final = 3
"""Notices that a subject may have within WINDOW."""
SUBJECT: Final = 200
"""Characters of the column."""
_REASON: Final = 500

_ACCOUNT: Final = frozenset(
    {
        *("invalid_auth", "not_authed", "token_revoked", "token_expired", "account_inactive"),
        *("not_allowed_token_type", "no_permission", "missing_scope"),
        *("530", "534", "535", "538"),
    }
)
"""Errors of the token or the login: with one place, all of the channel fail.

Slack's are those of the reference of chat.postMessage, SMTP's those of RFC 4954.
"""
_CODE: Final = re.compile(r"\b([a-z]+(?:_[a-z]+)+|ratelimited|[45]\d\d)\b")
_MEND: Final = re.compile(r";?\s*mend:.*", re.DOTALL)


def one_line(error: BaseException | str) -> str:
    """Return what went wrong in one line, secrets masked: ``ConfigError: … mend: …``."""
    named = error if isinstance(error, str) else f"{type(error).__name__}: {error}"
    told = " ".join(mask(named).split())
    return told if len(told) <= _REASON else f"{told[: _REASON - 1]}…"


def silence(polling: Polling, *, limit: timedelta, cut_off: bool, now: datetime) -> Trouble | None:
    """Tell whether no feed was polled with success for ``limit``, though some were to be.

    A deployment whose feeds are due every six hours is quiet between. So it takes a feed that is
    overdue for ``limit`` (nobody polls), or one that answered until then and has failed since. The
    first ``limit`` after the first feed was added counts as a start, not as silence.

    Args:
        polling: the feeds, and their last success.
        limit: ``silent_minutes`` of routes.yaml.
        cut_off: operators know that most feeds cannot be reached (notify.feed_alerts).
        now: the present moment.
    """
    last, feeds = polling.last_success_at, polling.feeds
    if not feeds:
        return None
    since = last or min(feed.due_at for feed in feeds)
    if now - since < limit:
        return None
    overdue = sum(now - feed.due_at >= limit for feed in feeds)
    failed = sum(feed.failing_since is not None and feed.failing_since >= since for feed in feeds)
    if not overdue and (cut_off or not failed):
        return None
    told = f"the last success was at {_clock(last)}" if last else "none ever was"
    some = [f"{overdue} overdue"] if overdue else []
    some += [f"{failed} failing since"] if failed else []
    return Trouble(WatchKind.SILENT, "", f"{told}; of {len(feeds)} feeds {', '.join(some)}")


def stuck(waiting: Sequence[Waiting]) -> Trouble | None:
    """Tell of messages that are due and do not leave."""
    if not waiting:
        return None
    first = min(waiting, key=lambda one: one.oldest)
    count = sum(one.count for one in waiting)
    told = f"{count} due, the oldest since {_clock(first.oldest)}, to {place_name(first.place)}"
    return Trouble(
        WatchKind.OUTBOX, "", told + (f": {one_line(first.error)}" if first.error else "")
    )


def refused(refusals: Sequence[Refusal]) -> tuple[list[Trouble], set[str]]:
    """Return a trouble for each place and error, and the subjects that are to stay open.

    Messages that were made due again hold an episode open until they are sent, and open none.
    """
    parked: dict[str, int] = defaultdict(int)
    reasons: dict[str, str] = {}
    held = set()
    for one in refusals:
        subject = refusal_subject(one.place, one.reason)
        held.add(subject)
        if one.parked:
            parked[subject] += one.parked
            reasons.setdefault(subject, one.reason)
    troubles = [
        Trouble(WatchKind.PARKED, subject, one_line(f"{_messages(count)}: {reasons[subject]}"))
        for subject, count in parked.items()
    ]
    return troubles, held


def refusal_subject(place: Destination, reason: str) -> str:
    """Return ``slack:minerals:channel_not_found``: one subject for all that is refused alike."""
    return _short(f"{place_name(place)}:{refusal_code(reason)}")


def refusal_code(reason: str) -> str:
    """Return Slack's error code, SMTP's status, or a few letters that stand for the wording."""
    told = _MEND.sub("", reason)
    if found := _CODE.search(told):
        return found[1]
    words = re.sub(r"\d+", "#", " ".join(told.lower().split()))
    return hashlib.sha256(words.encode()).hexdigest()[:8]


def decide(
    troubles: Collection[Trouble],
    episodes: Collection[WatchEpisode],
    *,
    polling: Polling,
    held: Collection[str],
) -> WatchDecided:
    """Return which episodes begin and end; those of tasks and runs are begun and ended by them.

    Silence ends by a success, not by there being nothing left to poll: where the last feed was
    switched off, nobody hears of its end, and where all are given up as dead it goes on.

    Args:
        troubles: all that fails now.
        episodes: those that are open.
        polling: the feeds, and their last success.
        held: subjects of refusals that end no episode yet.
    """
    known = {(one.kind, one.subject) for one in episodes}
    now = {(one.kind, one.subject): one for one in troubles}
    ended, dropped = [], []
    for one in episodes:
        if (one.kind, one.subject) in now or one.kind in NOTED:
            continue
        if one.kind is WatchKind.SILENT and not _polled_since(one, polling):
            dropped += [one.id] if not polling.watched else []
        elif one.kind is not WatchKind.PARKED or one.subject not in held:
            ended.append(one.id)
    begun = tuple(one for key, one in now.items() if key not in known)
    return WatchDecided(begun, tuple(ended), tuple(dropped))


def _polled_since(episode: WatchEpisode, polling: Polling) -> bool:
    last = polling.last_success_at
    return last is not None and last > episode.began_at


def ripe(changes: Sequence[WatchChange]) -> bool:
    """Tell whether ``changes`` are told now: one of them is of a subject that was told seldom."""
    return any(change.told_of_late < MESSAGES for change in changes)


def message_key(changes: Sequence[WatchChange], destination: Destination) -> str:
    """Return the outbox key: the same changes have one message a place, whoever writes it."""
    told = sorted(f"{one.episode.id}:{'over' if one.over else 'began'}" for one in changes)
    first = min(one.episode.id for one in changes)
    digest = hashlib.sha256(",".join(told).encode()).hexdigest()[:12]
    return f"watch:{first}:{digest}:{place_name(destination)}"[:300]


def failing(waiting: Sequence[Waiting], refusals: Sequence[Refusal]) -> Failing:
    """Return where no notice is to go while this lasts.

    A message that waits for long says that its channel fails as a whole. A refusal is of its place,
    or of the channel where the token or the login is refused; a place that has taken something
    since is in order again.
    """
    channels = {one.place.channel for one in waiting}
    places = set()
    for one in refusals:
        if one.sent_since or not one.parked:
            continue
        places.add(_plain(one.place))
        if refusal_code(one.reason) in _ACCOUNT:
            channels.add(one.place.channel)
    return Failing(frozenset(channels), frozenset(places))


def passing_over(
    wanted: Sequence[Destination], *, failing: Failing, mail: Destination | None
) -> tuple[Destination, ...]:
    """Return where a notice goes: for a place that fails e-mail, or else the preview folder.

    Args:
        wanted: the operators' places; where there are none, nobody is told.
        failing: places that messages do not reach.
        mail: the default recipients, where e-mail is set up.
    """
    preview = Destination(Channel.PREVIEW, "operators")
    spare = mail if mail is not None and not failing.has(_plain(mail)) else preview
    return tuple(dict.fromkeys(spare if failing.has(_plain(one)) else one for one in wanted))


def place_name(place: Destination) -> str:
    """Return ``slack:minerals``."""
    return f"{place.channel.value}:{_plain(place).address}"


def run_subject(dag: str) -> str:
    """Return ``poll_feeds``: of all its late runs there is one notice."""
    return _short(dag)


def task_subject(dag: str, task: str) -> str:
    """Return ``poll_feeds.poll``."""
    return _short(f"{dag}.{task}")


def _plain(place: Destination) -> Destination:
    """A Slack channel is the same with and without its mark."""
    if place.channel is Channel.SLACK:
        return replace(place, address=place.address.removeprefix("#"))
    return place


def _short(subject: str) -> str:
    if len(subject) <= SUBJECT:
        return subject
    digest = hashlib.sha256(subject.encode()).hexdigest()[:8]
    return f"{subject[: SUBJECT - 9]}~{digest}"


def _messages(count: int) -> str:
    return "1 message" if count == 1 else f"{count} messages"


def _clock(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M} UTC"
