"""The archive: search it, export it, add to it, forget what is old."""

import os
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.text import Text

from pipeline import log
from pipeline.app import migrate, open_app
from pipeline.commands.common import (
    FAILED,
    Json,
    err,
    out,
    print_json,
    show_reports,
    since_option,
    told_errors,
    utc_now,
)
from pipeline.errors import ConfigError, NotFoundError
from pipeline.settings import load_settings
from pipeline.stages.export import export as export_stage
from pipeline.stages.import_archive import Format
from pipeline.store.search import search_articles, search_stories
from schemas.assessment import Stage
from schemas.export import ExportFormat, ExportKind
from schemas.search import ArticleHit, Marked, SearchAnswer, SearchFilters, StoryHit

_EVER = datetime(1970, 1, 1, tzinfo=UTC)

Several = list[str] | None


def search(
    query: Annotated[
        str, typer.Argument(help='Words, "a phrase", -without, begin*; may be empty: "".')
    ],
    *,
    theme: Annotated[Several, typer.Option(help="A theme's id; repeatable, as all these.")] = None,
    state: Annotated[Several, typer.Option(help="KZ, US, EU …")] = None,
    mineral: Annotated[Several, typer.Option(help="lithium, rare_earths …")] = None,
    stage: Annotated[list[Stage] | None, typer.Option(help="signed, negotiating …")] = None,
    agreement: Annotated[Several, typer.Option(help="An agreement's id.")] = None,
    outlet: Annotated[Several, typer.Option(help="As shown: ukrinform.net …")] = None,
    language: Annotated[Several, typer.Option(help="en, uk, kk …")] = None,
    since: Annotated[str | None, typer.Option(help="7d, 36h or a date.")] = None,
    until: Annotated[str | None, typer.Option(help="The same; up to then.")] = None,
    stories: Annotated[
        bool, typer.Option("--stories/--articles", help="Stories, or single articles.")
    ] = False,
    limit: Annotated[int, typer.Option(min=1, max=1000)] = 20,
    as_json: Json = False,
) -> None:
    """Search all articles, or the stories that they tell; the best first.

    Example: mineralwatch search 'lithium "rare earths" -football kazakh*' --state KZ --since 90d
    """
    now = utc_now()
    with told_errors(), open_app() as app:
        filters = SearchFilters(
            themes=_known(theme, tuple(app.catalog.theme_titles), "theme"),
            states=tuple(one.upper() for one in state or ()),
            minerals=tuple(mineral or ()),
            stages=tuple(stage or ()),
            agreements=tuple(agreement or ()),
            outlets=tuple(outlet or ()),
            languages=tuple(one.lower() for one in language or ()),
            since=since_option(since, now) if since else None,
            until=since_option(until, now) if until else None,
        )
        ask = search_stories if stories else search_articles
        with app.database.read() as session:
            answer = ask(query, filters, limit=limit, session=session)
    if as_json:
        print_json(asdict(answer))
        return
    _show(answer)


def _known(given: Several, known: tuple[str, ...], what: str) -> tuple[str, ...]:
    for one in given or ():
        if one not in known:
            raise NotFoundError(f"no such {what} {one!r}", mend=f"one of {', '.join(known)}")
    return tuple(given or ())


def _show(answer: SearchAnswer) -> None:
    for story in answer.stories:
        _show_story(story)
    for article in answer.articles:
        _show_article(article)
    if not answer.articles and not answer.stories:
        out.print("nothing was found")
    for note in answer.notes:
        err.print(f"note: {note}", markup=False)


def _show_story(hit: StoryHit) -> None:
    out.print(Text.assemble(f"story {hit.id}  ", _marked(hit.title, "bold")))
    states, minerals = " ".join(hit.states), ", ".join(hit.minerals)
    told = [f"{hit.last_at:%Y-%m-%d}", hit.stage.value, states, minerals]
    told.append(f"{hit.matching} matching article{'s' if hit.matching != 1 else ''}")
    out.print(Text("  " + " · ".join(part for part in told if part), style="dim"))
    out.print(Text.assemble("  ", _marked(hit.best.snippet, "")), "")


def _show_article(hit: ArticleHit) -> None:
    out.print(Text.assemble(f"article {hit.id}  ", _marked(hit.title, "bold")))
    told = [f"{hit.published_at:%Y-%m-%d}", hit.outlet, hit.url or ""]
    told.append(f"story {hit.story_id}" if hit.story_id else "")
    out.print(Text("  " + " · ".join(part for part in told if part), style="dim"))
    out.print(Text.assemble("  ", _marked(hit.snippet, "")), "")


def _marked(marked: Marked, style: str) -> Text:
    shown = Text(marked.text, style=style)
    for start, end in marked.hits:
        shown.stylize("black on yellow", start, end)
    return shown


def export(
    kind: Annotated[ExportKind, typer.Argument(help="What to export.")],
    file_format: Annotated[
        ExportFormat, typer.Option("--format", help="rss and atom: of stories and moves.")
    ] = ExportFormat.JSONL,
    since: Annotated[str | None, typer.Option(help="7d, 36h or a date; else all.")] = None,
    out_file: Annotated[
        Path | None, typer.Option("--out", dir_okay=False, help="Else standard output.")
    ] = None,
    self_url: Annotated[
        str | None, typer.Option(help="Where the feed will be found (RSS, Atom).")
    ] = None,
) -> None:
    """Write stories, articles, stage moves, agreements or alerts as CSV, JSON lines or a feed.

    Example: mineralwatch export moves --format atom --since 30d --out moves.xml
    """
    now = utc_now()
    with told_errors(), open_app() as app:
        pieces = export_stage(
            app.context(now),
            kind,
            file_format,
            since=since_option(since, now) if since else _EVER,
            self_url=_http(self_url),
        )
        if out_file is None:
            for piece in pieces:
                sys.stdout.buffer.write(piece.encode("utf-8", "replace"))
        else:
            _write(out_file, pieces)
            err.print(f"written: {out_file}", highlight=False)


def _http(url: str | None) -> str | None:
    if url is not None and not url.lower().startswith(("http://", "https://")):
        raise ConfigError(
            f"--self-url {url!r} is no address", mend="it begins with http:// or https://"
        )
    return url


def _write(path: Path, pieces: Iterator[str]) -> None:
    """Under another name until it is whole: who reads it meanwhile has the last one."""
    try:
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    except OSError as error:
        raise ConfigError(f"{path}: cannot be written: {error}", mend="check the path") from error
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="", errors="replace") as file:
            file.writelines(pieces)
        mask = os.umask(0)
        os.umask(mask)
        Path(name).chmod(0o666 & ~mask)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def import_(
    path: Annotated[Path, typer.Argument(help="JSON lines, CSV, or a folder of feeds.")],
    file_format: Annotated[
        Format | None, typer.Option("--format", help="Else told by the name.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Bring in past articles: they are assessed and can be searched, and are never alerted.

    Example: mineralwatch import archive.jsonl.gz
    """
    log.configure()
    log.quiet_reports()
    with told_errors():
        settings = load_settings()
        migrate(settings)
        with open_app(settings) as app:
            report = app.run("import_archive", path=str(path), format=file_format)
    show_reports([report], as_json=as_json)
    if report.counts["refused"]:
        raise typer.Exit(FAILED)


def upkeep(
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only say what would be forgotten.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Forget what is old (retention.yaml), index what cannot be searched yet, name sick feeds.

    Example: mineralwatch upkeep --dry-run
    """
    log.configure()
    log.quiet_reports()
    with told_errors(), open_app() as app:
        report = app.run("upkeep", dry_run=dry_run)
    show_reports([report], as_json=as_json)
