"""Alerts, the outbox that carries them, and what became of each message."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from hashlib import sha256
from typing import Any, TypeAlias

_LONG = 40


class AlertKind(StrEnum):
    """Why an alert is sent."""

    NEW = "new"
    OUTLET = "outlet"
    """Another outlet reports a story already alerted: a reply in its thread."""
    STAGE = "stage"
    """The story's stage or significance moved on: a reply in its thread."""
    UPDATE = "update"
    """The first message of a story is edited to say how it stands now."""
    MERGED = "merged"
    """The story is part of another: the first message says so, and a reply in its thread."""
    RETRACTED = "retracted"
    """The story does not stand: the first message says so, and a reply in its thread."""
    DIGEST = "digest"


class Channel(StrEnum):
    """By which protocol a message leaves."""

    SLACK = "slack"
    EMAIL = "email"
    WEBHOOK = "webhook"
    PREVIEW = "preview"


class Action(StrEnum):
    """What is done with a message."""

    POST = "post"
    UPDATE = "update"
    """The message whose key is ``thread_key`` is edited in place."""


class OutboxState(StrEnum):
    """Where an outbox row is in its life."""

    PENDING = "pending"
    SENDING = "sending"
    SENT = "sent"
    PARKED = "parked"
    """Refused for good (wrong channel, bad token …): kept with its reason until retried by hand."""
    DISCARDED = "discarded"
    """Parked, and given up by an operator: never sent again; the reason is kept."""


@dataclass(frozen=True, slots=True)
class Destination:
    """Where a message goes: a Slack channel, an e-mail list, or the preview folder."""

    channel: Channel
    address: str

    @property
    def label(self) -> str:
        """The place within keys, which are bounded: a long list of addresses by its hash."""
        address = self.address
        if len(address) > _LONG:
            address = sha256(address.encode()).hexdigest()[:32]
        return f"{self.channel.value}:{address}"


@dataclass(frozen=True, slots=True)
class Alert:
    """A story that a route lets through. ``key`` is unique: a re-run makes no second one."""

    key: str
    kind: AlertKind
    story_id: int
    route: str
    destinations: tuple[Destination, ...]
    reason: str
    """Why the route let it through, in words."""
    article_id: int | None = None
    turn: int = 0
    """How many of its kind the same article gave rise to before: it was edited, or read anew."""


@dataclass(frozen=True, slots=True)
class OutboxMessage:
    """A message waiting to be sent; ``payload`` is what its channel needs, JSON-safe."""

    id: int
    key: str
    channel: Channel
    address: str
    payload: Mapping[str, Any]
    attempts: int = 0
    thread_key: str | None = None
    """The key of the message whose thread this one replies to."""
    thread_id: str | None = None
    """The channel's own id of that thread (Slack ``ts``), once known."""
    uncertain: bool = False
    """True where an earlier attempt may have reached the channel: ask before sending again."""
    created_at: datetime | None = None
    """When it was queued (UTC): no earlier message of the channel can be this one."""
    action: Action = Action.POST
    thread_place: str | None = None
    """The channel's own id of the place where that thread is (a Slack channel's id)."""
    not_before: datetime | None = None
    """From when it may leave: its slot among the messages of its place."""


@dataclass(frozen=True, slots=True)
class Sent:
    """The channel took it; ``external_id`` is its id there (Slack ts, Message-ID, path)."""

    external_id: str
    detail: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Retry:
    """Not sent, may be later. ``uncertain`` where the channel may have taken it all the same."""

    reason: str
    after_s: float | None = None
    uncertain: bool = False


@dataclass(frozen=True, slots=True)
class Parked:
    """Refused for good."""

    reason: str


Delivery: TypeAlias = Sent | Retry | Parked


class Standing(StrEnum):
    """Whether a story still stands by itself."""

    STANDS = "stands"
    MERGED = "merged"
    RETRACTED = "retracted"


@dataclass(frozen=True, slots=True)
class Report:
    """An article as a source: who, where, under which title."""

    outlet: str
    url: str | None
    title: str


@dataclass(frozen=True, slots=True)
class AlertContent:
    """All that a renderer needs to say what happened."""

    story_id: int
    key: str
    kind: AlertKind
    title: str
    summary: str
    url: str | None
    outlet: str
    published_at: datetime
    agreement_name: str | None
    stage: str
    previous_stage: str | None
    themes: tuple[tuple[str, str, str], ...]
    """(id, title, quoted evidence)."""
    parties: tuple[str, ...]
    minerals: tuple[str, ...]
    money: tuple[str, ...]
    significance: int
    reasons: tuple[str, ...]
    route: str
    route_reason: str
    sources: tuple[tuple[str, str | None], ...] = ()
    """(outlet, url), the first seen first."""
    stage_quote: str = ""
    """The sentence that reports the stage."""
    subject: str = "Minerals"
    """What ``minerals`` are called under the thesis in force."""
    agreement_id: str | None = None
    outlets: int = 1
    """Independent outlets that tell the story: a reprint does not count."""
    reports: tuple[Report, ...] = ()
    """The articles that a reply of kind OUTLET tells of; empty: the one of the fields above."""
    changes: tuple[str, ...] = ()
    """What changed, in words, for STAGE and UPDATE: ``negotiating → signed``."""
    standing: Standing = Standing.STANDS
    standing_note: str = ""
    """Why the story was retracted, or the title of the story that it is part of now."""
    owner: str = ""
    """Who looks after the route."""
    mention: str | None = None
    """The id of a Slack user group that is called by name."""
    link_buttons: bool = True
    """Links as buttons, beside those in the text."""
