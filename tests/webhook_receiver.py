"""A receiver of webhooks on loopback: it checks what comes as docs/webhooks.md says, or misbehaves.

The checking function is the one of the page: what the page says is what is tested.
"""

import re
import socket
import ssl
import struct
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Any, Self

PAGE = Path(__file__).parents[1] / "docs" / "webhooks.md"
SECRET = "a secret of the desk, long enough"
NOW = 1_746_100_800.0


def documented_check() -> Callable[..., bool]:
    """``is_from_mineralwatch`` of the page."""
    code = re.search(r"^```python\n(.*?)^```$", PAGE.read_text("utf-8"), re.DOTALL | re.MULTILINE)
    assert code
    names: dict[str, Any] = {}
    exec(compile(code[1], str(PAGE), "exec"), names)  # noqa: S102 - our own page
    return names["is_from_mineralwatch"]


@dataclass(frozen=True)
class Received:
    """A request as it came."""

    path: str
    headers: Any
    body: bytes


@dataclass
class Receiver:
    """A context manager. It answers as scripted, one after the other, and then as it should.

    A script is ``(status, headers, body)``, or ``break``, ``hang``, or ``take and break``.
    """

    tls: ssl.SSLContext | None = None
    now: float = NOW
    scripts: deque[Any] = field(default_factory=deque)
    seen: list[Received] = field(default_factory=list)
    kept: dict[str, bytes] = field(default_factory=dict)

    def __enter__(self) -> Self:
        self.check = documented_check()
        self.released = threading.Event()
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                receiver.handle(self)

            do_GET = do_POST  # noqa: N815 - what follows a redirect asks so

            def log_message(self, *_: Any) -> None:
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        if self.tls is not None:
            self._server.socket = self.tls.wrap_socket(self._server.socket, server_side=True)
        self._server.handle_error = lambda *_: None  # type: ignore[method-assign]
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.released.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    @property
    def port(self) -> int:
        return int(self._server.server_address[1])

    @property
    def url(self) -> str:
        scheme = "http" if self.tls is None else "https"
        return f"{scheme}://127.0.0.1:{self.port}/hook"

    def handle(self, asked: BaseHTTPRequestHandler) -> None:
        body = asked.rfile.read(int(asked.headers.get("Content-Length", 0)))
        self.seen.append(Received(asked.path, asked.headers, body))
        script = self.scripts.popleft() if self.scripts else "take"
        if isinstance(script, tuple):
            answer(asked, *script)
            return
        if "take" in script:
            genuine = self.check(asked.headers, body, SECRET, now=self.now)
            if genuine:
                self.kept.setdefault(asked.headers["X-Mineralwatch-Key"], body)
            if "break" not in script:
                answer(asked, 204 if genuine else 401)
        if "hang" in script:
            self.released.wait(30)
        if "break" in script:
            linger = struct.pack("ii", 1, 0)
            asked.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        asked.close_connection = True


def answer(
    asked: BaseHTTPRequestHandler,
    status: int,
    headers: dict[str, str] | None = None,
    body: bytes = b"",
) -> None:
    asked.send_response(status)
    given = headers or {}
    for name, value in given.items():
        asked.send_header(name, value)
    if status != 204 and "Content-Length" not in given:
        asked.send_header("Content-Length", str(len(body)))
    asked.end_headers()
    asked.wfile.write(body)
