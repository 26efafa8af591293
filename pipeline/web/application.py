"""The pages as a FastAPI application, to be mounted in Airflow's api-server or served alone.

Nothing is opened before the first request: settings are asked for then, in a thread.
"""

import importlib
import pkgutil
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Annotated, Any

from fastapi import Depends, FastAPI, Request, Response
from fastapi.responses import HTMLResponse
from fastapi.staticfiles import StaticFiles
from starlette.exceptions import HTTPException

from pipeline.errors import ConfigError, NotFoundError, PipelineError
from pipeline.log import get_logger, mask
from pipeline.settings import Settings
from pipeline.web import pages
from pipeline.web.frame import FOLDER, environment, menu
from pipeline.web.guard import HEADERS
from pipeline.web.opened import Opened
from pipeline.web.visitor import Host, Visitor

_log = get_logger(__name__)


def create_app(
    settings: Callable[[], Settings],
    *,
    who: Callable[..., Visitor] | Callable[..., Awaitable[Visitor]],
    secret: bytes,
    host: Host | None = None,
    clock: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> FastAPI:
    """Build the application.

    Args:
        settings: told at the first request, and every minute of use.
        who: a FastAPI dependency that returns the visitor, or raises HTTPException (401 for one
            who is not logged in, 403 for one who may not read).
        secret: signs the forms' tokens; the same in all processes of a server.
        host: what the server around the pages can do for them.
        clock: tells the time (UTC).
    """
    opened = Opened(settings)

    async def let_in(request: Request, found: Annotated[Visitor, Depends(who)]) -> None:
        request.state.visitor = found

    @asynccontextmanager
    async def lifespan(_api: FastAPI) -> AsyncIterator[None]:
        yield
        opened.close()

    api = FastAPI(
        title="mineralwatch pages",
        dependencies=[Depends(let_in)],
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
    )
    api.state.opened, api.state.clock, api.state.secret = opened, clock, secret
    api.state.host, api.state.templates = host or Host(), environment()
    api.middleware("http")(_with_headers)
    # Styles and scripts are the same for everybody and tell nothing: they need no login.
    api.mount("/static", StaticFiles(directory=FOLDER / "static"), name="static")
    for module in pkgutil.iter_modules(pages.__path__):
        api.include_router(importlib.import_module(f"{pages.__name__}.{module.name}").router)
    api.add_exception_handler(HTTPException, _refused)
    api.add_exception_handler(PipelineError, _failed)
    return api


async def _with_headers(
    request: Request, call_next: Callable[[Request], Awaitable[Response]]
) -> Response:
    answer = await call_next(request)
    for name, value in HEADERS.items():
        answer.headers.setdefault(name, value)
    return answer


async def _refused(request: Request, error: Exception) -> Response:
    """A refusal as a page: whoever is not logged in is told where that is done."""
    assert isinstance(error, HTTPException)  # noqa: S101 - what it was registered for
    login = request.app.state.host.login
    to = login(str(request.url)) if login and error.status_code == HTTPStatus.UNAUTHORIZED else None
    return _plain(request, error.status_code, str(error.detail), login=to)


async def _failed(request: Request, error: Exception) -> Response:
    """What a stage could not do: the message and the mend, to somebody who is logged in."""
    assert isinstance(error, PipelineError)  # noqa: S101 - what it was registered for
    if isinstance(error, NotFoundError):
        code = HTTPStatus.NOT_FOUND
    elif isinstance(error, ConfigError) and request.method == "POST":
        code = HTTPStatus.CONFLICT  # an action that the thing does not allow now
    else:
        code = HTTPStatus.SERVICE_UNAVAILABLE
        _log.error("page_failed", path=request.url.path, why=error.message, mend=error.mend)
    return _plain(request, code, mask(error.message), mend=mask(error.mend))


def _plain(request: Request, code: int, what: str, **more: Any) -> Response:
    inside = hasattr(request.state, "visitor")
    text = request.app.state.templates.get_template("refused.html.j2").render(
        title=HTTPStatus(code).phrase,
        what=what,
        login=more.get("login"),
        mend=more.get("mend", ""),
        menu=menu(request) if inside else [],
        static=request.scope.get("root_path", "").rstrip("/") + "/static",
    )
    return HTMLResponse(text, code, {"Cache-Control": "no-store"})
