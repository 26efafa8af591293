"""What operators see of feeds and messages, what they do about them, and what that leaves."""

import re
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from pipeline.settings import Settings
from pipeline.store import audit, feed_episodes, messages, outbox, page_outbox
from pipeline.store.engine import Database
from pipeline.web.guard import LIFETIME, make_token
from pipeline.web.visitor import Host
from schemas.alert import Channel, OutboxState
from schemas.audit import AuditEntry
from schemas.feed_watch import ChangeKind
from schemas.tables import (
    FeedRow,
    GateCountRow,
    OutboxRow,
    PollRow,
)
from tests.web_server import PageClient, PageServer

FEEDS = {
    "Astana Times": {"last_new": 1},
    "Broken <b>": {"failures": 2, "failure": "timeout", "failure_message": "no answer in 30 s"},
    "Silent Wire": {"last_new": 20 * 24},
    "Tengrinews": {"paused": True},
    "Unseen": {"never": True},
}


@pytest.fixture
def runs() -> list[tuple[str, str]]:
    """(DAG, user) of the runs that were asked for."""
    return []


@pytest.fixture
def server(
    make_settings: Callable[..., Settings],
    database_url: str,
    now: datetime,
    runs: list[tuple[str, str]],
) -> Iterator[PageServer]:
    def trigger(dag: str, user: str) -> str:
        runs.append((dag, user))
        return f"A run of {dag} was started."

    host = Host(trigger=trigger, dag=lambda dag: f"/dags/{dag}")
    settings = make_settings(database_url=database_url)
    with PageServer(settings, clock=lambda: now, host=host) as started:
        yield started


@pytest.fixture
def client(server: PageServer, feeds: dict[str, int]) -> PageClient:
    return server.client()


def hours(count: float) -> timedelta:
    return timedelta(hours=count)


@pytest.fixture
def feeds(database: Database, now: datetime) -> dict[str, int]:
    """One feed in each state; name → id."""
    with database.write() as session:
        for name, told in FEEDS.items():
            row = FeedRow(
                url=f"https://{name.split()[0].lower()}.example/feed",
                name=name,
                language="en",
                region="central_asia",
                kind="news",
                tier=1,
                enabled=True,
                created_at=now - hours(30 * 24),
                current_url="https://a.example/feed",
                next_poll_at=now + hours(2),
                failures=told.get("failures", 0),
                failure=told.get("failure"),
                failure_message=told.get("failure_message"),
                last_success_at=None if told.get("never") else now - hours(1),
                last_new_at=now - hours(told["last_new"]) if "last_new" in told else None,
                paused_at=now - hours(5) if told.get("paused") else None,
            )
            session.add(row)
        session.flush()
        ids = {row.name: row.id for row in session.scalars(select(FeedRow))}
        silent = [(ids["Silent Wire"], ChangeKind.SILENT, "nothing new")]
        feed_episodes.begin_episodes(silent, now=now - hours(6), session=session)
        session.add(
            PollRow(
                feed_id=ids["Broken <b>"],
                at=now - hours(1),
                outcome="failed",
                status=None,
                failure="timeout",
                message="no answer in 30 s",
                entries=0,
                new=0,
                bytes_read=0,
                seconds=30.0,
            )
        )
        session.add(
            GateCountRow(day=now.date(), feed_id=ids["Astana Times"], answered=3, failed=1, new=7)
        )
    return ids


def names(page: str) -> list[str]:
    return re.findall(r'<th scope="row" class="wrap"><a [^>]+>([^<]+)</a>', page)


def feed(database: Database, feed_id: int) -> FeedRow:
    with database.read() as session:
        row = session.get_one(FeedRow, feed_id)
        session.expunge(row)
        return row


def entries(database: Database) -> list[AuditEntry]:
    with database.read() as session:
        return list(audit.list_entries(session=session).items)


@pytest.mark.parametrize(
    ("state", "found"),
    [
        ("healthy", ["Astana Times"]),
        ("failing", ["Broken &lt;b&gt;"]),
        ("silent", ["Silent Wire"]),
        ("paused", ["Tengrinews"]),
        ("never_polled", ["Unseen"]),
        ("dead", []),
    ],
)
def test_feeds_are_narrowed_by_their_state(
    client: PageClient, state: str, found: list[str]
) -> None:
    page = client.page("/feeds", state=state)
    assert names(page) == found
    if found:
        assert f'">{state.replace("_", " ")}</span>' in page, "and told to be so"
        assert f"{state.replace('_', ' ')} (1)" in page
    assert "<b>" not in page, "names come from outside"


def test_feeds_are_found_by_name_or_address(client: PageClient) -> None:
    assert names(client.page("/feeds")) == sorted(
        name.replace("<b>", "&lt;b&gt;") for name in FEEDS
    )
    assert names(client.page("/feeds", q="TENGRI")) == ["Tengrinews"]
    assert names(client.page("/feeds", q="unseen.example")) == ["Unseen"]
    assert names(client.page("/feeds", q="100%")) == [], "no wildcard"
    told = client.page("/feeds", q="Astana")
    assert '<td data-label="Polls, 7 days" class="num">4</td>' in told
    assert '<td data-label="New articles" class="num">7</td>' in told


def test_feeds_go_on_by_key(client: PageClient, database: Database, now: datetime) -> None:
    with database.write() as session:
        first = session.scalars(select(FeedRow)).first()
        assert first is not None
        columns = {c.key: getattr(first, c.key) for c in FeedRow.__table__.columns}
        for n in range(60):
            session.add(
                FeedRow(**columns | {"id": None, "name": "Same", "url": f"https://s.example/{n}"})
            )
    seen: list[str] = []
    path, query = "/feeds", {"q": "//s.example"}
    while True:
        page = client.page(path, **query)
        seen += re.findall(r'href="/minerals-watch/feeds/(\d+)"', page)
        more = re.search(r'href="/minerals-watch([^"]+)" rel="next"', page)
        if more is None:
            break
        path, query = more[1].replace("&amp;", "&"), {}
    assert len(seen) == len(set(seen)) == 60


def test_a_feed_that_fails_says_why_and_is_retried(
    client: PageClient,
    feeds: dict[str, int],
    database: Database,
    now: datetime,
    runs: list[tuple[str, str]],
) -> None:
    where = f"/feeds/{feeds['Broken <b>']}"
    page = client.page(where)
    assert "no answer in 30 s" in page
    assert "Mend:" in page
    answer = client.post(f"{where}/retry", {"token": client.token(where)})
    assert answer.status_code == 200
    assert str(answer.url).startswith(f"{client.server.url}{where}?done=")
    assert "Due at once, its back-off forgotten. A run of poll_feeds was started." in answer.text
    row = feed(database, feeds["Broken <b>"])
    assert (row.next_poll_at, row.failures) == (now, 1)
    (entry,) = entries(database)
    assert (entry.who, entry.action, entry.what, entry.at) == (
        "ann",
        "retry feed",
        "Broken <b>",
        now,
    )
    assert runs == [("poll_feeds", "ann")]
    assert "retry feed" in client.page("/audit")


def test_poll_now_makes_a_feed_due_and_forgets_nothing(
    client: PageClient, feeds: dict[str, int], database: Database, now: datetime
) -> None:
    where = f"/feeds/{feeds['Broken <b>']}"
    assert client.post(f"{where}/poll", {"token": client.token(where)}).status_code == 200
    row = feed(database, feeds["Broken <b>"])
    assert (row.next_poll_at, row.failures) == (now, 2)


def test_a_feed_is_paused_and_resumed(
    client: PageClient, feeds: dict[str, int], database: Database, now: datetime
) -> None:
    where = f"/feeds/{feeds['Astana Times']}"
    form = {"token": client.token(where), "days": "7", "reason": " the site \n is rebuilt "}
    told = client.post(f"{where}/pause", form)
    assert "Not polled until 2026-05-11 12:00 UTC: the site is rebuilt." in told.text
    row = feed(database, feeds["Astana Times"])
    assert (row.paused_at, row.paused_until) == (now, now + timedelta(days=7))
    assert row.paused_reason == "the site is rebuilt"

    assert client.post(f"{where}/poll", {"token": client.token()}).status_code == 409
    assert client.post(f"{where}/resume", {"token": client.token(where)}).status_code == 200
    assert feed(database, feeds["Astana Times"]).paused_at is None
    again = client.post(f"{where}/resume", {"token": client.token()})
    assert (again.status_code, "is not paused" in again.text) == (409, True)
    assert [entry.action for entry in entries(database)] == ["resume feed", "pause feed"]


def test_a_span_that_no_form_offers_is_refused(
    client: PageClient, feeds: dict[str, int], database: Database
) -> None:
    where = f"/feeds/{feeds['Astana Times']}/pause"
    assert client.post(where, {"token": client.token(), "days": "9999999"}).status_code == 409
    assert client.post("/feeds/999/pause", {"token": client.token(), "days": ""}).status_code == 404
    assert entries(database) == []


def test_what_is_not_sent_from_a_page_of_ours_changes_nothing(
    server: PageServer, client: PageClient, feeds: dict[str, int], database: Database, now: datetime
) -> None:
    where = f"/feeds/{feeds['Broken <b>']}/poll"
    good, ours = client.token(), {"Origin": server.origin}
    old = make_token("ann", secret=b"of a test", now=now - LIFETIME - timedelta(minutes=1))
    others = make_token("vic", secret=b"of a test", now=now)
    foreign = make_token("ann", secret=b"of another", now=now)
    for token in ("", "x", old, others, foreign, good + "0"):
        assert client.post(where, {"token": token}, headers=ours).status_code == 403, token
    for headers in (
        {},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {**ours, "Sec-Fetch-Site": "cross-site"},
        {**ours, "Sec-Fetch-Site": "same-site"},
        {"Origin": "https://evil.example", "Sec-Fetch-Site": "same-origin"},
    ):
        assert client.post(where, {"token": good}, headers=headers).status_code == 403, headers
    assert client.http.get(f"{server.url}{where}").status_code == 405, "and a link does nothing"
    assert server.client("vic").post(where, {"token": others}).status_code == 403
    assert server.client("").post(where, {"token": good}).status_code == 401
    assert client.post(where, {"token": good, "x": "y" * 70_000}).status_code == 413
    assert entries(database) == []
    assert feed(database, feeds["Broken <b>"]).next_poll_at == now + hours(2)
    assert client.post(where, {"token": good}).status_code == 200, "while this does"


@pytest.fixture
def parked(database: Database, now: datetime) -> list[str]:
    """Keys of two parked messages, of one that waits and of one that was sent."""
    keys = ["parked-1", "parked-2", "waiting", "sent"]
    with database.write() as session:
        for key in keys:
            new = messages.NewMessage(key, Channel.SLACK, "#minerals", {"text": key})
            messages.add_message(new, now=now - hours(3), session=session)
        states = {"parked-1": "parked", "parked-2": "parked", "sent": "sent"}
        for key, state in states.items():
            values: dict[str, Any] = {"state": state, "attempts": 1}
            if state == "parked":
                values["last_error"] = "channel_not_found; mend: invite the <bot>"
            else:
                values["sent_at"] = now - hours(1)
            session.execute(update(OutboxRow).where(OutboxRow.key == key).values(**values))
    return keys


def test_parked_messages_are_told_with_reason_and_mend_and_retried(
    client: PageClient, parked: list[str], database: Database, runs: list[tuple[str, str]]
) -> None:
    page = client.page("/outbox")
    assert "Parked (2)" in page
    assert "channel_not_found" in page
    assert "Mend: invite the &lt;bot&gt;" in page
    told = client.post("/outbox/retry", {"token": client.token("/outbox"), "key": "parked-1"})
    assert "1 message is due again. A run of send_alerts was started." in told.text
    assert "Parked (1)" in told.text
    with database.read() as session:
        counts = page_outbox.count_unsent(session=session)
        due = outbox.list_outbox(state=OutboxState.PENDING, session=session)
    assert counts[OutboxState.PARKED] == 1
    assert {line.key for line in due} == {"parked-1", "waiting"}
    assert runs == [("send_alerts", "ann")]

    gone = client.post("/outbox/retry", {"token": client.token(), "key": "parked-1"})
    assert (gone.status_code, "is not parked" in gone.text) == (404, True)
    assert client.post("/outbox/retry", {"token": client.token()}).status_code == 409
    told = client.post("/outbox/retry", {"token": client.token("/outbox"), "all": "yes"})
    assert "retry all parked" in told.text
    assert [entry.what for entry in entries(database)] == ["all parked messages", "parked-1"]


def test_a_parked_message_is_discarded_with_a_reason_for_good(
    client: PageClient, parked: list[str], database: Database, runs: list[tuple[str, str]]
) -> None:
    token = client.token("/outbox")
    form = {"token": token, "key": "parked-1", "reason": " the desk\nis <closed> "}
    for wrong in ({"reason": " "}, {"reason": "x" * 301}):
        assert client.post("/outbox/discard", form | wrong).status_code == 409
    for key in ("", "waiting", "sent"):
        assert client.post("/outbox/discard", form | {"key": key}).status_code == 404, key
    assert client.post("/outbox/discard", form | {"token": "x"}).status_code == 403
    assert entries(database) == []

    told = client.post("/outbox/discard", form)
    assert "It is never sent. Reason: the desk is &lt;closed&gt;." in told.text
    assert "Parked (1)" in told.text
    [entry] = entries(database)
    assert (entry.who, entry.action, entry.what) == ("ann", "discard message", "parked-1")
    page = client.page("/outbox", show="discarded")
    assert "channel_not_found; discarded by ann: the desk is &lt;closed&gt;" in page
    assert "invite the" not in page, "there is nothing to be mended"
    assert "<button" not in page

    for again in ("/outbox/discard", "/outbox/retry"):
        assert client.post(again, form).status_code == 404
    client.post("/outbox/retry", {"token": token, "all": "yes"})
    with database.read() as session:
        [line] = outbox.list_outbox(state=OutboxState.DISCARDED, session=session)
    assert line.key == "parked-1"
    assert runs == [("send_alerts", "ann")], "the retry's: a discard starts none"


def test_who_may_only_read_sees_no_button(server: PageServer, parked: list[str]) -> None:
    page = server.client("vic").page("/outbox")
    assert "channel_not_found" in page
    assert "<button" not in page
    assert "Discard for good" not in page


def test_the_outcome_is_told_to_whoever_did_it_and_only_once_done(
    server: PageServer, client: PageClient, parked: list[str], database: Database
) -> None:
    client.post("/outbox/retry", {"token": client.token(), "all": "yes"})
    (entry,) = entries(database)
    assert 'role="status"' in client.page("/outbox", done=str(entry.id))
    for who, done in (("vic", str(entry.id)), ("ann", "999"), ("ann", "<x>"), ("ann", "9" * 30)):
        assert 'role="status"' not in server.client(who).page("/outbox", done=done)


def test_the_overview_tells_what_waits_and_what_fails(
    client: PageClient, parked: list[str], database: Database, now: datetime
) -> None:
    page = client.page("/")
    assert "channel_not_found" in page, "what fails now"
    assert "mineralwatch outbox retry" in page, "and what to do about it"
    assert re.search(r"Messages parked</dt><dd>2", page)
    assert re.search(r"Messages waiting</dt><dd>1 <small>1 late", page)
    assert 'href="/dags/poll_feeds" target="_top"' in page
    assert 'href="/minerals-watch/feeds?state=silent"' in page
    assert re.search(r'New articles</th><td class="num">7</td><td class="num">7</td>', page)
