"""The command line's pages: a block of mkdocs-click for each command, by the panels of --help."""

import re
from typing import Any

import click
import typer

from pipeline.cli import app

_EXAMPLE = re.compile(r"^( *)Examples?: (mineralwatch .+)$", re.MULTILINE)


def as_click(command: Any) -> click.Command:
    """A command of typer as one of click.

    Typer brings a click of its own, which mkdocs-click does not know: it would leave out every
    option without a word.
    """
    params = [_param(param) for param in command.params if param.name != "help"]
    told: dict[str, Any] = {
        "name": command.name,
        "help": _help(command),
        "params": params,
        "hidden": command.hidden,
        "add_help_option": False,
    }
    if not hasattr(command, "commands"):
        return click.Command(**told)
    inner = {name: as_click(one) for name, one in command.commands.items()}
    return click.Group(commands=inner, **told)


def _help(command: Any) -> str:
    text = _EXAMPLE.sub(r"\1Example: `\2`", command.help or "")
    told = [
        f"- `{param.name.upper()}`: {param.help}"
        for param in command.params
        if param.param_type_name == "argument" and getattr(param, "help", None)
    ]
    return "\n\n".join([text, *(["\n".join(told)] if told else [])])


def _param(param: Any) -> click.Parameter:
    if param.param_type_name == "argument":
        return click.Argument([param.name], required=param.required, nargs=param.nargs)
    default = param.default if not callable(param.default) else None
    return click.Option(
        [*param.opts, *param.secondary_opts] if not param.secondary_opts else _switch(param),
        help=param.help,
        type=None if param.is_flag else _type(param),
        is_flag=param.is_flag,
        multiple=param.multiple,
        required=param.required,
        default=None if param.multiple or param.required else default,
        hidden=param.hidden,
    )


def _switch(param: Any) -> list[str]:
    return [f"{on}/{off}" for on, off in zip(param.opts, param.secondary_opts, strict=False)]


def _type(param: Any) -> click.ParamType:
    """Choices, a range with its bounds, or the plain name of what is taken."""
    kind = param.type_descriptor
    if kind.is_choice:
        return click.Choice([str(getattr(one, "value", one)) for one in kind.choices])
    if kind.is_ranged:
        ranges = {int: click.IntRange, float: click.FloatRange}
        of = ranges.get(kind.annotation, click.IntRange)
        return of(kind.parameter_info.min, kind.parameter_info.max)
    plain = click.types.FuncParamType(str)
    plain.name = "path" if kind.is_path else getattr(kind.annotation, "__name__", "text")
    plain.name = {"str": "text", "int": "number", "float": "number"}.get(plain.name, plain.name)
    return plain


GROUP: Any = as_click(typer.main.get_command(app))
_TYPER: Any = typer.main.get_command(app)
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
        texts[_TYPER.commands[name].rich_help_panel] += (
            f"\n::: mkdocs-click\n    :module: reference_cli\n    :command: {name}\n"
            f"    :prog_name: mineralwatch {name}\n    :depth: 1\n    :style: table\n"
            "    :list_subcommands: True\n"
        )
    return {PANELS[panel][0]: text for panel, text in texts.items()}
