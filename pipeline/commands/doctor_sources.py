"""The doctor's check of where secrets come from: Airflow's connections, or variables."""

from pathlib import Path

from sqlalchemy.engine import make_url

from pipeline.settings import Settings, source_of
from pipeline.up.connections import Connections
from schemas.doctor import Check, fail, ok, warn

SECRETS = {
    "database_url": ("database", "mineralwatch_db"),
    "slack_token": ("Slack's token", "mineralwatch_slack"),
    "smtp_url": ("mail server", "mineralwatch_smtp"),
    "webhook_secrets": ("webhooks", "mineralwatch_webhooks"),
}
"""What each is called, and the connection that may say it."""


def check_sources(found: Connections | None, by_variables: Settings, in_force: Settings) -> Check:
    """Where each secret comes from, never what it is.

    Args:
        found: what Airflow's connections say; None where there is no Airflow.
        by_variables: the settings as commands see them.
        in_force: the settings as tasks see them.
    """
    name = "sources"
    where = "no Airflow here" if found is None else f"Airflow in {found.home}"
    seen = "; ".join([where, *(_source(field, found) for field in SECRETS)])
    if found is None:
        return ok(name, seen)
    if found.faults:
        return fail(
            name,
            f"a connection cannot be opened, and so no task can use it: {'; '.join(found.faults)}",
            "is AIRFLOW__CORE__FERNET_KEY the key that it was saved with? If so, save it again",
        )
    if _place(by_variables) != _place(in_force):
        return warn(
            name,
            f"{seen}. Commands other than this one go by variables, and so to another database",
            "let MINERALWATCH_DATABASE_URL name the database of the connection mineralwatch_db",
        )
    return ok(name, seen)


def _source(field: str, found: Connections | None) -> str:
    called, conn_id = SECRETS[field]
    if found is not None and field in found.settings:
        return f"{called}: connection {conn_id} in {found.places[conn_id]}"
    unset = "the file below MINERALWATCH_VAR_DIR" if field == "database_url" else "not set"
    return f"{called}: {source_of(field) or unset}"


def _place(settings: Settings) -> tuple[str, str, int, str]:
    """Which database an address means, however it is written and whoever logs in."""
    url = make_url(settings.database)
    kind = url.get_backend_name()
    if kind == "sqlite":
        return kind, "", 0, str(Path(url.database or "").resolve())
    return kind, url.host or "", url.port or 5432, url.database or ""
