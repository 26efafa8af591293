"""evaluate-polarity: which side was read, beside the side that was labelled."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.markup import escape
from rich.table import Table

from pipeline.commands.common import Json, out, print_json, told_errors
from pipeline.commands.evaluating import assessor_for
from pipeline.commands.reading import Lines, document, end
from pipeline.errors import ConfigError
from schemas.assessment import Polarity, Side

if TYPE_CHECKING:
    from pipeline.assess.assessor import Assessor
    from pipeline.assess.evaluate_polarity import SideGroup, SidesReport

_NEEDED = ("id", "title", "theme", "label")


def evaluate_polarity(
    file: Annotated[Path, typer.Argument(help="JSON lines with a theme and a label each.")],
    half: Annotated[str | None, typer.Option(help="Only lines of this half: tune, kept.")] = None,
    worst: Annotated[int, typer.Option(min=0, help="How many errors are shown.")] = 10,
    rules_only: Annotated[
        bool, typer.Option("--rules-only", help="Read stages by the rules, without weights.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Compare which side each item is read to take with the side that it was labelled with.

    Example: mineralwatch evaluate-polarity tests/data/polarity/items.jsonl --half kept
    """
    from pipeline.assess.evaluate_polarity import evaluate_sides

    with told_errors():
        rows, lines = _labelled(file, half)
        assessor = assessor_for(None, rules_only=rules_only)
        report = evaluate_sides(rows, [_polarity(file, row, assessor) for row in rows])
    if as_json:
        print_json(report.to_json())
    else:
        _show(report, worst)
    end(lines)


def _labelled(file: Path, half: str | None) -> tuple[list[dict[str, Any]], Lines]:
    """The labelled lines, of the half where one is named.

    Raises:
        ConfigError: the file is not there, has no such line, or a line lacks a label.
    """
    if not file.is_file():
        raise ConfigError(f"{file}: no such file", mend="name a file of labelled JSON lines")
    with file.open(encoding="utf-8") as stream:
        lines = Lines(stream)
        rows = [row for row in lines if half is None or row.get("half") == half]
    if not rows:
        where = f" of half {half!r}" if half else ""
        raise ConfigError(f"{file}: no line{where}", mend="see tests/data/polarity/README.md")
    for row in rows:
        missing = [name for name in _NEEDED if name not in row]
        if missing or row["label"] not in set(Side):
            raise ConfigError(
                f"{file}: item {row.get('id')!r} lacks {', '.join(missing) or 'a label'}",
                mend=f"every line has {', '.join(_NEEDED)}; a label is for, against or neutral",
            )
    return rows, lines


def _polarity(file: Path, row: dict[str, Any], assessor: "Assessor") -> Polarity:
    """The side that the item takes on the claim of its theme, whether it is read to speak of it.

    Raises:
        ConfigError: nobody knows the theme.
    """
    polarities = assessor.read_fully(document(row)).polarities
    if row["theme"] not in polarities:
        raise ConfigError(
            f"{file}: item {row['id']!r}: there is no theme {row['theme']!r}",
            mend=f"one of {', '.join(sorted(polarities))}",
        )
    return polarities[row["theme"]]


def _show(report: "SidesReport", worst: int) -> None:
    table = Table("", "lines", "right", "share", "macro-F1", "opposite")
    _row(table, "all", report.all)
    for groups in (report.by_language, report.by_theme):
        for name, group in groups.items():
            _row(table, name, group)
    out.print(table)
    scores = Table("side", "precision", "recall", "F1")
    for name, one in report.by_side.items():
        scores.add_row(name, f"{one.precision:.3f}", f"{one.recall:.3f}", f"{one.f1:.3f}")
    out.print(scores)
    sides = [side.value for side in Side]
    confusion = Table("labelled", *sides, title="labelled in rows, read in columns")
    for label in sides:
        counts = (report.confusion.get((label, read), 0) for read in sides)
        confusion.add_row(label, *(str(count or "·") for count in counts))
    out.print(confusion)
    if report.passes:
        out.print(
            f"two passes of labelling: {report.passes.share:.3f}, κ {report.passes.kappa:.3f}"
        )
    for error in report.errors[:worst]:
        out.print(escape(str(dict(error))), highlight=False)


def _row(table: Table, name: str, group: "SideGroup") -> None:
    table.add_row(
        name,
        str(group.lines),
        str(group.right),
        f"{group.accuracy:.3f}",
        f"{group.macro_f1:.3f}",
        str(group.opposite),
    )
