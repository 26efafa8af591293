"""The doctor's checks of Slack, of the clock against Slack's, and of the mail server."""

from collections.abc import Iterator
from datetime import datetime

from pipeline.errors import ConfigError
from pipeline.notify.email import EmailSender
from pipeline.notify.feed_alerts import operator_destinations
from pipeline.notify.slack_client import CHANNEL_ID
from pipeline.notify.slack_probe import (
    NEEDED,
    POSTS,
    Refused,
    SlackIdentity,
    SlackPlace,
    SlackProbe,
)
from pipeline.notify.smtp_url import parse_smtp_url
from pipeline.stages.context import Context
from pipeline.stages.places import resolver
from schemas.alert import Channel
from schemas.doctor import Check, fail, ok, skipped, warn

SKEW_WARN_S, SKEW_FAIL_S = 10, 120
"""Seconds between our clock and Slack's, whose header Date has whole ones. Where ours is ahead by
120, a message whose answer was lost is not found (notify.slack.CLOCK_SKEW_S) and goes twice."""

SMTP_TIMEOUT_S = 10.0
_NAMES = ("slack", "slack scopes", "slack channels", "clock")
_INVITE = "write /invite @mineralwatch in it, or name another channel"


def check_slack(context: Context, *, offline: bool) -> Iterator[Check]:
    """The token, its scopes, the channels that we write to, and our clock against Slack's."""
    token = context.settings.slack_token
    if token is None or offline:
        why = "no token is set: alerts become files" if token is None else "--offline"
        yield from (skipped(name, why) for name in _NAMES)
        return
    probe = SlackProbe(token.get_secret_value(), context.settings.slack_base_url)
    found = probe.identity()
    if isinstance(found, Refused):
        yield fail("slack", found.reason, found.mend)
        yield from (skipped(name, "Slack did not answer as it should") for name in _NAMES[1:])
        return
    yield ok("slack", f"{found.user} in the workspace {found.team}")
    yield _scopes(found)
    yield _channels(probe, slack_channels(context))
    yield check_clock(found.date, context.now)


def _scopes(found: SlackIdentity) -> Check:
    name = "slack scopes"
    if found.scopes is None:
        return warn(name, "Slack does not say which", "is it a bot token (xoxb-…)?")
    missing = [scope for scope in NEEDED if scope not in found.scopes]
    if not missing:
        return ok(name, f"all {len(NEEDED)} are there")
    seen = "; ".join(f"{scope} is missing: {NEEDED[scope]}" for scope in missing)
    mend = f"add {', '.join(missing)} to the app and install it again"
    return fail(name, seen, mend) if POSTS in missing else warn(name, seen, mend)


def slack_channels(context: Context) -> list[str]:
    """Every channel of Slack that a route, a digest or a notice goes to, each once."""
    settings, catalog = context.settings, context.catalog
    resolve = resolver(context)
    routed = [resolve(to) for route in catalog.routes for to in route.to]
    told = operator_destinations(
        catalog.operators,
        slack=True,
        slack_channel=settings.slack_channel,
        mail=settings.smtp_url is not None,
        recipients=settings.recipients,
    )
    wanted = [one.address for one in (*routed, *told) if one.channel is Channel.SLACK]
    wanted += [one.slack for one in catalog.digest.lists if one.slack]
    return list(dict.fromkeys(address.removeprefix("#") for address in wanted))


def _channels(probe: SlackProbe, wanted: list[str]) -> Check:
    name = "slack channels"
    if not wanted:
        return ok(name, "none is written to")
    seen = probe.places()
    if isinstance(seen, Refused):
        return warn(name, f"they cannot be listed: {seen.reason}", seen.mend)
    known = {key: place for place in seen for key in (place.id, place.name)}
    closed = [told for address in wanted if (told := _closed(address, known.get(address)))]
    if closed:
        return fail(name, "; ".join(closed), _INVITE)
    return ok(name, f"the bot is in {', '.join(wanted)}")


def _closed(address: str, place: SlackPlace | None) -> str | None:
    """Why the bot cannot post there; None where it can."""
    shown = address if CHANNEL_ID.fullmatch(address) else f"#{address}"
    if place is None:
        return f"{shown} is not there, or is private and the bot is not in it"
    if place.is_archived:
        return f"{shown} is archived"
    return None if place.is_member else f"the bot is not in {shown}"


def check_clock(theirs: datetime | None, ours: datetime) -> Check:
    """How far our clock is from Slack's."""
    if theirs is None:
        return skipped("clock", "Slack does not say what time it is")
    ahead = round((ours - theirs).total_seconds())
    seen = f"{abs(ahead)} s {'ahead of' if ahead > 0 else 'behind'} Slack's"
    mend = "set the clock by NTP (timedatectl set-ntp true)"
    if abs(ahead) >= SKEW_FAIL_S:
        return fail("clock", seen, mend)
    return warn("clock", seen, mend) if abs(ahead) >= SKEW_WARN_S else ok("clock", seen)


def check_smtp(context: Context, *, offline: bool) -> Check:
    """Whether the mail server lets us in. No mail is sent."""
    url = context.settings.smtp_url
    if url is None or offline:
        return skipped("smtp", "no mail server is set" if url is None else "--offline")
    try:
        config = parse_smtp_url(url.get_secret_value())
    except ConfigError as error:
        return fail("smtp", error.message, error.mend)
    wrong = EmailSender(config, SMTP_TIMEOUT_S).probe()
    where = f"{config.host}:{config.port}"
    if wrong is not None:
        return fail(
            "smtp",
            f"{where}: {wrong}",
            "check MINERALWATCH_SMTP_URL, or the connection mineralwatch_smtp: host, port, "
            "starttls, user and password; and the server's certificate",
        )
    login = f"logged in as {config.user}" if config.user else "without a login"
    return ok("smtp", f"{where}, {config.security.value}, {login}")
