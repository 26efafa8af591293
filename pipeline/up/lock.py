"""One `mineralwatch up` a home, and a port that is free."""

import errno
import fcntl
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pipeline.errors import ConfigError


@contextmanager
def hold(path: Path, *, note: str) -> Iterator[None]:
    """Hold the lock file; ``note`` tells others who has it. The kernel lets go if we die.

    Raises:
        ConfigError: another process holds it.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a+", encoding="utf-8") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            file.seek(0)
            raise ConfigError(
                f"mineralwatch is up on {path.parent} already: {file.read().strip()}",
                mend="stop it (Ctrl-C there), or give another folder with --home",
            ) from error
        file.truncate(0)
        file.write(f"process {os.getpid()}, {note}\n")
        file.flush()
        yield


def require_free_port(port: int) -> None:
    """Check that the port can be listened on at 127.0.0.1.

    Raises:
        ConfigError: it is taken, or this user may not have it.
    """
    with socket.socket() as probe:
        # As the server does: a port whose last connections are still closing is free.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            denied = error.errno == errno.EACCES
            what = "needs more rights than this user has" if denied else "is taken"
            raise ConfigError(
                f"port {port} on 127.0.0.1 {what}",
                mend="give another with --port, such as --port 8081",
            ) from error


def free_port() -> int:
    """A port on 127.0.0.1 that nobody listens on at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
