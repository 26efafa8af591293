"""The demo's mail server and Slack by themselves: what is sent to them is kept and shown."""

import asyncio
import signal
from collections.abc import Sequence
from pathlib import Path

from aiohttp import web

from pipeline.demo.mail_catcher import MailCatcher
from pipeline.demo.slack_server import SlackServer
from pipeline.errors import PermanentError


async def serve(
    *, host: str, web_port: int, smtp_port: int, folder: Path, channels: Sequence[str]
) -> None:
    """Serve until SIGTERM or SIGINT: Slack and its page at /, caught mail at /mail/.

    Raises:
        PermanentError: a port cannot be had, or the folder cannot be written.
    """
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    mail = MailCatcher(folder, host=host, port=smtp_port)
    app = SlackServer(channels=channels).app()
    app.router.add_get("/mail/", lambda _: _index(folder))
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)
    try:
        await asyncio.to_thread(folder.mkdir, parents=True, exist_ok=True)
        app.router.add_static("/mail", folder)
        await asyncio.to_thread(mail.start)
        await runner.setup()
        await web.TCPSite(runner, host, web_port).start()
        await stop.wait()
    except OSError as error:
        raise PermanentError(
            f"cannot listen or write: {error}", mend="choose other ports or another folder"
        ) from error
    finally:
        await runner.cleanup()
        await asyncio.to_thread(mail.stop)


async def _index(folder: Path) -> web.StreamResponse:
    index = folder / "index.html"
    if not index.exists():
        return web.Response(text="no mail yet")
    return web.FileResponse(index)
