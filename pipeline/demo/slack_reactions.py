"""Reactions of the demo workspace: given, taken back, and shown as Slack shows them.

Semantics of https://docs.slack.dev/reference/methods/reactions.get and of the ``message`` object:
``count`` is always whole; ``users`` may be cut short but for reactions.get with ``full``.
"""

from dataclasses import dataclass, field
from typing import Any, Final

USERS_SHOWN: Final = 25
"""Slack does not say how many users it shows; a test can set the workspace's own number."""


@dataclass(slots=True)
class Reactions:
    """A message's reactions: name → users, both in the order in which they came."""

    given: dict[str, list[str]] = field(default_factory=dict)

    def add(self, name: str, user: str) -> bool:
        """Put the user's reaction on; False where it is there already."""
        users = self.given.setdefault(name, [])
        if user in users:
            return False
        users.append(user)
        return True

    def remove(self, name: str, user: str) -> bool:
        """Take the user's reaction off; False where there is none."""
        users = self.given.get(name, [])
        if user not in users:
            return False
        users.remove(user)
        if not users:
            del self.given[name]
        return True

    def to_json(self, *, shown: int | None) -> list[dict[str, Any]]:
        """The list as a message carries it, with at most ``shown`` users of each name."""
        return [
            {"name": name, "users": users[:shown], "count": len(users)}
            for name, users in self.given.items()
        ]
