"""Who is there: told by the server that the pages stand in, never by the pages."""

from collections.abc import Callable
from dataclasses import dataclass

from fastapi import Request


@dataclass(frozen=True, slots=True)
class Visitor:
    """A user who is logged in."""

    name: str
    may_act: bool
    """Whether the user may change anything; all may read."""


@dataclass(frozen=True, slots=True)
class Host:
    """What the server around the pages can do for them; each may be missing."""

    login: Callable[[str], str] | None = None
    """The address of its login page; the argument is where to go from there."""
    dag: Callable[[str], str] | None = None
    """The address of a DAG's page."""
    trigger: Callable[[str, str], str] | None = None
    """Run a DAG at once: its id, the user's name; returns the outcome in words, never raises."""


def visitor_of(request: Request) -> Visitor:
    """The visitor that the application let in."""
    found: Visitor = request.state.visitor
    return found
