"""Looking at what is kept: stories, the outbox."""

from dataclasses import asdict
from getpass import getuser
from typing import Annotated

import typer
from rich.markup import escape
from rich.table import Table

from pipeline.app import open_app
from pipeline.commands.common import (
    Json,
    out,
    print_json,
    since_option,
    told_errors,
    utc_now,
)
from pipeline.errors import NotFoundError
from pipeline.stages import pages_outbox
from pipeline.store import outbox as outbox_store
from pipeline.store import stories as story_store
from schemas.alert import OutboxState

stories = typer.Typer(no_args_is_help=True, help="Stories: list, show, merge, retract.")
outbox = typer.Typer(
    no_args_is_help=True, help="Messages waiting, sent and parked: list, retry, discard."
)

Since = Annotated[str, typer.Option(help="7d, 36h or a date.")]


@stories.command("list")
def list_stories(
    since: Since = "7d",
    theme: Annotated[str | None, typer.Option(help="A theme's id.")] = None,
    agreement: Annotated[str | None, typer.Option(help="An agreement's id.")] = None,
    limit: Annotated[int, typer.Option(min=1)] = 50,
    as_json: Json = False,
) -> None:
    """List stories, the most significant first.

    Example: mineralwatch stories list --since 7d --theme central_asia
    """
    now = utc_now()
    with told_errors(), open_app() as app:
        _known(theme, tuple(app.catalog.theme_titles), "theme")
        _known(agreement, tuple(a.id for a in app.catalog.agreements), "agreement")
        with app.database.read() as session:
            found = story_store.list_stories(
                since=since_option(since, now),
                until=now,
                theme=theme,
                agreement=agreement,
                limit=limit,
                session=session,
            )
    if as_json:
        print_json(found)
        return
    table = Table("id", "last", "stage", "signif.", "states", "outlets", "story")
    for story in found:
        table.add_row(
            str(story.id),
            f"{story.last_at:%d %b %H:%M}",
            story.stage.value,
            str(story.significance),
            " ".join(story.parties),
            str(len(story.outlets)),
            escape(story.title),
        )
    out.print(table)


def _known(given: str | None, known: tuple[str, ...], what: str) -> None:
    if given is not None and given not in known:
        raise NotFoundError(f"no such {what} {given!r}", mend=f"one of {', '.join(known)}")


@stories.command("show")
def show_story(
    story_id: Annotated[int, typer.Argument(help="The story's number.")], as_json: Json = False
) -> None:
    """Show a story: who told it, with the evidence of each theme.

    Example: mineralwatch stories show 12
    """
    with told_errors(), open_app() as app, app.database.read() as session:
        story = story_store.get_story(story_id, session=session)
        if story is None:
            raise NotFoundError(f"no story {story_id}", mend="see: mineralwatch stories list")
        reads = story_store.read_articles([story_id], session=session)[story_id]
    if as_json:
        print_json({**asdict(story), "told_by": reads})
        return
    out.print(f"[bold]{escape(story.title)}[/]")
    out.print(
        f"{story.stage.value} · significance {story.significance} · {' '.join(story.parties)}"
        f" · {', '.join(story.minerals)} · agreement: {story.agreement or 'none known'}",
        highlight=False,
    )
    for read in reads:
        article = read.article
        out.print(
            f"\n{article.published_at:%d %b %H:%M} [bold]{escape(article.outlet)}[/]"
            f" {escape(article.title)}\n"
            f"  article {article.id} · {escape(article.url or 'no link')}",
            highlight=False,
        )
        for theme in read.assessment.themes:
            quotes = "; ".join(f"“{escape(e.text)}”" for e in theme.evidence[:3])
            out.print(f"  {theme.id} {theme.score:.2f} {quotes}", highlight=False)


@outbox.command("list")
def list_outbox(
    state: Annotated[OutboxState | None, typer.Option(help="Only those in this state.")] = None,
    parked: Annotated[bool, typer.Option("--parked", help="Only those refused for good.")] = False,
    limit: Annotated[int, typer.Option(min=1)] = 50,
    as_json: Json = False,
) -> None:
    """List messages, the newest first, with the reason and the mend where one failed.

    Example: mineralwatch outbox list --parked
    """
    if parked and state not in {None, OutboxState.PARKED}:
        raise typer.BadParameter("--parked and --state ask for different messages: give one")
    state = OutboxState.PARKED if parked else state
    with told_errors(), open_app() as app, app.database.read() as session:
        found = outbox_store.list_outbox(state=state, limit=limit, session=session)
    if as_json:
        told = [(line, *_parted(line.last_error)) for line in found]
        print_json(
            [{**asdict(line), "reason": reason, "mend": mend} for line, reason, mend in told]
        )
        return
    table = Table("state", "to", "message", "tries", "next attempt", "error or id")
    for line in found:
        reason, mend = _parted(line.last_error)
        error = escape(reason or "") + (f"\n[dim]mend: {escape(mend)}[/]" if mend else "")
        waits = line.state in {OutboxState.PENDING, OutboxState.SENDING}
        table.add_row(
            line.state,
            escape(f"{line.channel}:{line.address}"),
            escape(line.key),
            str(line.attempts),
            f"{line.next_attempt_at:%d %b %H:%M}" if waits else "",
            error or escape(line.external_id or ""),
        )
    out.print(table)


def _parted(error: str | None) -> tuple[str | None, str | None]:
    """(reason, mend) of what a message ended with."""
    reason, _, mend = (error or "").partition("; mend: ")
    return reason or None, mend or None


@outbox.command("retry")
def retry(
    key: Annotated[str | None, typer.Argument(help="One message; without it, all.")] = None,
    everything: Annotated[bool, typer.Option("--all", help="All of them; so is no key.")] = False,
    as_json: Json = False,
) -> None:
    """Make parked messages due again.

    Example: mineralwatch outbox retry --all
    """
    if key is not None and everything:
        raise typer.BadParameter("give the key of one message, or --all")
    with told_errors(), open_app() as app, app.database.write() as session:
        count = outbox_store.retry_parked(now=utc_now(), key=key, session=session)
        if key is not None and not count:
            raise NotFoundError(
                f"no parked message {key!r}", mend="see: mineralwatch outbox list --parked"
            )
    if as_json:
        print_json({"due": count})
    else:
        out.print(f"{count} messages are due again; send them with: mineralwatch deliver")


@outbox.command("discard")
def discard(
    key: Annotated[str, typer.Argument(help="A parked message.")],
    reason: Annotated[str, typer.Option(help="Why it is never to be sent.")],
    by: Annotated[
        str | None, typer.Option(help="Who decided it; the user of this machine, if not given.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Give a parked message up for good; who, when and why is kept, and shown in the audit.

    Example: mineralwatch outbox discard story:5:new:slack:old-desk --reason "the desk is closed"
    """
    who = f"{by or _user()} (command line)"
    with told_errors(), open_app() as app:
        entry = pages_outbox.discard(app.context(utc_now()), key, who=who, reason=reason)
    if as_json:
        print_json(entry)
    else:
        out.print(f"{escape(entry.what)} is discarded. {escape(entry.detail)}", highlight=False)


def _user() -> str:
    try:
        return getuser()
    except (KeyError, OSError):  # a container's number without a name
        return "unknown"
