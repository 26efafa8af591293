"""routes.yaml: which stories are alerted, where, when, and who hears of the watch itself."""

import re
from typing import Annotated, Self
from zoneinfo import available_timezones

from pydantic import ConfigDict, Field, field_validator, model_validator

from schemas.alert import Channel
from schemas.assessment import Stage
from schemas.config import Party, Slug, Strict

Clock = Annotated[str, Field(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")]
"""A time of day, 00:00 to 23:59."""
GroupId = Annotated[str, Field(pattern=r"^S[A-Z0-9]{2,20}$")]
"""The id of a Slack user group."""


def _check_addresses(channel: Channel, address: str) -> None:
    if channel is Channel.EMAIL and address != "default":
        named = [part.strip() for part in address.split(",")]
        wrong = [part for part in named if not re.fullmatch(r"[^@\s<>]+@[^@\s<>]+", part)]
        if wrong:
            raise ValueError(f"{wrong[0]!r} is not an e-mail address such as name@example.org")


class Move(Strict):
    """A change of stage; an empty list is any stage."""

    model_config = ConfigDict(populate_by_name=True)

    before: tuple[Stage, ...] = Field(default=(), alias="from")
    to: tuple[Stage, ...] = ()


class RouteWhen(Strict):
    """What a story must have for a route to take it; an empty list asks nothing."""

    themes: tuple[Slug, ...] = ()
    agreements: tuple[Slug, ...] = ()
    parties: tuple[Party, ...] = ()
    minerals: tuple[str, ...] = ()
    stages: tuple[Stage, ...] = ()
    moves: tuple[Move, ...] = ()
    """Changes of stage: of the story, or of the agreement that it is about."""
    languages: tuple[str, ...] = ()
    min_significance: int = Field(default=1, ge=0, le=3)
    max_tier: int | None = Field(default=None, ge=1, le=3)
    """The best of its sources is of this tier or better: 1 official and agencies, 3 blogs."""
    min_outlets: int = Field(default=1, ge=1, le=50)
    """Independent outlets that tell it: a reprint of another's text does not count."""
    max_age_hours: int = Field(default=72, ge=1)
    """An article older than this when first seen is stored but not alerted."""


class RouteTo(Strict):
    """A destination.

    ``address`` is a Slack channel (``default`` is MINERALWATCH_SLACK_CHANNEL), e-mail addresses
    separated by commas (``default`` is MINERALWATCH_DIGEST_TO), the name of a webhook of this
    file, or a folder's name under the preview.
    """

    channel: Channel = Channel.SLACK
    address: str = Field(default="default", min_length=1)

    @model_validator(mode="after")
    def _writable(self) -> Self:
        if self.channel is Channel.WEBHOOK and self.address == "default":
            raise ValueError("a webhook is named: address: the name of one under `webhooks`")
        _check_addresses(self.channel, self.address)
        return self


class QuietHours(Strict):
    """A daily span in which nothing is sent; what came up in it is sent when it ends."""

    model_config = ConfigDict(populate_by_name=True)

    start: Clock = Field(alias="from")
    end: Clock = Field(alias="to")
    time_zone: str = "Europe/Kyiv"
    days: tuple[int, ...] = ()
    """Week days on which it begins, 1 Monday to 7 Sunday; empty: every day."""
    through: int | None = Field(default=None, ge=1, le=3)
    """From this significance on a story is sent all the same."""

    @field_validator("time_zone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        if value not in available_timezones():
            raise ValueError(f"no such time zone {value!r}; use a name such as Europe/Kyiv")
        return value

    @field_validator("days")
    @classmethod
    def _week_days(cls, value: tuple[int, ...]) -> tuple[int, ...]:
        if any(not 1 <= day <= 7 for day in value):  # noqa: PLR2004
            raise ValueError("days are 1 (Monday) to 7 (Sunday)")
        return value

    @model_validator(mode="after")
    def _some_time_left(self) -> Self:
        if self.start == self.end:
            raise ValueError("quiet hours that end when they begin would never end: change `to`")
        return self


class Wait(Strict):
    """A story told by fewer outlets than this waits for others, and goes after so long anyway."""

    outlets: int = Field(default=2, ge=2, le=50)
    minutes: int = Field(default=60, ge=1, le=2880)


class Mention(Strict):
    """Who is called by name in Slack, for the stories that deserve it."""

    group: GroupId
    """The id of a user group, S…: in Slack, under the group's name, "Copy group ID"."""
    min_significance: int = Field(default=3, ge=1, le=3)


class RouteConfig(Strict):
    """A rule: which stories go where, and when."""

    name: Slug
    title: str = ""
    owner: str = Field(default="", max_length=200)
    """Who looks after the rule; shown in the message."""
    when: RouteWhen = RouteWhen()
    to: tuple[RouteTo, ...] = Field(default=(RouteTo(),), min_length=1)
    quiet: QuietHours | None = None
    batch_minutes: int = Field(default=0, ge=0, le=1440)
    """Stories that come up within so long go together in one message."""
    wait: Wait | None = None
    max_per_hour: int | None = Field(default=None, ge=1, le=1000)
    """Messages an hour in each place; the rest of the hour goes as one: "and 7 more"."""
    mention: Mention | None = None


class OperatorTo(Strict):
    """Where the watch speaks of itself: a Slack channel, e-mail addresses, or the preview folder.

    ``default`` is MINERALWATCH_SLACK_CHANNEL for Slack and MINERALWATCH_DIGEST_TO for e-mail.
    """

    channel: Channel = Channel.SLACK
    address: str = Field(default="default", min_length=1)

    @model_validator(mode="after")
    def _writable(self) -> Self:
        if self.channel is Channel.WEBHOOK:
            raise ValueError("operators are people: channel: slack, email or preview")
        _check_addresses(self.channel, self.address)
        return self


class WebhookConfig(Strict):
    """A program that is told by HTTP; what it is sent is signed (docs/webhooks.md)."""

    name: Slug
    url: str = Field(min_length=8, max_length=2000, pattern=r"^https?://")


class FeedbackConfig(Strict):
    """Reactions by which readers say whether an alert was right."""

    right: tuple[str, ...] = ("white_check_mark", "heavy_check_mark", "+1")
    wrong: tuple[str, ...] = ("x", "heavy_multiplication_x", "-1")
    """Names as Slack gives them, without colons; a skin tone is set aside."""
    days: int = Field(default=14, ge=1, le=90)
    """Messages as young as this are asked for their reactions."""

    @model_validator(mode="after")
    def _apart(self) -> Self:
        if both := set(self.right) & set(self.wrong):
            raise ValueError(f"{min(both)!r} is under both `right` and `wrong`")
        return self


class WatchConfig(Strict):
    """When the watch itself is said to fail."""

    silent_minutes: int = Field(default=30, ge=5, le=10_080)
    """No feed was polled with success for so long."""
    outbox_minutes: int = Field(default=30, ge=5, le=10_080)
    """A message that is due has waited for so long."""


class RoutesFile(Strict):
    """routes.yaml: the rules, in order; a story is sent once by every rule that takes it."""

    routes: tuple[RouteConfig, ...]
    reply_minutes: int = Field(default=10, ge=0, le=1440)
    """Outlets that follow one another within this share a reply in the thread."""
    link_buttons: bool = True
    """Links as buttons too. Slack marks those of an app that confirms no clicks: docs/alerts.md."""
    webhooks: tuple[WebhookConfig, ...] = ()
    operators: tuple[OperatorTo, ...] = (OperatorTo(),)
    """Who is told that a feed fell silent, a task failed or a message was refused; or nobody."""
    feedback: FeedbackConfig = FeedbackConfig()
    watch: WatchConfig = WatchConfig()
