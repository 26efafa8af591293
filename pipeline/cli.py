"""`mineralwatch …`: the same stages that the DAGs run, by hand.

Exit codes: 0 done, 1 a failure of ours, 2 wrong use or configuration.
"""

from importlib.metadata import version
from typing import Annotated

import typer

from pipeline.commands import (
    agreements,
    archive,
    backing_up,
    correcting,
    coverage,
    digesting,
    doctor,
    evaluating,
    evaluating_polarity,
    explaining,
    feedback,
    feeds,
    fulltext,
    local,
    reading,
    routes,
    running,
    scorecard,
    secrets_init,
    setup,
    showing,
    training,
    watching,
    websub,
)
from pipeline.commands.common import out

app = typer.Typer(
    name="mineralwatch",
    no_args_is_help=True,
    rich_markup_mode="markdown",
    pretty_exceptions_show_locals=False,
    help="The news monitor for agreements on minerals.",
    epilog="Settings are MINERALWATCH_* variables: see `mineralwatch config show`.",
)

_WATCH, _READ, _LOOK, _SET_UP = "Watch", "Read (no database)", "Look", "Set up"

app.command(rich_help_panel=_WATCH)(local.up)
app.command(rich_help_panel=_WATCH)(local.demo)
app.command(rich_help_panel=_SET_UP)(local.catcher)
app.command(rich_help_panel=_WATCH)(running.run)
app.command(rich_help_panel=_WATCH)(running.poll)
app.command(rich_help_panel=_WATCH)(fulltext.fulltext)
app.command(rich_help_panel=_WATCH)(running.assess)
app.command(rich_help_panel=_WATCH)(running.deliver)
app.command(rich_help_panel=_WATCH)(digesting.digest)
app.command("import", rich_help_panel=_WATCH)(archive.import_)
app.command(rich_help_panel=_WATCH)(archive.upkeep)
app.command(rich_help_panel=_READ)(reading.classify)
app.command(rich_help_panel=_READ)(reading.cluster)
app.command(rich_help_panel=_READ)(evaluating.evaluate)
app.command(rich_help_panel=_READ)(evaluating_polarity.evaluate_polarity)
app.command(rich_help_panel=_LOOK)(archive.search)
app.command(rich_help_panel=_LOOK)(archive.export)
showing.stories.command("merge")(correcting.merge)
showing.stories.command("retract")(correcting.retract)
app.add_typer(showing.stories, name="stories", rich_help_panel=_LOOK)
app.add_typer(agreements.agreements, name="agreements", rich_help_panel=_LOOK)
app.command(rich_help_panel=_LOOK)(scorecard.scorecard)
app.command(rich_help_panel=_LOOK)(explaining.explain)
app.command(rich_help_panel=_LOOK)(coverage.coverage)
app.add_typer(feedback.feedback, name="feedback", rich_help_panel=_LOOK)
app.add_typer(feeds.feeds, name="feeds", rich_help_panel=_LOOK)
app.add_typer(websub.websub, name="websub", rich_help_panel=_LOOK)
app.add_typer(routes.routes, name="routes", rich_help_panel=_LOOK)
app.command(rich_help_panel=_LOOK)(watching.watch)
app.add_typer(showing.outbox, name="outbox", rich_help_panel=_LOOK)
app.add_typer(setup.config, name="config", rich_help_panel=_SET_UP)
setup.db.command("backup")(backing_up.backup)
setup.db.command("restore")(backing_up.restore)
app.add_typer(secrets_init.secrets, name="secrets", rich_help_panel=_SET_UP)
app.add_typer(setup.db, name="db", rich_help_panel=_SET_UP)
app.command(rich_help_panel=_SET_UP)(doctor.doctor)
app.command(rich_help_panel=_SET_UP)(training.train)


def _version(wanted: bool) -> None:
    if wanted:
        out.print(f"mineralwatch {version('mineralwatch')}", highlight=False)
        raise typer.Exit


@app.callback()
def _options(
    _version_wanted: Annotated[
        bool,
        typer.Option("--version", callback=_version, is_eager=True, help="Print the version."),
    ] = False,
) -> None:
    pass


def main() -> None:
    """The console script."""
    app()
