"""What an operator fills in: one feed polled now, rules tried before they are in force."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from pipeline.app import App, open_app
from pipeline.errors import ConfigError, NotFoundError, PermanentError
from pipeline.settings import PACKAGE_CONFIG, Settings
from pipeline.stages.keep_feeds import pause
from pipeline.store import assessments, feeds
from pipeline.store.kept_feeds import keep_feed
from schemas.config import FeedConfig
from schemas.report import StageReport
from tests.feed_server import FeedServer

NOW = datetime(2026, 5, 4, 9, 0, tzinfo=UTC)
SIGNED = "Kazakhstan and the United States sign an agreement on critical minerals"


@pytest.fixture
def server() -> Iterator[FeedServer]:
    with FeedServer() as running:
        yield running


@pytest.fixture
def app(
    database_url: str, make_settings: Callable[..., Settings], tmp_path: Path, server: FeedServer
) -> Iterator[App]:
    """Two feeds of the file, one of them off, and one that is kept by command."""
    for name in ("wire", "weekly", "kept", "off"):
        item = f"<item><title>{SIGNED}: {name}</title><link>https://{name}.example/1</link></item>"
        head = f"<rss version='2.0'><channel><title>{name}</title>"
        server.serve(f"/{name}", f"{head}{item}</channel></rss>")
    file = tmp_path / "feeds.yaml"
    file.write_text(
        f"feeds:\n  - {{name: Wire, url: {server.url('/wire')}}}\n"
        f"  - {{name: Weekly, url: {server.url('/weekly')}}}\n"
        f"  - {{name: Retired, url: {server.url('/off')}, enabled: false}}\n"
    )
    settings = make_settings(
        database_url=database_url, feeds_file=file, allow_private_networks=True, parse_processes=0
    )
    with open_app(settings) as opened:
        opened.run("plan", now=NOW)
        kept = FeedConfig(name="By hand", url=server.url("/kept"), tier=2)
        with opened.database.write() as session:
            keep_feed(kept, now=NOW, session=session)
        yield opened


def poll_only(app: App, feed: str) -> StageReport:
    """As the DAG does: plan, then poll what was planned."""
    [work] = app.run("plan", now=NOW, feed=feed).work
    return app.run("poll", now=NOW, **work)


def asked(server: FeedServer) -> list[str]:
    return [request.path for request in server.requests]


@pytest.mark.parametrize("named", ["Wire", "wire", "address"])
def test_one_feed_is_polled_whether_due_or_not(app: App, server: FeedServer, named: str) -> None:
    feed = server.url("/wire") if named == "address" else named
    assert poll_only(app, feed).counts["new"] == 1
    assert poll_only(app, feed).counts["feeds"] == 1, "it was not due again"
    assert set(asked(server)) == {"/wire"}


def test_one_kept_by_command_keeps_its_name_and_one_that_is_paused_is_polled(
    app: App, server: FeedServer
) -> None:
    pause(app.context(NOW), ["By hand"], until=None, reason="x")
    assert poll_only(app, "By hand").counts["new"] == 1
    with app.database.read() as session:
        [state] = feeds.due_feeds(now=NOW, urls=[server.url("/kept")], session=session)
    assert state.name == "By hand"


def test_what_is_not_watched_is_named_and_nothing_is_asked(app: App, server: FeedServer) -> None:
    with pytest.raises(NotFoundError, match="no feed 'Wier'") as error:
        poll_only(app, "Wier")
    assert "Wire" in error.value.mend
    with pytest.raises(PermanentError, match=r"^Retired <http.*> is switched off"):
        poll_only(app, "Retired")
    assert asked(server) == []


def test_rules_are_tried_and_nothing_is_written(app: App, tmp_path: Path) -> None:
    """Rules that know one theme alone find no Central Asia in Kazakhstan."""
    app.run("poll", now=NOW)
    app.run("assess", now=NOW)
    rules = tmp_path / "rules"
    (rules / "themes").mkdir(parents=True)
    theme = PACKAGE_CONFIG / "themes" / "political_signal.yaml"
    (rules / "themes" / theme.name).write_bytes(theme.read_bytes())
    before = readings(app)
    report = app.run("reassess", now=NOW, since="2026-01-01", ruleset=str(rules), dry_run=True)
    assert report.counts["read"] == 3
    assert report.counts["changed"] == 3
    assert report.counts["written"] == 0
    assert readings(app) == before
    with pytest.raises(ConfigError, match="are not in force"):
        app.run("reassess", now=NOW, since="2026-01-01", ruleset=str(rules))
    assert readings(app) == before


def test_a_folder_without_rules_is_no_dry_run_of_those_in_force(app: App, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no rules are there"):
        app.run("reassess", now=NOW, since="2026-01-01", ruleset=str(tmp_path), dry_run=True)


def readings(app: App) -> dict[int, Any]:
    with app.database.read() as session:
        return dict(assessments.newest_readings(list(range(1, 20)), session=session))
