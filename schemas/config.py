"""Shapes of the YAML that a user edits: feeds, agreements, digest.

Routes are in schemas.routes, themes in schemas.rules.

Every model forbids unknown keys, so that a misspelt one is named instead of ignored.
"""

import re
from typing import Annotated, Any, Self
from zoneinfo import ZoneInfo, available_timezones

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from schemas.assessment import Stage
from schemas.feed import FeedKind

Slug = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]*$", max_length=80)]
Party = Annotated[str, Field(pattern=r"^[A-Z]{2}$")]
"""An ISO 3166 two-letter code, or EU."""


_ADDRESS = r"(?:[^@,<>\r\n]*<[!-+\--;=?A-~]+@[!-+\--;=?A-~]+>|[!-+\--;=?A-~]+@[!-+\--;=?A-~]+)"
"""``name@example.org`` or ``Name <name@example.org>``, in ASCII; commas part addresses."""


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


class FactConfig(Strict):
    """A step of an agreement that is on record, with the page that says so."""

    stage: Stage
    date: Annotated[str, Field(pattern=r"^\d{4}-\d{2}-\d{2}$")]
    source: Annotated[str, Field(pattern=r"^https://[^\s/]", max_length=2000)]
    """The page that says so, under https."""
    note: str = ""


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
    unverified: bool = False
    """No page was found for the stage; it is shown as "source not checked"."""
    source: str | None = None
    """A page on the agreement as a whole: its text, or what a party published."""
    note: str = ""
    instrument: str | None = None
    """What kind of agreement it is: ``memorandum``, ``treaty`` …"""
    facts: tuple[FactConfig, ...] = ()
    """What is on record of it, in order of time. Where no ``stage`` is given, the last holds."""

    @property
    def on_record(self) -> bool:
        """Whether a fact, with its page, tells the stage and its day; so where no stage is told."""
        return self.stage is Stage.NONE or any(
            fact.stage is self.stage and fact.date == self.stage_date for fact in self.facts
        )

    @property
    def checked(self) -> bool:
        """Whether the stage is on record and nobody marked it as unverified."""
        return self.on_record and not self.unverified

    @model_validator(mode="before")
    @classmethod
    def _stage_of_the_last_fact(cls, given: Any) -> Any:
        """Fill in ``stage``, ``stage_date`` and ``source`` where only facts are given."""
        facts = given.get("facts") if isinstance(given, dict) else None
        if not facts or "stage" in given or not isinstance(facts[-1], dict):
            return given
        last = facts[-1]
        told = {"stage": last.get("stage"), "stage_date": last.get("date")}
        told["source"] = given.get("source") or last.get("source")
        return {**given, **{key: value for key, value in told.items() if value is not None}}

    @model_validator(mode="after")
    def _facts_in_order(self) -> Self:
        dates = [fact.date for fact in self.facts]
        if dates != sorted(dates):
            raise ValueError("facts are given in order of time, the oldest first")
        return self


class AgreementsFile(Strict):
    """agreements.yaml: the agreements that are followed by name."""

    agreements: tuple[AgreementConfig, ...]


class DigestList(Strict):
    """Readers who get the same edition at the same hour."""

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,39}$")
    """Part of the archive's folder, of keys and of the List-Id."""
    to: tuple[str, ...] = ()
    """Addresses; none: those of MINERALWATCH_DIGEST_TO."""
    time_zone: str = "Europe/Kyiv"
    hour: int = Field(default=7, ge=0, le=23)
    themes: tuple[str, ...] = ()
    """Ids of the themes that it is about; none: all."""
    weekly: bool = True
    """Monday's edition tells of the week too."""
    slack: str | None = Field(default=None, min_length=1)
    """A channel that gets the short form."""
    unsubscribe: str | None = None
    """Where a reader leaves the list: an https or mailto address; none: a mail to the sender."""

    @field_validator("time_zone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        return known_zone(value)

    @field_validator("to")
    @classmethod
    def _addresses(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for address in value:
            if not re.fullmatch(_ADDRESS, address):
                raise ValueError(f"{address!r} is not an e-mail address; write name@example.org")
        return value

    @field_validator("unsubscribe")
    @classmethod
    def _way_out(cls, value: str | None) -> str | None:
        if value is not None and not re.fullmatch(r"(https://|mailto:)[!-;=?-~]+", value):
            raise ValueError(f"{value!r} is not an address; write https://… or mailto:…")
        return value


class DigestConfig(Strict):
    """digest.yaml: the daily e-mail.

    Without ``lists`` there is one, ``default``, at ``hour`` of ``time_zone``; a list that names
    neither has those too.
    """

    time_zone: str = "Europe/Kyiv"
    hour: int = Field(default=7, ge=0, le=23)
    """Local hour at which it is sent."""
    top: int = Field(default=10, ge=1, le=50)
    per_theme: int = Field(default=3, ge=1, le=20)
    title: str = "Minerals watch"
    weekly: bool = True
    """Monday's edition tells of the week too."""
    lists: tuple[DigestList, ...] = ()

    @field_validator("time_zone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        return known_zone(value)

    @field_validator("lists")
    @classmethod
    def _names_once(cls, value: tuple[DigestList, ...]) -> tuple[DigestList, ...]:
        names = [one.name for one in value]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"two lists are called {twice[0]!r}; each has a name of its own")
        return value

    @property
    def readers(self) -> tuple[DigestList, ...]:
        """The lists in force, each with its own hour, zone and choice of a weekly edition."""
        inherited: dict[str, Any] = {
            "time_zone": self.time_zone,
            "hour": self.hour,
            "weekly": self.weekly,
        }
        if not self.lists:
            return (DigestList.model_validate({"name": "default", **inherited}),)
        return tuple(
            one.model_copy(
                update={k: v for k, v in inherited.items() if k not in one.model_fields_set}
            )
            for one in self.lists
        )


def known_zone(value: str) -> str:
    """Return ``value`` where it is the name of a time zone.

    Raises:
        ValueError: it is none.
    """
    if value not in available_timezones():
        raise ValueError(f"no such time zone {value!r}; use a name such as Europe/Kyiv")
    ZoneInfo(value)
    return value
