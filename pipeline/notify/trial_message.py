"""A message that tries out a way: it says in every form that it is a test, and not news."""

import hashlib
from datetime import datetime
from typing import Any, Final

from pipeline.notify.notices import Group, Line, Notice, render_notice
from pipeline.notify.text import clean, trim
from schemas.alert import Channel, Destination
from schemas.webhook import TestEvent

TITLE: Final = "TEST, not news"
_NOTHING: Final = (
    "Nothing happened in the world: no feed, story or agreement is behind this message, and "
    "nothing counts it."
)


def trial_key(token: str, place: Destination) -> str:
    """Return the outbox key: one message a run and place, however often the run is repeated."""
    return f"test:{hashlib.sha256(token.encode()).hexdigest()[:12]}:{place.label}"


def render_trial(
    place: Destination, *, key: str, route: str, sender: str, now: datetime
) -> dict[str, Any]:
    """Return the payload of the outbox message.

    Args:
        place: where it goes; the channel decides the form.
        key: of the outbox message.
        route: the rule of routes.yaml that is tried; empty where a place is.
        sender: from whom an e-mail comes.
        now: the time of the message.
    """
    way = f"the route {trim(clean(route), 100)!r}" if route else "this place"
    told = f"Sent by hand at {now:%Y-%m-%d %H:%M} UTC to try {way}: it works where you read this."
    if place.channel is Channel.WEBHOOK:
        event = TestEvent(key=key, title=TITLE, text=f"{told} {_NOTHING}", sent_at=now)
        return event.model_dump(mode="json")
    notice = Notice(
        "test",
        f"{TITLE}: mineralwatch tries {way}",
        [Group("A test", [Line("", told)], _NOTHING)],
        "It may be deleted.",
        list_name="test",
    )
    return render_notice(notice, place, key=key, sender=sender, now=now)
