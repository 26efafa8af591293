"""The app behind the pages: opened once, and anew where something changed."""

import gc
from collections.abc import Callable
from pathlib import Path

import pytest

from pipeline.errors import StoreError
from pipeline.settings import Settings
from pipeline.web.opened import LOOK_S, Opened


class Clock:
    def __init__(self) -> None:
        self.at = 0.0

    def __call__(self) -> float:
        return self.at


def test_what_was_edited_is_seen_after_a_minute(
    make_settings: Callable[..., Settings], tmp_path: Path
) -> None:
    file = tmp_path / "feeds.yaml"
    file.write_text("feeds: [{name: One, url: 'https://a.example/1'}]\n")
    settings = make_settings(feeds_file=file)
    clock = Clock()
    opened = Opened(lambda: settings, monotonic=clock)
    first = opened.app()
    clock.at = LOOK_S
    assert opened.app() is first, "nothing changed"

    file.write_text("feeds: [{name: Twice, url: 'https://a.example/1'}]\n")
    clock.at += LOOK_S / 2
    assert opened.app() is first, "not yet"
    clock.at += LOOK_S
    second = opened.app()
    assert [feed.name for feed in second.catalog.feeds] == ["Twice"]

    file.write_text("feeds: [\n")
    clock.at += LOOK_S
    broken = opened.app()
    assert broken.fault is not None
    assert "feeds.yaml" in str(broken.fault)

    file.write_text("feeds: [{name: Mended, url: 'https://a.example/1'}]\n")
    clock.at += LOOK_S
    assert opened.app().fault is None
    opened.close()


@pytest.mark.collected
def test_the_collector_passes_over_an_open_app_and_an_older_one_goes(
    make_settings: Callable[..., Settings], tmp_path: Path
) -> None:
    """A look through what is loaded takes longer than a page; what was replaced is not kept."""
    file = tmp_path / "feeds.yaml"
    settings = make_settings(feeds_file=file)
    clock = Clock()
    opened = Opened(lambda: settings, monotonic=clock)
    counts = []
    for name in ("One", "Second", "Third"):
        file.write_text(f"feeds: [{{name: {name}, url: 'https://a.example/1'}}]\n")
        clock.at += LOOK_S
        opened.app()
        counts.append(gc.get_freeze_count())
    assert counts[0] > 50_000
    assert counts[2] < counts[0] * 1.1, "as many as one app has, not three"
    opened.close()
    assert gc.get_freeze_count() == 0


def test_a_database_that_is_not_ready_is_tried_again(
    make_settings: Callable[..., Settings], tmp_path: Path, sqlite_url: str
) -> None:
    wanted = [f"sqlite:///{tmp_path / 'empty.sqlite3'}", sqlite_url]
    opened = Opened(lambda: make_settings(database_url=wanted[0]))
    with pytest.raises(StoreError, match="mineralwatch db upgrade"):
        opened.app()
    wanted.pop(0)
    assert opened.app().settings.database == sqlite_url
    opened.close()
