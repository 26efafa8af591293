"""The operators' pages served by uvicorn on loopback, and a browser's part in it without one."""

import html
import re
import socket
import threading
from collections.abc import Callable, Mapping
from datetime import datetime
from types import TracebackType
from typing import Any, Self

import httpx
import uvicorn
from fastapi import HTTPException, Request

from pipeline.settings import Settings
from pipeline.web.application import create_app
from pipeline.web.guard import make_token
from pipeline.web.visitor import Host, Visitor

USERS = {"ann": Visitor("ann", may_act=True), "vic": Visitor("vic", may_act=False)}
"""ann may act, vic may read; whoever else there is, is nobody."""


def by_cookie(request: Request) -> Visitor:
    found = USERS.get(request.cookies.get("user", ""))
    if found is None:
        raise HTTPException(401, "Not authenticated")
    return found


class PageServer:
    """The application below /minerals-watch, as Airflow mounts it."""

    def __init__(
        self, settings: Settings, *, clock: Callable[[], datetime], host: Host | None = None
    ) -> None:
        from fastapi import FastAPI

        around = FastAPI()
        self.app = create_app(
            lambda: settings, who=by_cookie, secret=b"of a test", host=host, clock=clock
        )
        around.mount("/minerals-watch", self.app)
        self._socket = socket.create_server(("127.0.0.1", 0))
        config = uvicorn.Config(around, log_level="warning", lifespan="on")
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(
            target=self._server.run, kwargs={"sockets": [self._socket]}, daemon=True
        )

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self._socket.getsockname()[1]}"

    @property
    def url(self) -> str:
        return f"{self.origin}/minerals-watch"

    def __enter__(self) -> Self:
        # The socket listens already: a request that comes before the server waits for it.
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._server.should_exit = True
        self._thread.join(10)
        self.app.state.opened.close()

    def client(self, user: str = "ann") -> "PageClient":
        return PageClient(self, user)


class PageClient:
    """Opens pages and sends their forms as a browser would."""

    def __init__(self, server: PageServer, user: str) -> None:
        self.server, self.user = server, user
        cookies = {"user": user} if user else {}
        self.http = httpx.Client(cookies=cookies, trust_env=False, timeout=30)

    def get(self, path: str, **query: Any) -> httpx.Response:
        return self.http.get(f"{self.server.url}{path}", params=query or None)

    def page(self, path: str, **query: Any) -> str:
        answer = self.get(path, **query)
        assert answer.status_code == 200, answer.text
        return answer.text

    def token(self, path: str = "") -> str:
        """The token of a form on that page; without one, a token as good."""
        if not path:
            state = self.server.app.state
            return make_token(self.user, secret=state.secret, now=state.clock())
        found = re.search(r'name="token" value="([^"]+)"', self.page(path))
        assert found, f"no form on {path}"
        return html.unescape(found[1])

    def post(
        self,
        path: str,
        form: Mapping[str, str],
        *,
        headers: Mapping[str, str] | None = None,
        follow: bool = True,
    ) -> httpx.Response:
        sent = {"Origin": self.server.origin} if headers is None else headers
        return self.http.post(
            f"{self.server.url}{path}", data=dict(form), headers=sent, follow_redirects=follow
        )
