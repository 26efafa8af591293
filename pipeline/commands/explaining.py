"""explain: why an article is read as it is."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from pipeline.app import open_app
from pipeline.catalog import load_rules
from pipeline.commands.common import Json, err, out, print_json, told_errors
from pipeline.commands.reading import Lines, assessor_in_force, document, end, stdin
from pipeline.errors import ConfigError
from pipeline.settings import load_settings
from schemas.explained import Explained


def explain(
    reference: Annotated[
        str,
        typer.Argument(
            metavar="URL|ID|-",
            help="A stored article's address or number; - reads one JSON line from stdin.",
        ),
    ],
    html: Annotated[
        Path | None, typer.Option(help="Write a page of HTML here.", dir_okay=False)
    ] = None,
    as_json: Json = False,
) -> None:
    """Show an article with its spans marked, why each label was given, and what was weighed.

    Example: mineralwatch explain 1204 --html why.html
    """
    with told_errors():
        explained = _handed_in() if reference == "-" else _stored(reference)
    if html is not None:
        from pipeline.commands.explain_html import render

        html.parent.mkdir(parents=True, exist_ok=True)
        html.write_text(render(explained), encoding="utf-8")
        err.print(f"written: {html}", highlight=False, markup=False)
    if as_json:
        print_json(asdict(explained))
    elif html is None:
        from pipeline.commands.explain_terminal import show

        show(explained, out)


def _stored(reference: str) -> Explained:
    from pipeline.stages.explain import explain_stored

    with open_app() as app:
        return explain_stored(app.context(), app.assessor, reference)


def _handed_in() -> Explained:
    """The document of the first line on standard input.

    Raises:
        ConfigError: there is no line to read.
    """
    from pipeline.stages.explain import explain_document

    lines = Lines(stdin())
    row = next(iter(lines), None)
    end(lines)
    if row is None:
        raise ConfigError(
            "nothing on standard input", mend='hand in a line such as {"id": 1, "title": "…"}'
        )
    return explain_document(document(row), assessor_in_force(), load_rules(load_settings()))
