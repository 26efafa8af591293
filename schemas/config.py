"""Shapes of the YAML that a user edits: feeds, agreements, routes, digest (themes: schemas.rules).

Every model forbids unknown keys, so that a misspelt one is named instead of ignored.
"""

import re
from typing import Annotated, Literal, Self
from zoneinfo import ZoneInfo, available_timezones

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from schemas.alert import Channel
from schemas.assessment import Stage
from schemas.feed import FeedKind

Slug = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]*$", max_length=80)]
Party = Annotated[str, Field(pattern=r"^[A-Z]{2}$")]
"""An ISO 3166 two-letter code, or EU."""


class Strict(BaseModel):
    """A frozen model that refuses keys it does not know."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, str_strip_whitespace=True, use_attribute_docstrings=True
    )


class FeedConfig(Strict):
    """A feed to watch."""

    name: str = Field(min_length=1, max_length=200)
    url: str = Field(min_length=8, max_length=2000)
    language: str = Field(default="en", pattern=r"^[a-z]{2,3}$")
    region: str = "global"
    kind: FeedKind = FeedKind.NEWS
    tier: int = Field(default=2, ge=1, le=3)
    enabled: bool = True
    fulltext: bool = False
    """Fetch each new article's page and read its text as well: docs/fulltext.md."""
    site: str | None = Field(default=None, max_length=2000)
    """The site's own page, for people; it is never asked."""

    @field_validator("url")
    @classmethod
    def _http_only(cls, value: str) -> str:
        if not value.lower().startswith(("http://", "https://")):
            raise ValueError(f"a feed's url starts with http:// or https://, not {value[:40]!r}")
        return value

    @field_validator("site")
    @classmethod
    def _site_on_the_web(cls, value: str | None) -> str | None:
        if value and not value.lower().startswith(("http://", "https://")):
            raise ValueError(f"a site's address starts with http:// or https://: {value[:40]!r}")
        return value or None


class FeedsFile(Strict):
    """feeds.yaml: the feeds to watch."""

    feeds: tuple[FeedConfig, ...]


class AgreementConfig(Strict):
    """A known agreement: how it is named, who is party to it, where it stands."""

    id: Slug
    name: str
    parties: tuple[Party, ...] = Field(min_length=1)
    aliases: tuple[str, ...] = ()
    """Phrases that name it, in any language; matched without regard to case or inflection."""
    minerals: tuple[str, ...] = ()
    stage: Stage = Stage.NONE
    """Where it stood when this line was written."""
    stage_date: str | None = Field(default=None, pattern=r"^\d{4}-\d{2}-\d{2}$")
    source: str | None = None
    note: str = ""


class AgreementsFile(Strict):
    """agreements.yaml: the agreements that are followed by name."""

    agreements: tuple[AgreementConfig, ...]


class RouteWhen(Strict):
    """What a story must have for a route to take it; an empty list asks nothing."""

    themes: tuple[Slug, ...] = ()
    agreements: tuple[Slug, ...] = ()
    parties: tuple[Party, ...] = ()
    minerals: tuple[str, ...] = ()
    stages: tuple[Stage, ...] = ()
    languages: tuple[str, ...] = ()
    min_significance: int = Field(default=1, ge=0, le=3)
    max_age_hours: int = Field(default=72, ge=1)
    """An article older than this when first seen is stored but not alerted."""


class RouteTo(Strict):
    """A destination. ``address`` is a Slack channel (``default`` is MINERALWATCH_SLACK_CHANNEL)."""

    channel: Literal[Channel.SLACK, Channel.PREVIEW] = Channel.SLACK
    address: str = "default"


class RouteConfig(Strict):
    """A rule: which stories go where."""

    name: Slug
    title: str = ""
    when: RouteWhen = RouteWhen()
    to: tuple[RouteTo, ...] = Field(default=(RouteTo(),), min_length=1)


class OperatorTo(Strict):
    """Where the watch speaks of itself: a Slack channel, e-mail addresses, or the preview folder.

    ``default`` is MINERALWATCH_SLACK_CHANNEL for Slack and MINERALWATCH_DIGEST_TO for e-mail.
    """

    channel: Channel = Channel.SLACK
    address: str = Field(default="default", min_length=1)

    @model_validator(mode="after")
    def _writable(self) -> Self:
        named = [part.strip() for part in self.address.split(",")]
        if self.channel is Channel.EMAIL and self.address != "default":
            wrong = [part for part in named if not re.fullmatch(r"[^@\s<>]+@[^@\s<>]+", part)]
            if wrong:
                raise ValueError(f"{wrong[0]!r} is not an e-mail address such as name@example.org")
        return self


class RoutesFile(Strict):
    """routes.yaml: the rules, in order; a story is sent once by every rule that takes it."""

    routes: tuple[RouteConfig, ...]
    operators: tuple[OperatorTo, ...] = (OperatorTo(),)
    """Who is told that a feed fell silent or died, or that it is back. Empty: nobody."""


class DigestConfig(Strict):
    """digest.yaml: the daily e-mail."""

    time_zone: str = "Europe/Kyiv"
    hour: int = Field(default=7, ge=0, le=23)
    """Local hour at which it is sent."""
    top: int = Field(default=10, ge=1, le=50)
    per_theme: int = Field(default=3, ge=1, le=20)
    title: str = "Minerals watch"

    @field_validator("time_zone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        if value not in available_timezones():
            raise ValueError(f"no such time zone {value!r}; use a name such as Europe/Kyiv")
        ZoneInfo(value)
        return value
