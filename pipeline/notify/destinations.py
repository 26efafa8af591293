"""Where an alert goes: what a route asks for, under the settings in force. Pure."""

from collections.abc import Sequence
from typing import Final

from schemas.alert import Channel, Destination
from schemas.routes import RouteTo

_DEFAULT: Final = "default"


def alert_destination(
    to: RouteTo, *, slack: bool, slack_channel: str | None, mail: bool, recipients: Sequence[str]
) -> Destination:
    """Return the place that ``to`` means.

    What cannot be sent as it is asked goes into the preview folder. Where Slack is set up but no
    default channel is, the address stays ``default``: the sender names the mend.

    Args:
        to: a destination of a route.
        slack: a Slack token is set.
        slack_channel: what ``default`` means for Slack.
        mail: a mail server is set.
        recipients: what ``default`` means for e-mail.
    """
    match to.channel:
        case Channel.SLACK if slack:
            address = to.address if to.address != _DEFAULT else slack_channel or _DEFAULT
            return Destination(Channel.SLACK, address.removeprefix("#"))
        case Channel.EMAIL if mail:
            named = recipients if to.address == _DEFAULT else to.address.split(",")
            if addresses := _joined(named):
                return Destination(Channel.EMAIL, addresses)
        case Channel.WEBHOOK:
            return Destination(Channel.WEBHOOK, to.address)
        case _:
            pass
    return Destination(Channel.PREVIEW, to.address.removeprefix("#"))


def _joined(addresses: Sequence[str]) -> str:
    """Each address once, in the order given: the same list is the same place."""
    return ",".join(dict.fromkeys(part.strip() for part in addresses if part.strip()))
