"""Putting right by hand what was told: stories that are one, stories that do not stand."""

from typing import Annotated

import typer

from pipeline import log
from pipeline.app import open_app
from pipeline.commands.common import Json, out, print_json, told_errors, utc_now
from pipeline.stages import revisit

StoryId = Annotated[int, typer.Argument(metavar="STORY", help="The story's number.")]


def merge(
    story: StoryId,
    into: Annotated[int, typer.Argument(help="The story that it is part of.")],
    as_json: Json = False,
) -> None:
    """Make a story part of another; messages that told of it say so.

    Example: mineralwatch stories merge 14 12
    """
    log.configure()
    with told_errors(), open_app() as app:
        report = revisit.merge(app.context(utc_now()), story, into=into)
    _done(report.counts["alerts"], f"story {story} is part of story {into}", as_json=as_json)


def retract(
    story: StoryId,
    reason: Annotated[str, typer.Option(help="Why it does not stand; readers are told.")],
    as_json: Json = False,
) -> None:
    """Retract a story: what waits is not sent, and messages that told of it say so.

    Example: mineralwatch stories retract 14 --reason "The ministry denied it."
    """
    log.configure()
    with told_errors(), open_app() as app:
        report = revisit.retract(app.context(utc_now()), story, reason=reason)
    _done(report.counts["alerts"], f"story {story} is retracted", as_json=as_json)


def _done(messages: int, what: str, *, as_json: bool) -> None:
    if as_json:
        print_json({"messages": messages})
    else:
        out.print(f"{what}; {messages} messages wait to say so: mineralwatch deliver")
