"""Asking Slack who we are, what we may do, and where we may post. Nothing is posted."""

import http.client
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime
from types import MappingProxyType
from typing import Final

from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.web import SlackResponse

from pipeline.log import mask
from pipeline.notify.slack_client import LISTED, ask, next_cursor, slack_client
from pipeline.notify.slack_errors import MENDS

TIMEOUT_S: Final = 10.0

NEEDED: Final[Mapping[str, str]] = MappingProxyType(
    {
        "chat:write": "nothing can be posted",
        "reactions:read": "readers' verdicts are as far as a channel's history shows them",
        "channels:history": "a message whose answer was lost is set aside, not looked for",
        "groups:history": "the same in private channels",
        "metadata.message:read": "a message whose answer was lost is set aside, not looked for",
        "channels:read": "channels must be given by id (C…)",
        "groups:read": "private channels must be given by id",
    }
)
"""The scopes of docs/slack-app-manifest.yaml, and what is lost without each."""
POSTS: Final = "chat:write"

_UNREACHABLE: Final = "is there a network, and is MINERALWATCH_SLACK_BASE_URL right?"


@dataclass(frozen=True, slots=True)
class SlackIdentity:
    """What a token is."""

    team: str
    user: str
    scopes: frozenset[str] | None
    """None where Slack does not say."""
    date: datetime | None
    """Slack's clock, from the header Date (a whole second)."""


@dataclass(frozen=True, slots=True)
class SlackPlace:
    """A channel that the bot sees."""

    id: str
    name: str
    is_member: bool
    is_archived: bool


@dataclass(frozen=True, slots=True)
class Refused:
    """What was asked was not answered: why, and the mend."""

    reason: str
    mend: str


class SlackProbe:
    """Calls Slack with a token, once each; an outcome that is expected is a value."""

    def __init__(self, token: str, base_url: str, timeout_s: float = TIMEOUT_S) -> None:
        self._client = slack_client(token, base_url, timeout_s)

    def identity(self) -> SlackIdentity | Refused:
        """auth.test."""
        answer = self._ask("auth.test", {})
        if isinstance(answer, Refused):
            return answer
        headers = {str(name).lower(): str(value) for name, value in dict(answer.headers).items()}
        told = headers.get("x-oauth-scopes")
        scopes = frozenset(one.strip() for one in told.split(",") if one.strip()) if told else None
        return SlackIdentity(
            team=str(answer.get("team") or ""),
            user=str(answer.get("user") or ""),
            scopes=scopes,
            date=_date(headers.get("date")),
        )

    def places(self) -> list[SlackPlace] | Refused:
        """conversations.list, all pages."""
        found: list[SlackPlace] = []
        cursor: str | None = None
        while True:
            page = {"cursor": cursor} if cursor else {}
            answer = self._ask("conversations.list", {**LISTED, **page})
            if isinstance(answer, Refused):
                return answer
            found += [
                SlackPlace(
                    str(one["id"]),
                    str(one.get("name") or ""),
                    bool(one.get("is_member")),
                    bool(one.get("is_archived")),
                )
                for one in answer.get("channels") or []
            ]
            cursor = next_cursor(answer)
            if not cursor:
                return found

    def _ask(self, method: str, asked: Mapping[str, object]) -> SlackResponse | Refused:
        try:
            return ask(self._client, method, asked)
        except SlackApiError as error:
            code = str(error.response.get("error") or error.response.status_code)
            if code == "missing_scope":
                needed = error.response.get("needed") or "it needs"
                return Refused(code, f"add the scope {needed} to the app and install it again")
            return Refused(code, MENDS.get(code, "see that error in Slack's reference"))
        except (OSError, SlackClientError, http.client.HTTPException, ValueError) as error:
            return Refused(mask(f"Slack could not be reached: {error}"), _UNREACHABLE)


def _date(told: str | None) -> datetime | None:
    try:
        return parsedate_to_datetime(told) if told else None
    except ValueError:
        return None
