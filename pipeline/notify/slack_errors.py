"""What Slack's error codes mean for a message: try again, or park it with the mend in words.

Codes are those of the reference of chat.postMessage and conversations.history.
"""

import re
from types import MappingProxyType
from typing import Final

from slack_sdk.web import SlackResponse

from schemas.alert import Parked, Retry

DEFAULT_RATE_LIMIT_S: Final = 30.0
_TOO_MANY: Final = 429
_SERVER: Final = 500
_CODE: Final = re.compile(r"[a-z][a-z0-9_]*")

_RATE_LIMITED: Final = frozenset({"ratelimited", "rate_limited", "message_limit_exceeded"})
_PASSING: Final = frozenset(
    {"internal_error", "fatal_error", "service_unavailable", "request_timeout", "team_added_to_org"}
)
"""Slack says of the first two that part of the work may have been done all the same."""

_INVITE = "invite the bot to it (/invite), or choose another channel"
_INSTALL = "set MINERALWATCH_SLACK_TOKEN to the Bot User OAuth Token (xoxb-…) of an installed app"
_OURS = "this is a fault of mineralwatch: please report it with the message's key"
MENDS: Final = MappingProxyType(
    {
        "channel_not_found": "check the channel's name or id; for a private channel " + _INVITE,
        "not_in_channel": _INVITE,
        "is_archived": "unarchive the channel, or choose another",
        "invalid_auth": _INSTALL,
        "not_authed": _INSTALL,
        "token_revoked": "install the app again and " + _INSTALL,
        "token_expired": "install the app again and " + _INSTALL,
        "account_inactive": "install the app again and " + _INSTALL,
        "not_allowed_token_type": _INSTALL,
        "no_permission": "add the scope chat:write to the app and install it again",
        "restricted_action": "a workspace setting forbids posting there; ask its administrator",
        "restricted_action_read_only_channel": "the channel is read-only; choose another",
        "restricted_action_thread_locked": "the thread is locked; unlock it",
        "thread_not_found": "the first message of the thread is gone",
        "msg_too_long": _OURS,
        "msg_blocks_too_long": _OURS,
        "invalid_blocks": _OURS,
        "invalid_blocks_format": _OURS,
        "no_text": _OURS,
        "invalid_metadata_format": _OURS,
        "invalid_metadata_schema": _OURS,
        "metadata_too_large": _OURS,
    }
)


SETTLED_EDITS: Final = frozenset(
    {"message_not_found", "cant_update_message", "edit_window_closed", "thread_not_found"}
)
"""Answers of chat.update that leave nothing to do: a reader deleted the message, or the workspace
closes messages after some time. The reply in the thread says what changed all the same."""


def refusal(answer: SlackResponse, *, asking: bool = False) -> Retry | Parked:
    """Return what an answer that is not ok means for the message.

    Args:
        answer: Slack's answer, of any status.
        asking: True where the call only asked for the fate of an earlier attempt; that attempt
            stays uncertain then.
    """
    code = str(answer.get("error") or "")
    if answer.status_code == _TOO_MANY or code in _RATE_LIMITED:
        after = _retry_after(answer)
        return Retry(f"Slack's rate limit: wait {after:g} s", after_s=after, uncertain=asking)
    if answer.status_code >= _SERVER or code in _PASSING or not _CODE.fullmatch(code):
        told = code if _CODE.fullmatch(code) else "an answer that is not of Slack's form"
        after_s = _retry_after(answer) if _header(answer) else None
        return Retry(f"Slack had a fault: {answer.status_code} {told}", after_s, uncertain=True)
    what = "Slack refused to say whether it arrived" if asking else "Slack refused it"
    return Parked(f"{what}: {code}; mend: {_mend(code, answer)}")


def _mend(code: str, answer: SlackResponse) -> str:
    if code == "missing_scope":
        needed = answer.get("needed") or "chat:write"
        return f"add the scope {needed} to the app and install it again"
    detail = "; ".join((answer.get("response_metadata") or {}).get("messages") or [])
    mend = MENDS.get(code, f"see {code!r} in Slack's reference of chat.postMessage")
    return f"{mend} ({detail[:300]})" if detail else mend


def _header(answer: SlackResponse) -> str | None:
    headers = {str(name).lower(): value for name, value in dict(answer.headers).items()}
    return headers.get("retry-after")


def _retry_after(answer: SlackResponse) -> float:
    try:
        return max(0.0, float(_header(answer) or DEFAULT_RATE_LIMIT_S))
    except ValueError:
        return DEFAULT_RATE_LIMIT_S
