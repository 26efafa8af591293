"""test_alert: a message that says it is a test takes the way of an alert: outbox, sender, record.

It carries no alert: no story, digest, figure or reader's verdict ever counts it.
"""

import time
from collections.abc import Sequence
from typing import Final

from pipeline.errors import ConfigError
from pipeline.log import get_logger
from pipeline.notify.outbox import Senders
from pipeline.notify.trial_message import render_trial, trial_key
from pipeline.stages.context import Context, Tally
from pipeline.stages.deliver import deliver
from pipeline.stages.places import resolver
from pipeline.store import messages, outbox
from schemas.alert import Channel, Destination, OutboxState
from schemas.report import StageReport
from schemas.routes import RouteTo

OTHERS_S: Final = 30.0
"""A send takes ten seconds at most; one that is not over by then is told as waiting."""
_PAUSE_S: Final = 0.25

_log = get_logger(__name__)


def trial_alert(
    context: Context,
    senders: Senders,
    *,
    token: str,
    route: str | None = None,
    channel: str = Channel.SLACK.value,
    address: str = "default",
) -> StageReport:
    """Send a test to every place of a route, or to one place; the report says what became of it.

    The same ``token`` sends once a place: what was sent is left as it is, what was not is tried
    again. Quiet hours and windows of the route do not hold it. What is refused is dropped with its
    reason in the report, so that nothing of a test stays behind.

    Raises:
        ConfigError: there is no such route or webhook, or the address cannot be one.
    """
    tally = Tally("test_alert", context.now)
    places = _places(context, route, channel, address)
    keys = {trial_key(token, place): place for place in places}
    tally.set(places=len(keys), sent=0, waiting=0, refused=0)
    with context.database.write() as session:
        for key, place in keys.items():
            payload = render_trial(
                place,
                key=key,
                route=route or "",
                sender=context.settings.digest_from,
                now=context.now,
            )
            message = messages.NewMessage(key, place.channel, place.address, payload)
            messages.add_message(message, now=context.now, session=session)
    deliver(context, senders)
    _await_others(context, list(keys))
    _tell(context, keys, tally)
    return tally.report()


def _await_others(context: Context, keys: list[str]) -> None:
    """Another sender may have taken the message up first: wait a moment for what becomes of it."""
    until = time.monotonic() + OTHERS_S
    while time.monotonic() < until:
        with context.database.read() as session:
            lines = outbox.lines_of(keys, session=session)
        if all(line.state != OutboxState.SENDING.value for line in lines):
            return
        time.sleep(_PAUSE_S)


def _tell(context: Context, keys: dict[str, Destination], tally: Tally) -> None:
    with context.database.write() as session:
        lines = outbox.lines_of(list(keys), session=session)
        outbox.drop_parked(list(keys), session=session)
    for line in lines:
        where = f"{line.channel}:{line.address}"
        if line.state == OutboxState.SENT.value:
            tally.add("sent")
            _log.info("the test arrived", at=where, id=line.external_id)
        elif line.state == OutboxState.PARKED.value:
            tally.add("refused")
            tally.problem(where, line.last_error or "refused", "mend it, and run the test again")
        else:
            tally.add("waiting")
            tally.problem(where, line.last_error or "not sent yet", "it is tried again")


def _places(
    context: Context, route: str | None, channel: str, address: str
) -> Sequence[Destination]:
    resolve = resolver(context)
    if not route:
        return [resolve(_place(channel, address))]
    for one in context.catalog.routes:
        if one.name == route:
            return list(dict.fromkeys(resolve(to) for to in one.to))
    known = ", ".join(one.name for one in context.catalog.routes) or "none"
    raise ConfigError(f"no route {route!r} in routes.yaml", mend=f"there are: {known}")


def _place(channel: str, address: str) -> RouteTo:
    try:
        return RouteTo(channel=Channel(channel), address=address.strip())
    except ValueError as error:
        told = "; ".join(str(error).splitlines()[-2:]) or str(error)
        raise ConfigError(
            f"{channel} cannot be sent to {address!r}: {told}",
            mend="give a Slack channel, e-mail addresses, a webhook's name or a folder's",
        ) from error
