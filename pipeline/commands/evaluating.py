"""evaluate: the readings beside a labelled file, or beside what readers said of the alerts."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.markup import escape
from rich.progress import track
from rich.table import Table

from pipeline.catalog import load_rules
from pipeline.commands.common import Json, err, out, print_json, told_errors
from pipeline.commands.evaluating_feedback import evaluate_feedback
from pipeline.commands.reading import (
    Lines,
    cluster_document,
    document,
    end,
    gazetteer_in_force,
)
from pipeline.errors import ConfigError
from pipeline.settings import load_settings
from schemas.assessment import Stage

if TYPE_CHECKING:
    from pipeline.assess.assessor import Assessor
    from pipeline.assess.evaluate import Report, Score
    from schemas.assessment import Assessment

Stories = dict[str, dict[str, float]]
"""Measure → precision, recall, f1."""

LABELS = ("id", "relevant", "themes", "stage", "parties", "minerals", "significance")


def evaluate(
    file: Annotated[
        Path | None, typer.Argument(help="A gold file: JSON lines with labels.")
    ] = None,
    worst: Annotated[int, typer.Option(min=0, help="How many errors are shown.")] = 10,
    model: Annotated[
        Path | None, typer.Option(help="A folder that `train --out` wrote; default: the package's.")
    ] = None,
    rules_only: Annotated[
        bool, typer.Option("--rules-only", help="Judge by the rules, without learned weights.")
    ] = False,
    feedback: Annotated[
        bool, typer.Option("--feedback", help="Compare with what readers said of the alerts.")
    ] = False,
    since: Annotated[
        str | None, typer.Option(help="With --feedback: alerts sent since then (30d, a date).")
    ] = None,
    write: Annotated[
        Path | None,
        typer.Option(
            help="With --feedback: write the alerts here as labelled items.", dir_okay=False
        ),
    ] = None,
    as_json: Json = False,
) -> None:
    """Compare the readings with a labelled file, or with what readers said of the alerts.

    Example: mineralwatch evaluate gold.jsonl

    Example: mineralwatch evaluate --feedback --write var/feedback.jsonl
    """
    if feedback is (file is not None):
        raise typer.BadParameter("name either a gold file or --feedback")
    if not feedback and (since is not None or write is not None):
        raise typer.BadParameter("--since and --write go with --feedback")
    if file is not None:
        _evaluate_file(file, worst, model, rules_only=rules_only, as_json=as_json)
        return
    with told_errors():
        evaluate_feedback(
            lambda: assessor_for(model, rules_only=rules_only),
            since=since,
            write=write,
            worst=worst,
            as_json=as_json,
        )


def _evaluate_file(
    file: Path, worst: int, model: Path | None, *, rules_only: bool, as_json: bool
) -> None:
    from pipeline.assess.evaluate import evaluate as compare

    with told_errors():
        gold, lines = _gold(file)
        assessor = assessor_for(model, rules_only=rules_only)
        documents = track(
            (document(row) for row in gold),
            total=len(gold),
            description="reading",
            console=err,
            transient=True,
        )
        readings = list(assessor.assess(documents))
        report = compare(gold, readings, worst=worst)
        stories = _stories(gold, readings)
    if as_json:
        print_json({**report.to_json(), "stories": stories})
    else:
        _show(report, stories)
    end(lines)


def assessor_for(model: Path | None, *, rules_only: bool) -> "Assessor":
    """The assessor with the weights of a folder that ``train`` wrote, the package's, or none.

    Raises:
        ConfigError: there are no weights in the folder.
    """
    from pipeline.assess.assessor import build_assessor
    from pipeline.assess.model_files import PACKAGE_MODEL, WEIGHTS

    if model is not None and not (model / WEIGHTS).is_file():
        raise ConfigError(f"{model}: no {WEIGHTS} there", mend="name a folder that train wrote")
    folder = None if rules_only else model or PACKAGE_MODEL
    return build_assessor(load_rules(load_settings()), folder)


def _gold(file: Path) -> tuple[list[dict[str, Any]], Lines]:
    """The labelled lines.

    Raises:
        ConfigError: the file is not there, empty, or a line lacks a label.
    """
    if not file.is_file():
        raise ConfigError(f"{file}: no such file", mend="name a file of labelled JSON lines")
    with file.open(encoding="utf-8") as stream:
        lines = Lines(stream)
        gold = list(lines)
    if not gold:
        raise ConfigError(f"{file}: no labelled line in it", mend="one JSON object a line")
    for row in gold:
        missing = [label for label in LABELS if label not in row]
        if missing:
            raise ConfigError(
                f"{file}: item {row.get('id')!r} has no {', '.join(missing)}",
                mend=f"every line has {', '.join(LABELS)}",
            )
    return gold, lines


def _stories(gold: list[dict[str, Any]], readings: list["Assessment"]) -> "Stories | None":
    """How well the stories agree with the ``event`` labels; None where there are none."""
    from pipeline.cluster.evaluate import b_cubed, events_of, pairwise
    from pipeline.cluster.stream import StoryStream

    labelled = [pair for pair in zip(gold, readings, strict=True) if "event" in pair[0]]
    if not any(row["event"] for row, _ in labelled):
        return None
    gazetteer = gazetteer_in_force()
    documents = sorted(
        (cluster_document(row, reading, gazetteer) for row, reading in labelled),
        key=lambda document: document.published_at,
    )
    stream = StoryStream()
    found = {doc.id: stream.assign(doc) for doc in documents}
    wanted = events_of({str(row["id"]): row["event"] for row, _ in labelled})
    return {
        name: {"precision": scores.precision, "recall": scores.recall, "f1": scores.f1}
        for name, scores in (
            ("pairwise", pairwise(found, wanted)),
            ("b_cubed", b_cubed(found, wanted)),
        )
    }


def _show(report: "Report", stories: "Stories | None") -> None:
    table = Table(title=f"{report.all.lines} lines, {report.all.relevant} relevant")
    for column in ("", "precision", "recall", "F1"):
        table.add_column(column, justify="right" if column else "left")
    _row(table, "relevance", report.all.relevance)
    _row(table, "themes (micro)", report.all.themes_micro)
    for name, score in report.by_theme.items():
        _row(table, f"  {name}", score)
    _row(table, "parties", report.all.parties)
    _row(table, "minerals", report.all.minerals)
    for name, score in report.by_stage.items():
        _row(table, f"  stage {name}", score)
    for name, scores in (stories or {}).items():
        row = (f"{scores[key]:.3f}" for key in ("precision", "recall", "f1"))
        table.add_row(f"stories ({name})", *row)
    out.print(table)
    _show_groups(report)
    _show_confusion(report)
    _show_calibration(report)
    for error in report.errors:
        out.print(escape(str(dict(error))), highlight=False)


def _show_groups(report: "Report") -> None:
    columns = ("", "lines", "relevance", "themes", "macro", "stage", "parties", "minerals", "±1")
    table = Table(*columns)
    groups = {"all": report.all, **report.by_language}
    for name, group in groups.items():
        table.add_row(
            name,
            str(group.lines),
            f"{group.relevance.f1:.3f}",
            f"{group.themes_micro.f1:.3f}",
            f"{group.themes_macro_f1:.3f}",
            f"{group.stage_accuracy:.3f}",
            f"{group.parties.f1:.3f}",
            f"{group.minerals.f1:.3f}",
            f"{group.significance_within_one:.3f}",
        )
    out.print(table)


def _show_confusion(report: "Report") -> None:
    """Stages as labelled (rows) and as read (columns)."""
    stages = [stage.value for stage in Stage]
    seen = [name for name in stages if any(name in pair for pair in report.confusion)]
    table = Table("stage", *seen, title="stages: labelled in rows, read in columns")
    for gold in seen:
        counts = [report.confusion.get((gold, read), 0) for read in seen]
        if any(counts):
            table.add_row(gold, *(str(count or "·") for count in counts))
    out.print(table)


def _show_calibration(report: "Report") -> None:
    table = Table("", "probability", "given", "mean", "right", title="calibration")
    for name, found in report.calibration.items():
        for one in found.bins:
            span = f"{one.start:.1f}–{one.end:.1f}"
            table.add_row(name, span, str(one.count), f"{one.mean:.2f}", f"{one.right:.2f}")
        table.add_row(name, "expected error", "", "", f"{found.error:.3f}", end_section=True)
    out.print(table)


def _row(table: Table, name: str, score: "Score") -> None:
    table.add_row(name, *(f"{v:.3f}" for v in (score.precision, score.recall, score.f1)))
