"""Shapes of the YAML that a user edits: feeds, agreements, digest.

Routes are in schemas.routes, themes in schemas.rules.

Every model forbids unknown keys, so that a misspelt one is named instead of ignored.
"""

from typing import Annotated
from zoneinfo import ZoneInfo, available_timezones

from pydantic import BaseModel, ConfigDict, Field, field_validator

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
