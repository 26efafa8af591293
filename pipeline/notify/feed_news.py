"""What operators read of feeds: for Slack, e-mail and the preview folder."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from pipeline.notify.feed_alerts import in_order
from pipeline.notify.notices import SHOWN, Group, Line, Notice, render_notice
from pipeline.notify.text import clean, trim
from schemas.alert import Destination
from schemas.feed_watch import ChangeKind, FeedChange

__all__ = ["SHOWN", "render_feed_news", "subject"]

_HEADS = {
    ChangeKind.OUTAGE: "Most feeds cannot be reached",
    ChangeKind.OUTAGE_OVER: "Feeds can be reached again",
    ChangeKind.DEAD: "Dead",
    ChangeKind.SILENT: "Silent",
    ChangeKind.RECOVERED: "Back",
}
_ADVICE = {
    ChangeKind.OUTAGE: "Is the network of this machine up, and its DNS? The feeds are asked on.",
    ChangeKind.DEAD: "They are asked on, rarely. Open the sites: `mineralwatch feeds add SITE` "
    "finds a feed that has moved, `feeds remove` and `feeds pause` end the asking.",
    ChangeKind.SILENT: "They answer, but have nothing new. Where a site has newer items, its feed "
    "has moved or is broken.",
}
_SEE = "All feeds with reason and mend: mineralwatch feeds health"


def render_feed_news(
    changes: Sequence[FeedChange],
    destination: Destination,
    *,
    key: str,
    sender: str,
    now: datetime,
) -> dict[str, Any]:
    """Return the payload of the outbox message that tells ``changes``, at least one.

    Args:
        changes: what is told.
        destination: the channel decides the form.
        key: of the outbox message.
        sender: from whom an e-mail comes.
        now: the time of the message.
    """
    groups = [
        Group(_HEADS[kind], [_line(change) for change in of], _ADVICE.get(kind, ""))
        for kind, of in in_order(changes)
    ]
    notice = Notice("feeds", subject(changes), groups, _SEE)
    return render_notice(notice, destination, key=key, sender=sender, now=now)


def subject(changes: Sequence[FeedChange]) -> str:
    """Return what happened, in a line: ``Feeds: 2 dead, 1 silent, 3 back``."""
    groups = in_order(changes)
    [kind, of] = groups[0]
    if len(changes) == 1 and changes[0].url is not None:
        return f"Feed {_HEADS[kind].lower()}: {trim(clean(of[0].name), 80)}"
    told = [
        _HEADS[kind] if of[0].url is None else f"{len(of)} {_HEADS[kind].lower()}"
        for kind, of in groups
    ]
    return f"Feeds: {', '.join(told)}"


def _line(change: FeedChange) -> Line:
    """What is said of an outage is said of no feed."""
    name = change.name if change.url else ""
    return Line(name, change.reason, change.url, change.mend if change.url else "")
