"""A poll has the garbage collector look less often, and leaves it as it was."""

import gc
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path

import pytest
from aiohttp import web

from pipeline.app import open_app
from pipeline.settings import Settings
from tests.feed_server import FeedServer

USUAL = (700, 10, 10)


@pytest.fixture
def usual() -> Iterator[None]:
    """Python's own thresholds: an assessor made by another test has set others."""
    set_by_others = gc.get_threshold()
    gc.set_threshold(*USUAL)
    yield
    gc.set_threshold(*set_by_others)


@pytest.mark.usefixtures("usual")
def test_the_collector_looks_seldom_while_polling_and_as_before_after_it(
    make_settings: Callable[..., Settings], tmp_path: Path, now: datetime
) -> None:
    seen: list[int] = []

    async def noting(_: web.Request) -> web.Response:
        seen.append(gc.get_threshold()[0])
        return web.Response(text="<rss version='2.0'><channel><title>D</title></channel></rss>")

    with FeedServer() as server:
        server.on("/feed", noting)
        feeds = tmp_path / "feeds.yaml"
        feeds.write_text(f"feeds:\n  - {{name: Daily, url: '{server.url('/feed')}'}}\n")
        with open_app(make_settings(feeds_file=feeds)) as app:
            assert app.run("poll", now=now).counts["feeds"] == 1
    assert seen
    assert min(seen) > USUAL[0]
    assert gc.get_threshold() == USUAL
