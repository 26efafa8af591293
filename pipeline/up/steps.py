"""The progress of a start: a live list in a terminal, a line a step elsewhere."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn


class Steps:
    """Steps are begun and ended by name."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._begun = time.monotonic()
        self._rows: dict[str, tuple[TaskID, float]] = {}
        self._progress = Progress(
            SpinnerColumn(finished_text="[green]✓[/]"),
            TextColumn("{task.description}"),
            TimeElapsedColumn(),
            console=console,
            disable=not console.is_terminal,
        )

    @contextmanager
    def shown(self) -> Iterator["Steps"]:
        """Show the list while the block runs."""
        with self._progress:
            yield self

    def begin(self, *names: str) -> None:
        """Show steps as under way."""
        for name in names:
            row = self._progress.add_task(name, total=1)
            self._rows[name] = (row, time.monotonic())

    def end(self, name: str) -> None:
        """Show a step as done."""
        row, since = self._rows[name]
        self._progress.update(row, completed=1)
        if not self._console.is_terminal:
            self._console.print(f"✓ {name} ({time.monotonic() - since:.1f} s)", highlight=False)

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """A step that is the block."""
        self.begin(name)
        yield
        self.end(name)

    @property
    def seconds(self) -> float:
        """Since the first step."""
        return time.monotonic() - self._begun
