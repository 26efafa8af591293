"""The operators' pages in a real Airflow, by a real browser: login, frame, actions, forms, axe."""

import json
import re
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import pytest

from pipeline.demo.slack_server import DEMO_TOKEN, SlackServer, SlackServerThread
from pipeline.web.frame import MENU
from tests.browser import chromium, grave_faults
from tests.e2e.running import PATIENCE_S, Running, bare_environment, until
from tests.feed_server import FeedServer

pytestmark = pytest.mark.slow

PREFIX = "/minerals-watch"
TITLE = "Kazakhstan and the United States sign an agreement on critical minerals"
WAIT_MS = 180_000


class Watch:
    """A running `mineralwatch up` whose Slack refused its first alert."""

    def __init__(self, running: Running, slack: SlackServer) -> None:
        self.running, self.slack, self.url = running, slack, running.url
        self.api = running.api()

    def login(self, page: Any) -> None:
        """As a person does."""
        user, password = self.running.login()
        page.goto(f"{self.url}/")
        page.get_by_label(re.compile("username", re.IGNORECASE)).fill(user, timeout=WAIT_MS)
        page.locator("input[type=password]").fill(password)
        page.locator("button[type=submit]").click()
        page.wait_for_url(lambda url: "/auth/login" not in url, timeout=WAIT_MS)


@pytest.fixture(scope="module")
def watch(tmp_path_factory: pytest.TempPathFactory, bytecode: Path) -> Iterator[Watch]:
    folder = tmp_path_factory.mktemp("watch")
    with ExitStack() as stack:
        slack = stack.enter_context(SlackServerThread(channels=["minerals"]))
        slack.workspace.channels[0].member = False
        feed = stack.enter_context(FeedServer())
        item = (
            f"<item><title>{TITLE}</title><link>https://news.example/1</link><guid>1</guid>"
            "<description>The two governments signed the agreement on rare earths and tungsten in "
            f"Astana.</description><pubDate>{format_datetime(datetime.now(UTC))}</pubDate></item>"
        )
        head = "<title>News</title><link>https://news.example/</link><description>.</description>"
        url = feed.serve("/a.xml", f'<rss version="2.0"><channel>{head}{item}</channel></rss>')
        broken = feed.serve("/b.xml", "<html>gone</html>")
        (folder / "feeds.yaml").write_text(
            f"feeds:\n  - {{name: News, url: '{url}'}}\n  - {{name: Broken, url: '{broken}'}}\n"
        )
        env = {
            **bare_environment(folder, bytecode),
            "MINERALWATCH_ALLOW_PRIVATE_NETWORKS": "1",
            "MINERALWATCH_SLACK_TOKEN": DEMO_TOKEN,
            "MINERALWATCH_SLACK_BASE_URL": slack.base_url,
            "MINERALWATCH_SLACK_CHANNEL": "#minerals",
        }
        started = Running("--home", "var", "--feeds", "feeds.yaml", env=env, cwd=folder)
        running = stack.enter_context(started)
        running.wait_up()
        made = Watch(running, slack)
        until(
            lambda: "chat.postMessage" in slack.calls,
            timeout_s=PATIENCE_S,
            what="the first alert, which Slack refuses",
        )
        yield made


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with chromium() as found:
        yield found


@pytest.fixture(scope="module")
def session(browser: Any, watch: Watch) -> Any:
    """The cookies of somebody who has logged in."""
    context = browser.new_context()
    page = context.new_page()
    watch.login(page)
    state = context.storage_state()
    context.close()
    return state


@pytest.fixture
def page(browser: Any, session: Any) -> Iterator[Any]:
    context = browser.new_context(
        storage_state=session, viewport={"width": 1280, "height": 900}, color_scheme="light"
    )
    yield context.new_page()
    context.close()


def opened(page: Any, watch: Watch) -> Any:
    """The frame, by way of the menu at the left."""
    page.goto(f"{watch.url}/")
    page.get_by_role("link", name="Minerals watch").click(timeout=WAIT_MS)
    return framed(page)


def framed(page: Any) -> Any:
    frame = page.frame_locator("iframe")
    frame.locator("h1").wait_for(timeout=WAIT_MS)
    return frame


def test_nobody_is_let_in_without_the_login(browser: Any, watch: Watch) -> None:
    for path in ("/", "/feeds", "/outbox"):
        status, _ = watch.running.ask("GET", f"{PREFIX}{path}")
        assert status == 401
    status, _ = watch.running.ask("POST", f"{PREFIX}/outbox/retry", body={})
    assert status == 401
    context = browser.new_context()
    page = context.new_page()
    page.goto(f"{watch.url}{PREFIX}/")
    page.get_by_role("link", name="Log in").click()
    page.wait_for_url(lambda url: "/auth/login" in url, timeout=WAIT_MS)
    context.close()


def test_each_page_opens_in_the_frame_and_follows_the_theme(page: Any, watch: Watch) -> None:
    frame = opened(page, watch)
    for name, words in MENU:
        entry = frame.get_by_role("navigation", name="Pages").get_by_role("link", name=words)
        if not entry.count():
            pytest.fail(f"no page {name}")
        entry.click()
        frame.get_by_role("heading", level=1, name=words).wait_for(timeout=WAIT_MS)
    for theme in ("dark", "light"):
        page.evaluate("theme => localStorage.setItem('theme', theme)", theme)
        page.reload()
        framed(page)
        told = page.evaluate("() => document.documentElement.className")
        assert theme in told, "this is how Airflow keeps its theme"
        shown = page.frames[-1].evaluate(
            "() => getComputedStyle(document.body).backgroundColor.match(/\\d+/g).map(Number)"
        )
        assert (sum(shown) < 200) == (theme == "dark")


def test_a_link_to_a_dag_leaves_the_frame(page: Any, watch: Watch) -> None:
    opened(page, watch).get_by_role("link", name="reassess").click()
    page.wait_for_url(f"{watch.url}/dags/reassess**", timeout=WAIT_MS)
    assert len(page.frames) == 1


def test_a_feed_is_polled_by_hand(page: Any, watch: Watch) -> None:
    frame = opened(page, watch)
    frame.get_by_role("navigation", name="Pages").get_by_role("link", name="Feeds").click()
    frame.get_by_role("link", name="Broken", exact=True).click()
    frame.get_by_role("button", name="Poll now").click()
    told = frame.get_by_role("status")
    told.wait_for(timeout=WAIT_MS)
    assert "poll feed now: Broken" in told.inner_text()
    assert "poll_feeds" in told.inner_text()


def test_a_parked_alert_is_retried_once_its_cause_is_mended(page: Any, watch: Watch) -> None:
    frame = opened(page, watch)
    watch.slack.workspace.channels[0].member = False
    frame.get_by_role("navigation", name="Pages").get_by_role("link", name="Outbox").click()
    frame.get_by_text("not_in_channel").first.wait_for(timeout=WAIT_MS)
    watch.slack.workspace.channels[0].member = True
    frame.get_by_role("button", name=f"Retry {TITLE}").first.click()
    told = frame.get_by_role("status")
    told.wait_for(timeout=WAIT_MS)
    assert "1 message is due again." in told.inner_text()
    (message, *_) = watch.slack.wait_for(1, PATIENCE_S)
    assert "Kazakhstan" in json.dumps(message.to_json())
    frame.get_by_role("navigation", name="Pages").get_by_role("link", name="Audit").click()
    frame.get_by_role("cell", name="retry message").first.wait_for(timeout=WAIT_MS)


def test_the_form_of_reassess_is_run_to_its_end(page: Any, watch: Watch) -> None:
    page.goto(f"{watch.url}/dags/reassess")
    page.get_by_role("button", name=re.compile("trigger", re.IGNORECASE)).first.click(
        timeout=WAIT_MS
    )
    form = page.get_by_role("dialog")
    since = (datetime.now(UTC) - timedelta(days=2)).date().isoformat()
    form.locator("input[type=date]").first.fill(since, timeout=WAIT_MS)
    form.get_by_role("button", name=re.compile("^trigger", re.IGNORECASE)).last.click()
    found: list[dict[str, Any]] = []

    def ended() -> bool:
        _, told = watch.running.ask(
            "GET", "/api/v2/dags/reassess/dagRuns", token=watch.running.token()
        )
        found[:] = told["dag_runs"]
        return bool(found) and all(run["state"] in {"success", "failed"} for run in found)

    until(ended, timeout_s=PATIENCE_S, what="the run of reassess")
    assert [run["state"] for run in found] == ["success"]
    assert found[0]["conf"]["since"] == since


@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_grave(
    browser: Any, session: Any, watch: Watch, scheme: str, width: int
) -> None:
    context = browser.new_context(
        storage_state=session, color_scheme=scheme, viewport={"width": width, "height": 900}
    )
    page = context.new_page()
    faults = []
    for path in paths(page, watch):
        page.goto(f"{watch.url}{path}")
        faults += [f"{path} {fault}" for fault in grave_faults(page)]
        wide = page.evaluate("() => document.documentElement.scrollWidth")
        if wide > width:
            faults.append(f"{path} is {wide} pixels wide")
    assert faults == []
    context.close()


def paths(page: Any, watch: Watch) -> list[str]:
    """Each page of the menu, and the first page that each leads to."""
    found = [f"{PREFIX}/"]
    page.goto(f"{watch.url}{PREFIX}/")
    found += links(page, "header nav a")
    for path in list(dict.fromkeys(found)):
        page.goto(f"{watch.url}{path}")
        found += [one for one in links(page, "main a") if "?" not in one and one not in found][:1]
    return list(dict.fromkeys(found))


def links(page: Any, selector: str) -> list[str]:
    return [
        one
        for one in page.eval_on_selector_all(
            selector, "all => all.map(a => a.getAttribute('href'))"
        )
        if one and one.startswith(f"{PREFIX}/")
    ]
