"""What operators read of failures of the watch itself."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from pipeline.notify.notices import Group, Line, Notice, render_notice
from pipeline.notify.text import trim
from schemas.alert import Destination
from schemas.watch import WatchChange, WatchEpisode, WatchKind

_BEGUN: Final = {
    WatchKind.CONFIG: "The configuration cannot be read",
    WatchKind.TASK: "Task failed",
    WatchKind.LATE: "A run is late",
    WatchKind.SILENT: "No feed is polled with success",
    WatchKind.OUTBOX: "Messages do not leave",
    WatchKind.PARKED: "Messages are refused",
}
_OVER: Final = {
    WatchKind.CONFIG: "The configuration can be read again",
    WatchKind.TASK: "Task works again",
    WatchKind.LATE: "Runs are in time again",
    WatchKind.SILENT: "Feeds are polled again",
    WatchKind.OUTBOX: "Messages leave again",
    WatchKind.PARKED: "No longer refused",
}
_ADVICE: Final = {
    WatchKind.CONFIG: "`mineralwatch config check` names file, line and mend. Until then nothing "
    "is polled or read; the packaged files stand in where notices are sent.",
    WatchKind.TASK: "The log of the task in Airflow has the whole error. Nothing is lost: its next "
    "run takes up what is pending.",
    WatchKind.LATE: "The page of the DAG in Airflow shows which task it waits for. A task that "
    "stays scheduled or queued has no free worker, or its pool is full or missing (docs/dags.md).",
    WatchKind.SILENT: "Does Airflow run, is the DAG poll_feeds on, is the network up? "
    "`mineralwatch feeds health` has the reason of each feed.",
    WatchKind.OUTBOX: "They are tried on. `mineralwatch outbox list` has the error of each.",
    WatchKind.PARKED: "They are kept. Mend the cause, then: `mineralwatch outbox retry`; what "
    "is not to be sent any more: `outbox discard`.",
}
_STILL: Final = "Failing as before"
_SEE: Final = "All that fails, and what did: mineralwatch watch"
_ORDER: Final = tuple(WatchKind)
_REASON: Final = 380
"""Characters of a reason that are shown."""


def render_watch_news(
    changes: Sequence[WatchChange],
    still: Sequence[WatchEpisode],
    destination: Destination,
    *,
    key: str,
    sender: str,
    now: datetime,
) -> dict[str, Any]:
    """Return the payload of the outbox message that tells ``changes``, at least one.

    Args:
        changes: what is told.
        still: open episodes told before; an earlier notice may not have reached its reader.
        destination: the channel decides the form.
        key: of the outbox message.
        sender: from whom an e-mail comes.
        now: the time of the message.
    """
    groups = [
        Group(_head(kind, over), [_line(change) for change in of], "" if over else _ADVICE[kind])
        for kind, over, of in _in_order(changes)
    ]
    if still:
        groups.append(Group(_STILL, [_still_line(one) for one in still]))
    notice = Notice("watch", title(changes), groups, _SEE, _REASON)
    return render_notice(notice, destination, key=key, sender=sender, now=now)


def title(changes: Sequence[WatchChange]) -> str:
    """Return what happened, in a line: ``Task failed: poll_feeds.poll``."""
    groups = _in_order(changes)
    if len(changes) == 1:
        [(kind, over, [change])] = groups
        subject = trim(change.episode.subject, 100)
        return f"{_head(kind, over)}: {subject}" if subject else _head(kind, over)
    told = [
        _head(kind, over) + (f" ({len(of)})" if len(of) > 1 else "") for kind, over, of in groups
    ]
    return f"Watch: {'; '.join(told)}"


def advice(kind: WatchKind) -> str:
    """Return what can be done about it."""
    return _ADVICE[kind]


def _head(kind: WatchKind, over: bool) -> str:
    return (_OVER if over else _BEGUN)[kind]


def _in_order(
    changes: Sequence[WatchChange],
) -> list[tuple[WatchKind, bool, list[WatchChange]]]:
    """Grouped: what began before what is over."""
    groups = [
        (kind, over, [c for c in changes if c.episode.kind is kind and c.over is over])
        for over in (False, True)
        for kind in _ORDER
    ]
    return [group for group in groups if group[2]]


def _line(change: WatchChange) -> Line:
    episode = change.episode
    if not change.over:
        return Line(episode.subject, episode.reason)
    ended = episode.ended_at or episode.began_at
    return Line(
        episode.subject,
        f"from {episode.began_at:%Y-%m-%d %H:%M} to {ended:%Y-%m-%d %H:%M} UTC: {episode.reason}",
    )


def _still_line(episode: WatchEpisode) -> Line:
    name = f"{_BEGUN[episode.kind]}: {episode.subject}".removesuffix(": ")
    return Line(name, f"since {episode.began_at:%Y-%m-%d %H:%M} UTC: {episode.reason}")
