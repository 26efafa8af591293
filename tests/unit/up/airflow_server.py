"""The part of Airflow's REST API that `up` asks, on loopback, answering as it is told."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from aiohttp import web

from pipeline.demo.server_thread import ServerThread

USERNAME, PASSWORD, TOKEN = "admin", "right", "a-token"

BEATS = {
    "scheduler": "latest_scheduler_heartbeat",
    "dag_processor": "latest_dag_processor_heartbeat",
    "triggerer": "latest_triggerer_heartbeat",
}


@dataclass
class AirflowServer:
    """What it answers; ``beats`` are the heartbeats, all parts being healthy."""

    beats: dict[str, datetime | None] = field(
        default_factory=lambda: dict.fromkeys(BEATS, datetime.now(UTC))
    )
    metadatabase: str = "healthy"
    dags: dict[str, datetime | None] = field(default_factory=dict)
    paused: set[str] = field(default_factory=set)
    import_errors: list[tuple[str, datetime]] = field(default_factory=list)
    failing: bool = False
    refuse_triggers: int = 0
    triggered: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    logins: int = 0
    warmed: int = 0
    url: str = ""

    def app(self) -> web.Application:
        app = web.Application(middlewares=[self._guard])
        app.add_routes(
            [
                web.get("/api/v2/monitor/health", self._health),
                web.get("/execution/health", self._execution),
                web.post("/auth/token", self._token),
                web.get("/api/v2/dags", self._dags),
                web.get("/api/v2/importErrors", self._errors),
                web.post("/api/v2/dags/{dag}/dagRuns", self._trigger),
            ]
        )
        return app

    @web.middleware
    async def _guard(self, request: web.Request, handler: Any) -> web.StreamResponse:
        if self.failing:
            return web.Response(status=500, text="out of order")
        open_to_all = request.path.endswith("/health") or request.path == "/auth/token"
        if not open_to_all and request.headers.get("Authorization") != f"Bearer {TOKEN}":
            return web.json_response({"detail": "Not authenticated"}, status=401)
        answer: web.StreamResponse = await handler(request)
        return answer

    async def _health(self, _request: web.Request) -> web.Response:
        told: dict[str, Any] = {"metadatabase": {"status": self.metadatabase}}
        for part, key in BEATS.items():
            beat = self.beats[part]
            told[part] = {
                "status": "healthy" if beat else "unhealthy",
                key: beat.isoformat() if beat else None,
            }
        return web.json_response(told)

    async def _execution(self, _request: web.Request) -> web.Response:
        self.warmed += 1
        return web.json_response({"status": "healthy"})

    async def _token(self, request: web.Request) -> web.Response:
        self.logins += 1
        if await request.json() != {"username": USERNAME, "password": PASSWORD}:
            return web.json_response({"detail": "Invalid credentials"}, status=401)
        return web.json_response({"access_token": TOKEN}, status=201)

    async def _dags(self, _request: web.Request) -> web.Response:
        rows = [
            {
                "dag_id": name,
                "is_paused": name in self.paused,
                "last_parsed_time": parsed.isoformat() if parsed else None,
            }
            for name, parsed in self.dags.items()
        ]
        return web.json_response({"dags": rows, "total_entries": len(rows)})

    async def _errors(self, _request: web.Request) -> web.Response:
        rows = [
            {"filename": name, "stack_trace": "Traceback …", "timestamp": at.isoformat()}
            for name, at in self.import_errors
        ]
        return web.json_response({"import_errors": rows, "total_entries": len(rows)})

    async def _trigger(self, request: web.Request) -> web.Response:
        if self.refuse_triggers:
            self.refuse_triggers -= 1
            return web.json_response({"detail": {"reason": "Database error"}}, status=500)
        body = await request.json()
        assert body["logical_date"] is None
        self.triggered.append((request.match_info["dag"], body["conf"]))
        return web.json_response({"dag_run_id": f"manual__{len(self.triggered)}"})


@contextmanager
def airflow_server() -> Iterator[AirflowServer]:
    server = AirflowServer()
    with ServerThread(server.app()) as thread:
        server.url = thread.url
        yield server
