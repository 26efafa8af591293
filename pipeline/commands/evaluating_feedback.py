"""evaluate --feedback: the present rules beside what readers said of the alerts."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from rich.markup import escape
from rich.table import Table

from pipeline.commands.common import err, out, print_json, since_option, utc_now
from pipeline.commands.explain_view import shown
from pipeline.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Callable

    from pipeline.assess.assessor import Assessor
    from pipeline.assess.evaluate import Score
    from pipeline.stages.feedback_gold import Retrial


def evaluate_feedback(
    build: "Callable[[], Assessor]",
    *,
    since: str | None,
    write: Path | None,
    worst: int,
    as_json: bool,
) -> None:
    """Score the assessor on the judged alerts; write them as labelled items where asked to.

    Raises:
        ConfigError: the file to be written is there already, or cannot be written.
    """
    from pipeline.app import open_app
    from pipeline.assess.evaluate import score
    from pipeline.stages.feedback_gold import gold_lines, labelled, try_again

    if write is not None and write.exists():
        raise ConfigError(f"{write}: is there already", mend="name a file that is not")
    now = utc_now()
    with open_app() as app:
        start = since_option(since, now) if since is not None else None
        items, left_out = labelled(app.context(now), since=start)
        asked = {route.name: route.when.min_significance for route in app.catalog.routes}
    assessor = build()
    retrial = try_again(items, left_out, assessor, asked)
    relevance = score(retrial.right_kept, retrial.wrong_kept, retrial.right - retrial.right_kept)
    if write is not None:
        _write(write, [json.dumps(row, ensure_ascii=False) for row in gold_lines(items, assessor)])
        err.print(f"written: {write}, {len(items)} items", highlight=False, markup=False)
    if as_json:
        ruleset = assessor.ruleset
        print_json({"ruleset": ruleset, "relevance": relevance, **asdict(retrial)})
    else:
        _show(retrial, relevance, worst)


def _write(path: Path, lines: list[str]) -> None:
    """An existing file may hold labels that a person has since mended: it is never replaced."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("x", encoding="utf-8") as stream:
            stream.writelines(f"{line}\n" for line in lines)
    except OSError as error:
        raise ConfigError(
            f"{path}: {error.strerror}", mend="name a file that can be made"
        ) from error


def _show(retrial: "Retrial", relevance: "Score", worst: int) -> None:
    if not retrial.right and not retrial.wrong:
        out.print("no alert was judged by readers with one voice; see: mineralwatch feedback")
    else:
        table = Table("readers said", "alerts", "still relevant", title="the present rules")
        table.add_row("right", str(retrial.right), str(retrial.right_kept))
        table.add_row("wrong", str(retrial.wrong), str(retrial.wrong_kept))
        out.print(table)
        out.print(
            f"relevance: precision {relevance.precision:.3f}, recall {relevance.recall:.3f}, "
            f"F1 {relevance.f1:.3f}; of the wrong ones {retrial.wrong_alerted} are still "
            "significant enough for their rule",
            highlight=False,
        )
        # What was never alerted has no verdict: a story that the rules missed is not seen here.
        out.print("recall is among alerts that were sent; what never was is not in it")
    for what, titles in (
        ("right, no longer relevant", retrial.missed),
        ("wrong, still relevant", retrial.false_alarms),
    ):
        for title in titles[:worst]:
            out.print(f"  {what}: {escape(shown(title))}", highlight=False)
    left = {name.replace("_", " "): n for name, n in asdict(retrial.left_out).items() if n}
    if left:
        out.print("left out: " + ", ".join(f"{n} {name}" for name, n in left.items()))
