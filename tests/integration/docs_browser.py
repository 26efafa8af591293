"""Opens pages of the documentation in a browser and prints what it finds, as JSON.

A program of its own: Playwright's synchronous calls do not go with a running event loop.

    python docs_browser.py BROWSER ADDRESS light|dark PAGE …
"""

import json
import sys
from typing import Any
from urllib.parse import urlsplit

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, sync_playwright

PHONE = {"width": 390, "height": 844}
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"], "resultTypes": ["violations"]}


def main(browser: str, address: str, scheme: Any, *names: str) -> None:
    """Look at each page."""
    asked: list[str] = []
    wide: list[str] = []
    violations: list[Any] = []
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=browser)
        page = chromium.new_page(viewport=PHONE, color_scheme=scheme)  # type: ignore[arg-type]
        page.on("request", lambda request: asked.append(request.url))
        for name in names:
            page.goto(f"{address}/{name}")
            if page.evaluate("document.documentElement.scrollWidth > window.innerWidth"):
                wide.append(name)
            violations += barriers(page, name)
        results = search(page, address)
        chromium.close()
    outside = [one for one in asked if urlsplit(one).netloc != urlsplit(address).netloc]
    told = {
        "pages": len(names),
        "requests": len(asked),
        "outside": [one for one in outside if not one.startswith(("data:", "blob:"))],
        "wider_than_the_screen": wide,
        "violations": violations,
        "results": results,
    }
    print(json.dumps(told))


def barriers(page: Page, name: str) -> list[Any]:
    """What axe finds: rule, and the first places."""
    found = Axe().run(page, options=RULES).response["violations"]
    return [(name, one["id"], [place["html"][:200] for place in one["nodes"][:3]]) for one in found]


def search(page: Page, address: str) -> int:
    """How many pages the search finds for a word."""
    page.goto(f"{address}/")
    page.locator("label[for=__search]").first.click()
    # A word that is typed before the index is there is passed over.
    page.get_by_text("Type to start searching").wait_for(timeout=120_000)
    page.locator("input.md-search__input").press_sequentially("outbox")
    page.wait_for_selector(".md-search-result__item", timeout=120_000)
    return page.locator(".md-search-result__item").count()


if __name__ == "__main__":
    main(*sys.argv[1:])
