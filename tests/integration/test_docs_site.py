"""The documentation's site: it builds with --strict, and nothing of a page comes from elsewhere."""

import json
import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from functools import partial
from html import unescape
from html.parser import HTMLParser
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import typer

from pipeline.cli import app
from pipeline.settings import Settings
from schemas.tables import Base
from tests.browser import browser_path

ROOT = Path(__file__).parents[2]
LOADS = {"script": "src", "img": "src", "iframe": "src", "source": "src", "video": "src"}
"""Elements that make a browser fetch what the attribute names; links do by their ``rel``."""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built as `make docs` builds it, where no name can be looked up and no proxy is asked."""
    folder = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(folder)]
    nowhere = {"http_proxy": "http://127.0.0.1:9", "https_proxy": "http://127.0.0.1:9"}
    environment = {**os.environ, **nowhere, "NO_MKDOCS_2_WARNING": "1", "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        command, cwd=ROOT, env=environment, check=False, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return folder


class Loads(HTMLParser):
    """What a page makes a browser fetch, and its words."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self.heading = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        name = LOADS.get(tag)
        if tag == "link" and given.get("rel") not in {"canonical", "next", "prev"}:
            name = "href"
        if name and given.get(name):
            self.found.append(str(given[name]))


def pages(site: Path) -> list[Path]:
    found = sorted(site.rglob("*.html"))
    assert len(found) > 40
    return found


def test_no_page_loads_anything_from_elsewhere(site: Path) -> None:
    loaded = 0
    for page in pages(site):
        reader = Loads()
        reader.feed(page.read_text(encoding="utf-8"))
        outside = [one for one in reader.found if urlsplit(one).netloc]
        assert not outside, f"{page}: {outside}"
        loaded += len(reader.found)
    assert loaded > 100
    for style in site.rglob("*.css"):
        imported = re.findall(r"@import|url\(\s*['\"]?(?:https?:)?//", style.read_text("utf-8"))
        assert not imported, style
    # The theme would fetch a library for these from a public server.
    assert not [page for page in pages(site) if 'class="mermaid"' in page.read_text("utf-8")]


def test_every_page_of_the_folder_is_in_the_navigation(site: Path) -> None:
    """--strict warns of a page that nobody can reach; the pages are made from the folder."""
    for source in (ROOT / "docs").rglob("*.md"):
        name = source.relative_to(ROOT / "docs").with_suffix("")
        made = site / name.parent if name.name == "index" else site / name
        assert (made / "index.html").exists(), source


def words(site: Path, page: str) -> str:
    return (site / page / "index.html").read_text(encoding="utf-8")


def plain(text: str) -> str:
    """Without marks of HTML and Markdown, and with its blanks in one form."""
    return " ".join(unescape(re.sub(r"<[^>]+>|`", "", text)).split())


def test_the_reference_has_every_command_option_and_argument(site: Path) -> None:
    text = "".join(
        words(site, f"reference/cli-{one}") for one in ("watch", "read", "look", "set-up")
    )
    group: Any = typer.main.get_command(app)
    for name, command in group.commands.items():
        each = getattr(command, "commands", {None: command})
        for inner, one in each.items():
            heading = f"mineralwatch-{name}{'-' + inner if inner else ''}"
            start = text.index(f'id="{heading}"')
            section = plain(text[start : text.find("<h", start + 1)])
            for param in one.params:
                named = param.opts[-1] if param.opts[-1].startswith("--") else param.name
                told = named.lower() in section.lower() and plain(param.help or "") in section
                assert param.name == "help" or param.hidden or told, (heading, named)


def test_the_reference_has_every_setting_with_its_default(site: Path) -> None:
    text = words(site, "reference/settings")
    for name, field in Settings.model_fields.items():
        row = re.search(
            rf"<tr>\s*<td><code>MINERALWATCH_{name.upper()}</code>.*?</tr>", text, re.DOTALL
        )
        assert row, name
        if type(field.default) in {int, float}:
            assert f"<code>{field.default}</code>" in row[0], name


def test_the_reference_has_every_table_and_column(site: Path) -> None:
    text = words(site, "reference/tables")
    for table in Base.metadata.tables.values():
        start = text.index(f'<h2 id="{table.name}"')
        section = text[start : text.find("<h2", start + 1)]
        for column in table.columns:
            assert f"<td><code>{column.name}</code></td>" in section, (table.name, column.name)
    assert "polled in a lane of its own" in text, "what is said of a column is beside it"


def test_the_reference_has_every_schema_as_a_file(site: Path) -> None:
    for path in (ROOT / "schemas" / "json").glob("*.json"):
        assert json.loads((site / "files" / "json" / path.name).read_text("utf-8"))
        assert f"files/json/{path.name}" in words(site, "reference/schemas")


def test_the_python_pages_have_signatures_and_words(site: Path) -> None:
    text = words(site, "reference/python-app")
    assert 'id="pipeline.app.open_app"' in text
    assert "Run one stage and log its outcome" in text
    assert 'id="schemas.feed.FeedState"' in words(site, "reference/python-shapes")


# ---- in a browser --------------------------------------------------------------------------------


@pytest.fixture
def address(site: Path) -> Iterator[str]:
    """The site, served on loopback."""

    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(site)))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


CHECKED = ("", "get-started/", "scale/", "reference/settings/", "reference/cli-watch/")


@pytest.mark.slow
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_browser_asks_nobody_else_finds_no_barrier_and_no_overflow(
    address: str, scheme: str
) -> None:
    """axe's rules, on a phone's width; scripts run, so what they would fetch is seen as well."""
    browser = browser_path()
    if browser is None:
        pytest.skip("no browser: install chromium, or name one in CHROMIUM")
    program = Path(__file__).with_name("docs_browser.py")
    command = [sys.executable, str(program), browser, address, scheme, *CHECKED]
    done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["pages"] == len(CHECKED)
    assert found["requests"] > 20
    assert found["outside"] == []
    assert found["wider_than_the_screen"] == []
    assert found["violations"] == []
    assert found["results"] > 0, "the search finds nothing"
