"""Outbox: parked with the reason, waiting, sent lately, discarded; retry and discard."""

from datetime import datetime
from typing import Final

from fastapi import APIRouter, Response

from pipeline.errors import ConfigError
from pipeline.stages import pages_outbox
from pipeline.stages.pages_outbox import Shown
from pipeline.web.desk import Acting, AtDesk
from pipeline.web.paging import read_key
from schemas.alert import OutboxState

router = APIRouter()

WORDS: Final = {
    Shown.PARKED: "Parked",
    Shown.WAITING: "Waiting",
    Shown.SENT: "Sent",
    Shown.DISCARDED: "Discarded",
}
_SEND = "send_alerts"


@router.get("/outbox", name="outbox")
def outbox(desk: AtDesk, show: str = "", after: str = "") -> Response:
    """One part of the outbox; what is parked comes first, where there is any."""
    counts = pages_outbox.count_unsent(desk.context)
    parked = counts[OutboxState.PARKED]
    waiting = counts[OutboxState.PENDING] + counts[OutboxState.SENDING]
    first = Shown.PARKED if parked else Shown.WAITING if waiting else Shown.SENT
    shown = Shown(show) if show in set(Shown) else first
    key = read_key(after, *((datetime, int) if shown is Shown.SENT else (int,)))
    page = pages_outbox.list_messages(desk.context, shown, after=key)
    return desk.render(
        "outbox.html.j2",
        title="Outbox",
        page=page,
        shown=shown,
        words=WORDS,
        numbers={Shown.PARKED: parked, Shown.WAITING: waiting},
        after=after,
        Shown=Shown,
        longest=pages_outbox.LONGEST_REASON,
    )


@router.post("/outbox/retry", name="retry_message")
def retry(desk: Acting) -> Response:
    """Make one parked message due again, or all of them."""
    key, everything = desk.form.get("key", ""), desk.form.get("all") == "yes"
    if bool(key) == everything:
        raise ConfigError("no message is named", mend="press the button beside the message")
    entry = pages_outbox.retry(desk.context, key or None, who=desk.visitor.name)
    return desk.back("outbox", entry, run=_SEND)


@router.post("/outbox/discard", name="discard_message")
def discard(desk: Acting) -> Response:
    """Give one parked message up for good."""
    key, reason = desk.form.get("key", ""), desk.form.get("reason", "")
    entry = pages_outbox.discard(desk.context, key, who=desk.visitor.name, reason=reason)
    return desk.back("outbox", entry)
