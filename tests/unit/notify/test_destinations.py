"""Where a route's destination leads under the settings in force."""

import pytest

from pipeline.notify.destinations import alert_destination
from schemas.alert import Channel
from schemas.routes import RouteTo

SLACK, EMAIL, WEBHOOK, PREVIEW = Channel.SLACK, Channel.EMAIL, Channel.WEBHOOK, Channel.PREVIEW


def leads(channel: Channel, address: str = "default", **given: object) -> tuple[Channel, str]:
    settings = {
        "slack": True,
        "slack_channel": "#minerals",
        "mail": True,
        "recipients": ("a@x.org", "b@x.org"),
        **given,
    }
    to = RouteTo(channel=channel, address=address)
    found = alert_destination(to, **settings)  # type: ignore[arg-type]
    return found.channel, found.address


def test_each_channel_with_all_set_up() -> None:
    assert leads(SLACK) == (SLACK, "minerals")
    assert leads(SLACK, "#other") == (SLACK, "other")
    assert leads(EMAIL) == (EMAIL, "a@x.org,b@x.org")
    assert leads(EMAIL, "c@x.org") == (EMAIL, "c@x.org")
    assert leads(WEBHOOK, "desk") == (WEBHOOK, "desk")
    assert leads(PREVIEW) == (PREVIEW, "default")
    assert leads(PREVIEW, "quiet") == (PREVIEW, "quiet")


def test_without_a_token_slack_is_previewed_and_nothing_else() -> None:
    assert leads(SLACK, slack=False) == (PREVIEW, "default")
    assert leads(SLACK, "#other", slack=False) == (PREVIEW, "other")
    assert leads(EMAIL, slack=False)[0] is EMAIL
    assert leads(WEBHOOK, "desk", slack=False, mail=False) == (WEBHOOK, "desk")


def test_a_token_without_a_channel_keeps_the_address_for_the_sender_to_name() -> None:
    assert leads(SLACK, slack_channel=None) == (SLACK, "default")


@pytest.mark.parametrize("given", [{"mail": False}, {"recipients": ()}, {"recipients": (" ",)}])
def test_without_a_mail_server_or_a_recipient_mail_is_previewed(given: dict[str, object]) -> None:
    assert leads(EMAIL, **given) == (PREVIEW, "default")


def test_one_list_of_addresses_is_one_place_however_it_is_written() -> None:
    assert leads(EMAIL, " c@x.org,d@x.org ,c@x.org") == leads(EMAIL, "c@x.org, d@x.org")
