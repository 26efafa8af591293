"""train: labelled items → the weights that judgement uses."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.progress import Progress

from pipeline.catalog import load_rules
from pipeline.commands.common import Json, err, out, print_json, told_errors
from pipeline.settings import load_settings

if TYPE_CHECKING:
    from pipeline.assess.evaluate import Report


def train(
    data: Annotated[Path, typer.Option(help="A folder of labelled items: JSON lines.")] = Path(
        "training"
    ),
    out_folder: Annotated[
        Path | None,
        typer.Option("--out", help="Where the model is written; default: into the package."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Learn the weights of judgement from labelled items, with the same result each time.

    Example: mineralwatch train --data training --out var/model
    """
    from pipeline.assess.model_files import PACKAGE_MODEL
    from pipeline.assess.training.card import describe, write_card
    from pipeline.assess.training.items import load_items
    from pipeline.assess.training.run import train as learn

    with told_errors():
        items = load_items(data)
        rules = load_rules(load_settings())
        with Progress(console=err, transient=True) as bar:
            task = bar.add_task("reading", total=len(items))

            def progress(what: str, done: int, total: int) -> None:
                bar.update(task, description=what, completed=done, total=total)

            trained = learn(items, rules, progress)
        folder = out_folder or PACKAGE_MODEL
        described = describe(trained, items)
        write_card(described, trained, folder)
    if as_json:
        files = {name: _summary(report) for name, report in trained.by_file.items()}
        told = {"out": folder, **_summary(trained.report), "items": len(items), "files": files}
        print_json(told)
        return
    out.print(f"{len(items)} items → {folder}", highlight=False)
    for name, value in _summary(trained.report).items():
        out.print(f"  {name}: {value}", highlight=False)


def _summary(report: "Report") -> dict[str, Any]:
    """Scores by event, out of fold."""
    group = report.all
    return {
        "relevance_f1": group.relevance.f1,
        "themes_micro_f1": group.themes_micro.f1,
        "themes_macro_f1": group.themes_macro_f1,
        "stage_accuracy": group.stage_accuracy,
        "parties_f1": group.parties.f1,
        "minerals_f1": group.minerals.f1,
        "significance_within_one": group.significance_within_one,
    }
