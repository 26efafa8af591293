"""Settings in Airflow: connections first, MINERALWATCH_* variables where there is none.

mineralwatch_db     any database connection; for SQLite the file is the host
mineralwatch_slack  password: the bot token; extra: {"channel": "#minerals", "base_url": …}
mineralwatch_smtp   an SMTP connection; extra: {"from_email": …, "to": …, "disable_ssl": …,
                    "disable_tls": …} with the meaning that Airflow's SMTP hook gives them
mineralwatch_webhooks
                    password (or extra): the secrets as a JSON object {"desk": "…", …}
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from airflow.sdk import Connection
from airflow.sdk.exceptions import AirflowNotFoundException
from airflow.sdk.log import mask_secret

if TYPE_CHECKING:
    from pipeline.settings import Settings


def settings() -> "Settings":
    """The settings in force for a task; their secrets are masked in its log from here on.

    Raises:
        ConfigError: a variable or a connection has a value that cannot be used.
    """
    from pipeline.settings import load_settings

    overrides: dict[str, Any] = {}
    for conn_id, read in READERS.items():
        connection = _connection(conn_id)
        if connection is not None:
            overrides |= read(connection)
    found = load_settings(**overrides)
    for secret in found.secrets:
        mask_secret(secret)
    return found


def _connection(conn_id: str) -> Connection | None:
    try:
        found: Connection = Connection.get(conn_id)
    except AirflowNotFoundException:
        return None
    return found


def from_database(connection: Connection) -> dict[str, Any]:
    """``database_url`` of a database connection."""
    if connection.conn_type == "sqlite":
        return {"database_url": f"sqlite:///{connection.host or connection.schema or ''}"}
    return {"database_url": connection.get_uri()}


def from_slack(connection: Connection) -> dict[str, Any]:
    """Token, channel and address of Slack."""
    extra = connection.extra_dejson
    return {
        "slack_token": connection.password or None,
        "slack_channel": extra.get("channel"),
        "slack_base_url": extra.get("base_url"),
    }


def from_smtp(connection: Connection) -> dict[str, Any]:
    """The SMTP address, sender and recipients."""
    extra = connection.extra_dejson
    encrypted = not _yes(extra.get("disable_ssl"))
    starttls = not encrypted and not _yes(extra.get("disable_tls"))
    login = ""
    if connection.login:
        login = f"{quote(connection.login, safe='')}:{quote(connection.password or '', safe='')}@"
    port = f":{connection.port}" if connection.port else ""
    url = f"{'smtps' if encrypted else 'smtp'}://{login}{connection.host}{port}"
    return {
        "smtp_url": url + ("?starttls=1" if starttls else ""),
        "digest_from": extra.get("from_email"),
        "digest_to": extra.get("to"),
    }


def from_webhooks(connection: Connection) -> dict[str, Any]:
    """The secrets of webhooks; the password is the better place, since the UI never shows it."""
    return {"webhook_secrets": connection.password or connection.extra_dejson or None}


READERS: dict[str, Callable[[Any], dict[str, Any]]] = {
    "mineralwatch_db": from_database,
    "mineralwatch_slack": from_slack,
    "mineralwatch_smtp": from_smtp,
    "mineralwatch_webhooks": from_webhooks,
}
"""What each connection says, as arguments of ``load_settings``; None where it says nothing."""


def _yes(value: object) -> bool:
    return str(value).strip().lower() in {"1", "true", "yes", "on"}
