"""From a feed with `fulltext: true` to readings of its pages, over real HTTP, on both databases."""

import asyncio
import gzip
import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from typer.testing import CliRunner

from pipeline.app import open_app
from pipeline.cli import app as cli
from pipeline.settings import Settings
from tests.article_pages import CONSENT, LOGIN, PARAGRAPHS, TEASER, TITLE, page
from tests.feed_server import FeedServer
from tests.fulltext_desk import START, Desk, html, settings_of

OTHER = "Uzbekistan and Germany sign memorandum on copper"


@pytest.fixture
def server() -> Iterator[FeedServer]:
    with FeedServer() as running:
        yield running


@pytest.fixture
def desk(
    database_url: str,
    server: FeedServer,
    tmp_path: Path,
    make_settings: Callable[..., Settings],
) -> Iterator[Desk]:
    given = settings_of(make_settings, server, tmp_path, database_url=database_url)
    with open_app(given) as app:
        yield Desk(server, app)


def test_a_text_is_fetched_once_read_once_and_pointed_into(desk: Desk) -> None:
    bland = "Ministers of two countries meet in Astana for talks"
    html(desk.server, "/news/1", page())
    desk.publish("/news/1", title=bland)
    reports = desk.run()
    assert reports["fulltext"].counts["read"] == 1
    assert reports["assess"].counts["assessed"] == 1
    assert reports["assess"].counts["relevant"] == 1, "its headline alone tells nothing"
    article = desk.article(bland)
    assert all(paragraph in article.text for paragraph in PARAGRAPHS)
    assert "cookie" not in article.text.lower()
    [reading] = desk.readings()
    pieces = [p for p in reading["stage_evidence"] if p["field"] == "text"]
    assert pieces
    for piece in pieces:
        assert article.text[piece["start"] : piece["end"]] == piece["text"]
    assert len(desk.alerts()) == 1
    again = desk.run(later=timedelta(hours=2))
    assert again["fulltext"].counts["pages"] == 0
    assert desk.server.asked["/news/1"] == 1
    assert len(desk.readings()) == len(desk.alerts()) == 1


def test_pages_of_other_feeds_are_not_asked_for(desk: Desk, tmp_path: Path) -> None:
    html(desk.server, "/news/1", page())
    desk.publish("/news/1")
    feeds = tmp_path / "feeds.yaml"
    feeds.write_text(feeds.read_text().replace(", fulltext: true", ""))
    with open_app(desk.app.settings) as app:
        for stage in ("poll", "fulltext"):
            app.run(stage, now=START)
    assert desk.server.asked["/news/1"] == desk.server.asked["/robots.txt"] == 0


def slowly(request: web.Request) -> Any:
    async def answer() -> web.StreamResponse:
        await asyncio.sleep(60)
        return web.Response(text="too late")

    return answer()


BOMB = gzip.compress(b"<p>" + b"a" * 3_000_000)
REFUSED: dict[str, tuple[Callable[[FeedServer], object], str, str, str]] = {
    "consent": (lambda s: html(s, "/p", page(CONSENT)), "refused", "consent", "cookies"),
    "paywall": (lambda s: html(s, "/p", page(TEASER)), "refused", "paywall", "subscribers"),
    "login": (lambda s: html(s, "/p", page(LOGIN, title="Sign in")), "refused", "login", "login"),
    "other": (
        lambda s: html(s, "/p", page(title="Home", paragraphs=["Cotton harvests fall. " * 20])),
        *("refused", "off_topic", "title"),
    ),
    "short": (lambda s: html(s, "/p", page(["See the video."])), "refused", "too_short", "least"),
    "empty": (lambda s: html(s, "/p", ""), "refused", "no_text", "no article"),
    "pdf": (
        lambda s: s.serve("/p", b"%PDF-1.7 ...", content_type="application/pdf"),
        *("refused", "not_html", "PDF"),
    ),
    "picture": (
        lambda s: s.serve("/p", b"\xff\xd8", content_type="image/jpeg"),
        *("refused", "not_html", "image/jpeg"),
    ),
    "gone": (lambda s: html(s, "/p", "", status=404), "failed", "client_error", "404"),
    "loop": (lambda s: s.redirect("/p", "/p"), "failed", "redirect_loop", "lead back"),
    "scheme": (lambda s: s.redirect("/p", "ftp://a.example/"), "failed", "bad_url", "ftp"),
    "huge": (
        lambda s: html(s, "/p", page(["a " * 300_000])),
        *("failed", "too_large", "500,000"),
    ),
    "bomb": (
        lambda s: html(s, "/p", BOMB, headers={"Content-Encoding": "gzip"}),
        *("failed", "too_large", "after decompression"),
    ),
    "down": (lambda s: html(s, "/p", "", status=503), "waiting", "server_error", "503"),
    "hang": (lambda s: s.on("/p", slowly), "waiting", "timeout", "the server fell silent"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_no_article_is_named_and_kept_out(
    name: str, server: FeedServer, tmp_path: Path, make_settings: Callable[..., Settings]
) -> None:
    answer, state, kind, words = REFUSED[name]
    answer(server)
    given = settings_of(
        make_settings, server, tmp_path, max_page_bytes=500_000, fetch_timeout_s=1.0
    )
    with open_app(given) as app:
        desk = Desk(server, app)
        desk.publish("/p")
        report = desk.run(stages=("poll", "fulltext"))["fulltext"]
        assert desk.outcome()[:2] == (state, kind)
        assert words in str(desk.outcome()[2])
        assert desk.article().text == ""
        [problem] = report.problems
        assert words in problem.what
        # It is read all the same: at once, or, where there is hope, when it has waited enough.
        waits = timedelta(minutes=31 if state == "waiting" else 0)
        assert desk.run(later=waits, stages=("assess",))["assess"].counts["relevant"] == 1


def test_robots_txt_is_honoured_and_asked_for_once(desk: Desk) -> None:
    desk.server.serve(
        "/robots.txt", "User-agent: *\nDisallow: /members/", content_type="text/plain"
    )
    html(desk.server, "/members/1", page())
    html(desk.server, "/news/1", page(title=OTHER, paragraphs=[OTHER + ". " + PARAGRAPHS[1]] * 2))
    desk.publish("/members/1")
    desk.publish("/news/1", title=OTHER)
    desk.run()
    assert desk.outcome()[:2] == ("refused", "robots")
    assert desk.outcome(OTHER)[0] == "read"
    assert desk.server.asked["/members/1"] == 0
    assert desk.server.asked["/robots.txt"] == 1


def test_a_redirect_to_where_robots_txt_forbids_is_not_followed(desk: Desk) -> None:
    desk.server.serve("/robots.txt", "User-agent: *\nDisallow: /m/", content_type="text/plain")
    desk.server.redirect("/news/1", "/m/1")
    html(desk.server, "/m/1", page())
    desk.publish("/news/1")
    desk.run()
    assert desk.outcome()[:2] == ("refused", "robots")
    assert desk.server.asked["/m/1"] == 0


def test_a_site_whose_robots_txt_fails_is_left_alone_and_tried_later(desk: Desk) -> None:
    desk.server.serve("/robots.txt", status=500)
    html(desk.server, "/news/1", page())
    desk.publish("/news/1")
    desk.run()
    assert desk.outcome()[:2] == ("waiting", "server_error")
    assert desk.server.asked["/news/1"] == 0
    desk.server.serve("/robots.txt", status=404)
    desk.run(later=timedelta(minutes=6))
    assert desk.outcome()[0] == "read"


def test_private_addresses_are_refused_on_every_hop(
    server: FeedServer, tmp_path: Path, make_settings: Callable[..., Settings]
) -> None:
    """The guard is on; 127.0.0.1 alone is let through, as the site's public address would be."""
    from pipeline.stages import fulltext as stage

    class Guarded(stage.Fetcher):
        def __init__(self, **given: Any) -> None:
            given["allow_private"] = False
            super().__init__(**given, allow_networks=["127.0.0.1/32"])

    with FeedServer("127.0.0.2") as inside, pytest.MonkeyPatch.context() as patch:
        html(inside, "/secret", page())
        server.redirect("/news/1", inside.url("/secret"))
        server.redirect("/news/2", "http://2130706434/")  # 127.0.0.2 as one number
        patch.setattr(stage, "Fetcher", Guarded)
        with open_app(settings_of(make_settings, server, tmp_path)) as app:
            desk = Desk(server, app)
            desk.publish("/news/1")
            desk.publish("/news/2", title=OTHER)
            desk.run(stages=("poll", "fulltext"))
            for title in (TITLE, OTHER):
                assert desk.outcome(title)[:2] == ("failed", "forbidden_address")
                assert "loopback" in str(desk.outcome(title)[2])
        assert not inside.asked, "not even robots.txt was asked for"


def test_a_temporary_failure_is_tried_again_and_a_late_text_alerts_no_second_time(
    desk: Desk,
) -> None:
    html(desk.server, "/news/1", "", status=503)
    desk.publish("/news/1", summary="The ministers signed it in Astana on Monday.")
    first = desk.run()
    assert first["assess"].counts["assessed"] == 0, "the text may still come"
    soon = desk.run(later=timedelta(minutes=2))
    assert soon["fulltext"].counts["pages"] == 0, "not before its time"
    late = desk.run(later=timedelta(minutes=29))
    assert late["assess"].counts == {**late["assess"].counts, "assessed": 1, "relevant": 1}
    assert len(desk.alerts()) == 1
    html(desk.server, "/news/1", page())
    arrived = desk.run(later=timedelta(hours=3))
    assert arrived["fulltext"].counts["read"] == 1
    assert arrived["assess"].counts["assessed"] == 1
    assert len(desk.readings()) == 1
    assert len(desk.alerts()) == 1
    assert desk.server.asked["/news/1"] == 3


def test_an_edited_item_is_read_anew_with_the_text_it_has(desk: Desk) -> None:
    html(desk.server, "/news/1", page())
    desk.publish("/news/1", summary="It was signed in Astana.")
    desk.run()
    desk.items.clear()
    desk.publish("/news/1", summary="It was signed in Astana on Monday.")
    edited = desk.run(later=timedelta(hours=1))
    assert edited["poll"].counts["edited"] == 1
    assert edited["assess"].counts["assessed"] == 1
    assert desk.article().text
    assert desk.server.asked["/news/1"] == 1
    assert len(desk.alerts()) == 1


def test_tries_come_to_an_end(desk: Desk) -> None:
    html(desk.server, "/news/1", "", status=503)
    desk.publish("/news/1")
    for _ in range(8):
        desk.run(later=timedelta(hours=2), stages=("poll", "fulltext"))
    assert desk.outcome()[:2] == ("failed", "server_error")
    assert desk.server.asked["/news/1"] == 4


def test_the_same_text_on_two_pages_is_neither_articles(desk: Desk) -> None:
    notice = [
        (
            "The page on memorandum and rare copper earths of Kazakhstan, Uzbekistan, Japan and"
            " Germany is not shown here. Our lawyers have asked us to keep readers of some"
            " regions from parts of this site until a court has decided. Please come back soon."
        )
    ]
    html(desk.server, "/news/1", page(notice))
    html(desk.server, "/news/2", page(notice, title=OTHER))
    desk.publish("/news/1")
    desk.publish("/news/2", title=OTHER)
    desk.run()
    assert {desk.outcome(title)[:2] for title in (TITLE, OTHER)} == {("refused", "boilerplate")}
    assert desk.article().text == desk.article(OTHER).text == ""


def test_a_wrong_charset_is_seen_through(desk: Desk) -> None:
    title = "Казахстан и Япония подписали меморандум о редкоземельных металлах"
    body = "Меморандум подписали министры в Астане, сообщило правительство Казахстана. " * 4
    desk.server.serve(
        "/news/1",
        page([body], title=title, charset="").encode("cp1251"),
        content_type="text/html; charset=utf-8",
    )
    desk.publish("/news/1", title=title)
    desk.run(stages=("poll", "fulltext"))
    assert desk.article(title).text.startswith(title) or "Меморандум" in desk.article(title).text


def test_a_pass_is_bounded_and_what_is_left_comes_next(
    server: FeedServer, tmp_path: Path, make_settings: Callable[..., Settings]
) -> None:
    titles = [f"{TITLE} in part {'I' * n}" for n in range(1, 4)]
    with open_app(settings_of(make_settings, server, tmp_path, fulltext_pages=2)) as app:
        desk = Desk(server, app)
        for n, title in enumerate(titles):
            html(server, f"/news/{n}", page([*PARAGRAPHS, f"Part {n}."], title=title))
            desk.publish(f"/news/{n}", title=title)
        first = desk.run(stages=("poll", "fulltext"))["fulltext"]
        assert (first.counts["pages"], first.counts["waiting"]) == (2, 1)
        assert desk.run(stages=("fulltext",))["fulltext"].counts["pages"] == 1


def test_time_that_is_over_leaves_pages_to_the_next_pass(
    server: FeedServer, tmp_path: Path, make_settings: Callable[..., Settings]
) -> None:
    given = settings_of(make_settings, server, tmp_path, fulltext_spacing_s=30, fulltext_pass_s=20)
    with open_app(given) as app:
        desk = Desk(server, app)
        for n in (1, 2):
            html(server, f"/news/{n}", page())
            desk.publish(f"/news/{n}", title=f"{TITLE}, {'again ' * n}")
        report = desk.run(stages=("poll", "fulltext"))["fulltext"]
        assert (report.counts["pages"], report.counts["waiting"]) == (1, 1)
        soon = desk.run(later=timedelta(seconds=1), stages=("fulltext",))["fulltext"]
        assert soon.counts["pages"] == 0, "the site still rests, whichever run asks"
        then = desk.run(later=timedelta(seconds=30), stages=("fulltext",))["fulltext"]
        assert then.counts["pages"] == 1


def test_the_command_fetches_and_tells_how_it_ended(desk: Desk) -> None:
    html(desk.server, "/news/1", page())
    html(desk.server, "/news/2", page(CONSENT))
    desk.publish("/news/1")
    desk.publish("/news/2", title=OTHER)
    desk.at = datetime.now(UTC)  # the command goes by the clock
    desk.run(stages=("poll",))
    settings = desk.app.settings
    assert settings.database_url is not None
    env = {
        "MINERALWATCH_DATABASE_URL": settings.database_url.get_secret_value(),
        "MINERALWATCH_ALLOW_PRIVATE_NETWORKS": "1",
        "MINERALWATCH_FULLTEXT_SPACING_S": "0",
        "MINERALWATCH_PARSE_PROCESSES": "1",
        "COLUMNS": "160",
    }
    ran = CliRunner().invoke(cli, ["fulltext", "--json"], env=env)
    assert ran.exit_code == 0, ran.output
    [report] = json.loads(ran.stdout)
    assert (report["counts"]["read"], report["counts"]["refused"]) == (1, 1)
    told = CliRunner().invoke(cli, ["fulltext", "--status"], env=env).stdout
    assert "refused: consent" in told
    assert "127.0.0.1" in told
    counts = json.loads(CliRunner().invoke(cli, ["fulltext", "--status", "--json"], env=env).stdout)
    assert [(c["state"], c["count"]) for c in counts] == [("read", 1), ("refused", 1)]
