"""A headless Chromium for tests: named by CHROMIUM, or found on the path, or Playwright's own."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")


def browser_path() -> str | None:
    """The browser that the machine has."""
    return os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)


@contextmanager
def chromium() -> Iterator[Any]:
    """A browser; the test is skipped only where there is none."""
    from playwright.sync_api import sync_playwright

    path = browser_path()
    with sync_playwright() as playwright:
        if path is None and not Path(playwright.chromium.executable_path).exists():
            pytest.skip(
                "no browser: install chromium, or name one in CHROMIUM, or `playwright install`"
            )
        browser = playwright.chromium.launch(
            executable_path=path, args=["--no-sandbox", "--disable-gpu"]
        )
        try:
            yield browser
        finally:
            browser.close()


def grave_faults(frame: Any) -> list[str]:
    """What axe finds that is serious or critical, in a page or a frame: a line each."""
    from axe_playwright_python.sync_playwright import Axe

    found = Axe().run(frame).response["violations"]
    return [
        f"{one['impact']} {one['id']}: {node['html'][:200]} {node.get('failureSummary', '')}"
        for one in found
        if one["impact"] in {"serious", "critical"}
        for node in one["nodes"]
    ]
