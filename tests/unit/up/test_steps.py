"""The progress of a start, as a log has it."""

import io

from rich.console import Console

from pipeline.up.steps import Steps


def test_a_line_a_step_where_there_is_no_terminal() -> None:
    out = io.StringIO()
    with Steps(Console(file=out, width=80)).shown() as steps:
        steps.begin("one", "two")
        steps.end("two")
        with steps.step("three"):
            pass
        steps.end("one")
    assert [line.split(" (")[0] for line in out.getvalue().split("\n") if line] == [
        "✓ two",
        "✓ three",
        "✓ one",
    ]
