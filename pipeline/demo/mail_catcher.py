"""An SMTP server on loopback that keeps each message as a file that can be opened and looked at."""

import asyncio
import base64
import ssl
import threading
from collections import deque
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage
from html import escape
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

_MAX_BYTES: Final = 20 * 2**20
_NOT_FOUND: Final = "(no subject)"


@dataclass(frozen=True, slots=True)
class CaughtMail:
    """A message that was taken: where it lies, and what its envelope and head say."""

    path: Path
    html_path: Path | None
    """The HTML part with its images written into it, for a browser; None where there is none."""
    subject: str
    sender: str
    recipients: tuple[str, ...]
    message_id: str


class MailCatcher:
    """The catcher. ``with MailCatcher(folder) as mail: … mail.url, mail.messages``.

    Args:
        folder: where messages are written: ``0001.eml``, ``0001.html``, and an ``index.html``.
        user: with ``password``, asks for a login (over plain text too: this is loopback).
        tls: a server's context for STARTTLS, or for TLS from the start with ``implicit_tls``.
    """

    def __init__(
        self,
        folder: Path,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        user: str | None = None,
        password: str | None = None,
        tls: ssl.SSLContext | None = None,
        implicit_tls: bool = False,
    ) -> None:
        self.folder = folder
        self.messages: list[CaughtMail] = []
        self._answers: deque[str] = deque()
        self._changed = threading.Condition()
        self._login = (user, password) if user is not None else None
        options: dict[str, Any] = {"data_size_limit": _MAX_BYTES, "ident": "mineralwatch"}
        if self._login is not None:
            options |= {
                "authenticator": self._authenticate,
                "auth_required": True,
                "auth_require_tls": False,
            }
        if tls is not None:
            options["ssl_context" if implicit_tls else "tls_context"] = tls
        self._controller = _FreePort(self, hostname=host, port=port, **options)

    @property
    def url(self) -> str:
        """What MINERALWATCH_SMTP_URL is set to; without login and TLS."""
        return f"smtp://{self._controller.hostname}:{self._controller.port}"

    @property
    def port(self) -> int:
        """The port it listens on, once started."""
        return int(self._controller.port)

    def start(self) -> None:
        """Listen in a thread.

        Raises:
            OSError: the port is taken or the folder cannot be made.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        self._controller.start()

    def stop(self) -> None:
        """Close the server and end its thread."""
        self._controller.stop(no_assert=True)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        _type: type[BaseException] | None,
        _error: BaseException | None,
        _traceback: TracebackType | None,
    ) -> None:
        self.stop()

    def answer_next(self, *answers: str) -> None:
        """Answer the next messages' text with these lines, such as ``451 4.3.0 later``.

        ``drop`` takes the message and closes the connection with no answer.
        """
        self._answers.extend(answers)

    def wait_for(self, count: int, timeout_s: float) -> list[CaughtMail]:
        """Wait until ``count`` messages were taken; return those that were."""
        with self._changed:
            self._changed.wait_for(lambda: len(self.messages) >= count, timeout_s)
        return list(self.messages)

    async def handle_DATA(  # noqa: N802 - the name that aiosmtpd calls
        self, server: SMTP, _session: Session, envelope: Envelope
    ) -> str:
        """Keep the message, unless told to answer otherwise."""
        answer = self._answers.popleft() if self._answers else ""
        if answer and answer != "drop":
            return answer
        content = envelope.content or b""
        raw = content if isinstance(content, bytes) else content.encode()
        caught = await asyncio.to_thread(self._keep, raw, envelope)
        with self._changed:
            self.messages.append(caught)
            (self.folder / "index.html").write_text(self._index(), encoding="utf-8")
            self._changed.notify_all()
        if answer == "drop" and isinstance(server.transport, asyncio.Transport):
            server.transport.abort()
        return "250 Message accepted for delivery"

    def _keep(self, raw: bytes, envelope: Envelope) -> CaughtMail:
        number = len(list(self.folder.glob("*.eml"))) + 1
        path = self.folder / f"{number:04d}.eml"
        path.write_bytes(raw)
        mail = message_from_bytes(raw, policy=policy.default)
        html = inlined_html(mail)
        html_path = path.with_suffix(".html") if html is not None else None
        if html is not None and html_path is not None:
            html_path.write_text(html, encoding="utf-8")
        return CaughtMail(
            path=path,
            html_path=html_path,
            subject=str(mail["Subject"] or _NOT_FOUND),
            sender=str(envelope.mail_from),
            recipients=tuple(str(recipient) for recipient in envelope.rcpt_tos),
            message_id=str(mail["Message-ID"] or ""),
        )

    def _index(self) -> str:
        lines = "".join(
            f'<li><a href="{(mail.html_path or mail.path).name}">{escape(mail.subject)}</a> '
            f"to {escape(', '.join(mail.recipients))}</li>"
            for mail in self.messages
        )
        head = '<!doctype html><html lang="en"><meta charset="utf-8"><title>Caught mail</title>'
        return f"{head}<h1>Caught mail</h1><ol>{lines}</ol></html>"

    def _authenticate(
        self, _server: SMTP, _session: Session, _envelope: Envelope, _mechanism: str, data: Any
    ) -> AuthResult:
        given = (
            (data.login.decode(), data.password.decode())
            if isinstance(data, LoginPassword)
            else None
        )
        return AuthResult(success=given == self._login, handled=False)


class _FreePort(Controller):
    """A Controller that takes port 0 and knows afterwards which one it got."""

    def _trigger_server(self) -> None:
        if isinstance(self.server, asyncio.Server):
            self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()  # type: ignore[no-untyped-call]


def inlined_html(mail: EmailMessage) -> str | None:
    """Return a message's HTML part with its ``cid:`` images as data URIs, or None without one."""
    part = mail.get_body(preferencelist=("html",))
    if part is None:
        return None
    html = str(part.get_content())
    for image in mail.walk():
        cid = str(image["Content-ID"] or "").strip("<>")
        if cid and image.get_content_maintype() == "image":
            data = base64.b64encode(image.get_content()).decode()
            html = html.replace(f"cid:{cid}", f"data:{image.get_content_type()};base64,{data}")
    return html
