"""The demo without Airflow: a small newsroom, all stages, what is told and left behind."""

import io
from datetime import time
from pathlib import Path

import pytest
from rich.console import Console

from pipeline.demo.newsroom import Newsroom
from pipeline.demo.run import demo
from pipeline.demo.samples import Outlet, SampleItem
from schemas.feed import FeedKind

pytestmark = pytest.mark.slow

OUTLETS = [
    Outlet("wire", "Wire", "en", "global", FeedKind.NEWS, 1),
    Outlet("paper", "Paper", "en", "global", FeedKind.NEWS, 2),
]


def item(id_: str, feed: str, title: str, *, live: int | None = None) -> SampleItem:
    summary = "The two governments signed a memorandum on critical minerals, tungsten among them."
    return SampleItem(
        id=id_,
        title=title,
        summary=summary if "tungsten" in title else "The match was played in the rain.",
        outlet=feed.title(),
        feed=feed,
        language="en",
        day=0,
        time=time(10),
        event=None,
        relevant="tungsten" in title,
        live=live,
    )


@pytest.fixture
def newsroom() -> Newsroom:
    items = [
        item("a", "wire", "Kazakhstan and US sign tungsten agreement worth $1.1 billion"),
        item("b", "wire", "Harbour side wins the derby"),
        item("c", "paper", "US, Kazakhstan sign $1.1 billion tungsten deal", live=30),
    ]
    return Newsroom(items, OUTLETS)


def test_once_tells_alert_digest_and_what_came_meanwhile(newsroom: Newsroom, tmp_path: Path):
    told = io.StringIO()
    code = demo(
        home=tmp_path,
        port=1,
        console=Console(file=told, width=200),
        once=True,
        newsroom=newsroom,
    )
    said = told.getvalue()
    assert code == 0, said
    steps = [
        f"MINERALWATCH_VAR_DIR={tmp_path}",
        "first pass",
        "the first alert:",
        "#minerals: Signed: Kazakhstan and US sign tungsten agreement",
        "the digest",
        "the first digest:",
        "mail to reader@demo.example",
        "second pass",
        "↳ in its thread: Also reported by paper.localhost",
        "first alert after",
    ]
    # The digest's arrival and the second pass's beginning are told by two threads.
    places = [said.find(step) for step in steps]
    assert -1 not in places, said
    assert places[:5] == sorted(places[:5])
    assert places[8] > places[6]
    assert "derby" not in said
    [run] = tmp_path.iterdir()
    assert "tungsten" in (run / "slack.html").read_text(encoding="utf-8")
    assert "Kazakhstan" in (run / "mail" / "0001.html").read_text(encoding="utf-8")
