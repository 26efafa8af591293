"""The operators' pages in Airflow's UI, below "Minerals watch": behind its login and its rights.

Who may read the DAG poll_feeds may read the pages; who may start a run of it may act on them. Every
process of Airflow loads its plugins; only the api-server builds the pages, and they open settings
and database at the first request.
"""

import logging
import sys
from collections.abc import Callable
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import quote

from airflow.plugins_manager import AirflowPlugin

PREFIX = "/minerals-watch"
ROUTE = "minerals-watch"
DAG = "poll_feeds"
"""By whose rights it goes: it stands for all of ours."""

_log = logging.getLogger(__name__)


def serves() -> bool:
    """Whether this process is an api-server."""
    return "api-server" in sys.argv


def base() -> str:
    """The path below which this Airflow is; empty where it has a host of its own."""
    from airflow.api_fastapi.app import get_cookie_path

    return get_cookie_path().rstrip("/")


def build() -> Any:
    """The application."""
    from airflow.api_fastapi.auth.tokens import get_signing_key

    from pipeline import log
    from pipeline.web.application import create_app
    from pipeline.web.visitor import Host

    log.configure(to_stderr=False)
    return create_app(
        _settings,
        who=_who(),
        secret=get_signing_key("api", "secret_key").encode(),
        host=Host(login=_login, dag=_dag, trigger=_trigger),
    )


def _settings() -> Any:
    folder = str(Path(__file__).parents[1])
    if folder not in sys.path:
        sys.path.append(folder)
    from _settings import settings

    return settings()


def _who() -> Callable[..., Any]:
    from airflow.api_fastapi.app import get_auth_manager
    from airflow.api_fastapi.auth.managers.models.resource_details import (
        DagAccessEntity,
        DagDetails,
    )
    from airflow.api_fastapi.core_api.security import GetUserDep
    from airflow.models.dag import DagModel
    from fastapi import HTTPException

    from pipeline.web.visitor import Visitor

    # A plain function: it runs in a thread, as an auth manager may ask a database.
    def who(user: GetUserDep) -> Visitor:
        """The user of this request, whom Airflow itself has authenticated (401 where none is)."""
        manager = get_auth_manager()
        details = DagDetails(id=DAG, team_name=DagModel.get_team_name(DAG))
        if not manager.is_authorized_dag(method="GET", details=details, user=user):
            raise HTTPException(403, f"To read these pages, a user has to see the DAG {DAG}.")
        may_act = manager.is_authorized_dag(
            method="POST", access_entity=DagAccessEntity.RUN, details=details, user=user
        )
        return Visitor(user.get_name(), may_act)

    return who


def _login(_back: str) -> str:
    """Airflow's login, and from there to the pages within its UI."""
    return f"{base()}/api/v2/auth/login?next={quote(f'{base()}/plugin/{ROUTE}', safe='')}"


def _dag(dag_id: str) -> str:
    return f"{base()}/dags/{quote(dag_id)}"


def _trigger(dag_id: str, user: str) -> str:
    """Start a run, where none waits already; what was done is done also where this fails."""
    from airflow.api.common.trigger_dag import trigger_dag
    from airflow.models import DagModel, DagRun
    from airflow.utils.state import DagRunState
    from airflow.utils.types import DagRunTriggeredByType

    try:
        dag = DagModel.get_current(dag_id)
        if dag is not None and dag.is_paused:
            return f"The DAG {dag_id} is paused: switch it on."
        if DagRun.find(dag_id=dag_id, state=DagRunState.QUEUED):
            return f"A run of {dag_id} waits to start."
        trigger_dag(dag_id, triggered_by=DagRunTriggeredByType.UI, triggering_user_name=user)
    except Exception:  # noqa: BLE001 - Airflow's own database; the next run by the clock will do
        _log.exception("%s could not be started", dag_id)
        return f"{dag_id} could not be started: its next run by the clock takes it up."
    return f"A run of {dag_id} was started."


class MineralsWatchPlugin(AirflowPlugin):
    """Mounts the pages and shows them in the menu at the left.

    What it gives is made when the api-server asks for it: plugins are loaded at times when parts of
    Airflow that it needs are half imported.
    """

    name = "mineralwatch_pages"

    @cached_property
    def fastapi_apps(self) -> list[Any]:
        """The application; none in other processes."""
        if not serves():
            return []
        try:
            return [{"app": build(), "url_prefix": PREFIX, "name": "mineralwatch pages"}]
        except Exception:  # noqa: BLE001 - an api-server without these pages is better than none
            _log.exception("the pages of Minerals watch cannot be built")
            return []

    @cached_property
    def external_views(self) -> list[Any]:
        """The entry in the menu, and the frame."""
        if not serves():
            return []
        at = f"{base()}{PREFIX}"
        return [
            {
                "name": "Minerals watch",
                "href": f"{at}/",
                "destination": "nav",
                "url_route": ROUTE,
                "nav_top_level": True,
                "icon": f"{at}/static/icon.svg",
                "icon_dark_mode": f"{at}/static/icon-dark.svg",
            }
        ]
