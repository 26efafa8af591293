"""Pictures of the operators' pages for docs/images, from the demo in a real Airflow.

    CHROMIUM=/usr/bin/chromium python -m tests.page_pictures [FOLDER]

It takes three minutes. Pages stand in Airflow's frame as operators see them, some of them in dark
and one on a phone.
"""

import sys
import tempfile
from pathlib import Path
from typing import Any

from pipeline.web.frame import MENU
from tests.browser import chromium
from tests.e2e.running import Running, bare_environment, until

DARK = {"stories", "outbox", "coverage"}
LARGEST = 200_000
"""Bytes of a picture."""
_FIRST_S = 300
_WAIT_MS = 60_000


def main(folder: Path) -> None:
    """Run the demo, log in, and take a picture of each page."""
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="mineralwatch-pictures-") as made:
        home = Path(made)
        env = bare_environment(home, home / "bytecode")
        with Running("--home", "demo", env=env, cwd=home, command="demo") as demo:
            demo.wait_up()
            until(lambda: "the first digest:" in demo.output, timeout_s=_FIRST_S, what="the demo")
            with chromium() as browser:
                take(browser, demo, folder)
            demo.stop()


def take(browser: Any, demo: Running, folder: Path) -> None:
    """One picture a page at a desk, and one on a phone."""
    context = browser.new_context(viewport={"width": 1180, "height": 800})
    page = context.new_page()
    user, password = demo.login()
    page.goto(demo.url)
    page.locator("input[type=password]").wait_for(timeout=_WAIT_MS)
    page.locator("input:not([type=password])").first.fill(user)
    page.locator("input[type=password]").fill(password)
    page.locator("button[type=submit]").click()
    page.wait_for_url(lambda url: "/auth/login" not in url, timeout=_WAIT_MS)
    for name, words in MENU:
        theme = "dark" if name in DARK else "light"
        page.evaluate("theme => localStorage.setItem('theme', theme)", theme)
        picture(page, demo.url, words, folder / f"page-{name}.png")
    picture(page, demo.url, "Agreements", folder / "page-agreement.png", inside=True)
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(f"{demo.url}/minerals-watch/")
    page.screenshot(path=folder / "page-phone.png")
    context.close()


def picture(page: Any, url: str, words: str, path: Path, *, inside: bool = False) -> None:
    """A page in Airflow's frame; ``inside``: the first one that it leads to."""
    page.goto(f"{url}/plugin/minerals-watch")
    frame = page.frame_locator("iframe")
    entry = frame.get_by_role("navigation", name="Pages").get_by_role("link", name=words)
    entry.wait_for(timeout=_WAIT_MS)
    if words != MENU[0][1]:  # it is there: a click would load it anew, and its heading be found
        entry.click()
    frame.get_by_role("heading", level=1, name=words).wait_for(timeout=_WAIT_MS)
    if inside:
        frame.locator("main table a, main h2 a, main li a").first.click()
        frame.get_by_role("heading", level=1, name=words).wait_for(state="detached")
    page.screenshot(path=path)
    size = path.stat().st_size
    assert size <= LARGEST, f"{path}: {size} bytes"


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "docs/images"))
