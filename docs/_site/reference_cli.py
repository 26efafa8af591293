"""The command line's pages: a block of mkdocs-click for each command, by the panels of --help."""

from typing import Any

import typer

from pipeline.cli import app

GROUP: Any = typer.main.get_command(app)
PANELS = {
    "Watch": ("reference/cli-watch.md", "All of it on this machine, and its stages one by one."),
    "Read (no database)": ("reference/cli-read.md", "JSON lines in, labels out."),
    "Look": ("reference/cli-look.md", "What was found, by whom, why, and how it went."),
    "Set up": ("reference/cli-set-up.md", "Configuration, database, weights."),
}


def __getattr__(name: str) -> Any:
    """A command by its name: what mkdocs-click loads."""
    command = GROUP.commands.get(name)
    if command is None:
        raise AttributeError(name)
    return command


def pages() -> dict[str, str]:
    """The text of each page, by its name; a command in a panel that has no page is an error."""
    texts = {
        panel: f"# {panel.split(' (')[0]}\n\n{told} Options may stand anywhere after the command; "
        "`--json`, where there is one, prints JSON instead of a table.\n"
        for panel, (_, told) in PANELS.items()
    }
    for name in sorted(GROUP.commands):
        texts[GROUP.commands[name].rich_help_panel] += (
            f"\n::: mkdocs-click\n    :module: reference_cli\n    :command: {name}\n"
            f"    :prog_name: mineralwatch {name}\n    :depth: 1\n    :style: table\n"
            "    :list_subcommands: True\n"
        )
    return {PANELS[panel][0]: text for panel, text in texts.items()}
