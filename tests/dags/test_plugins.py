"""The plugins: light in every process, and the receiver in the api-server alone."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.dags.airflow_process import AirflowProcess
from tests.dags.test_structure import HEAVY, LIGHT
from tests.feed_server import FeedServer

CALLBACK = "https://watch.example.org/websub"
PAGES = "/minerals-watch"
PLUGINS = {
    "mineralwatch_make_pools",
    "mineralwatch_pages",
    "mineralwatch_warm_start",
    "mineralwatch_websub_receiver",
}


@pytest.mark.parametrize("component", ["scheduler", "dag-processor", "triggerer", "tasks"])
def test_no_other_process_pays_for_receiver_and_pages(
    component: str, template: AirflowProcess
) -> None:
    told = template.work("plugins", component, MINERALWATCH_WEBSUB_CALLBACK_URL=CALLBACK)
    assert told["errors"] == {}
    assert set(told["plugins"]) >= PLUGINS
    assert told["apps"] == []
    ours = {name for name in told["modules"] if name.split(".")[0] in {"pipeline", "schemas"}}
    assert ours <= LIGHT
    assert {name.split(".")[0] for name in told["modules"]} & HEAVY == set()


def test_without_a_callback_the_pages_alone_are_mounted(template: AirflowProcess) -> None:
    told = template.work("plugins", "api-server")
    assert told["errors"] == {}
    assert told["apps"] == [PAGES]


def test_the_api_server_loads_no_spacy_for_it(template: AirflowProcess) -> None:
    told = template.work("plugins", "api-server", MINERALWATCH_WEBSUB_CALLBACK_URL=CALLBACK)
    assert told["errors"] == {}
    assert sorted(told["apps"]) == [PAGES, "/websub"]
    loaded = {name.split(".")[0] for name in told["modules"]}
    light = {"aiohttp", "feedparser", "nh3", "numpy", "slack_sdk"}
    assert loaded & (HEAVY - light) == set()


def test_a_wrong_callback_is_named(template: AirflowProcess) -> None:
    told = template.work("plugins", "api-server", MINERALWATCH_WEBSUB_CALLBACK_URL="here")
    (error,) = told["errors"].values()
    assert "MINERALWATCH_WEBSUB_CALLBACK_URL" in error
    assert told["apps"] == [PAGES], "nothing else suffers"


def test_a_scheduler_makes_the_pools_that_are_missing_and_changes_none(
    airflow: AirflowProcess,
) -> None:
    """A task that it forks may not open the database, and a pool's slots are the operators'."""
    told, log = airflow.logged("pools")
    assert told["task"] == {}
    assert told["first"] == {"mineralwatch_poll": 2, "mineralwatch_send": 2}
    assert told["second"] == {"mineralwatch_poll": 8, "mineralwatch_send": 2}
    assert "could not be made" not in log


@pytest.fixture
def feeds() -> Iterator[FeedServer]:
    with FeedServer() as server:
        yield server


def test_what_a_hub_sends_to_the_api_server_is_stored_and_wakes_the_readers(
    airflow: AirflowProcess, feeds: FeedServer, sqlite_url: str, tmp_path: Path
) -> None:
    def document(title: str) -> str:
        item = f"<item><title>{title}</title><link>https://news.example/{title}</link></item>"
        return f"<rss version='2.0'><channel><title>F</title>{item}</channel></rss>"

    told = airflow.work(
        "push",
        feeds.serve("/feed.xml", document("a")),
        document("b"),
        MINERALWATCH_DATABASE_URL=sqlite_url,
        MINERALWATCH_VAR_DIR=str(tmp_path / "var"),
        MINERALWATCH_ALLOW_PRIVATE_NETWORKS="1",
        MINERALWATCH_WEBSUB_CALLBACK_URL=CALLBACK,
    )
    assert told["verified"] == [200, "<x>", "text/plain; charset=utf-8"]
    assert (told["posted"], told["guessed"], told["deliveries"]) == (200, 404, 1)
    assert told["events"] == [["articles", {"count": 1, "by": "websub"}]]
