"""When operators are told of feeds, and where: pure decisions.

A feed that falls silent or dies opens an *episode*, which is told once and ends when the feed
brings something new (silent) or answers (dead); the next is another episode. Where most feeds
cannot be reached at once, the fault is likely to be ours: one episode of all, and none of each.

A few changes are told as they come. Where many come one after the other (three hundred weeklies
over a holiday), after three messages within six hours the rest is told together.
"""

import hashlib
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from schemas.alert import Channel, Destination
from schemas.feed import FeedHealth
from schemas.feed_watch import ChangeKind, Decided, Episode, FeedChange, FeedVerdict, Reach
from schemas.routes import OperatorTo

REACH_SPAN = timedelta(minutes=30)
"""Polls as recent as this tell whether the network is up."""
WINDOW = timedelta(hours=6)
MESSAGES = 3
_FEW = 5
_MOST = 0.8
_HALF = 0.5
_UNWATCHED = frozenset({FeedVerdict.PAUSED, FeedVerdict.DISABLED})
_OUTAGE_KINDS = frozenset({ChangeKind.OUTAGE, ChangeKind.OUTAGE_OVER})
_DEFAULT = "default"


def decide(
    healths: Sequence[FeedHealth], episodes: Collection[Episode], *, reach: Reach
) -> Decided:
    """Return which episodes begin and end.

    Args:
        healths: of every feed, with its row's id.
        episodes: those that are open.
        reach: the feeds polled within REACH_SPAN.
    """
    current = next((episode for episode in episodes if episode.feed_id is None), None)
    cut_off = _cut_off(reach, going_on=current is not None)
    begun: list[tuple[int | None, ChangeKind, str]] = []
    ended: list[int] = []
    dropped: list[int] = []
    if cut_off and current is None:
        total = reach.answered + reach.unreachable
        reason = f"{reach.unreachable} of {total} feeds polled of late cannot be reached"
        begun.append((None, ChangeKind.OUTAGE, reason))
    elif current is not None and not cut_off:
        ended.append(current.id)
    by_feed = {episode.feed_id: episode for episode in episodes}
    for health in healths:
        episode = by_feed.get(health.feed_id)
        if episode is None:
            kind = _trouble(health, cut_off=cut_off)
            if kind is not None:
                begun.append((health.feed_id, kind, health.reason))
        elif health.state in _UNWATCHED:
            dropped.append(episode.id)
        elif _is_over(episode, health):
            ended.append(episode.id)
    return Decided(tuple(begun), tuple(ended), tuple(dropped))


def ripe(changes: Sequence[FeedChange], *, told_of_late: int) -> bool:
    """Tell whether ``changes`` are told now, after ``told_of_late`` messages within WINDOW."""
    urgent = any(change.kind in _OUTAGE_KINDS for change in changes)
    return bool(changes) and (urgent or told_of_late < MESSAGES)


def message_key(changes: Sequence[FeedChange], destination: Destination) -> str:
    """Return the outbox key: the same changes have one message a place, whoever writes it."""
    told = ",".join(sorted(f"{change.episode_id}:{change.kind.value}" for change in changes))
    first = min(change.episode_id for change in changes)
    digest = hashlib.sha256(told.encode()).hexdigest()[:12]
    return f"feeds:{first}:{digest}:{destination.channel.value}:{destination.address}"[:300]


def operator_destinations(
    to: Sequence[OperatorTo],
    *,
    slack: bool,
    slack_channel: str | None,
    mail: bool,
    recipients: Sequence[str],
) -> tuple[Destination, ...]:
    """Return where operators are written to, each place once.

    What cannot be sent as it is asked goes by e-mail where that is set up, else into the preview
    folder: news of the watch is not to wait for a token.

    Args:
        to: the ``operators`` of routes.yaml.
        slack: a Slack token is set.
        slack_channel: what ``default`` means for Slack.
        mail: a mail server is set.
        recipients: what ``default`` means for e-mail.
    """
    by_mail = Destination(Channel.EMAIL, ",".join(recipients)) if mail and recipients else None
    preview = Destination(Channel.PREVIEW, "operators")
    found = []
    for one in to:
        if one.channel is Channel.PREVIEW:
            named = "operators" if one.address == _DEFAULT else one.address
            found.append(Destination(Channel.PREVIEW, named))
        elif one.channel is Channel.SLACK:
            channel = slack_channel if one.address == _DEFAULT else one.address
            told = Destination(Channel.SLACK, channel.removeprefix("#")) if channel else None
            found.append((told if slack else None) or by_mail or preview)
        elif one.address == _DEFAULT:
            found.append(by_mail or preview)
        else:
            named = ",".join(part.strip() for part in one.address.split(","))
            found.append(Destination(Channel.EMAIL, named) if mail else preview)
    return tuple(dict.fromkeys(found))


def in_order(changes: Sequence[FeedChange]) -> list[tuple[ChangeKind, list[FeedChange]]]:
    """Group changes by kind: outages, the dead, the silent, those that are back."""
    order = (
        ChangeKind.OUTAGE,
        ChangeKind.OUTAGE_OVER,
        ChangeKind.DEAD,
        ChangeKind.SILENT,
        ChangeKind.RECOVERED,
    )
    groups = [(kind, [change for change in changes if change.kind is kind]) for kind in order]
    return [(kind, of) for kind, of in groups if of]


def _cut_off(reach: Reach, *, going_on: bool) -> bool:
    """It takes four feeds in five, and five at the least, to begin, and half of them to end."""
    total = reach.answered + reach.unreachable
    if going_on:
        return not reach.answered or reach.answered < total * _HALF
    return total >= _FEW and reach.unreachable >= total * _MOST


def _trouble(health: FeedHealth, *, cut_off: bool) -> ChangeKind | None:
    if health.state == FeedVerdict.SILENT:
        return ChangeKind.SILENT
    if health.state == FeedVerdict.DEAD and not cut_off:
        return ChangeKind.DEAD
    return None


def _is_over(episode: Episode, health: FeedHealth) -> bool:
    """By what the feed did, not by its verdict: a retry that clears the back-off heals nothing."""
    is_silent = episode.kind is ChangeKind.SILENT
    sign: datetime | None = health.last_new_at if is_silent else health.last_success_at
    return sign is not None and sign > episode.began_at
