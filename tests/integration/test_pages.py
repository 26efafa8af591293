"""What all of the operators' pages have in common: who is let in, headers, the audit page."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

import pytest

from pipeline.settings import Settings
from pipeline.store import audit
from pipeline.store.engine import Database
from pipeline.web.visitor import Host
from tests.web_server import PageServer

LOGIN = Host(login=lambda back: f"/auth/login?next={back}")


@pytest.fixture
def server(
    make_settings: Callable[..., Settings], database_url: str, now: datetime
) -> Iterator[PageServer]:
    settings = make_settings(database_url=database_url)
    with PageServer(settings, clock=lambda: now, host=LOGIN) as started:
        yield started


def paths(server: PageServer) -> list[str]:
    return [
        route.path
        for route in server.app.routes
        if "GET" in getattr(route, "methods", ()) and "{" not in route.path
    ]


def test_nobody_is_let_in_without_a_login(server: PageServer) -> None:
    found = paths(server)
    assert "/audit" in found
    for path in found:
        answer = server.client(user="").get(path)
        assert answer.status_code == 401, path
        assert "/auth/login?next=http" in answer.text, "and is told where that is done"
    assert server.client(user="mallory").get("/audit").status_code == 401


def test_every_page_opens_on_an_empty_database_with_its_headers(server: PageServer) -> None:
    for user in ("ann", "vic"):
        client = server.client(user)
        for path in paths(server):
            answer = client.get(path)
            assert answer.status_code == 200, answer.text
            policy = answer.headers["content-security-policy"]
            assert "default-src 'none'" in policy
            assert "unsafe-inline" not in policy
            assert answer.headers["x-content-type-options"] == "nosniff"
            assert answer.headers["cache-control"] == "no-store"
            assert "style=" not in answer.text, "the policy forbids it"
            assert 'aria-current="page"' in answer.text


def test_styles_need_no_login_and_lie_below_the_mount(server: PageServer) -> None:
    client = server.client()
    assert '"/minerals-watch/static/watch.css"' in client.page("/audit")
    answer = server.client(user="").get("/static/watch.css")
    assert (answer.status_code, answer.headers["content-type"][:8]) == (200, "text/css")


def test_a_page_that_is_not_there_is_said_to_be_none(server: PageServer) -> None:
    assert server.client().get("/nothing").status_code == 404


def test_the_audit_page_goes_on_by_key(
    server: PageServer, database: Database, now: datetime
) -> None:
    with database.write() as session:
        for n in range(60):
            audit.add_entry(
                who="ann",
                action="pause feed",
                what=f"<Feed {n:02}>",
                detail="",
                now=now - timedelta(minutes=60 - n),
                session=session,
            )
    client = server.client()
    first = client.page("/audit")
    assert "&lt;Feed 59&gt;" in first
    assert "&lt;Feed 10&gt;" in first
    assert "&lt;Feed 09&gt;" not in first
    more = first.partition('rel="next"')[0].rpartition('href="')[2].partition('"')[0]
    second = client.page(more.removeprefix("/minerals-watch").replace("&amp;", "&"))
    assert "&lt;Feed 09&gt;" in second
    assert "&lt;Feed 10&gt;" not in second
    assert 'rel="next"' not in second
    assert "&lt;Feed 59&gt;" in client.page("/audit", after="garbled"), "from the beginning"
