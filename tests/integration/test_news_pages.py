"""The operators' pages on stories, agreements, the scorecard, editions, coverage and rules."""

import re
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from html.parser import HTMLParser

import pytest

from pipeline.settings import Settings
from pipeline.store import assessments, ledger, story_list
from pipeline.store.engine import Database
from pipeline.web.texts import pieces, plain
from schemas.assessment import Stage
from schemas.ledger import Correction, CorrectionKind
from schemas.search import SearchFilters
from tests.browser import chromium, grave_faults
from tests.news_pages import AGREEMENT, LONG, TITLE, fill
from tests.web_server import PageClient, PageServer

PAGES = (
    "/stories", "/stories?q=lithium", "/agreements", f"/agreements/{AGREEMENT}", "/scorecard",
    "/editions", "/editions/1", "/coverage", "/coverage?feed=0", "/ruleset",
)  # fmt: skip


@pytest.fixture
def server(
    make_settings: Callable[..., Settings], database_url: str, now: datetime
) -> Iterator[PageServer]:
    settings = make_settings(database_url=database_url)
    fill(settings, now)
    with PageServer(settings, clock=lambda: now) as started:
        yield started


@pytest.fixture
def client(server: PageServer) -> PageClient:
    return server.client("vic")


def ids(client: PageClient) -> dict[str, int]:
    """The stories of the list: words of the title → number."""
    found = re.findall(r'/stories/(\d+)">(.*?)</a>', client.page("/stories"), re.DOTALL)
    return {re.sub(r"<[^>]+>", "", words): int(number) for number, words in found}


def signing(client: PageClient) -> int:
    return next(number for words, number in ids(client).items() if words == TITLE)


def test_a_story_shows_its_articles_evidence_routes_and_messages(client: PageClient) -> None:
    page = client.page(f"/stories/{signing(client)}")
    assert f"<h1>{TITLE}</h1>" in page
    assert page.count("<mark") >= 2
    assert re.search(r'<mark title="[^"]*stage: ratified[^"]*">sign</mark>', page)
    assert '<mark title="money: announced">$500 million</mark>' in page
    assert "&lt;b&gt;Done" in page
    assert "signed between states" in page
    assert "wire.example" in page
    assert "daily.example" in page
    assert "took it" in page
    assert "preview" in page or "slack" in page
    assert f'/agreements/{AGREEMENT}"' in page


def test_stories_are_searched_and_filtered(client: PageClient) -> None:
    found = client.page("/stories", q="lithium memorandum")
    assert "<mark" in found
    assert TITLE.split()[0] in found
    assert "No story answers" in client.page("/stories", q="zirconium")
    assert TITLE in client.page("/stories", state="kz", stage="ratified", theme="central_asia")
    assert "No story answers" in client.page("/stories", state="KZ", stage="stalled")
    assert "No story answers" in client.page("/stories", state="KZ", until="2020-01-01")
    assert TITLE in client.page("/stories", stage="nonsense", since="no day", after="garbled")


def test_the_list_of_stories_goes_on_by_key(
    client: PageClient, database: Database, now: datetime
) -> None:
    seen, after = [], None
    for _ in range(9):
        with database.read() as session:
            page = story_list.list_page(SearchFilters(), after=after, size=1, session=session)
        seen += [story.id for story in page.items]
        after = page.next
        if after is None:
            break
    assert len(seen) == len(set(seen)) == 3
    assert sorted(seen) == sorted(ids(client).values())


def test_what_others_wrote_is_shown_and_never_run(client: PageClient) -> None:
    for number in ids(client).values():
        page = client.page(f"/stories/{number}")
        seen = Tags()
        seen.feed(page)
        assert seen.scripts == 1, "watch.js alone"
        assert "onerror" not in seen.attributes
        assert not any(link.startswith("javascript:") for link in seen.links)
        assert "\u202e" not in page
        assert len(page) < 40_000, "a title of ten thousand characters is cut"
        assert "49" not in re.findall(r"<h1>(.*?)</h1>", page)[0]
    everything = client.page("/stories") + client.page("/editions")
    assert "&lt;script&gt;" in everything
    assert "\u202e" not in everything


class Tags(HTMLParser):
    """What a browser would act on."""

    def __init__(self) -> None:
        super().__init__()
        self.scripts = 0
        self.attributes: set[str] = set()
        self.links: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.scripts += tag == "script"
        self.attributes |= {name for name, _ in attrs}
        self.links += [value or "" for name, value in attrs if name in {"href", "src"}]


def test_what_is_not_there_is_said_in_a_page(client: PageClient) -> None:
    for path in (
        "/stories/999999", "/stories/abc", "/stories/99999999999999999999", "/stories/%3Cb%3E",
        "/agreements/no-such", "/editions/77", "/editions/77/page", "/coverage?feed=4242",
    ):  # fmt: skip
        answer = client.get(path)
        assert answer.status_code == 404, path
        assert "<h1>Not Found</h1>" in answer.text
        assert "Traceback" not in answer.text
        assert "<b>" not in answer.text


def test_an_agreement_shows_steps_money_and_corrections(
    client: PageClient, database: Database, now: datetime
) -> None:
    listed = client.page("/agreements")
    row = next(one for one in listed.split("<tr>") if f'/agreements/{AGREEMENT}"' in one)
    assert "ratified" in row
    assert "500 million USD" in row
    with database.write() as session:
        kind = CorrectionKind.STAGE
        made = Correction(0, AGREEMENT, kind, "by <i>decree</i>", now, Stage.TERMINATED, now)
        ledger.add_correction(made, session=session)
    page = client.page(f"/agreements/{AGREEMENT}")
    assert "terminated" in page
    assert "ratified" in page
    assert "by &lt;i&gt;decree&lt;/i&gt;" in page
    assert TITLE in page
    assert "wire.example" in page
    assert "500 million USD" in page


def test_the_scorecard_has_a_chart_a_claim_and_its_words(client: PageClient) -> None:
    page = client.page("/scorecard")
    assert page.count("<section id=") == 11
    assert '<rect class="supports"' in page
    words = re.search(r'<title id="central_asia-alt">(.*?)</title>', page)
    assert words
    assert "3 for the claim" in words[1]
    assert page.count('<span class="badge good">for</span> <q>') == 2, "the newest of a side"
    assert "silent" in page
    assert client.get("/scorecard", days="1e9").status_code == 200


def test_an_edition_is_framed_so_that_nothing_of_it_runs(client: PageClient) -> None:
    page = client.page("/editions/1")
    assert '<iframe class="edition" sandbox title=' in page
    answer = client.get("/editions/1/page")
    assert "Edition one" in answer.text
    assert "data:image/png;base64," in answer.text
    policy = answer.headers["content-security-policy"]
    assert policy.startswith("sandbox; default-src 'none'")
    assert "script" not in policy
    assert "sent" in client.page("/editions").lower()


def test_the_funnel_is_told_by_day_and_by_feed(client: PageClient, now: datetime) -> None:
    page = client.page("/coverage")
    assert "archives brought in" in page
    new = re.search(r'<th scope="row">new articles</th><td class="num">(\d+)</td>', page)
    assert new
    assert int(new[1]) == 13, "nine that were counted by hand, four that were stored"
    assert f"{now:%-d %b %Y}" in page
    assert "not in the span" in page or f"{now:%-d %b}" in page


def test_the_rules_say_what_waits_to_be_read(
    client: PageClient, database: Database, now: datetime
) -> None:
    def waiting() -> int:
        told = re.search(r"Wait to be read by them</dt><dd>(\d+)", client.page("/ruleset"))
        assert told
        return int(told[1])

    assert waiting() == 0
    ruleset = re.search(r"Rules in force: <code>([\w-]+)", client.page("/ruleset"))
    assert ruleset
    with database.write() as session:
        assert assessments.drop_readings([1, 2], ruleset=ruleset[1], session=session) == 2
    assert waiting() == 2
    page = client.page("/ruleset")
    scores = re.search(r'relevance</th>(<td class="num">0\.\d{3}</td>){3}', page)
    assert scores, "the scores of the model's card"


def test_pieces_are_cut_where_evidence_begins_and_ends() -> None:
    made = pieces("abcdef", [(1, 3, "x"), (2, 5, "y"), (9, 12, "beyond"), (-4, 1, "z")])
    told = [(one.text, one.labels) for one in made]
    assert told == [
        ("a", ("z",)), ("b", ("x",)), ("c", ("x", "y")), ("de", ("y",)), ("f", ()),
    ]  # fmt: skip
    assert "".join(one.text for one in pieces(LONG, [], 100)) == f"{LONG[:100]}…"
    assert plain("a\u202eb\x00c\u200d") == "a\ufffdb\ufffdc\u200d"
    assert plain("x" * 400) == "x" * 299 + "…"
    assert pieces("", [(0, 3, "x")]) == []


@pytest.mark.slow
def test_axe_finds_no_barrier(
    make_settings: Callable[..., Settings], sqlite_url: str, now: datetime
) -> None:
    """Light and dark, on a desk and on a phone; and nothing is wider than the phone."""
    settings = make_settings(database_url=sqlite_url)
    fill(settings, now - timedelta(minutes=1))
    with PageServer(settings, clock=lambda: now) as server, chromium() as browser:
        ran: list[object] = []
        stories = [f"/stories/{n}" for n in ids(server.client()).values()]
        for scheme, width in (("light", 1280), ("dark", 390), ("light", 390), ("dark", 1280)):
            context = browser.new_context(
                color_scheme=scheme, viewport={"width": width, "height": 800}
            )
            context.add_cookies([{"name": "user", "value": "vic", "url": server.origin}])
            page = context.new_page()
            # Playwright writes into what it is handed, and a built-in method takes nothing.
            page.on("dialog", lambda dialog: ran.append(dialog))  # noqa: PLW0108
            for path in (*PAGES, *stories):
                page.goto(f"{server.url}{path}")
                assert grave_faults(page) == [], f"{path} {scheme} {width}"
                wide = page.evaluate(
                    "document.documentElement.scrollWidth - document.documentElement.clientWidth"
                )
                assert wide <= 0, f"{path} is {wide} pixels too wide at {width}"
                tight = page.evaluate(
                    "[...document.querySelectorAll('.badge')]"
                    ".filter(one => parseFloat(getComputedStyle(one).paddingLeft) < 4)"
                    ".map(one => one.className)"
                )
                assert tight == [], f"words touch the frame of a badge on {path}"
            assert ran == []
            context.close()
