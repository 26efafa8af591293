"""Everything on this machine: up, demo."""

from pathlib import Path
from typing import Annotated

import typer

from pipeline import log
from pipeline.commands.common import err, told_errors

Home = Annotated[Path, typer.Option(help="Where databases, logs and the outbox are.")]
Port = Annotated[int, typer.Option(min=1, max=65535, help="The port of the Airflow UI.")]


def up(
    port: Port = 8080,
    home: Home = Path("var"),
    feeds: Annotated[
        Path | None, typer.Option(help="A feeds file, YAML or OPML.", dir_okay=False)
    ] = None,
) -> None:
    """Start Airflow with the DAGs on, from nothing to healthy; Ctrl-C stops all of it.

    Example: mineralwatch up --port 8081 --feeds my-feeds.opml
    """
    from pipeline.up.run import up as run_up

    log.configure()
    with told_errors():
        code = run_up(home=home, port=port, feeds=feeds, console=err)
    raise typer.Exit(code)


def demo(
    port: Port = 8080,
    home: Home = Path("var/demo"),
    once: Annotated[
        bool, typer.Option("--once", help="One pass without Airflow, then stop.")
    ] = False,
) -> None:
    """Show it all with no token and no network: a newsroom, Slack and mail on this machine.

    Example: mineralwatch demo --once
    """
    from pipeline.demo.run import demo as run_demo

    log.configure()
    with told_errors():
        code = run_demo(home=home, port=port, console=err, once=once)
    raise typer.Exit(code)


def catcher(
    host: Annotated[str, typer.Option(help="The address to listen on.")] = "127.0.0.1",
    web_port: Annotated[int, typer.Option(min=1, max=65535, help="Slack, and the pages.")] = 8025,
    smtp_port: Annotated[int, typer.Option(min=1, max=65535, help="Mail.")] = 1025,
    folder: Annotated[Path, typer.Option(help="Where mail is kept.")] = Path("var/caught"),
    channel: Annotated[list[str] | None, typer.Option(help="A channel of Slack.")] = None,
) -> None:
    """Catch mail and Slack messages in place of the world, and show them; Ctrl-C stops it.

    Example: mineralwatch catcher --channel minerals --channel operations
    """
    import asyncio

    from pipeline.demo.catcher import serve

    log.configure()
    with told_errors():
        asyncio.run(
            serve(
                host=host,
                web_port=web_port,
                smtp_port=smtp_port,
                folder=folder,
                channels=channel or ["minerals"],
            )
        )
