"""Which place a rule's destination means with the settings in force."""

from pipeline.notify.destinations import alert_destination
from pipeline.notify.route import Resolve
from pipeline.stages.context import Context
from schemas.alert import Destination
from schemas.routes import RouteTo


def resolver(context: Context) -> Resolve:
    """Return what finds the place; where a channel is not set up, it is the preview folder."""
    settings = context.settings

    def resolve(to: RouteTo) -> Destination:
        return alert_destination(
            to,
            slack=settings.slack_token is not None,
            slack_channel=settings.slack_channel,
            mail=settings.smtp_url is not None,
            recipients=settings.recipients,
        )

    return resolve
