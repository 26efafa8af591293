"""E-mail: building a message that clients show well, and sending it by SMTP."""

import base64
import hashlib
import re
import smtplib
import ssl
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime, getaddresses, parseaddr
from typing import Any, Final
from urllib.parse import quote

from pipeline.errors import ConfigError
from pipeline.log import get_logger, mask
from pipeline.notify.mail_policy import MAIL_POLICY
from pipeline.notify.smtp_url import Security, SmtpConfig, parse_smtp_url
from pipeline.notify.text import clean
from schemas.alert import Delivery, OutboxMessage, Parked, Retry, Sent
from schemas.digest import RenderedDigest

__all__ = ["EmailSender", "SmtpConfig", "build_email", "email_payload", "parse_smtp_url"]

log = get_logger(__name__)

_PERMANENT: Final = 500
_SUBJECT: Final = 200
_MESSAGE_ID: Final = re.compile(r"<[^\s<>@]+@[^\s<>@]+>")


def build_email(
    rendered: RenderedDigest,
    *,
    sender: str,
    recipients: Sequence[str],
    key: str,
    sent_at: datetime,
    list_name: str = "digest",
    in_reply_to: str | None = None,
    unsubscribe: str | None = None,
) -> EmailMessage:
    """Return the message: plain text, and HTML with its images.

    Mail programs sort by ``list_name``: the reader's digest, alerts, or what is told to operators.
    Message-ID is made from ``key``, so that a message sent twice is one message to its reader's
    mail program. A reply names the Message-ID of the first message of its thread. Who wants to
    leave the list opens ``unsubscribe``, or writes to the sender.

    Raises:
        ConfigError: ``sender`` or a recipient is not an address.
    """
    from_, to = (
        _address(sender, "MINERALWATCH_DIGEST_FROM"),
        [_address(recipient, "MINERALWATCH_DIGEST_TO") for recipient in recipients],
    )
    if not to:
        raise ConfigError("an e-mail needs a recipient", mend="set MINERALWATCH_DIGEST_TO")
    message = EmailMessage(policy=MAIL_POLICY)
    message["From"] = from_
    message["To"] = to
    message["Subject"] = clean(rendered.subject)[:_SUBJECT]
    message["Date"] = format_datetime(sent_at)
    message["Message-ID"] = message_id(key, from_.domain)
    if in_reply_to is not None:
        message["In-Reply-To"] = message["References"] = in_reply_to
    message["List-Id"] = f"mineralwatch {list_name} <{list_name}.mineralwatch.{from_.domain}>"
    written = quote(f"{from_.username}@{from_.domain}", safe="@")
    by_mail = f"<mailto:{written}?subject=unsubscribe>"
    ways = [f"<{unsubscribe}>"] if unsubscribe else []
    if not ways or not str(unsubscribe).startswith("mailto:"):
        ways.append(by_mail)
    message["List-Unsubscribe"] = ", ".join(ways)
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(rendered.text, cte="quoted-printable")
    # Quoted-printable holds the 998 characters that a line of a message may have.
    message.add_alternative(rendered.html, subtype="html", cte="quoted-printable")
    _attach(message, rendered.images)
    return message


def _attach(message: EmailMessage, images: Sequence[tuple[str, bytes]]) -> None:
    """Put the images beside the HTML, which is the last part."""
    html = message.get_payload()[-1]  # type: ignore[index]
    for cid, png in images:
        html.add_related(  # type: ignore[union-attr]
            png,
            "image",
            "png",
            cid=f"<{cid}>",
            filename=f"{cid.split('@')[0]}.png",
            disposition="inline",
        )


def check_addresses(sender: str, recipients: Sequence[str]) -> None:
    """Raise where one of them cannot be written to.

    Raises:
        ConfigError: it is no address; its setting is named.
    """
    _address(sender, "MINERALWATCH_DIGEST_FROM")
    for recipient in recipients:
        _address(recipient, "MINERALWATCH_DIGEST_TO")


def message_id(key: str, domain: str) -> str:
    """Return the Message-ID for ``key``: always the same, and nothing of the key can be read."""
    return f"<{hashlib.sha256(key.encode()).hexdigest()[:32]}@{domain}>"


def email_payload(
    rendered: RenderedDigest,
    *,
    sender: str,
    recipients: Sequence[str],
    sent_at: datetime,
    list_name: str = "digest",
    unsubscribe: str | None = None,
) -> dict[str, Any]:
    """Return the JSON-safe payload of an outbox message for e-mail (or preview)."""
    return {
        "subject": rendered.subject,
        "html": rendered.html,
        "text": rendered.text,
        "images": {cid: base64.b64encode(png).decode() for cid, png in rendered.images},
        "sender": sender,
        "recipients": list(recipients),
        "sent_at": sent_at.isoformat(),
        "list": list_name,
        **({"unsubscribe": unsubscribe} if unsubscribe else {}),
    }


class EmailSender:
    """Sends outbox messages by SMTP, one connection each.

    SMTP cannot be asked whether a message arrived. Where the connection breaks after the text was
    sent, the outcome is uncertain, and the message is sent again with the same Message-ID: a
    second copy is better than none, and most mail programs show the two as one.
    """

    def __init__(
        self,
        config: SmtpConfig,
        timeout_s: float = 30.0,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._config = config
        self._timeout_s = timeout_s
        self._clock = clock

    def send(self, message: OutboxMessage) -> Delivery:
        """Send ``message``; a recipient refused while others are served is named in the detail."""
        try:
            mail = _from_payload(message, self._clock())
        except (ConfigError, KeyError, ValueError) as error:
            return Parked(f"it cannot be made into an e-mail: {error}")
        try:
            server = self._connect()
            try:
                return _transfer(server, mail)
            finally:
                _part(server)
        except smtplib.SMTPResponseException as error:
            return _refused(error.smtp_code, error.smtp_error)
        except smtplib.SMTPNotSupportedError as error:
            return Parked(f"{error}; mend: check starttls and the user in MINERALWATCH_SMTP_URL")
        except (smtplib.SMTPException, OSError) as error:
            where = f"{self._config.host}:{self._config.port}"
            return Retry(mask(f"the mail server {where} could not be reached: {error}"))

    def probe(self) -> str | None:
        """Connect, protect the connection, log in, send nothing; None, or what went wrong."""
        try:
            server = self._connect()
            try:
                server.ehlo_or_helo_if_needed()
                code, told = server.noop()
            finally:
                _part(server)
        except smtplib.SMTPResponseException as error:
            return f"{error.smtp_code} {_text(error.smtp_error)}"
        except (smtplib.SMTPException, OSError) as error:
            return mask(str(error))
        return None if code < _PERMANENT - 100 else f"{code} {_text(told)}"

    def _connect(self) -> smtplib.SMTP:
        """Connect, protect the connection, and log in."""
        config, timeout = self._config, self._timeout_s
        if config.security is Security.TLS:
            context = ssl.create_default_context()
            server: smtplib.SMTP = smtplib.SMTP_SSL(
                config.host, config.port, timeout=timeout, context=context
            )
        else:
            server = smtplib.SMTP(config.host, config.port, timeout=timeout)
        try:
            if config.security is Security.STARTTLS:
                server.starttls(context=ssl.create_default_context())
            if config.user is not None and config.password is not None:
                server.login(config.user, config.password)
        except BaseException:
            server.close()
            raise
        return server


def _transfer(server: smtplib.SMTP, mail: EmailMessage) -> Delivery:
    """Hand over one message; only a break while the text travels leaves the outcome uncertain."""
    server.ehlo_or_helo_if_needed()
    refused: dict[str, tuple[int, bytes]] = {}
    code, told = server.mail(_addresses(mail, "From")[0])
    if code >= _PERMANENT - 100:
        return _refused(code, told)
    recipients = _addresses(mail, "To")
    for recipient in recipients:
        code, told = server.rcpt(recipient)
        if code >= _PERMANENT - 100:
            refused[recipient] = (code, told)
    if len(refused) == len(recipients):
        return _refused(*min(refused.values()))
    try:
        code, told = server.data(mail.as_bytes())
    except smtplib.SMTPDataError:
        raise
    except (smtplib.SMTPException, OSError) as error:
        return Retry(f"the connection broke while the text was sent: {error}", uncertain=True)
    if code >= _PERMANENT - 100:
        return _refused(code, told)
    for recipient, (status, reason) in refused.items():
        log.warning("recipient_refused", recipient=recipient, status=status, reason=_text(reason))
    detail = {name: f"{status} {_text(reason)}" for name, (status, reason) in refused.items()}
    return Sent(external_id=str(mail["Message-ID"]), detail=detail)


def _part(server: smtplib.SMTP) -> None:
    """Say goodbye; what the server answers to that changes nothing of the outcome."""
    try:
        server.quit()
    except (smtplib.SMTPException, OSError) as error:
        log.debug("no_goodbye", error=mask(str(error)))
        server.close()


def _refused(code: int, reason: bytes | str) -> Retry | Parked:
    """4xx (and no code at all) may pass; 5xx will not."""
    told = f"the mail server answered {code} {_text(reason)}"
    if code < _PERMANENT:
        return Retry(told)
    mend = "check the user and the password in MINERALWATCH_SMTP_URL"
    if code not in {530, 534, 535, 538}:
        mend = (
            "check MINERALWATCH_DIGEST_FROM, the recipients (MINERALWATCH_DIGEST_TO, routes.yaml), "
            "and what this server allows"
        )
    return Parked(f"{told}; mend: {mend}")


def _text(reason: bytes | str) -> str:
    told = reason.decode("utf-8", "replace") if isinstance(reason, bytes) else reason
    return clean(mask(told))[:300]


def _from_payload(message: OutboxMessage, now: datetime) -> EmailMessage:
    """An alert's payload has neither recipients nor time: they are its address, and now.

    An alert may have waited for the morning; an edition has the time at which it was made.
    """
    payload: Mapping[str, Any] = message.payload
    sender = str(payload["sender"])
    recipients = payload.get("recipients") or message.address.split(",")
    rendered = RenderedDigest(
        subject=str(payload["subject"]),
        html=str(payload["html"]),
        text=str(payload["text"]),
        images=tuple((cid, base64.b64decode(raw)) for cid, raw in payload["images"].items()),
    )
    return build_email(
        rendered,
        sender=sender,
        recipients=[str(recipient) for recipient in recipients],
        key=message.key,
        sent_at=datetime.fromisoformat(str(payload.get("sent_at") or now.isoformat())),
        list_name=str(payload.get("list", "digest")),
        in_reply_to=_thread(message, sender),
        unsubscribe=payload.get("unsubscribe"),
    )


def _thread(message: OutboxMessage, sender: str) -> str | None:
    """The Message-ID of the first message: as it was sent, else as it follows from the key."""
    if message.thread_key is None:
        return None
    if message.thread_id is not None and _MESSAGE_ID.fullmatch(message.thread_id):
        return message.thread_id
    return message_id(message.thread_key, _address(sender, "MINERALWATCH_DIGEST_FROM").domain)


def _address(written: str, variable: str) -> Address:
    name, address = parseaddr(clean(written))
    try:
        if address.isascii() and address.count("@") == 1 and not address.startswith("@"):
            return Address(display_name=name, addr_spec=address)
    except (ValueError, IndexError) as error:
        raise _no_address(written, variable) from error
    raise _no_address(written, variable)


def _no_address(written: str, variable: str) -> ConfigError:
    return ConfigError(
        f"{variable}: {written!r} is not an e-mail address", mend="write it as name@example.org"
    )


def _addresses(mail: EmailMessage, header: str) -> list[str]:
    return [address for _name, address in getaddresses([str(mail[header])])]
