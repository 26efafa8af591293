"""Reading back from Slack how readers reacted to alerts.

A channel's history shows the reactions to many messages in one call, so that is asked first. What
it does not show (replies in threads, messages with more users than Slack lists) is asked for one
by one, some in each run: those that were read longest ago, which the caller puts first.
"""

import http.client
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias
from urllib.error import URLError

from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.web import SlackResponse

from pipeline.log import get_logger, mask
from pipeline.notify.slack_client import (
    BASE_URL,
    CHANNEL_ID,
    LISTED,
    TIMEOUT_S,
    ask,
    next_cursor,
    slack_client,
)
from pipeline.notify.slack_errors import MENDS, refusal
from schemas.alert import Retry
from schemas.feedback import Reacted, Reaction, ReactionsRead, SentMessage
from schemas.report import Problem

log = get_logger(__name__)

PAGE: Final = 200
"""Slack's advice is no more than 200 messages a page."""
MAX_PAGES: Final = 40
"""Pages of one channel in one reading: 8,000 messages, less than a minute's allowance of calls."""
MAX_GETS: Final = 40
"""Messages asked for one by one in one reading; Slack allows about 50 calls a minute
(https://docs.slack.dev/apis/web-api/rate-limits, tier 3)."""

_USER_ID: Final = re.compile(r"[A-Z0-9]{2,80}")
_MAX_NAME: Final = 100
_WORKSPACE: Final = frozenset(
    {
        "invalid_auth", "not_authed", "token_revoked", "token_expired", "account_inactive",
        "not_allowed_token_type", "no_permission", "org_login_required", "ekm_access_denied",
        "access_denied", "team_access_not_granted",
    }
)  # fmt: skip
"""Refusals that any other call would get as well."""
_MANIFEST: Final = "docs/slack-app-manifest.yaml has them all"

_Posted: TypeAlias = Mapping[str, Any]


class _Stop(Exception):  # noqa: N818 - it ends a reading, it is no error
    """Nothing more can be asked in this reading."""

    def __init__(self, problem: Problem, wait_s: float | None = None) -> None:
        super().__init__(problem.what)
        self.problem = problem
        self.wait_s = wait_s


@dataclass(slots=True)
class _Reading:
    """What one reading has found so far."""

    bot: str
    seen: dict[int, Reacted] = field(default_factory=dict)
    gone: list[int] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    gets: int = 0

    def take(self, message: SentMessage, posted: _Posted) -> None:
        self.seen[message.outbox_id] = _reacted(message.outbox_id, posted, self.bot)


class ReactionReader:
    """Reads reactions; slack_sdk's own retries are off, as the next run comes soon anyway.

    The bot's scopes: ``channels:history`` (``groups:history`` for private channels),
    ``reactions:read`` for what the history does not show, and ``channels:read`` (``groups:read``)
    where a message's channel is known by name only.
    """

    def __init__(self, token: str, base_url: str = BASE_URL, timeout_s: float = TIMEOUT_S) -> None:
        self._client = slack_client(token, base_url, timeout_s)

    def read(self, messages: Sequence[SentMessage]) -> ReactionsRead:
        """Return the reactions to ``messages``, those of the bot itself left out.

        No failure is raised: what a channel refuses is a problem with the mend, and the others
        are read; a rate limit, or a Slack that cannot be reached, ends the reading with what it
        has found.
        """
        if not messages:
            return ReactionsRead()
        reading = _Reading(bot="")
        wait_s: float | None = None
        try:
            reading.bot = str(self._call("auth.test").get("user_id") or "")
            places = self._places(messages, reading)
            for place, wanted in places.items():
                self._history(place, wanted, reading)
            self._one_by_one(places, messages, reading)
        except _Stop as stop:
            reading.problems.append(stop.problem)
            wait_s = stop.wait_s
        except SlackApiError as error:
            reading.problems.append(_refused("slack", error.response))
        return ReactionsRead(
            tuple(reading.seen.values()), tuple(reading.gone), tuple(reading.problems), wait_s
        )

    def _places(
        self, messages: Sequence[SentMessage], reading: _Reading
    ) -> dict[str, list[SentMessage]]:
        """The messages by the id of their channel."""
        places: defaultdict[str, list[SentMessage]] = defaultdict(list)
        named: defaultdict[str, list[SentMessage]] = defaultdict(list)
        for message in messages:
            if message.place or CHANNEL_ID.fullmatch(message.address):
                places[message.place or message.address].append(message)
            else:
                named[message.address].append(message)
        ids = self._channel_ids(reading) if named else {}
        for address, found in named.items():
            place = ids.get(address.removeprefix("#")) if ids is not None else None
            if place is not None:
                places[place] += found
            elif ids is not None:
                what = f"no channel has that name now; {len(found)} alerts were sent there"
                mend = "was it renamed or made private? newer alerts are found by its id"
                reading.problems.append(Problem(f"slack:{address}", what, mend))
        return dict(places)

    def _channel_ids(self, reading: _Reading) -> dict[str, str] | None:
        """Slack posts to names, but shows the history of ids only; None where it names none."""
        try:
            return {
                str(channel.get("name")): str(channel.get("id"))
                for answer in self._pages("conversations.list", **LISTED)
                for channel in answer.get("channels") or []
            }
        except SlackApiError as error:
            reading.problems.append(_refused("slack", error.response))
            return None

    def _history(self, place: str, wanted: Sequence[SentMessage], reading: _Reading) -> None:
        """Page through the channel from the newest to the oldest that is wanted."""
        left = {message.ts: message for message in wanted if not message.reply}
        if not left:
            return
        span = {"oldest": min(left, key=_seconds), "latest": max(left, key=_seconds)}
        pages = self._pages(
            "conversations.history", channel=place, limit=PAGE, inclusive=True, **span
        )
        try:
            for answer in pages:
                for posted in answer.get("messages") or []:
                    message = left.pop(str(posted.get("ts")), None)
                    if message is not None:
                        reading.take(message, posted)
        except SlackApiError as error:
            where = f"slack:{wanted[0].address}"
            reading.problems.append(_refused(where, error.response))

    def _one_by_one(
        self,
        places: Mapping[str, Sequence[SentMessage]],
        messages: Sequence[SentMessage],
        reading: _Reading,
    ) -> None:
        """Ask for what the histories did not show whole, in the order that was given."""
        place_of = {one.outbox_id: place for place, wanted in places.items() for one in wanted}
        closed: set[str] = set()
        for message in messages:
            known = reading.seen.get(message.outbox_id)
            place = place_of.get(message.outbox_id)
            if place is None or place in closed or (known is not None and known.complete):
                continue
            if reading.gets == MAX_GETS:
                return
            reading.gets += 1
            try:
                answer = self._call("reactions.get", channel=place, timestamp=message.ts, full=True)
            except SlackApiError as error:
                code = error.response.get("error")
                if code == "message_not_found":
                    reading.gone.append(message.outbox_id)
                    continue
                problem = _refused(f"slack:{message.address}", error.response)
                if code == "missing_scope":
                    raise _Stop(problem) from error
                closed.add(place)
                if all(told.where != problem.where for told in reading.problems):
                    reading.problems.append(problem)
                continue
            reading.take(message, answer.get("message") or {})

    def _pages(self, method: str, **asked: Any) -> Iterator[SlackResponse]:
        for _ in range(MAX_PAGES):
            answer = self._call(method, **asked)
            yield answer
            cursor = next_cursor(answer)
            if cursor is None:
                return
            asked["cursor"] = cursor

    def _call(self, method: str, **asked: Any) -> SlackResponse:
        """Call a method that only reads.

        Raises:
            SlackApiError: Slack refused this one thing.
            _Stop: it would refuse anything, or cannot be reached.
        """
        params = {name: _param(value) for name, value in asked.items()}
        try:
            return ask(self._client, method, params)
        except SlackApiError as error:
            told = refusal(error.response, asking=True)
            if isinstance(told, Retry):
                what = f"the reading stopped: {told.reason}"
                raise _Stop(Problem("slack", what, "the next run goes on"), told.after_s) from error
            if error.response.get("error") in _WORKSPACE:
                raise _Stop(_refused("slack", error.response)) from error
            raise
        except (OSError, http.client.HTTPException, SlackClientError, ValueError) as error:
            reason = error.reason if isinstance(error, URLError) else error
            words = "no answer in time" if isinstance(reason, TimeoutError) else str(reason)
            what = mask(f"Slack could not be reached: {words or type(reason).__name__}")
            raise _Stop(Problem("slack", what, "the next run tries again")) from error


def plain_name(name: str) -> str:
    """Return the reaction's name without skin tone: ``+1`` for ``+1::skin-tone-3``."""
    return name.partition("::")[0]


def _reacted(outbox_id: int, posted: _Posted, bot: str) -> Reacted:
    """The reactions that a message carries; what is not of Slack's form is passed over."""
    found: set[Reaction] = set()
    complete = True
    for given in posted.get("reactions") or []:
        name, users = plain_name(str(given.get("name") or "")), given.get("users") or []
        complete = complete and len(users) >= int(given.get("count") or 0)
        if not name or len(name) > _MAX_NAME:
            continue
        found |= {
            Reaction(user, name)
            for user in users
            if isinstance(user, str) and user != bot and _USER_ID.fullmatch(user)
        }
    return Reacted(outbox_id, frozenset(found), complete)


def _refused(where: str, answer: SlackResponse) -> Problem:
    code = str(answer.get("error") or "an answer without a reason")
    what = f"Slack does not show the reactions: {code}"
    if code == "missing_scope":
        needed = answer.get("needed") or "reactions:read"
        return Problem(
            where, what, f"add the scope {needed} to the app and install it again; {_MANIFEST}"
        )
    return Problem(where, what, MENDS.get(code, f"see {code!r} in Slack's reference"))


def _param(value: Any) -> Any:
    return int(value) if isinstance(value, bool) else value


def _seconds(ts: str) -> float:
    return float(ts)
