"""Feeds as people keep them, by the commands: against a site on loopback, on both databases."""

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest
from typer.testing import Result

from pipeline.store import articles, feeds
from pipeline.store.engine import Database
from schemas.config import FeedConfig
from schemas.feed import FailureKind, PollOutcome, PollRecord
from tests.feed_server import FeedServer

Cli = Callable[..., Result]
HTML = "text/html; charset=utf-8"
TITLE = "Japan and Kazakhstan sign memorandum on rare earths"
ANOTHER = "Japan and Kazakhstan signed an agreement on critical minerals in Astana"


@pytest.fixture
def server() -> Iterator[FeedServer]:
    with FeedServer() as running:
        yield running


def told(result: Result) -> Any:
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def listed(desk: Cli, *more: str) -> dict[str, dict[str, Any]]:
    return {feed["name"]: feed for feed in told(desk("feeds", "list", *more, "--json"))}


def rss(title: str, *titles: str) -> str:
    now = datetime.now(UTC)
    items = "".join(
        f"<item><title>{one}</title><link>https://news.example/{title}/{n}</link>"
        f"<pubDate>{format_datetime(now - timedelta(days=n, hours=1))}</pubDate></item>"
        for n, one in enumerate(titles)
    )
    return f'<rss version="2.0"><channel><title>{title}</title>{items}</channel></rss>'


@pytest.fixture
def site(server: FeedServer) -> str:
    """A page with two feeds behind it."""
    server.serve("/main", rss("Main", TITLE, "Cup final ends in a draw", "Rain", "Snow", "Sun"))
    server.serve("/sport", rss("Sport", "Titanium beats Cobalt in cup final"))
    head = "".join(
        f'<link rel="alternate" type="application/rss+xml" href="{path}">'
        for path in ("/main", "/sport")
    )
    return server.serve("/", f"<html><head>{head}</head></html>", content_type=HTML)


# ---- add ---------------------------------------------------------------------------------------


def test_add_shows_what_would_be_relevant_and_keeps_the_feed(
    desk: Cli, site: str, server: FeedServer
) -> None:
    result = told(desk("feeds", "add", site, "--yes", "--json", "--region", "asia", "--tier", "1"))
    assert result["added"]
    assert [one["title"] for one in result["candidates"]] == ["Main", "Sport"]
    seen = result["preview"]
    assert (seen["title"], seen["entries"], seen["relevant"]) == ("Main", 5, 1)
    assert seen["usual_gap_s"] == 86400
    newest = seen["items"][0]
    assert newest["title"] == TITLE
    assert newest["relevant"]
    assert "central_asia" in newest["themes"]
    assert newest["parties"] == ["JP", "KZ"]
    kept = listed(desk)["Main"]
    assert (kept["url"], kept["site"]) == (server.url("/main"), site)
    assert (kept["origin"], kept["region"], kept["tier"]) == ("command", "asia", 1)
    assert kept["language"] == "en"


def test_a_feed_added_is_polled_and_no_configuration_switches_it_off(desk: Cli, site: str) -> None:
    told(desk("feeds", "add", site, "--pick", "2", "--yes", "--json", "--name", "Games"))
    for _ in range(2):
        told(desk("poll", "--all", "--json"))
    kept = listed(desk)
    assert kept["Games"]["enabled"]
    assert kept["Games"]["url"].endswith("/sport")
    health = {feed["name"]: feed for feed in told(desk("feeds", "health", "--json"))}
    assert health["Games"]["state"] == "healthy"
    assert health["Games"]["success_share"] == 1.0
    assert health["Games"]["polls"] == 2


def test_a_poll_by_address_does_not_rename_a_feed_that_was_added(desk: Cli, site: str) -> None:
    url = told(desk("feeds", "add", site, "--yes", "--json", "--name", "Mine"))["feed"]["url"]
    told(desk("poll", "--url", url, "--json"))
    assert listed(desk)["Mine"]["origin"] == "command"


def test_a_feed_only_polled_by_address_can_still_be_added(desk: Cli, server: FeedServer) -> None:
    url = server.serve("/f", rss("F", "Rain"))
    told(desk("poll", "--url", url, "--json"))
    assert told(desk("feeds", "add", url, "--yes", "--json"))["added"]
    told(desk("poll", "--all", "--json"))
    assert listed(desk)["F"]["origin"] == "command"


def test_add_asks_first(desk: Cli, site: str) -> None:
    result = desk("feeds", "add", site, stdin="2\nn\n")
    assert result.exit_code == 0
    assert "2 feeds behind" in result.stdout
    assert "Sport: 1 entries, 0 relevant" in result.stdout.replace("[bold]", "")
    assert "not added" in result.stdout
    assert set(listed(desk)) == {"Filed"}
    result = desk("feeds", "add", site, stdin="1\ny\n")
    assert "added: Main" in result.stdout
    assert set(listed(desk)) == {"Filed", "Main"}


def test_a_dry_run_adds_nothing(desk: Cli, site: str) -> None:
    result = desk("feeds", "add", site, "--dry-run")
    assert result.exit_code == 0
    assert "● " in result.stdout
    assert "news comes every 24 hours" in result.stdout
    assert "taken: 1; another with --pick" in result.stdout
    assert "not added: Main" in result.stdout
    assert set(listed(desk)) == {"Filed"}


def test_a_known_feed_is_told_by_any_of_its_names(desk: Cli, site: str, server: FeedServer) -> None:
    url = told(desk("feeds", "add", site, "--yes", "--json"))["feed"]["url"]
    for name in (url, f"{url}?utm_source=page", server.redirect("/short", "/main", status=302)):
        if "utm" in name:
            server.serve("/main", rss("Main", TITLE))
        again = told(desk("feeds", "add", name, "--yes", "--json"))
        assert not again["added"], name
        assert again["known"]["name"] == "Main"
    assert len(listed(desk)) == 2
    assert "known already: Main" in desk("feeds", "add", url, "--yes").stdout


def test_what_cannot_be_added_says_why(desk: Cli, site: str, server: FeedServer) -> None:
    bare = server.serve("/bare/", "<html></html>", content_type=HTML)
    nothing = desk("feeds", "add", bare, "--yes")
    assert nothing.exit_code == 1
    assert "no feed found" in nothing.stderr
    failed = desk("feeds", "add", server.url("/404"), "--yes", "--json")
    assert failed.exit_code == 1
    assert json.loads(failed.stdout)["failure"]["status"] == 404
    for args, words in (
        (("--pick", "9", "--yes"), "--pick 1 to 2"),
        (("--json",), "--yes to add it, or --dry-run"),
        (("--yes", "--language", "English"), "--language"),
    ):
        wrong = desk("feeds", "add", site, *args)
        assert wrong.exit_code == 2
        assert words in wrong.stderr


# ---- remove, pause, resume, retry --------------------------------------------------------------


def test_removing_keeps_the_articles_and_adding_takes_them_up_again(
    desk: Cli, site: str, database: Database
) -> None:
    told(desk("feeds", "add", site, "--yes", "--json"))
    told(desk("poll", "--all", "--json"))
    assert told(desk("feeds", "remove", "main", "--json"))["removed"][0]["name"] == "Main"
    told(desk("poll", "--all", "--json"))
    assert set(listed(desk)) == {"Filed"}
    with database.read() as session:
        assert articles.article_at([f"https://news.example/Main/{0}"], session=session)
    assert told(desk("feeds", "add", site, "--yes", "--json"))["added"]
    assert set(listed(desk)) == {"Filed", "Main"}
    filed = desk("feeds", "remove", "Filed")
    assert filed.exit_code == 2
    assert "enabled: false" in filed.stderr


def test_a_paused_feed_is_not_asked_until_it_is_resumed(
    desk: Cli, site: str, server: FeedServer
) -> None:
    told(desk("feeds", "add", site, "--yes", "--json"))
    before = server.asked["/main"]
    paused = told(desk("feeds", "pause", "Main", "--for", "7d", "--reason", "rebuilt", "--json"))
    assert paused["until"] > datetime.now(UTC).isoformat()
    told(desk("poll", "--all", "--json"))
    assert server.asked["/main"] == before
    [state] = [f for f in told(desk("feeds", "health", "--json")) if f["name"] == "Main"]
    assert state["state"] == "paused"
    assert state["reason"].endswith(": rebuilt")
    assert set(listed(desk, "--paused")) == {"Main"}
    assert "resumed" in desk("feeds", "resume", "Main").stdout
    told(desk("poll", "--json"))
    assert server.asked["/main"] == before + 1
    assert "none of them was paused" in desk("feeds", "resume", "Main").stdout


def test_a_configured_feed_that_was_never_polled_can_be_paused(desk: Cli) -> None:
    told(desk("feeds", "pause", "https://filed.example/feed/?utm_source=x", "--json"))
    kept = listed(desk)["Filed"]
    assert (kept["paused"], kept["paused_until"], kept["tier"]) == (True, None, 1)


def test_wrong_spans_and_times(desk: Cli) -> None:
    for args, words in (
        (("--for", "soon"), "7d or 36h"),
        (("--until", "2001-01-01"), "a time to come"),
        (("--for", "1d", "--until", "2100-01-01"), "one of them"),
        (("--for", "9999999999d"), "too long"),
    ):
        wrong = desk("feeds", "pause", "Filed", *args)
        assert wrong.exit_code == 2, args
        assert words in wrong.stderr, args


def test_an_unknown_feed_is_told_with_its_neighbours(desk: Cli) -> None:
    told(desk("feeds", "resume", "Filed", "--json"))
    for wrong in ("Filled", "filed.example", "https://filed.example/fed"):
        result = desk("feeds", "retry", wrong)
        assert result.exit_code == 2
        assert f"no feed '{wrong}'" in result.stderr
        assert "did you mean 'Filed' <https://filed.example/feed>?" in result.stderr
    assert "see: mineralwatch feeds list" in desk("feeds", "retry", "zzz").stderr
    by_id = str(listed(desk)["Filed"]["id"])
    assert told(desk("feeds", "retry", by_id, "--json"))["due"][0]["name"] == "Filed"
    assert desk("feeds", "retry", "999").exit_code == 2
    assert desk("feeds", "retry").exit_code == 2


def test_two_feeds_of_one_name_are_told_apart_by_id(desk: Cli, server: FeedServer) -> None:
    for path in ("/one", "/two"):
        url = server.serve(path, rss(path, path))
        told(desk("feeds", "add", url, "--yes", "--json", "--name", "Twin"))
    wrong = desk("feeds", "pause", "Twin")
    assert wrong.exit_code == 2
    assert "give an id" in wrong.stderr


def test_retry_makes_failing_feeds_due_with_their_back_off_forgotten(
    desk: Cli, database: Database
) -> None:
    now = datetime.now(UTC)
    configs = [FeedConfig(name=n, url=f"https://{n}.example/feed") for n in ("a", "b")]
    with database.write() as session:
        feeds.sync_feeds(configs, keep_others=True, now=now, session=session)
        states = feeds.due_feeds(now=now, session=session)
        saved = []
        for state in states:
            fails = state.name == "a"
            kind = FailureKind.CLIENT_ERROR if fails else None
            outcome = PollOutcome.FAILED if fails else PollOutcome.FETCHED
            record = PollRecord(state.feed_id, now, outcome, failure=kind, message="404")
            after = replace(state, next_poll_at=now + timedelta(days=1), failures=9 if fails else 0)
            saved.append((after, record))
        feeds.save_states(saved, session=session)
    due = told(desk("feeds", "retry", "--failing", "--json"))["due"]
    assert [one["name"] for one in due] == ["a"]
    with database.read() as session:
        [state] = feeds.due_feeds(now=datetime.now(UTC), session=session)
    assert (state.name, state.failures) == ("a", 1)
