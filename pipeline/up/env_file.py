"""The secrets of docker-compose.yml in a .env file: made at random, what is there is kept."""

import os
import re
import secrets
from base64 import urlsafe_b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from pipeline.errors import ConfigError

_BYTES = 24
"""Of randomness in each, written as hexadecimal digits: 192 bits, and fit for an address."""


def _token() -> str:
    return secrets.token_hex(_BYTES)


def _fernet_key() -> str:
    """The form that Airflow asks for: 32 bytes in URL-safe base64 (the Fernet specification)."""
    return urlsafe_b64encode(os.urandom(32)).decode()


MAKERS: Mapping[str, Callable[[], str]] = {
    "POSTGRES_PASSWORD": _token,
    "VALKEY_PASSWORD": _token,
    "AIRFLOW_ADMIN_PASSWORD": _token,
    "AIRFLOW_JWT_SECRET": _token,
    "AIRFLOW_SECRET_KEY": _token,
    "AIRFLOW_FERNET_KEY": _fernet_key,
}
"""What docker-compose.yml will not start without, and how each is made."""


@dataclass(frozen=True, slots=True)
class Filled:
    """The new text of the file, and the names of what was made and of what was kept."""

    text: str
    made: tuple[str, ...]
    kept: tuple[str, ...]


def filled(text: str, *, force: bool = False) -> Filled:
    """Return ``text`` with every secret set; other lines stay as they are.

    Args:
        text: of a .env file, or of .env.example; may be empty.
        force: make new ones for those that are set, too.
    """
    made, kept = [], []
    for name, make in MAKERS.items():
        # Docker compose goes by the last of several lines; so the first must not be taken for it.
        lines = list(re.finditer(rf"^(?:export[ ]+)?{name}[ ]*=(.*)$", text, re.MULTILINE))
        last = lines[-1] if lines else None
        if last is not None and last[1].strip().strip("\"'") and not force:
            kept.append(name)
            continue
        made.append(name)
        line = f"{name}={make()}"
        if last is not None:
            text = text[: last.start()] + line + text[last.end() :]
        else:
            text += ("" if not text or text.endswith("\n") else "\n") + line + "\n"
    return Filled(text, tuple(made), tuple(kept))


def fill(path: Path, *, force: bool = False) -> Filled:
    """Set every secret in the file at ``path``, mode 0600; a new one begins as .env.example.

    The file is replaced at once, so that a crash midway leaves the old one.

    Raises:
        ConfigError: it cannot be read or written.
    """
    fresh = path.with_name(path.name + ".new")
    try:
        example = path.with_name(".env.example")
        source = path if path.exists() else example
        done = filled(source.read_text(encoding="utf-8") if source.exists() else "", force=force)
        fresh.unlink(missing_ok=True)
        descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(done.text)
        fresh.replace(path)
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(
            f"{path}: cannot be read or written: {error}", mend="name another file with --out"
        ) from error
    return done
