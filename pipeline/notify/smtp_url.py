"""An SMTP server written as one address."""

from dataclasses import dataclass, field
from enum import StrEnum
from urllib.parse import parse_qs, unquote, urlsplit

from pipeline.errors import ConfigError
from pipeline.log import mask

_PORTS = {"smtp": 25, "smtps": 465}
_STARTTLS_PORT = 587
_YES = {"1": True, "true": True, "yes": True, "on": True}
_NO = {"0": False, "false": False, "no": False, "off": False}
_MEND = "write it as smtp://user:password@host:587?starttls=1 or smtps://user:password@host:465"


class Security(StrEnum):
    """How the connection is protected."""

    NONE = "none"
    STARTTLS = "starttls"
    TLS = "tls"


@dataclass(frozen=True, slots=True)
class SmtpConfig:
    """A server to send by; the password is kept out of the repr."""

    host: str
    port: int
    security: Security
    user: str | None = None
    password: str | None = field(default=None, repr=False)


def parse_smtp_url(url: str) -> SmtpConfig:
    """Read ``smtp://[user:password@]host[:port][?starttls=1]`` or ``smtps://…``.

    User and password are percent-decoded. Without a port: 25, 587 with starttls, 465 for smtps.

    Raises:
        ConfigError: the address cannot be used; the password is not in the message.
    """
    shown = f"MINERALWATCH_SMTP_URL: {mask(url)!r}"
    try:
        parts = urlsplit(url.strip())
        host, port = parts.hostname, parts.port
    except ValueError as error:
        raise ConfigError(f"{shown}: {error}", mend=_MEND) from error
    if parts.scheme not in _PORTS:
        raise ConfigError(f"{shown} does not start with smtp:// or smtps://", mend=_MEND)
    if not host:
        raise ConfigError(f"{shown} names no host", mend=_MEND)
    if parts.path.strip("/"):
        raise ConfigError(f"{shown} has a path, which SMTP knows nothing of", mend=_MEND)
    security = _security(parts.scheme, parts.query, shown)
    user = unquote(parts.username) if parts.username else None
    password = unquote(parts.password) if parts.password else None
    if (user is None) is not (password is None):
        raise ConfigError(f"{shown} has a user without a password, or the reverse", mend=_MEND)
    default = _STARTTLS_PORT if security is Security.STARTTLS else _PORTS[parts.scheme]
    return SmtpConfig(host, port or default, security, user, password)


def _security(scheme: str, query: str, shown: str) -> Security:
    options = parse_qs(query, keep_blank_values=True)
    unknown = sorted(set(options) - {"starttls"})
    if unknown:
        raise ConfigError(
            f"{shown}: no such option {unknown[0]!r}", mend="starttls is the only one"
        )
    wanted = options.get("starttls", ["0"])[-1].lower()
    if wanted not in _YES and wanted not in _NO:
        raise ConfigError(f"{shown}: starttls={wanted!r}", mend="write starttls=1 or starttls=0")
    if scheme == "smtps":
        if _YES.get(wanted):
            raise ConfigError(f"{shown}: smtps is encrypted already", mend="leave out starttls")
        return Security.TLS
    return Security.STARTTLS if _YES.get(wanted) else Security.NONE
