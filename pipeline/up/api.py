"""The little that is asked of Airflow's REST API: health, DAGs, import errors, a first run."""

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from http.client import HTTPException
from typing import Any
from urllib.error import HTTPError
from urllib.parse import quote
from urllib.request import ProxyHandler, Request, build_opener

from pipeline.errors import PermanentError, TransientError

_TIMEOUT_S = 15
_PAUSE_S = 0.5
# This machine talks to itself: a proxy in the environment has no part in it.
_opener = build_opener(ProxyHandler({}))

HEARTBEATS: Mapping[str, str] = {
    "scheduler": "latest_scheduler_heartbeat",
    "dag_processor": "latest_dag_processor_heartbeat",
    "triggerer": "latest_triggerer_heartbeat",
}


@dataclass(frozen=True, slots=True)
class DagState:
    """A DAG as the metadata database has it."""

    dag_id: str
    paused: bool
    parsed_at: datetime | None


class AirflowApi:
    """A client of the api-server at ``url``; logs in when it first has to."""

    def __init__(self, url: str, *, username: str, password: str) -> None:
        self._url = url
        self._login = {"username": username, "password": password}
        self._token: str | None = None

    def healthy(self, *, since: datetime) -> frozenset[str]:
        """The parts that work: api_server, metadatabase, and those with a heartbeat after then.

        Heartbeats of an earlier start may still be fresh, hence ``since``.
        """
        try:
            told = self._call("GET", "/api/v2/monitor/health")
            # The part that tasks talk to is put together at its first request, which takes three
            # seconds: better at the start than in the first task.
            self._call("GET", "/execution/health")
        except TransientError:
            return frozenset()
        good = {"api_server"}
        if told["metadatabase"]["status"] == "healthy":
            good.add("metadatabase")
        for part, key in HEARTBEATS.items():
            state = told.get(part) or {}
            beat = _moment(state.get(key))
            if state.get("status") == "healthy" and beat is not None and beat >= since:
                good.add(part)
        return frozenset(good)

    def dags(self) -> list[DagState]:
        """All DAGs."""
        told = self._call("GET", "/api/v2/dags?limit=100&exclude_stale=false", login=True)
        return [
            DagState(d["dag_id"], d["is_paused"], _moment(d["last_parsed_time"]))
            for d in told["dags"]
        ]

    def import_errors(self, *, since: datetime) -> list[tuple[str, str]]:
        """(file, stack trace) of each DAG file that could not be imported since then."""
        told = self._call("GET", "/api/v2/importErrors?limit=100", login=True)
        return [
            (e["filename"], e["stack_trace"])
            for e in told["import_errors"]
            if (_moment(e["timestamp"]) or since) >= since
        ]

    def trigger(self, dag_id: str, params: Mapping[str, Any] | None = None) -> str:
        """Start a run now, its form filled in with ``params``; returns its id.

        It is tried up to three times: on SQLite, the server answers 500 where its own audit entry
        and the report of a task that starts at that moment wait for each other; nothing was
        started then.

        Raises:
            PipelineError: it could not be started.
        """
        path = f"/api/v2/dags/{quote(dag_id)}/dagRuns"
        body = {"logical_date": None, "conf": dict(params or {})}
        for left in (2, 1, 0):
            try:
                told = self._call("POST", path, body=body, login=True)
                break
            except TransientError:
                if not left:
                    raise
                time.sleep(_PAUSE_S)
        return str(told["dag_run_id"])

    def _call(self, method: str, path: str, *, body: object = None, login: bool = False) -> Any:
        headers = {"Content-Type": "application/json"}
        if login:
            headers["Authorization"] = f"Bearer {self._log_in()}"
        data = None if body is None else json.dumps(body).encode()
        request = Request(self._url + path, data=data, headers=headers, method=method)  # noqa: S310
        try:
            with _opener.open(request, timeout=_TIMEOUT_S) as answer:
                return json.load(answer)
        except HTTPError as error:
            told = error.read(500).decode(errors="replace")
            kind = TransientError if error.code >= 500 else PermanentError  # noqa: PLR2004
            raise kind(f"{method} {path}: {error.code} {told}") from error
        except (OSError, HTTPException, ValueError) as error:
            raise TransientError(f"{method} {path}: {error}") from error

    def _log_in(self) -> str:
        if self._token is None:
            self._token = str(self._call("POST", "/auth/token", body=self._login)["access_token"])
        return self._token


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
