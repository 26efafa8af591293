"""The api-server's own application with the pages in it, asked by users of each kind."""

import re
import sys
from typing import Any

ORIGIN = "http://testserver"
PAGES = "/minerals-watch"


def pages() -> dict[str, Any]:
    """What nobody, a viewer and a user get to see, and may do; and the runs started by it."""
    sys.argv = ["airflow", "api-server"]
    from airflow.api_fastapi.app import create_app
    from airflow.configuration import conf
    from airflow.dag_processing.bundles.manager import DagBundlesManager
    from airflow.dag_processing.dagbag import DagBag, sync_bag_to_db
    from airflow.models import DagRun
    from fastapi.testclient import TestClient

    from pipeline.app import open_app

    DagBundlesManager().sync_bundles_to_db()
    sync_bag_to_db(DagBag(conf.get("core", "dags_folder")), "dags-folder", None)
    sys.path.append(conf.get("core", "dags_folder"))
    from _settings import settings

    with open_app(settings()) as app:
        app.run("plan")
    with TestClient(create_app(apps="core"), base_url=ORIGIN) as client:
        told = {name: _visit(client, name) for name in ("", "vic", "una", "nil")}
        client.cookies.set("_token", "made.up.token")
        told["forged"] = {"/": client.get(f"{PAGES}/").status_code}
        client.cookies.clear()
        views = client.get("/api/v2/plugins", headers=_bearer("vic")).json()["plugins"]
    runs = DagRun.find(dag_id="poll_feeds")
    return {
        "visits": told,
        "views": [view for plugin in views for view in plugin["external_views"]],
        "runs": [[run.run_type, run.triggering_user_name] for run in runs],
    }


def _token(name: str) -> str:
    from airflow.api_fastapi.app import get_auth_manager
    from airflow.api_fastapi.auth.managers.simple.user import SimpleAuthManagerUser

    role = {"vic": "viewer", "una": "user"}.get(name)
    return str(get_auth_manager().generate_jwt(SimpleAuthManagerUser(username=name, role=role)))


def _bearer(name: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {_token(name)}"}


def _visit(client: Any, name: str) -> dict[str, Any]:
    """By the UI's cookie, as the frame does."""
    client.cookies.clear()
    if name:
        client.cookies.set("_token", _token(name))
    told: dict[str, Any] = {}
    for path in ("/", "/feeds", "/feeds/1", "/outbox", "/audit"):
        answer = client.get(f"{PAGES}{path}", follow_redirects=False)
        told[path] = answer.status_code
        told[f"text {path}"] = answer.text
    token = re.search(r'name="token" value="([^"]+)"', told["text /feeds/1"])
    sent = {"token": token[1] if token else _made_up(name)}
    answer = client.post(
        f"{PAGES}/feeds/1/poll", data=sent, headers={"Origin": ORIGIN}, follow_redirects=True
    )
    told["post"], told["text post"] = answer.status_code, answer.text
    return told


def _made_up(name: str) -> str:
    """A viewer sees no form: it has a token that would be good for it."""
    from datetime import UTC, datetime

    from airflow.configuration import conf

    from pipeline.web.guard import make_token

    secret = conf.get("api", "secret_key").encode()
    return make_token(name, secret=secret, now=datetime.now(UTC))
